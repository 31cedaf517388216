-- drsh call METHOD PATH [-d JSON]
local app = require "app"
local config = require "config"
local json = require "json"

local function pretty(body)
  local good, value = pcall(json.decode, body)
  return good and json.encode_pretty(value) or body
end

return function(method, path, ...)
  if not path or ... or path:sub(1, 1) ~= "/" then
    io.stderr:write("usage: drsh call METHOD PATH [-d JSON], such as: drsh call GET /executions; see 'drsh call --help'\n")
    return 2
  end
  local world <close> = config.flag "DRSH_LOCAL" and require "commands.local_world".open() or nil
  local status, headers, body = app.handle {
    method = method:upper(), path = path, body = config.get "DRSH_CALL_BODY",
    headers = { ["content-type"] = "application/json" },
  }
  if config.flag "DRSH_JSON" then
    io.write(json.encode { status = status, headers = json.object(headers), body = json.decode(body) }, "\n")
  else
    io.write(pretty(body), "\n")
  end
  return status < 400 and 0 or 1
end
