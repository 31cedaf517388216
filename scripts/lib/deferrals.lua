-- Deferred terminations: what a policy put off, until a time or for somebody's approval. They are kept in the execution's item:
--
--   deferredTermination  instances[]  recoveryInstanceId, region, reason, until, approval, requestedBy, requestedAt, judgedAt
--                        approvals[]  by, roles[], at, reason, recoveryInstanceIds[]: what was waiting when it was given
--                        extensions[] by, at, hours, until, reason;  extendedUntil: the last one's
--                        warnings[]   at, until, before, message
--                        whole        ordered at the execution's end: what lives then is found by the sweep
--
-- Nothing of it allows anything. Whenever one is due, the policy is asked again, and decides.

local agenda     = require "lib.agenda"
local executions = require "lib.executions"
local json       = require "json"
local lists      = require "lib.lists"
local policy     = require "lib.policy"
local reply      = require "lib.reply"
local store      = require "lib.store"
local time       = require "time"

local deferrals = {}

local RETRY_SECONDS = 600       -- when what was allowed did not come about, or a policy failed
local IDLE_SECONDS = 3600       -- so often one that waits for an approval alone is looked at

--- What is deferred of an execution, or nil.
function deferrals.of(execution) return lists.given(execution.deferredTermination) end

local function rows_of(execution)
  local pending = deferrals.of(execution)
  return pending and lists.of(pending.instances) or json.array {}
end
deferrals.rows = rows_of

--- The ids of the instances that wait.
function deferrals.ids(execution)
  return lists.map(rows_of(execution), function(row) return row.recoveryInstanceId end)
end

local function covers(approval, id)
  return lists.first(lists.of(approval.recoveryInstanceIds), function(one) return one == id end) ~= nil
end

--- The order as it stands for one instance: who asked for its termination, and who approved it since. What a policy is told.
function deferrals.order_for(execution, order, id)
  local pending = deferrals.of(execution)
  local row = lists.first(rows_of(execution), function(one) return one.recoveryInstanceId == id end)
  local told = { only = order.only, confirm = order.confirm, dryRun = order.dryRun, approvals = json.array {} }
  if not row then
    told.by, told.at, told.reason = order.by, time.now(), order.reason
    return told
  end
  told.by, told.at, told.reason = row.requestedBy, row.requestedAt, lists.given(row.requestReason)
  told.approvals = lists.filter(lists.of(pending.approvals), function(one) return covers(one, id) end)
  told.extended_until = lists.given(pending.extendedUntil)
  return told
end

-- --- when the policy is to be asked again ---

local function is_due(row, pending, now)
  if lists.given(row["until"]) and row["until"] <= now then return true end
  return lists.first(lists.of(pending.approvals), function(one)
    return one.at >= row.judgedAt and covers(one, row.recoveryInstanceId)
  end) ~= nil
end

--- The ids to ask the policy about now. nil: ask about all that lives.
function deferrals.due(execution)
  local pending, now = deferrals.of(execution), time.now()
  if pending.whole then return nil end
  local due = lists.filter(rows_of(execution), function(row) return is_due(row, pending, now) end)
  return lists.map(due, function(row) return row.recoveryInstanceId end)
end

--- How many seconds before an end the policy wants a warning: a list.
function deferrals.warn_before() return policy.field("termination", "warn_before", "table") or {} end

--- Has the sweep look at it when something of it is due, or a warning is.
function deferrals.schedule(execution_id, pending)
  local now, before = time.now(), deferrals.warn_before()
  local next_look = now + IDLE_SECONDS
  for _, row in ipairs(lists.of(pending.instances)) do
    local ends = lists.given(row["until"])
    if ends then next_look = math.min(next_look, ends) end
    for _, seconds in ipairs(before) do
      if ends and ends - seconds > now then next_look = math.min(next_look, ends - seconds) end
    end
  end
  agenda.put(execution_id, pending.whole and now or next_look)
end

-- --- what a person says to it: approve, extend, withdraw ---

local function refuse(status, code, message, execution)
  reply.fail(status, code, message, { executionId = execution.executionId, deferred = rows_of(execution) })
end

local function meant(execution, order)
  local only = order.only and lists.set(order.only)
  return lists.filter(rows_of(execution), function(row) return not only or only[row.recoveryInstanceId] == true end)
end

local function may_approve(row, caller)
  return row.approval == "anyone" or lists.set(lists.of(caller and caller.roles))[row.approval] == true
end

-- The approvals with this caller's added; refuses where there is nothing that this caller could approve.
local function approve(current, order)
  local waiting = lists.filter(meant(current, order), function(row) return lists.given(row.approval) ~= nil end)
  if #waiting == 0 then refuse(409, "NO_APPROVAL_NEEDED", "nothing waits for an approval", current) end
  local others = lists.filter(waiting, function(row) return row.requestedBy ~= order.by end)
  if #others == 0 then
    refuse(409, "APPROVAL_BY_REQUESTER", "whoever asked for the termination cannot approve it: another person must", current)
  end
  local mine = lists.filter(others, function(row) return may_approve(row, order.caller) end)
  if #mine == 0 then refuse(403, "APPROVAL_NOT_YOURS", "the approval of " .. others[1].approval .. " is needed", current) end
  return { approvals = lists.concat { lists.of(current.deferredTermination.approvals), { {
    by = order.by, roles = lists.of(order.caller and order.caller.roles), at = time.now(), reason = order.reason,
    recoveryInstanceIds = lists.map(mine, function(row) return row.recoveryInstanceId end),
  } } } }
