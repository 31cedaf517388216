-- Commands on instances. They are not run: each succeeds a few seconds after it was sent, which is computed, unless it was
-- cancelled before. What its script would print is not known, and empty.

local documents = require "local_aws.ssm.documents"
local fault = require "local_aws.fault"
local json = require "json"
local managed_instances = require "local_aws.ssm.managed_instances"
local paging = require "local_aws.ssm.paging"
local time = require "time"
local uuid = require "uuid"

local commands = {}

commands.schema = [[
CREATE TABLE IF NOT EXISTS ssm_commands (
  number INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL UNIQUE, sent_us INTEGER NOT NULL,
  cancelled_us INTEGER, details TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ssm_commands_of_place ON ssm_commands (account, region, number);
]]

-- Seconds after which an instance has it, and after which it is done.
local RECEIVED, DONE = 1, 4

local function status(row)
  local now = time.now_us()
  local seconds = (math.min(now, row.cancelled_us or now) - row.sent_us) / 1000000
  if seconds >= DONE then
    return "Success"
  elseif row.cancelled_us then
    return "Cancelled"
  end
  return seconds >= RECEIVED and "InProgress" or "Pending"
end

-- What EC2 filters the targets are.
local function filters_of(targets)
  local filters, ids = {}, nil
  for _, target in ipairs(targets) do
    if target.Key == "InstanceIds" or target.Key == "instanceids" then
      ids = target.Values
    elseif target.Key:find("^tag:") or target.Key == "tag-key" then
      filters[#filters + 1] = { Name = target.Key, Values = target.Values }
    else
      fault.raise("InvalidParameters", ("The target key %s isn't valid."):format(target.Key))
    end
  end
  return filters, ids
end

local function reach(call)
  local input, ids = call.input, json.array {}
  if (input.InstanceIds ~= nil) == (input.Targets ~= nil) then
    fault.raise("InvalidInstanceId", "Either InstanceIds or Targets must be specified, and not both.")
  end
  local filters, wanted = {}, input.InstanceIds
  if input.Targets then
    filters, wanted = filters_of(input.Targets)
  end
  local ok, found = pcall(managed_instances.running, call, filters, wanted)
  if not ok and not fault.is(found) then
    error(found, 0)
  end
  for index, instance in ipairs(ok and found or {}) do
    ids[index] = instance.InstanceId
  end
  if input.InstanceIds and #ids < #input.InstanceIds then
    fault.raise("InvalidInstanceId", ("Instances [[%s]] not in a valid state for account %s"):format(
      table.concat(input.InstanceIds, ", "), call.account))
  end
  return ids
end

local function shown(row)
  local details, state = json.decode(row.details), status(row)
  local done = state == "Success" and #details.instances or 0
  return {
    CommandId = row.id, DocumentName = details.document, DocumentVersion = details.version, Comment = details.comment,
    Parameters = details.parameters, InstanceIds = details.by_id and details.instances or json.array {},
    Targets = details.targets or json.array {}, RequestedDateTime = row.sent_us // 1000 / 1000,
    ExpiresAfter = row.sent_us // 1000 / 1000 + details.timeout + 3600, Status = state, StatusDetails = state,
    TargetCount = #details.instances, CompletedCount = done, ErrorCount = 0, DeliveryTimedOutCount = 0, MaxConcurrency = "50",
    MaxErrors = "0", TimeoutSeconds = details.timeout, OutputS3BucketName = "", OutputS3KeyPrefix = "", ServiceRole = "",
  }
end

local operations = {}

function operations.SendCommand(call)
  local input = call.input
  local document, only_version = documents.find(call, input.DocumentName, input.DocumentVersion)
  if not document and only_version then
    fault.raise("InvalidDocumentVersion", "The document version is not valid or does not exist.")
  elseif not document or document.type ~= "Command" then
    fault.raise("InvalidDocument", ("Document with name %s does not exist."):format(input.DocumentName))
  end
  for name in pairs(input.Parameters or {}) do
    if not (document.content.parameters or {})[name] then
      fault.raise("InvalidParameters", ("Parameter %s is not defined in the document."):format(name))
    end
  end
  for name, parameter in pairs(document.content.parameters or {}) do
    if parameter.default == nil and not (input.Parameters or {})[name] then
      fault.raise("InvalidParameters", ("Parameter %s is required by the document."):format(name))
    end
  end
  local row = { id = uuid.v4(), sent_us = time.now_us() }
  row.details = json.encode {
    document = document.name, version = input.DocumentVersion or "$DEFAULT", comment = input.Comment or "",
    parameters = json.object(input.Parameters or {}), instances = reach(call), by_id = input.InstanceIds ~= nil,
    targets = input.Targets, timeout = input.TimeoutSeconds or 3600, plugin = document.content.plugin or "aws:runShellScript",
  }
  call.world.db:run("INSERT INTO ssm_commands (account, region, id, sent_us, details) VALUES (?, ?, ?, ?, ?)", call.account,
    call.region, row.id, row.sent_us, row.details)
  return { Command = shown(row) }
end

local function get(call)
  return call.world.db:first("SELECT * FROM ssm_commands WHERE account = ? AND region = ? AND id = ?", call.account,
    call.region,
    call.input.CommandId)
end

local function has(details, id)
  for _, instance in ipairs(details.instances) do
    if instance == id then
      return true
    end
  end
  return false
end

function operations.GetCommandInvocation(call)
  local row = get(call)
  local details = row and json.decode(row.details)
  -- An instance knows of the command a moment after it was sent.
  if not row or not has(details, call.input.InstanceId) then
    fault.raise("InvocationDoesNotExist")
  end
  local state = status(row)
  local began, ended = row.sent_us // 1000000 + RECEIVED, row.sent_us // 1000000 + DONE
  local done = state == "Success"
  return {
    CommandId = row.id, InstanceId = call.input.InstanceId, Comment = details.comment, DocumentName = details.document,
    DocumentVersion = details.version, PluginName = details.plugin, ResponseCode = done and 0 or -1, Status = state,
    StatusDetails = state, StandardOutputContent = "", StandardOutputUrl = "", StandardErrorContent = "", StandardErrorUrl = "",
    ExecutionStartDateTime = state == "Pending" and "" or time.iso8601(began), ExecutionElapsedTime = done and "PT3S" or "",
    ExecutionEndDateTime = done and time.iso8601(ended) or "", CloudWatchOutputConfig = { CloudWatchLogGroupName = "",
    CloudWatchOutputEnabled = false },
  }
end

local function rows(call)
  return call.world.db:all([[SELECT * FROM ssm_commands WHERE account = ? AND region = ? AND (? IS NULL OR id = ?)
    ORDER BY number DESC]], call.account, call.region, call.input.CommandId, call.input.CommandId)
end

function operations.ListCommands(call)
  local found = {}
  for _, row in ipairs(rows(call)) do
    if not call.input.InstanceId or has(json.decode(row.details), call.input.InstanceId) then
      found[#found + 1] = shown(row)
    end
  end
  local items, token = paging.cut(found, call.input, 50)
  return { Commands = items, NextToken = token }
end

local function invocation(row, details, id, with_plugins)
  local state = status(row)
  return {
    CommandId = row.id, InstanceId = id, InstanceName = "", Comment = details.comment, DocumentName = details.document,
    DocumentVersion = details.version, RequestedDateTime = row.sent_us // 1000 / 1000, Status = state, StatusDetails = state,
    TraceOutput = "", StandardOutputUrl = "", StandardErrorUrl = "", ServiceRole = "",
    CommandPlugins = json.array { with_plugins and {
      Name = details.plugin, Status = state, StatusDetails = state, ResponseCode = state == "Success" and 0 or -1, Output = "",
    } or nil },
  }
end

function operations.ListCommandInvocations(call)
  local found = {}
  for _, row in ipairs(rows(call)) do
    local details = json.decode(row.details)
    for _, id in ipairs(details.instances) do
      if not call.input.InstanceId or id == call.input.InstanceId then
        found[#found + 1] = invocation(row, details, id, call.input.Details)
      end
    end
  end
  local items, token = paging.cut(found, call.input, 50)
  return { CommandInvocations = items, NextToken = token }
end

function operations.CancelCommand(call)
  local row = get(call) or fault.raise("InvalidCommandId")
  if status(row) ~= "Success" then
    call.world.db:run("UPDATE ssm_commands SET cancelled_us = ? WHERE id = ? AND cancelled_us IS NULL", time.now_us(), row.id)
  end
end

commands.operations = operations

return commands
