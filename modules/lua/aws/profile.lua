-- Profiles of the AWS configuration files, read again at each load: keys are exchanged while we run.
-- Keys of the credentials file go before those of the configuration file.

local config  = require "config"
local failure = require "aws.failure"

local profile = {}

local function given(text)
  return text ~= nil and text ~= "" and text or nil
end

local function path_of(variable, name)
  local path = given(config.get(variable)) or "~/.aws/" .. name
  if path:sub(1, 2) == "~/" then
    return (given(config.get("HOME")) or "") .. path:sub(2), path
  end
  return path, path
end

local function read(path)
  local file = io.open(path, "rb")
  if not file then
    return ""
  end
  local text = file:read("a")
  file:close()
  return text or ""
end

-- "value  # why" -> "value": a comment in a line needs a space before it.
local function without_comment(value)
  return (value:gsub("%s[#;].*$", ""):match("^%s*(.-)%s*$"))
end

-- -> {section name -> {key -> text, or a table of its indented lines}}. What is no section, key or comment is passed over, as
-- every SDK does: the files are shared with other programs.
function profile.parse(text)
  local sections, section, key = {}, nil, nil
  for line in (text:gsub("^\239\187\191", "") .. "\n"):gmatch("(.-)\r?\n") do
    local name = line:match("^%[%s*(.-)%s*%]")
    local indented, left, right = line:match("^(%s*)([^=]-)%s*=%s*(.*)$")
    if line:find("^%s*[#;]") then
      key = key -- a comment ends nothing
    elseif name then
      name = name:gsub("%s+", " ")
      sections[name] = sections[name] or {}
      section, key = sections[name], nil
    elseif section and left and indented == "" then
      key = left:lower()
      section[key] = without_comment(right)
    elseif section and left and key then
      if type(section[key]) ~= "table" then
        section[key] = {}
      end
      section[key][left:lower()] = without_comment(right)
    end
  end
  return sections
end

local found = {}
found.__index = found

-- The `services` section of that name: {service -> {endpoint_url=}}. A profile that names one which is not there is an error.
function found:services_section(name)
  local section = self.sections["services " .. name]
  if not section then
    error(failure.new {
      code = "PROFILE_SERVICES", service = "profile", operation = "load", retryable = false,
      message = ("the profile '%s' names the services section '%s', which is not in %s"):format(self.name, name, self.where),
    }, 0)
  end
  for service, settings in pairs(section) do
    section[service] = type(settings) == "table" and settings or {}
  end
  return section
end

-- -> {name=, exists=, where= the files' names, <key> = text ...}. A profile that is not there has no keys.
function profile.load(name)
  local config_path, config_shown = path_of("AWS_CONFIG_FILE", "config")
  local keys_path, keys_shown = path_of("AWS_SHARED_CREDENTIALS_FILE", "credentials")
  local sections, keys = profile.parse(read(config_path)), profile.parse(read(keys_path))
  local in_config = sections["profile " .. name] or name == "default" and sections.default or nil
  local merged = {}
  for _, part in ipairs { in_config or {}, keys[name] or {} } do
    for key, value in pairs(part) do
      merged[key] = value
    end
  end
  merged.name, merged.exists, merged.sections = name, (in_config or keys[name]) ~= nil, sections
  merged.where = config_shown .. " and " .. keys_shown
  return setmetatable(merged, found)
end

return profile
