-- require "app" (trusted): the endpoints of this program's own scripts.
--   app.handle{method=, path= (with query), headers={}, body=string|nil, caller=, deadline=, dry_run=} -> status, headers, body
--   app.listen{address=, port=} -> listener {url, port, close()}; background scripts run along until it is closed
--   app.open(folder) -> the same for another folder, as an object: endpoints:handle{...}
local app = require "http.app"
local background = require "runtime.background"

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
  local running = background.start(opened().scripts)
  return setmetatable({ url = listener.url, port = listener.port, address = listener.address,
    close = function()
      running:stop()
      listener.close()
    end,
    drain = function() listener:drain() end,
    active = function() return listener:active() end,
  }, { __close = function(self) self.close() end })
end

endpoints.open = app.open

return endpoints
