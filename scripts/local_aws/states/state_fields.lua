-- Which fields a state may have, by type, and how each value is checked: the schema of the Amazon States Language in
-- JSONPath mode (https://states-language.net/spec.html). A checker gets (value, pointer, report, state) and calls
-- report(pointer, message).
local choice_rules = require "local_aws.states.choice_rules"
local expression   = require "local_aws.states.expression"
local json         = require "json"
local jsonpath     = require "local_aws.states.jsonpath"
local resource     = require "local_aws.states.resource"
local template     = require "local_aws.states.template"
local time         = require "time"

local state_fields = {}

local function is_object(value)
  return type(value) == "table" and value ~= json.null and not json.is_array(value)
end

local function typed(name, fits)
  return function(value, pointer, report)
    if not fits(value) then
      report(pointer, "Expected value of type " .. name)
    end
  end
end

local text = typed("String", function(value) return type(value) == "string" end)
local flag = typed("Boolean", function(value) return type(value) == "boolean" end)
local object = typed("Object", is_object)

local function whole(least, most)
  return function(value, pointer, report)
    if math.type(value) ~= "integer" then
      report(pointer, "Expected value of type Integer")
    elseif value < least then
      report(pointer, "Minimum value is " .. least)
    elseif value > most then
      report(pointer, "Maximum value is " .. most)
    end
  end
end

local function path(value, pointer, report)
  if value ~= json.null and not jsonpath.parse(value) then
    report(pointer, "Value is not a valid JSONPath")
  end
end

local function required_path(value, pointer, report)
  if not jsonpath.parse(value) then
    report(pointer, "Value is not a valid JSONPath")
  end
end

local function path_or_function(value, pointer, report)
  if not expression.parse(value) then
    report(pointer, "Value must be a valid JSONPath or a valid intrinsic function call")
  end
end

local function reference_path(value, pointer, report)
  if value == json.null then
    return
  end
  local parsed = jsonpath.parse(value)
  if not parsed or not parsed.reference or parsed.root ~= "$" then
    report(pointer, "Value is not a Reference Path: The path must name one place of the state's input")
  end
end

local function payload(value, pointer, report)
  template.check(value, pointer, report)
end

local function timestamp(value, pointer, report)
  if type(value) ~= "string" or not time.parse(value) then
    report(pointer, "Value is not a valid timestamp")
  end
end

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

local function each(list, pointer, report, check)
  if type(list) ~= "table" or not json.is_array(list) then
    report(pointer, "Expected value of type Array")
    return
  end
  for index, item in ipairs(list) do
    local place = ("%s[%d]"):format(pointer, index - 1)
    if is_object(item) then
      check(item, place, index == #list)
    else
      report(place, "Expected value of type Object")
    end
  end
end

local function check_fields(item, pointer, report, fields, required)
  for _, name in ipairs(required) do
    if item[name] == nil then
      report(pointer, "These fields are required: [" .. name .. "]")
    end
  end
  for name, value in pairs(item) do
    if not fields[name] then
      report(pointer .. "/" .. name, "Field is not supported")
    elseif fields[name] ~= true then
      fields[name](value, pointer .. "/" .. name, report)
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
  each(value, pointer, report, function(item, place, is_last)
    check_fields(item, place, report, retrier, { "ErrorEquals" })
    if item.ErrorEquals then
      error_names(item.ErrorEquals, place .. "/ErrorEquals", report, is_last)
    end
  end)
end

local catcher = { ErrorEquals = true, Comment = text, Next = text, ResultPath = reference_path, Assign = payload }

local function catch(value, pointer, report)
  each(value, pointer, report, function(item, place, is_last)
    check_fields(item, place, report, catcher, { "ErrorEquals", "Next" })
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
local filters = { InputPath = path, OutputPath = path }
local onward = { Next = text, End = flag, Assign = payload }
local result = { ResultPath = reference_path, ResultSelector = payload, Parameters = payload, Retry = retry, Catch = catch }

-- type -> {fields, required, onward = must have Next or End, scopes = fields that hold state machines of their own}
state_fields.types = {
  Task = {
    fields = with(any, filters, onward, result, { Resource = resource_arn, TimeoutSeconds = whole(1, 99999999),
      TimeoutSecondsPath = required_path, HeartbeatSeconds = whole(1, 99999999), HeartbeatSecondsPath = required_path,
      Credentials = payload }),
    required = { "Resource" }, onward = true,
  },
  Pass = { fields = with(any, filters, onward, { Result = true, ResultPath = reference_path, Parameters = payload }),
    onward = true },
  Wait = {
    fields = with(any, filters, onward, { Seconds = whole(0, 99999999), Timestamp = timestamp, SecondsPath = required_path,
      TimestampPath = required_path }),
    onward = true, one_of = { "Seconds", "Timestamp", "SecondsPath", "TimestampPath" },
  },
  Choice = { fields = with(any, filters, { Choices = choices, Default = text, Assign = payload }), required = { "Choices" } },
  Succeed = { fields = with(any, filters) },
  Fail = { fields = with(any, { Error = text, Cause = text, ErrorPath = path_or_function, CausePath = path_or_function }) },
  Parallel = { fields = with(any, filters, onward, result, { Branches = true }), required = { "Branches" }, onward = true },
  Map = {
    fields = with(any, filters, onward, result, { ItemProcessor = object, Iterator = object, ItemsPath = required_path,
      ItemSelector = payload, MaxConcurrency = whole(0, 2147483647), MaxConcurrencyPath = required_path }),
    onward = true, one_of = { "ItemProcessor", "Iterator" },
  },
}

-- Pairs of which a state may have only one.
state_fields.exclusive = {
  { "TimeoutSeconds", "TimeoutSecondsPath" }, { "HeartbeatSeconds", "HeartbeatSecondsPath" }, { "Error", "ErrorPath" },
  { "Cause", "CausePath" }, { "MaxConcurrency", "MaxConcurrencyPath" }, { "ItemSelector", "Parameters" },
}

-- Fields that belong to JSONata or to a distributed Map: known, and refused by name.
state_fields.elsewhere = {
  Arguments = "JSONata", Output = "JSONata", Items = "JSONata", Condition = "JSONata",
  ItemReader = "a distributed Map", ItemBatcher = "a distributed Map", ResultWriter = "a distributed Map",
    Label = "a distributed Map",
  ToleratedFailureCount = "a distributed Map", ToleratedFailureCountPath = "a distributed Map",
  ToleratedFailurePercentage = "a distributed Map", ToleratedFailurePercentagePath = "a distributed Map",
}

state_fields.is_object = is_object

return state_fields
