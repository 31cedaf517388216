-- The fields that only a distributed Map has: ItemReader, ItemBatcher, ResultWriter, Label and how much may fail.
-- https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
local checks = require "local_aws.states.field_checks"

local map_fields = {}

local MOST = 2147483647
local LABEL_LENGTH = 40
local READERS = { ["s3:getObject"] = true, ["s3:listObjectsV2"] = true }

local function one_of(...)
  local allowed, shown = {}, table.concat({ ... }, ", ")
  for _, value in ipairs { ... } do
    allowed[value] = true
  end
  return function(value, pointer, report)
    if not allowed[value] then
      report(pointer, ("Value must be one of [%s]"):format(shown))
    end
  end
end

local function object(fields, required, exclusive)
  return function(value, pointer, report)
    if checks.is_object(value) then
      checks.check_fields(value, pointer, report, fields, required or {})
      checks.exclusive(value, pointer, report, exclusive or {})
    else
      report(pointer, "Expected value of type Object")
    end
  end
end

local function s3(allowed)
  return function(value, pointer, report)
    local action = type(value) == "string" and value:match "^arn:aws[%w-]*:states:::(.+)$"
    if not action or not allowed[action] then
      report(pointer, "Value is not a valid resource ARN")
    end
  end
end

-- What is wrong with a label; nil when nothing is. Letters, digits and marks may be in it, but none that an ARN or a URL
-- gives a meaning to.
function map_fields.label_problem(value)
  if value == "" then
    return "Label cannot be empty"
  elseif (utf8.len(value) or #value) > LABEL_LENGTH then
    return ("Label cannot exceed %d characters"):format(LABEL_LENGTH)
  elseif value:find "[%s?*<>{}%[%]:;,\\|^~$#%%&`\"%c]" or value:find "\xC2[\x80-\x9F]" then
    return "Label contains an invalid character"
  end
end

local function percentage(value, pointer, report)
  if type(value) ~= "number" then
    report(pointer, "Expected value of type Number")
  elseif value < 0 or value > 100 then
    report(pointer, "Value must be between 0 and 100")
  end
end

local reader_config = object({ InputType = one_of("CSV", "JSON", "JSONL", "MANIFEST", "PARQUET"), CSVDelimiter = checks.text,
  CSVHeaderLocation = one_of("FIRST_ROW", "GIVEN"), CSVHeaders = true, MaxItems = checks.whole(0, MOST),
  MaxItemsPath = checks.required_path, ManifestType = checks.text, Transformation = one_of("NONE", "LOAD_AND_FLATTEN") }, {},
  { { "MaxItems", "MaxItemsPath" } })

map_fields.fields = {
  ItemReader = object({ Resource = s3(READERS), Parameters = checks.payload, ReaderConfig = reader_config }, { "Resource" }),
  ItemBatcher = object({ BatchInput = checks.payload, MaxItemsPerBatch = checks.whole(1, MOST),
    MaxItemsPerBatchPath = checks.required_path, MaxInputBytesPerBatch = checks.whole(1, 262144),
    MaxInputBytesPerBatchPath = checks.required_path }, {},
    { { "MaxItemsPerBatch", "MaxItemsPerBatchPath" }, { "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath" } }),
  ResultWriter = object { Resource = s3 { ["s3:putObject"] = true }, Parameters = checks.payload,
    WriterConfig = object { Transformation = one_of("NONE", "COMPACT", "FLATTEN"), OutputType = one_of("JSON", "JSONL") } },
  Label = checks.text,
  ToleratedFailureCount = checks.whole(0, MOST), ToleratedFailureCountPath = checks.required_path,
  ToleratedFailurePercentage = percentage, ToleratedFailurePercentagePath = checks.required_path,
}

-- ProcessorConfig: where the items are worked on, inside the execution or in executions of their own.
map_fields.processor_config = object { Mode = one_of("INLINE", "DISTRIBUTED"), ExecutionType = one_of("STANDARD", "EXPRESS") }

-- Is this state a distributed Map? The state need not have been checked.
function map_fields.is_distributed(state)
  local processor = state.Type == "Map" and (state.ItemProcessor or state.Iterator)
  local config = checks.is_object(processor) and processor.ProcessorConfig
  return checks.is_object(config) and config.Mode == "DISTRIBUTED"
end

return map_fields
