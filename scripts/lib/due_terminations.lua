-- Deferred terminations whose time has come, for the sweep: the policy is asked again, and what it allows now is terminated.

local agenda           = require "lib.agenda"
local deferrals        = require "lib.deferrals"
local executions       = require "lib.executions"
local json             = require "json"
local lists            = require "lib.lists"
local log              = require "log"
local policy           = require "lib.policy"
local status           = require "lib.status"
local termination_view = require "lib.termination_view"
local terminations     = require "lib.terminations"
local time             = require "time"
local verdicts         = require "lib.verdicts"

local due_terminations = {}

local BUSY_SECONDS = 60

-- --- warnings before the end ---

-- The smallest of the policy's warning times that has come for this end, if it was not warned of yet.
local function new_warning(pending, ends, before)
  local left, chosen = ends - time.now()
  for _, seconds in ipairs(before) do
    if left > 0 and left <= seconds and (not chosen or seconds < chosen) then chosen = seconds end
  end
  local known = chosen and lists.first(lists.of(pending.warnings), function(one)
    return one["until"] == ends and one.before <= chosen
  end)
  if not chosen or known then return nil end
  return { at = time.now(), ["until"] = ends, before = chosen,
    message = ("recovery instances are terminated at %s, in %d minutes, unless somebody extends or withdraws it")
      :format(time.iso8601(ends), (left + 59) // 60) }
end

local function due_warnings(pending)
  local found, seen, before = json.array {}, {}, deferrals.warn_before()
  for _, row in ipairs(lists.of(pending.instances)) do
    local ends = lists.given(row["until"])
    local warning = ends and not seen[ends] and new_warning(pending, ends, before)
    if ends then seen[ends] = true end
    if warning then found[#found + 1] = warning end
  end
  return found
end

-- Written first: a warning is told once, whoever dies.
local function warn(execution)
  local warnings = json.array {}
  local written, mine = executions.change(execution, function(current)
    local pending = deferrals.of(current)
    warnings = pending and due_warnings(pending) or warnings
    if #warnings == 0 then return nil end
    return { deferredTermination = lists.merged(pending, { warnings = lists.concat { lists.of(pending.warnings), warnings } }) }
  end)
  local tell = policy.field("termination", "warned", "function")
  for _, warning in ipairs(mine and warnings or {}) do
    log.warn(warning.message, { executionId = execution.executionId, ["until"] = warning["until"] })
    local ok, fault = true, nil
    if tell then ok, fault = pcall(tell, written, warning) end
    if not ok then log.error("the policy could not pass a warning on", { fault = tostring(fault) }) end
  end
  return written
end

-- --- what is due ---

-- Kept, so that nobody wonders why something that was put off never came.
local function note_denied(execution, denied)
  if #denied == 0 then return execution end
  log.warn("a deferred termination was denied when its time came", { executionId = execution.executionId, count = #denied })
  local rows = lists.map(denied, function(one) return lists.merged(one, { at = time.now() }) end)
  return (executions.change(execution, function(current)
    return { deniedTerminations = lists.concat { lists.of(current.deniedTerminations), rows } }
  end))
end

local function carry_out(execution, only)
  local candidates = terminations.candidates(execution)
  local order = { by = "policy termination", reason = "ordered at the end of the drill", only = only, by_sweep = true }
  local verdict = verdicts.judge(execution, order, candidates)
  local known = lists.set(lists.map(candidates, function(one) return one.recoveryInstanceId end))
  local refused = lists.filter(verdict.denied, function(one) return known[one.recoveryInstanceId] end)
  execution = note_denied(deferrals.record(execution, order, verdict), refused)
  local batches = terminations.batches(verdict.allowed)
  if #batches == 0 then return execution end
  local written, mine, earlier = terminations.write_intent(execution, batches, order)
  if not mine then return written end
  local after, jobs, failed = terminations.run(written, order, verdict, batches, earlier)
  log.info("a deferred termination was carried out", { executionId = after.executionId, jobs = #jobs, failed = #failed })
  return after
end

-- One entry of the agenda. An entry whose execution has nothing deferred is left over, unless its writer is on the way.
local function look_at(entry)
  local execution = executions.find(entry.id)
  if not execution or not deferrals.of(execution) or not status.is_terminal(execution) then
    if entry.at + agenda.GRACE_SECONDS <= time.now() then agenda.drop(entry) end
    return
  end
  if termination_view.running(execution) then return agenda.put(entry.id, time.now() + BUSY_SECONDS) end
  execution = warn(execution)
  local only = deferrals.due(execution)
  if not only or #only > 0 then execution = carry_out(execution, only) end
  if deferrals.of(execution) then
    deferrals.schedule(entry.id, deferrals.of(execution))
  else
    agenda.drop(entry)
  end
end
due_terminations.look_at = look_at

--- What the sweep has to look at now: a list of entries for look_at.
due_terminations.entries = agenda.due

return due_terminations
