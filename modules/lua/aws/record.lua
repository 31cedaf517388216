-- What is told of AWS calls to others: to whoever ends a task, the changing calls that had gone out; to the host, counts.

local reading = require "aws.reading"
local task    = require "task"
local time    = require "time"

local record = {}

local MOST_WRITES = 1000

-- The host counts calls: record.observe("call" | "retry", service, operation, outcome).
record.observe = function() end

-- Before a call is sent. One that changes something is noted in the task's context.
function record.begin(call)
  local context = task.context()
  if not context or reading.only(call.operation) then return end
  context.writes = context.writes or {}
  call.note = {
    service = call.client.service, operation = call.operation.name, region = call.endpoint.signing_region,
    time = time.iso8601(os.time()), outcome = "sent, no answer yet",
  }
  if #context.writes < MOST_WRITES then context.writes[#context.writes + 1] = call.note end
end

function record.succeeded(call)
  if call.note then call.note.outcome = "done" end
  record.observe("call", call.client.service, call.operation.name, "ok")
end

-- A try failed; `again`: there will be another one.
function record.failed(call, problem, again)
  if call.note then call.note.outcome = (problem.outcomeUnknown and "unknown: " or "failed: ") .. tostring(problem.code) end
  record.observe(again and "retry" or "call", call.client.service, call.operation.name, problem.code)
end

return record
