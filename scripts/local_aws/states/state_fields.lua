-- Which fields a state may have, by type, and how each value is checked: the schema of the Amazon States Language in
-- JSONPath mode (https://states-language.net/spec.html).
local checks       = require "local_aws.states.field_checks"
local choice_rules = require "local_aws.states.choice_rules"
local json         = require "json"
local map_fields   = require "local_aws.states.map_fields"
local resource     = require "local_aws.states.resource"

local state_fields = {}

local text, flag, whole, payload = checks.text, checks.flag, checks.whole, checks.payload
local path, reference = checks.required_path, checks.reference_path

local function error_names(list, pointer, report, is_last)
  if type(list) ~= "table" or not json.is_array(list) or #list == 0 then
    report(pointer, "Expected value of type Array")
    return
  end
  for _, name in ipairs(list) do
    if type(name) ~= "string" then
      report(pointer, "Expected value of type String")
    elseif name == "States.ALL" and (#list > 1 or not is_last) then
      report(pointer, "States.ALL must appear alone and only in the last element")
    end
  end
end

local function rate(value, pointer, report)
  if type(value) ~= "number" then
    report(pointer, "Expected value of type Number")
  elseif value < 1 then
    report(pointer, "Minimum value is 1.0")
  end
end

local function jitter(value, pointer, report)
  if value ~= "FULL" and value ~= "NONE" then
    report(pointer, "Value must be one of [FULL, NONE]")
  end
end

local retrier = { ErrorEquals = true, Comment = text, IntervalSeconds = whole(1, 99999999), MaxAttempts = whole(0, 99999999),
  BackoffRate = rate, MaxDelaySeconds = whole(1, 31622400), JitterStrategy = jitter }

local function retry(value, pointer, report)
  checks.each(value, pointer, report, function(item, place, is_last)
    checks.check_fields(item, place, report, retrier, { "ErrorEquals" })
    if item.ErrorEquals then
      error_names(item.ErrorEquals, place .. "/ErrorEquals", report, is_last)
    end
  end)
end

local catcher = { ErrorEquals = true, Comment = text, Next = text, ResultPath = reference, Assign = checks.assign }

local function catch(value, pointer, report)
  checks.each(value, pointer, report, function(item, place, is_last)
    checks.check_fields(item, place, report, catcher, { "ErrorEquals", "Next" })
    if item.ErrorEquals then
      error_names(item.ErrorEquals, place .. "/ErrorEquals", report, is_last)
    end
  end)
end

local function choices(value, pointer, report)
  if type(value) ~= "table" or not json.is_array(value) or #value == 0 then
    report(pointer, "Expected value of type Array with at least one element")
    return
  end
  for index, rule in ipairs(value) do
    choice_rules.check(rule, ("%s[%d]"):format(pointer, index - 1), report, true)
  end
end

local function resource_arn(value, pointer, report)
  if type(value) ~= "string" or not resource.parse(value) then
    report(pointer, "Value is not a valid resource ARN")
  end
end

local with = function(...)
  local fields = {}
  for _, part in ipairs { ... } do
    for name, check in pairs(part) do
      fields[name] = check
    end
  end
  return fields
end

local any = { Type = true, Comment = text, QueryLanguage = true }
local filters = { InputPath = checks.path, OutputPath = checks.path }
local onward = { Next = text, End = flag, Assign = checks.assign }
local result = { ResultPath = reference, ResultSelector = payload, Parameters = payload, Retry = retry, Catch = catch }

-- type -> {fields, required, onward = must have Next or End, scopes = fields that hold state machines of their own}
state_fields.types = {
  Task = {
    fields = with(any, filters, onward, result, { Resource = resource_arn, TimeoutSeconds = whole(1, 99999999),
      TimeoutSecondsPath = path, HeartbeatSeconds = whole(1, 99999999), HeartbeatSecondsPath = path,
      Credentials = checks.payload_object }),
    required = { "Resource" }, onward = true,
  },
  Pass = { fields = with(any, filters, onward, { Result = true, ResultPath = reference, Parameters = payload }),
    onward = true },
  Wait = {
    fields = with(any, filters, onward, { Seconds = whole(0, 99999999), Timestamp = checks.timestamp, SecondsPath = path,
      TimestampPath = path }),
    onward = true, one_of = { "Seconds", "Timestamp", "SecondsPath", "TimestampPath" },
  },
  Choice = { fields = with(any, filters, { Choices = choices, Default = text, Assign = checks.assign }),
    required = { "Choices" } },
  Succeed = { fields = with(any, filters) },
  Fail = { fields = with(any, { Error = text, Cause = text, ErrorPath = checks.path_or_function,
    CausePath = checks.path_or_function }) },
  Parallel = { fields = with(any, filters, onward, result, { Branches = true }), required = { "Branches" }, onward = true },
  Map = {
    fields = with(any, filters, onward, result, { ItemProcessor = checks.object, Iterator = checks.object, ItemsPath = path,
      ItemSelector = payload, MaxConcurrency = whole(0, 2147483647), MaxConcurrencyPath = path }),
    onward = true, one_of = { "ItemProcessor", "Iterator" },
  },
}

-- Pairs of which a state may have only one.
state_fields.exclusive = {
  { "TimeoutSeconds", "TimeoutSecondsPath" }, { "HeartbeatSeconds", "HeartbeatSecondsPath" }, { "Error", "ErrorPath" },
  { "Cause", "CausePath" }, { "MaxConcurrency", "MaxConcurrencyPath" }, { "ItemSelector", "Parameters" },
  { "ToleratedFailureCount", "ToleratedFailureCountPath" }, { "ToleratedFailurePercentage", "ToleratedFailurePercentagePath" },
}

-- What a distributed Map may have beside.
state_fields.distributed = with(state_fields.types.Map.fields, map_fields.fields)

-- Fields that belong to JSONata or to a distributed Map: known, and refused by name.
state_fields.elsewhere = { Arguments = "JSONata", Output = "JSONata", Items = "JSONata", Condition = "JSONata" }
for name in pairs(map_fields.fields) do
  state_fields.elsewhere[name] = "a distributed Map"
end

return state_fields
