-- Reading parameters: one, several, below a path, their descriptions and former versions.

local fault = require "local_aws.fault"
local json = require "json"
local paging = require "local_aws.ssm.paging"
local parameters = require "local_aws.ssm.parameters"

local function shown(call, row, decrypt, selector)
  return {
    Name = row.name, Type = row.type, Value = parameters.value(row, decrypt), Version = row.version, Selector = selector,
    LastModifiedDate = row.modified_us // 1000 / 1000, ARN = parameters.arn(call, row.name),
    DataType = json.decode(row.details).DataType,
  }
end

-- "name", "name:3" or an ARN -> the row, its selector; nil and whether it is the version that is not there.
local function find(call, text)
  local name = text:match("^arn:aws[%w-]*:ssm:[^:]+:%d+:parameter(/.+)$") or text
  local bare, selector = name:match("^([^:]+)(:[^:]+)$")
  local version = selector and math.tointeger(tonumber(selector:sub(2)))
  bare = bare or name
  local row = parameters.find(call, bare, version) or text ~= name and parameters.find(call, bare:sub(2), version)
  if row and (not selector or version) then
    return row, selector
  end
  return nil, selector and parameters.find(call, bare) ~= nil
end

local operations = {}

function operations.GetParameter(call)
  local row, selector = find(call, call.input.Name)
  if not row and selector then
    fault.raise("ParameterVersionNotFound",
      ("Systems Manager could not find version %s of %s. Verify the version and try again.")
      :format(call.input.Name:match(":([^:]+)$"), call.input.Name:match("^[^:]+")))
  elseif not row then
    fault.raise("ParameterNotFound")
  end
  return { Parameter = shown(call, row, call.input.WithDecryption, selector) }
end

function operations.GetParameters(call)
  local found, invalid = json.array {}, json.array {}
  for _, name in ipairs(call.input.Names) do
    local row, selector = find(call, name)
    if row then
      found[#found + 1] = shown(call, row, call.input.WithDecryption, selector)
    else
      invalid[#invalid + 1] = name
    end
  end
  return { Parameters = found, InvalidParameters = invalid }
end

-- The newest version of every parameter whose name lies in [from, to).
local function newest(call, from, to)
  return call.world.db:all([[SELECT *, max(version) FROM ssm_parameters WHERE account = ? AND region = ? AND name >= ?
    AND (? IS NULL OR name < ?) GROUP BY name ORDER BY name]], call.account, call.region, from, to, to)
end

local function fits_option(option, value, wanted)
  if option == "BeginsWith" then
    return value:sub(1, #wanted) == wanted
  elseif option == "Contains" then
    return value:find(wanted, 1, true) ~= nil
  end
  return value == wanted
end

-- Key -> what of a row is looked at.
local FIELDS = {
  Name = function(row) return row.name end,
  Type = function(row) return row.type end,
  Tier = function(row) return json.decode(row.details).Tier end,
  DataType = function(row) return json.decode(row.details).DataType end,
  KeyId = function(row) return json.decode(row.details).KeyId end,
}

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

local function fits(row, filters)
  for _, filter in ipairs(filters or {}) do
    local key = filter.Key
    local matches = key == "Path" and fits_path(row, filter)
    local read = FIELDS[key]
    if not read and key ~= "Path" then
      fault.raise("InvalidFilterKey",
        ("The following filter key is not valid: %s. Valid filter keys include: [Path, Name, Type, "
        .. "KeyId, Tier, DataType]."):format(key))
    end
    for _, wanted in ipairs(read and filter.Values or {}) do
      matches = matches or fits_option(filter.Option, read(row) or "", wanted)
    end
    if not matches then
      return false
    end
  end
  return true
end

function operations.GetParametersByPath(call)
  local input, found = call.input, {}
  if input.Path:sub(1, 1) ~= "/" then
    fault.raise("ValidationException", "The parameter doesn't meet the parameter name requirements. The parameter name must "
      .. 'begin with a forward slash "/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only '
      .. "letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not "
      .. 'allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: '
      .. "/get/parameters2-/by1./path0_.")
  end
  local prefix = input.Path:sub(-1) == "/" and input.Path or input.Path .. "/"
  for _, row in ipairs(newest(call, prefix, prefix:sub(1, -2) .. "0")) do
    local below = row.name:sub(#prefix + 1)
    if (input.Recursive or not below:find("/", 1, true)) and fits(row, input.ParameterFilters) then
      found[#found + 1] = shown(call, row, input.WithDecryption)
    end
  end
  local items, token = paging.cut(found, input, 10)
  return { Parameters = items, NextToken = token }
end

local function metadata(call, row)
  local described = json.decode(row.details)
  described.Name, described.ARN, described.Type = row.name, parameters.arn(call, row.name), row.type
  described.LastModifiedDate, described.LastModifiedUser = row.modified_us // 1000 / 1000, row.user
  described.Version, described.Policies = row.version, json.array {}
  return described
end

function operations.DescribeParameters(call)
  local found, filters = {}, call.input.ParameterFilters
  -- The older form of filters has no option and no path.
  if call.input.Filters then
    filters = call.input.Filters
  end
  for _, row in ipairs(newest(call, "")) do
    if fits(row, filters) then
      found[#found + 1] = metadata(call, row)
    end
  end
  local items, token = paging.cut(found, call.input, 10)
  return { Parameters = items, NextToken = token }
end

function operations.GetParameterHistory(call)
  local rows = call.world.db:all("SELECT * FROM ssm_parameters WHERE account = ? AND region = ? AND name = ? ORDER BY version",
    call.account, call.region, call.input.Name)
  if not rows[1] then
    fault.raise("ParameterNotFound")
  end
  local found = {}
  for index, row in ipairs(rows) do
    found[index] = metadata(call, row)
    found[index].ARN, found[index].Value = nil, parameters.value(row, call.input.WithDecryption)
    found[index].Labels = json.array {}
  end
  local items, token = paging.cut(found, call.input, 50)
  return { Parameters = items, NextToken = token }
end

return { operations = operations }
