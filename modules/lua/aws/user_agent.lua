-- The User-Agent header in the SDKs' form: product/version ua/2.1 os lang m/FEATURES cfg app/NAME.

local config  = require "config"
local version = require "runtime.version"

local user_agent = {}

-- Feature letters that AWS's SDKs agreed on.
user_agent.FEATURES = {
  waiter = "B", paginator = "C", retries_legacy = "D", retries_standard = "E", retries_adaptive = "F", endpoint_override = "N",
  sigv4a = "S",
}

-- And for where the keys came from, by the words that credentials.source begins with.
local SOURCES = {
  { "^environment$", "g" }, { "^profile ", "n" }, { "^assume%-role ", "i" }, { "^web identity ", "k" }, { "^SSO role ", "s" },
  { "^process ", "w" }, { "^container$", "z" }, { "^instance role ", "0" }, { "^login session ", "AD" },
}

-- The letter for a set of keys; "e" for keys given in code, nil if there is none.
function user_agent.source_letter(source)
  if not source then
    return "e"
  end
  for _, known in ipairs(SOURCES) do
    if source:find(known[1]) then
      return known[2]
    end
  end
end

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
  local parts = {
    "drsh/" .. token(version), "ua/2.1", "os/linux", "lang/lua#" .. _VERSION:match("[%d.]+"),
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
