-- Profiles of the AWS configuration files, read again at each load: keys are exchanged while we run.
-- Keys of the credentials file go before those of the configuration file.

local config  = require "config"
local core    = require "profile"
local failure = require "aws.failure"

local profile = {}

local function given(text)
  return text ~= nil and text ~= "" and text or nil
end

local function fail(code, message, ...)
  error(failure.new {
    code = code, message = message:format(...), service = "profile", operation = "load", retryable = false,
  }, 0)
end

-- -> the path, and how a person writes it
local function path_of(variable, name)
  local path = given(config.get(variable)) or "~/.aws/" .. name
  if path:sub(1, 2) == "~/" then
    return (given(config.get("HOME")) or "") .. path:sub(2), path
  end
  return path, path
end

-- A file that is not there is an empty one.
local function read(path)
  local file <close> = io.open(path, "rb")
  return file and file:read("a") or ""
end

-- -> {kind .. " " .. name -> values}
local function sections_of(path, shown, format)
  local parsed, sections = pcall(core.parse, read(path), format)
  if not parsed then
    fail("INVALID_PROFILE_FILE", "%s: %s", shown, type(sections) == "table" and sections.message or tostring(sections))
  end
  local found = {}
  for _, section in ipairs(sections) do
    found[section.kind .. " " .. section.name] = section.values
  end
  return found
end

local found = {}
found.__index = found

-- The `services` section of that name: {service -> {endpoint_url=}}. A profile that names one which is not there is an error.
function found:services_section(name)
  local section = self.sections["services " .. name]
  if not section then
    fail("PROFILE_SERVICES", "the profile '%s' names the services section '%s', which is not in %s",
      self.name, name, self.where)
  end
  local services = {}
  for service, settings in pairs(section) do
    services[service] = type(settings) == "table" and settings or {}
  end
  return services
end

-- -> {name=, exists=, where= the files' names, sections=, files={config={name=, values=}, credentials=...}, <key> = text ...}.
-- A profile that is not there has no keys, and a key without a value is not there.
function profile.load(name)
  local config_path, config_shown = path_of("AWS_CONFIG_FILE", "config")
  local keys_path, keys_shown = path_of("AWS_SHARED_CREDENTIALS_FILE", "credentials")
  local sections = sections_of(config_path, config_shown, "config")
  local in_config = sections["profile " .. name]
  local in_keys = sections_of(keys_path, keys_shown, "credentials")["profile " .. name]
  local merged = {}
  for _, part in ipairs { in_config or {}, in_keys or {} } do
    for key, value in pairs(part) do
      merged[key] = value
      if value == "" then
        part[key], merged[key] = nil, nil
      end
    end
  end
  merged.files = {
    config = { name = config_shown, values = in_config or {} }, credentials = { name = keys_shown, values = in_keys or {} },
  }
  merged.name, merged.exists, merged.sections = name, (in_config or in_keys) ~= nil, sections
  merged.where = config_shown .. " and " .. keys_shown
  return setmetatable(merged, found)
end

return profile
