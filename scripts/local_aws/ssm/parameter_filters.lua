-- ParameterFilters: are they sound, and does a parameter fit them?

local fault = require "local_aws.fault"
local json = require "json"

local parameter_filters = {}

-- Key -> what of a row is looked at.
local FIELDS = {
  Name = function(row) return row.name end,
  Type = function(row) return row.type end,
  Tier = function(row) return json.decode(row.details).Tier end,
  DataType = function(row) return json.decode(row.details).DataType end,
  KeyId = function(row) return json.decode(row.details).KeyId end,
}

local VALUES = {
  Type = { "String", "StringList", "SecureString" }, Tier = { "Standard", "Advanced", "Intelligent-Tiering" },
}

local NAME_RULES = "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward "
  .. 'slash "/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the '
  .. "following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if "
  .. 'specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.'

-- A path as GetParametersByPath and the filter Path take it.
function parameter_filters.check_path(path)
  if not path:find("^/") or path:find("//", 1, true) or not path:find("^[%w_.%-/]+$") then
    fault.raise("ValidationException", NAME_RULES)
  end
end

local function check_option(filter, valid)
  for _, option in ipairs(valid) do
    if filter.Option == nil or filter.Option == option then
      return
    end
  end
  fault.raise("InvalidFilterOption", ("The following filter option is not valid: %s. Valid options include: [%s]%s"):format(
    filter.Option, table.concat(valid, ", "), filter.Key == "Path" and "" or "."))
end

local function check_path(filter)
  check_option(filter, { "Recursive", "OneLevel" })
  for _, path in ipairs(filter.Values) do
    if path:lower():find("^/aws") and not path:find("^/aws/service") or path:lower():find("^/ssm") then
      fault.raise("ValidationException",
        'Filters for common parameters can\'t be prefixed with "aws" or "ssm" (case-insensitive).')
    end
    parameter_filters.check_path(path)
  end
end

local function check_values(filter)
  local valid = VALUES[filter.Key]
  for _, value in ipairs(valid and filter.Values or {}) do
    local known = false
    for _, one in ipairs(valid) do
      known = known or one == value
    end
    if not known then
      fault.raise("InvalidFilterValue", ("The following filter value is not valid: %s. Valid values include: [%s]"):format(
        value, table.concat(valid, ", ")))
    end
  end
end

local function check_one(filter)
  local is_tag = filter.Key:find("^tag:")
  if not FIELDS[filter.Key] and filter.Key ~= "Path" and not is_tag then
    fault.raise("InvalidFilterKey",
      ("The following filter key is not valid: %s. Valid filter keys include: [Path, Name, Type, KeyId, Tier]"):format(
      filter.Key))
  elseif not (filter.Values and filter.Values[1]) and not is_tag then
    fault.raise("InvalidFilterValue", ("The following filter values are missing : null for filter key %s"):format(filter.Key))
  elseif filter.Key == "Path" then
    check_path(filter)
  elseif not is_tag then
    check_option(filter, filter.Key == "Name" and { "BeginsWith", "Equals", "Contains" } or { "BeginsWith", "Equals" })
    check_values(filter)
  end
end

-- Raises for filters that SSM does not take.
function parameter_filters.check(filters)
  local seen = {}
  for _, filter in ipairs(filters or {}) do
    if seen[filter.Key] then
      fault.raise("InvalidFilterKey", ("The following filter is duplicated in the request: %s. A request can contain only one "
        .. "occurrence of a specific filter."):format(filter.Key))
    end
    seen[filter.Key] = true
    check_one(filter)
  end
end

local function fits_option(option, value, wanted)
  if option == "BeginsWith" then
    return value:sub(1, #wanted) == wanted
  elseif option == "Contains" then
    return value:find(wanted, 1, true) ~= nil
  end
  return value == wanted
end

local function fits_path(row, filter)
  for _, path in ipairs(filter.Values) do
    local prefix = path:sub(-1) == "/" and path or path .. "/"
    local rest = row.name:sub(1, #prefix) == prefix and row.name:sub(#prefix + 1)
    if rest and (filter.Option == "Recursive" or not rest:find("/", 1, true)) then
      return true
    end
  end
  return false
end

-- A tag without values is enough to be there.
local function fits_tag(call, row, filter)
  local tag = call.world.db:first([[SELECT value FROM ssm_tags WHERE account = ? AND region = ? AND type = 'Parameter'
    AND id = ? AND key = ?]], call.account, call.region, row.name, filter.Key:sub(5))
  for _, wanted in ipairs(tag and filter.Values or {}) do
    if fits_option(filter.Option, tag.value, wanted) then
      return true
    end
  end
  return tag ~= nil and not (filter.Values and filter.Values[1])
end

local function fits_one(call, row, filter)
  if filter.Key == "Path" then
    return fits_path(row, filter)
  elseif filter.Key:find("^tag:") then
    return fits_tag(call, row, filter)
  end
  for _, wanted in ipairs(filter.Values) do
    local value = FIELDS[filter.Key](row) or ""
    -- A name may be given with or without its first slash.
    if fits_option(filter.Option, value, wanted)
      or filter.Key == "Name" and fits_option(filter.Option, value:gsub("^/", ""), wanted) then
      return true
    end
  end
  return false
end

function parameter_filters.fits(call, row, filters)
  for _, filter in ipairs(filters or {}) do
    if not fits_one(call, row, filter) then
      return false
    end
  end
  return true
end

return parameter_filters
