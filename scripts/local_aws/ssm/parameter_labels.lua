-- LabelParameterVersion and UnlabelParameterVersion.

local fault = require "local_aws.fault"
local json = require "json"
local labels = require "local_aws.ssm.labels"
local parameters = require "local_aws.ssm.parameters"

local MOST = 10

-- The version that a call means: the newest, unless it names one.
local function version_of(call)
  local name, version = call.input.Name, call.input.ParameterVersion
  local row = parameters.find(call, name, version)
  if not row and version and parameters.find(call, name) then
    fault.raise("ParameterVersionNotFound",
      ("Systems Manager could not find version %d of %s. Verify the version and try again."):format(version, name))
  end
  return (row or fault.raise("ParameterNotFound", ("Parameter %s not found."):format(name))).version
end

local function is_label(text)
  return text:find("^[%a_][%w_.-]*$") and not text:lower():find("^aws") and not text:lower():find("^ssm")
end

local function check_lengths(list)
  for _, label in ipairs(list) do
    if #label > 100 then
      fault.raise("ValidationException", ("1 validation error detected: Value '[%s]' at 'labels' failed to satisfy "
        .. "constraint: Member must satisfy constraint: [Member must have length less than or equal to 100, Member must have "
        .. "length greater than or equal to 1]"):format(table.concat(list, ", ")))
    end
  end
end

local operations = {}

function operations.LabelParameterVersion(call)
  local version, invalid = version_of(call), json.array {}
  check_lengths(call.input.Labels)
  for _, label in ipairs(call.input.Labels) do
    if is_label(label) then
      labels.put(call, call.input.Name, label, version)
    else
      invalid[#invalid + 1] = label
    end
  end
  if #labels.of(call, call.input.Name, version) > MOST then
    fault.raise("ParameterVersionLabelLimitExceeded", "A parameter version can have maximum 10 labels."
      .. "Move one or more labels to another version and try again.")
  end
  return { InvalidLabels = invalid, ParameterVersion = version }
end

function operations.UnlabelParameterVersion(call)
  local version, removed, invalid = version_of(call), json.array {}, json.array {}
  for _, label in ipairs(call.input.Labels) do
    table.insert(labels.take(call, call.input.Name, label, version) and removed or invalid, label)
  end
  return { RemovedLabels = removed, InvalidLabels = invalid }
end

return { schema = labels.schema, operations = operations }
