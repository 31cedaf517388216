-- Settings and AWS configuration files for one test; everything is as it was afterwards.

local config = require "config"

local aws_settings = {}

-- Nothing of the caller's own account may come in.
local CLEAN = {
  "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCOUNT_ID", "AWS_PROFILE", "AWS_ROLE_ARN",
  "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
  "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "AWS_EC2_METADATA_V1_DISABLED",
  "AWS_METADATA_SERVICE_TIMEOUT", "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC",
  "AWS_LOGIN_CACHE_DIRECTORY", "AWS_REGION", "AWS_DEFAULT_REGION",
  "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DRS", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SFN",
  "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_MAX_ATTEMPTS",
  "AWS_RETRY_MODE", "AWS_CA_BUNDLE", "AWS_SDK_UA_APP_ID", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_ACCOUNT_ID_ENDPOINT_MODE",
  "AWS_EXECUTION_ENV", "AWS_DISABLE_CLOCK_SKEW_CORRECTION", "AWS_ENDPOINT_URL_SIGNIN", "AWS_AUTH_SCHEME_PREFERENCE",
  "AWS_SIGV4A_SIGNING_REGION_SET",
}

local function write(text)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  return path
end

-- settings: {NAME = text}; files: {config = text, credentials = text}. Runs fn and raises what it raises.
function aws_settings.with(settings, files, fn)
  files = files or {}
  local all = {
    AWS_CONFIG_FILE = write(files.config or ""), AWS_SHARED_CREDENTIALS_FILE = write(files.credentials or ""),
    AWS_EC2_METADATA_DISABLED = "true", -- a machine that is one of EC2's has keys of its own
  }
  for _, name in ipairs(CLEAN) do
    all[name] = ""
  end
  for name, value in pairs(settings) do
    all[name] = value
  end
  for name, value in pairs(all) do
    config.set(name, value)
  end
  local fine, problem = xpcall(fn, function(problem)
    return type(problem) == "string" and debug.traceback(problem, 2) or problem
  end)
  for name in pairs(all) do
    config.set(name, nil)
  end
  os.remove(all.AWS_CONFIG_FILE)
  os.remove(all.AWS_SHARED_CREDENTIALS_FILE)
  if not fine then
    error(problem, 0)
  end
end

return aws_settings
