-- Parameters: values with versions. Every version is a row; the newest counts unless another is asked for.

local crypto = require "crypto"
local fault = require "local_aws.fault"
local json = require "json"
local labels = require "local_aws.ssm.labels"
local pattern = require "local_aws.wire.pattern"
local public_parameters = require "local_aws.ssm.public_parameters"
local time = require "time"

local parameters = {}

parameters.schema = [[
CREATE TABLE IF NOT EXISTS ssm_parameters (
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL,
  value TEXT NOT NULL, modified_us INTEGER NOT NULL, user TEXT NOT NULL, details TEXT NOT NULL,
  PRIMARY KEY (account, region, name, version)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ssm_tags (
  account TEXT NOT NULL, region TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (account, region, type, id, key)
) WITHOUT ROWID;
]]

local STANDARD_SIZE, ADVANCED_SIZE, MOST_VERSIONS, MOST_LEVELS = 4096, 8192, 100, 15

-- The newest version of a parameter, or the one asked for; nil when there is none.
function parameters.find(call, name, version)
  local public = public_parameters.find(name)
  if public then
    return (not version or version == 1) and public or nil
  end
  return call.world.db:first([[SELECT * FROM ssm_parameters WHERE account = ? AND region = ? AND name = ?
    AND (? IS NULL OR version = ?) ORDER BY version DESC LIMIT 1]], call.account, call.region, name, version, version)
end

function parameters.arn(call, name)
  if public_parameters.find(name) then
    return ("arn:aws:ssm:%s::parameter%s"):format(call.region, name)
  end
  return ("arn:aws:ssm:%s:%s:parameter%s%s"):format(call.region, call.account, name:find("^/") and "" or "/", name)
end

-- A secret that was not asked for in the clear: it looks like KMS's ciphertext and can not be read.
function parameters.value(row, decrypt)
  if row.type == "SecureString" and not decrypt then
    return "AQICAH" .. crypto.base64_encode(crypto.sha256(row.name .. row.version) .. crypto.sha256(row.value))
  end
  return row.value
end

local function refuse(code, message)
  fault.raise(code, message)
end

local NAME = 'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of '
  .. "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 "
  .. "symbols .-_"

local function check_name(call, name)
  if name:lower():find("^aws") or name:lower():find("^/aws") then
    refuse("AccessDeniedException", "No access to reserved parameter name: " .. name .. ".")
  elseif not name:find("^[%w_.%-/]+$") or name:lower():find("^/?ssm") then
    refuse("ValidationException", NAME)
  elseif name:find("/", 2, true) and name:sub(1, 1) ~= "/" then
    refuse("ValidationException", "Parameter name must be a fully qualified name.")
  elseif select(2, name:gsub("/", "")) > MOST_LEVELS then
    refuse("HierarchyLevelLimitExceededException", ("The hierarchy has more than %d levels: %s"):format(MOST_LEVELS, name))
  end
  return call
end

local DATA_TYPES = { text = true, ["aws:ec2:image"] = true, ["aws:ssm:integration"] = true }

local function check_value(input, kind, details)
  if input.Value == "" then
    refuse("ValidationException", "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must "
      .. "have length greater than or equal to 1.")
  elseif not DATA_TYPES[details.DataType] then
    refuse("ValidationException", ("The following data type is not supported: %s (Data type names are all lowercase.)"):format(
      details.DataType))
  end
  local limit = details.Tier == "Advanced" and ADVANCED_SIZE or STANDARD_SIZE
  if #input.Value > limit then
    refuse("ValidationException", ("%s tier parameters support a maximum parameter value of %d characters. To create a larger "
      .. "parameter value, upgrade the parameter to use the advanced-parameter tier."):format(
        details.Tier == "Advanced" and "Advanced" or "Standard", limit))
  elseif kind == "StringList" and (input.Value:find(",,", 1, true) or input.Value:find("^,") or input.Value:find(",$")) then
    refuse("ValidationException", "StringList values must not have empty elements.")
  elseif details.AllowedPattern and not pattern.matches(input.Value, details.AllowedPattern) then
    refuse("ParameterPatternMismatchException", ("Parameter value, cannot be validated against allowedPattern: %s"):format(
      details.AllowedPattern))
  end
end

local operations = {}

function operations.PutParameter(call)
  local input = call.input
  local known = parameters.find(call, input.Name)
  check_name(call, input.Name)
  if known and not input.Overwrite then
    refuse("ParameterAlreadyExists",
      "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
  elseif known and input.Type and input.Type ~= known.type and input.Type ~= "SecureString" and known.type ~= "String" then
    refuse("HierarchyTypeMismatchException", ("%s parameter cannot be changed to %s"):format(known.type, input.Type))
  elseif not known and not input.Type then
    refuse("ValidationException", "A parameter type is required when you create a parameter.")
  elseif known and input.Tags then
    refuse("ValidationException",
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, "
      .. "please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or "
      .. "RemoveTagsFromResource.")
  end
  local kind = input.Type or known.type
  local before = known and json.decode(known.details) or {}
  local tier = input.Tier ~= "Intelligent-Tiering" and input.Tier or before.Tier
  local details = {
    Description = input.Description or before.Description, AllowedPattern = input.AllowedPattern or before.AllowedPattern,
    Tier = tier or (#input.Value > STANDARD_SIZE and input.Tier and "Advanced") or "Standard",
    DataType = input.DataType or before.DataType or "text",
    KeyId = kind == "SecureString" and (input.KeyId or before.KeyId or "alias/aws/ssm") or nil,
  }
  check_value(input, kind, details)
  local version, db = (known and known.version or 0) + 1, call.world.db
  db:run([[INSERT INTO ssm_parameters (account, region, name, version, type, value, modified_us, user, details)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)]], call.account, call.region, input.Name, version, kind, input.Value, time.now_us(),
    call.principal.arn, json.encode(details))
  labels.check_oldest(call, input.Name, version - MOST_VERSIONS)
  db:run("DELETE FROM ssm_parameters WHERE account = ? AND region = ? AND name = ? AND version <= ?", call.account, call.region,
    input.Name, version - MOST_VERSIONS)
  for _, tag in ipairs(input.Tags or {}) do
    db:run("INSERT OR REPLACE INTO ssm_tags (account, region, type, id, key, value) VALUES (?, ?, 'Parameter', ?, ?, ?)",
      call.account, call.region, input.Name, tag.Key, tag.Value)
  end
  return { Version = version, Tier = details.Tier }
end

local function delete(call, name)
  return call.world.db:run("DELETE FROM ssm_parameters WHERE account = ? AND region = ? AND name = ?", call.account,
    call.region,
    name) > 0
end

function operations.DeleteParameter(call)
  if not delete(call, call.input.Name) then
    refuse("ParameterNotFound")
  end
  labels.forget(call, call.input.Name)
end

function operations.DeleteParameters(call)
  local deleted, invalid = json.array {}, json.array {}
  for _, name in ipairs(call.input.Names) do
    table.insert(delete(call, name) and deleted or invalid, name)
    labels.forget(call, name)
  end
  return { DeletedParameters = deleted, InvalidParameters = invalid }
end

local function check_resource(call)
  local input = call.input
  if input.ResourceType == "Parameter" and not parameters.find(call, input.ResourceId) then
    refuse("InvalidResourceId")
  end
end

function operations.AddTagsToResource(call)
  local input = call.input
  check_resource(call)
  for _, tag in ipairs(input.Tags) do
    call.world.db:run("INSERT OR REPLACE INTO ssm_tags (account, region, type, id, key, value) VALUES (?, ?, ?, ?, ?, ?)",
      call.account, call.region, input.ResourceType, input.ResourceId, tag.Key, tag.Value)
  end
end

function operations.RemoveTagsFromResource(call)
  local input = call.input
  check_resource(call)
  for _, key in ipairs(input.TagKeys) do
    call.world.db:run("DELETE FROM ssm_tags WHERE account = ? AND region = ? AND type = ? AND id = ? AND key = ?", call.account,
      call.region, input.ResourceType, input.ResourceId, key)
  end
end

function operations.ListTagsForResource(call)
  local list = json.array {}
  check_resource(call)
  for row in call.world.db:rows([[SELECT key, value FROM ssm_tags WHERE account = ? AND region = ? AND type = ? AND id = ?
    ORDER BY key]], call.account, call.region, call.input.ResourceType, call.input.ResourceId) do
    list[#list + 1] = { Key = row.key, Value = row.value }
  end
  return { TagList = list }
end

parameters.operations = operations

return parameters
