-- require "app" (trusted): the endpoints of this program's own scripts.
--   app.handle{method=, path= (with query), headers={}, body=string|nil, caller=, deadline=, dry_run=} -> status, headers, body
--   app.listen{address=, port=, background=} -> listener {url, port, close()}; until it is closed saved scripts are followed,
--     and background scripts run along unless background is false
--   app.open(folder) -> the same for another folder, as an object: endpoints:handle{...}
local app = require "http.app"
local background = require "runtime.background"
local task = require "task"

local endpoints = {}
local own

local function opened()
  own = own or app.open()
  return own
end

function endpoints.handle(request)
  return opened():handle(request)
end

function endpoints.listen(options)
  local listener = opened():listen(options)
  local running = options.background ~= false and background.start(opened().scripts) or nil
  local following = task.background(function() opened().scripts:follow() end)
  return setmetatable({ url = listener.url, port = listener.port, address = listener.address,
    close = function()
      following:cancel()
      if running then running:stop() end
      listener.close()
    end,
    drain = function() listener:drain() end,
    active = function() return listener:active() end,
  }, { __close = function(self) self.close() end })
end

--- All scripts again, from the disk.
function endpoints.reload()
  return opened().scripts:reload()
end

endpoints.open = app.open

return endpoints
