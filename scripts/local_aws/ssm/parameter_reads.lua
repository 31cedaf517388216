-- Reading parameters: one, several, below a path, their descriptions and former versions.

local fault = require "local_aws.fault"
local filters = require "local_aws.ssm.parameter_filters"
local json = require "json"
local labels = require "local_aws.ssm.labels"
local paging = require "local_aws.ssm.paging"
local parameters = require "local_aws.ssm.parameters"
local public_parameters = require "local_aws.ssm.public_parameters"

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
  local version = selector and (math.tointeger(tonumber(selector:sub(2)))
    or labels.version(call, bare or name, selector:sub(2)))
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

function operations.GetParametersByPath(call)
  local input, found = call.input, {}
  filters.check_path(input.Path)
  filters.check(input.ParameterFilters)
  local prefix = input.Path:sub(-1) == "/" and input.Path or input.Path .. "/"
  local ending = prefix:sub(1, -2) .. "0"
  local rows = newest(call, prefix, ending)
  if prefix:find("^/aws/") then
    rows = public_parameters.between(prefix, ending)
  end
  for _, row in ipairs(rows) do
    local below = row.name:sub(#prefix + 1)
    if (input.Recursive or not below:find("/", 1, true)) and filters.fits(call, row, input.ParameterFilters) then
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
  -- The older form of filters has no option and no path.
  local found, wanted = {}, call.input.Filters or call.input.ParameterFilters
  filters.check(wanted)
  for _, row in ipairs(newest(call, "")) do
    if filters.fits(call, row, wanted) then
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
    found[index].Labels = labels.of(call, row.name, row.version)
  end
  local items, token = paging.cut(found, call.input, 50)
  return { Parameters = items, NextToken = token }
end

return { operations = operations }
