-- Scan, also in parallel segments.

local expressions = require "local_aws.dynamodb.expressions"
local fault       = require "local_aws.fault"
local keys        = require "local_aws.dynamodb.keys"
local legacy      = require "local_aws.dynamodb.legacy"
local reads       = require "local_aws.dynamodb.reads"
local selection   = require "local_aws.dynamodb.selection"

local operations = {}

local BAD_START = "The provided starting key is invalid: "

local function refuse(message)
  fault.raise("ValidationException", message)
end

local function check_segment(input)
  local segment, total = input.Segment, input.TotalSegments
  if segment and not total then
    refuse "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"
  elseif total and not segment then
    refuse "The Segment parameter is required but was not present in the request when parameter TotalSegments is present"
  elseif total and segment >= total then
    refuse(("The Segment parameter is zero-based and must be less than parameter TotalSegments: "
      .. "Segment: %d is not less than TotalSegments: %d"):format(segment, total))
  end
end

-- The slots of the request's segment: first and last, nil for all.
local function segment_slots(input)
  if not input.TotalSegments then
    return nil
  end
  return keys.segment_start(input.Segment, input.TotalSegments), keys.segment_start(input.Segment + 1, input.TotalSegments) - 1
end

local function start_after(request, table_, index, input)
  if index then
    selection.check_start_partition(table_, index, request.start)
    selection.check_start_order(table_, index, request.start)
  else
    selection.check_table_start(table_, request.start)
  end
  local after = reads.place_of(table_, index, request.start)
  local first, last = segment_slots(input)
  if first and (after[1] < first or after[1] > last) then
    refuse(("%sInvalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: %d Segment: %d")
      :format(BAD_START, input.TotalSegments, input.Segment))
  end
  return after
end

function operations.Scan(call)
  local input = call.input
  expressions.check_parameters(input, { "ProjectionExpression", "FilterExpression" },
    { "AttributesToGet", "ScanFilter", "ConditionalOperator" })
  local request = selection.new(input)
  local old_filter = legacy.filter(input.ScanFilter, input.ConditionalOperator)
  request.start = selection.start(input)
  check_segment(input)
  local compiled = expressions.compile(input)
  request.filter = compiled.FilterExpression or old_filter
  request.paths = compiled.ProjectionExpression or request.paths

  local table_, index = selection.attach(call, request, input)
  if request.start then
    request.after = start_after(request, table_, index, input)
  end
  selection.check_paths(request, selection.paths_of(request.filter))
  local first, last = segment_slots(input)
  request.lower = first and { operator = ">=", value = first }
  request.upper = last and { operator = "<=", value = last }
  return reads.page(call, request)
end

return { operations = operations }
