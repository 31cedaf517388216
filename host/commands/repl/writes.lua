-- AWS calls from the prompt: what only reads goes through; what changes something is refused until `:write on`, and then asked
-- for one by one unless `:yes` was said. The host's client asks this before it signs (context.guard).
local prompt = require "prompt"
local reading = require "aws.reading"
local show = require "commands.repl.show"
local terminal = require "terminal"

local writes = {}

local function refuse(message)
  error({ code = "WRITE_REFUSED", message = message }, 0)
end

local function ask(place, operation, parameters)
  if not terminal.is_tty(0) then
    refuse(("%s:%s would be asked for, and nobody can answer here; say :yes first"):format(place.service, operation.name))
  end
  print(("%s %s in %s, with"):format(place.service, operation.name, place.region))
  show.page(show.text(parameters))
  local answer = prompt.read "do it? [y/N] "
  if not answer or not answer:find "^%s*[yY]" then
    refuse(("%s:%s was not confirmed; nothing was sent"):format(place.service, operation.name))
  end
end

--- The guard of a session {write = boolean, yes = boolean}.
function writes.guard(session)
  return function(place, operation, parameters)
    if reading.only(operation) then return end
    if not session.write then
      refuse(("%s:%s changes something, and this session only reads; :write on allows it")
        :format(place.service, operation.name))
    elseif not session.yes then
      ask(place, operation, parameters)
    end
  end
end

return writes
