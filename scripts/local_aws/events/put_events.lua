-- PutEvents: each entry is taken or refused for itself.

local buses = require "local_aws.events.buses"
local delivery = require "local_aws.events.delivery"
local fault = require "local_aws.fault"
local json = require "json"
local time = require "time"
local uuid = require "uuid"

local LARGEST = 262144

-- Why an entry is refused: code, message.
local function problem_of(call, entry)
  local ok, detail = pcall(json.decode, entry.Detail or "")
  for _, name in ipairs { "Source", "DetailType", "Detail" } do
    if not entry[name] or entry[name] == "" then
      return "InvalidArgument", ("Parameter %s is not valid. Reason: %s is a required argument."):format(name, name)
    end
  end
  if entry.Source:find("^aws%.") then
    return "NotAuthorizedForSourceException", "Not authorized for the source."
  elseif not ok or type(detail) ~= "table" or json.is_array(detail) then
    return "MalformedDetail", "Detail is malformed."
  elseif not buses.exists(call, entry.EventBusName) then
    -- AWS takes events for a bus that is not there, and drops them.
    return nil, nil, true
  end
end

local function as_event(call, entry, id)
  return {
    version = "0", id = id, ["detail-type"] = entry.DetailType, source = entry.Source, account = call.account,
    time = time.iso8601(entry.Time or time.now()), region = call.region, resources = json.array(entry.Resources or {}),
    detail = json.decode(entry.Detail),
  }
end

local operations = {}

function operations.PutEvents(call)
  local results, failed, size = json.array {}, 0, 0
  for _, entry in ipairs(call.input.Entries) do
    size = size + #(entry.Source or "") + #(entry.DetailType or "") + #(entry.Detail or "") + (entry.Time and 14 or 0)
  end
  if size > LARGEST then
    fault.raise("ValidationException", "Total size of the entries in the request is over the limit.")
  end
  for index, entry in ipairs(call.input.Entries) do
    local code, message, nowhere = problem_of(call, entry)
    if code then
      failed = failed + 1
      results[index] = { ErrorCode = code, ErrorMessage = message }
    else
      local id = uuid.v4()
      results[index] = { EventId = id }
      if not nowhere then
        delivery.deliver(call.world, call.account, call.region, buses.name(call, entry.EventBusName), as_event(call, entry, id))
      end
    end
  end
  return { FailedEntryCount = failed, Entries = results }
end

return { operations = operations }
