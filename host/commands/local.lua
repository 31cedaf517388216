-- drsh local: the local AWS alone.
local process = require "process"

return function()
  local world <close> = require "commands.local_world".open "DRSH_LISTEN"
  io.write("listening on ", world.url, "\n")
  io.flush()
  return process.stopped() == "INT" and 130 or 0
end
