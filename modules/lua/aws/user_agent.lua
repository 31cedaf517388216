-- The User-Agent header in the SDKs' form: product/version ua/2.1 os lang m/FEATURES cfg app/NAME.

local config = require "config"

local user_agent = {}

-- Feature letters that AWS's SDKs agreed on.
user_agent.FEATURES = {
  waiter = "B", paginator = "C", retries_legacy = "D", retries_standard = "E", retries_adaptive = "F", endpoint_override = "N",
}

local function token(text)
  return (text:gsub("[^%w!#$%%&'*+.^_`|~-]", "-"))
end

-- features: a set of letters {E=true, N=true}; mode: of retries; application: AWS_SDK_UA_APP_ID or the profile's, or nil
function user_agent.text(features, mode, application)
  local letters = {}
  for letter in pairs(features) do
    letters[#letters + 1] = letter
  end
  table.sort(letters)
  local version = config.get("DRSH_VERSION")
  local parts = {
    version and "drsh/" .. token(version) or "drsh", "ua/2.1", "os/linux", "lang/lua#" .. _VERSION:match("[%d.]+"),
  }
  local environment = config.get("AWS_EXECUTION_ENV")
  if environment and environment ~= "" then
    parts[#parts + 1] = "exec-env/" .. token(environment)
  end
  parts[#parts + 1] = "m/" .. table.concat(letters, ",")
  parts[#parts + 1] = "cfg/retry-mode#" .. mode
  if application then
    parts[#parts + 1] = "app/" .. token(application:sub(1, 50))
  end
  return table.concat(parts, " ")
end

return user_agent