end

local function extend(current, order)
  local pending, latest = current.deferredTermination, time.now()
  for _, row in ipairs(rows_of(current)) do latest = math.max(latest, lists.given(row["until"]) or 0) end
  local ends = math.floor(latest + order.extendHours * 3600)
  return { extendedUntil = ends, extensions = lists.concat { lists.of(pending.extensions), { {
    by = order.by, at = time.now(), hours = order.extendHours, reason = order.reason, ["until"] = ends,
  } } } }
end

local function withdrawn(current, order)
  local gone = lists.set(lists.map(meant(current, order), function(row) return row.recoveryInstanceId end))
  return { instances = lists.filter(rows_of(current), function(row) return not gone[row.recoveryInstanceId] end),
           whole = order.only and current.deferredTermination.whole or nil }
end

-- The change of the item; an order without instances is none.
local function as_change(pending)
  if #pending.instances == 0 and not pending.whole then return { deferredTermination = store.REMOVE } end
  return { deferredTermination = pending }
end

--- Writes down what this call says to a deferred termination. 409 when there is none, or nothing that the caller could say.
function deferrals.apply(execution, order)
  local act = order.approve and approve or order.extendHours and extend or order.withdraw and withdrawn
  if not act then return execution end
  if order.approve then agenda.put(execution.executionId, time.now()) end
  return (executions.change(execution, function(current)
    if not deferrals.of(current) then refuse(409, "NOTHING_DEFERRED", "no termination is deferred", current) end
    local changes = act(current, order)
    local pending = lists.merged(current.deferredTermination, changes)
    if order.withdraw then pending.whole = changes.whole end
    return as_change(pending)
  end))
end

-- --- what the policy said ---

local function row_of(execution, order, one)
  local told = deferrals.order_for(execution, order, one.recoveryInstanceId)
  return json.object {
    recoveryInstanceId = one.recoveryInstanceId, region = one.region, reason = one.reason, ["until"] = one["until"],
    approval = one.approval, requestedBy = told.by, requestedAt = told.at, requestReason = told.reason, judgedAt = time.now(),
  }
end

-- The rows after a judgement: what is denied or lives no more goes, what is deferred comes, what is allowed stays until it is
-- done.
local function after(current, order, verdict, living)
  local gone, rows = {}, json.array {}
  for _, one in ipairs(verdict.denied) do gone[one.recoveryInstanceId] = true end
  for _, one in ipairs(verdict.deferred) do gone[one.recoveryInstanceId] = true end
  for _, row in ipairs(rows_of(current)) do
    if living[row.recoveryInstanceId] and not gone[row.recoveryInstanceId] then rows[#rows + 1] = row end
  end
  for _, one in ipairs(verdict.deferred) do rows[#rows + 1] = row_of(current, order, one) end
  return rows
end

--- Writes down what was deferred, before anything is terminated. Gives the execution.
function deferrals.record(execution, order, verdict)
  if #verdict.deferred == 0 and not deferrals.of(execution) then return execution end
  local living = lists.set(lists.map(verdict.candidates, function(instance) return instance.recoveryInstanceId end))
  local function change(current)
    local pending = lists.merged(deferrals.of(current) or {}, { instances = after(current, order, verdict, living) })
    pending.whole = nil
    if #pending.instances == 0 and not deferrals.of(current) then return nil end
    return as_change(pending), pending
  end
  local _, pending = change(execution)
  if pending and #pending.instances > 0 then
    deferrals.schedule(execution.executionId, pending)
  end
  return (executions.change(execution, function(current) return (change(current)) end))
end

--- The part of a change that takes terminated instances off the list; what failed is tried again later.
function deferrals.without(current, terminated, failed)
  if not deferrals.of(current) then return {} end
  local gone, again = lists.set(terminated), {}
  for _, one in ipairs(failed) do again[one.recoveryInstanceId] = one end
  local rows = lists.filter(rows_of(current), function(row) return not gone[row.recoveryInstanceId] end)
  rows = lists.map(rows, function(row)
    local problem = again[row.recoveryInstanceId]
    return problem and lists.merged(row, { ["until"] = time.now() + RETRY_SECONDS,
      reason = ("%s: %s"):format(problem.errorType, problem.error) }) or row
  end)
  return as_change(lists.merged(current.deferredTermination, { instances = rows }))
end

--- A denial by a policy that failed, as something to ask again: the order stands, and nothing is terminated meanwhile.
function deferrals.to_ask_again(denied)
  return lists.merged(denied, { ["until"] = time.now() + RETRY_SECONDS })
end

return deferrals
