-- The event history of an execution, event by event as AWS types it (GetExecutionHistory, HistoryEvent). Event ids count
-- from 1 without gaps; previousEventId follows the branch, not the clock.
local failure = require "local_aws.states.failure"
local json    = require "json"

local history = {}

-- AWS ends an execution whose history would grow beyond this.
history.LIMIT = 25000

-- Raised by add when the history is full; the execution fails with it whatever Retry and Catch say.
local function full()
  failure.raise("States.Runtime", "The execution reached the maximum number of history events (25000).",
    { terminal = true, whole_execution = true })
end

-- Appends an event. `run` is the step under way (run.lua); `details` is {member = {...}} or nil. -> its id
function history.append(run, previous, event_type, details)
  local execution = run.execution
  if execution.events >= history.LIMIT - 1 and not event_type:find "^Execution" then
    full()
  end
  execution.events = execution.events + 1
  run.db:run("INSERT INTO states_events (execution, id, previous, time_us, type, details) VALUES (?, ?, ?, ?, ?, ?)",
    execution.id,
    execution.events, previous, run.now_us, event_type, details and json.encode(details))
  return execution.events
end

-- Appends an event of a branch and makes it the branch's last.
function history.add(run, branch, event_type, details)
  branch.previous = history.append(run, branch.previous, event_type, details)
  return branch.previous
end

local function with_data(member, text)
  return { [member] = text, [member .. "Details"] = { truncated = false } }
end

function history.input(text)
  return with_data("input", text)
end

function history.output(text)
  return with_data("output", text)
end

-- error and cause, or {} marked as an object when there are neither.
function history.error(error_name, cause)
  return json.object { error = error_name, cause = cause }
end

function history.entered(run, branch, state)
  local details = history.input(branch.input)
  details.name = branch.state
  return history.add(run, branch, state.Type .. "StateEntered", { stateEnteredEventDetails = details })
end

function history.exited(run, branch, state, output, assigned)
  local details = history.output(output)
  details.name = branch.state
  if assigned then
    details.assignedVariables = assigned
    details.assignedVariablesDetails = { truncated = false }
  end
  return history.add(run, branch, state.Type .. "StateExited", { stateExitedEventDetails = details })
end

local data_members = { "input", "output", "inputDetails", "outputDetails", "parameters", "assignedVariables" }

local function event_of(row, with_execution_data)
  local event = row.details and json.decode(row.details) or {}
  if not with_execution_data then
    for _, details in pairs(event) do
      for _, member in ipairs(data_members) do
        details[member] = nil
      end
    end
  end
  event.id, event.previousEventId, event.type = row.id, row.previous, row.type
  event.timestamp = row.time_us // 1000 / 1000
  return event
end

-- A page of events from `start` on, forwards or backwards. -> list, id of the first event of the next page | nil
function history.page(db, execution, start, limit, backwards, with_execution_data)
  local rows
  if backwards then
    rows = db:all("SELECT * FROM states_events WHERE execution = ? AND id <= ? ORDER BY id DESC LIMIT ?", execution.id,
      start or execution.events, limit + 1)
  else
    rows = db:all("SELECT * FROM states_events WHERE execution = ? AND id >= ? ORDER BY id LIMIT ?", execution.id, start
      or 1, limit + 1)
  end
  local events = json.array {}
  for index = 1, math.min(limit, #rows) do
    events[index] = event_of(rows[index], with_execution_data)
  end
  return events, rows[limit + 1] and rows[limit + 1].id
end

return history
