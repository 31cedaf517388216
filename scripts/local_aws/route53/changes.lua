-- ChangeResourceRecordSets: a batch happens as a whole or not at all. What is wrong with its form is InvalidInput; what does
-- not
-- fit the zone is InvalidChangeBatch, which tells everything that is wrong at once.

local change_log = require "local_aws.route53.change_log"
local change_rules = require "local_aws.route53.change_rules"
local fault = require "local_aws.fault"
local health_checks = require "local_aws.route53.health_checks"
local names = require "local_aws.route53.names"
local record_data = require "local_aws.route53.record_data"
local store = require "local_aws.route53.store"
local zones = require "local_aws.route53.zones"

local MOST = 1000

local PAST = { CREATE = "create", DELETE = "delete" }

local function find(db, zone, record)
  for _, stored in ipairs(store.of_name(db, zone.id, record.Name)) do
    if stored.Type == record.Type and stored.SetIdentifier == record.SetIdentifier then
      return stored
    end
  end
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b
  end
  for key, value in pairs(a) do
    if not same(value, b[key]) then
      return false
    end
  end
  for key in pairs(b) do
    if a[key] == nil then
      return false
    end
  end
  return true
end

local function tried(action, record, but)
  local identifier = record.SetIdentifier and (", set-identifier='%s'"):format(record.SetIdentifier) or ""
  return ("Tried to %s resource record set [name='%s', type='%s'%s] but %s"):format(PAST[action], record.Name, record.Type,
    identifier, but)
end

local APPLY = {
  CREATE = function(db, zone, record)
    if find(db, zone, record) then
      return tried("CREATE", record, "it already exists")
    end
    store.put(db, zone.id, record)
  end,
  UPSERT = function(db, zone, record)
    store.put(db, zone.id, record)
  end,
  DELETE = function(db, zone, record)
    local stored = find(db, zone, record)
    if not stored then
      return tried("DELETE", record, "it was not found")
    elseif not same(stored, record) then
      return tried("DELETE", record, "the values provided do not match the current values")
    end
    store.remove(db, zone.id, record)
  end,
}

-- The record set of a change, as the zone keeps it.
local function normalised(change)
  local record = change.ResourceRecordSet
  record.Name = names.normalise(record.Name)
  local alias = record.AliasTarget
  if alias then
    alias.DNSName = names.normalise(alias.DNSName)
    alias.HostedZoneId = names.bare_id(alias.HostedZoneId)
  end
  return record
end

-- A record set may come twice only as DELETE and then CREATE.
local function check_once(seen, action, record)
  local key = ("%s %s %s"):format(record.Type, record.Name, record.SetIdentifier or "")
  local before = seen[key]
  seen[key] = action
  if before and not (before == "DELETE" and action == "CREATE") then
    return ("The request contains an invalid set of changes for a resource record set '%s %s'"):format(record.Type, record.Name)
  end
end

local function check_count(changes)
  local count = 0
  for _, change in ipairs(changes) do
    count = count + (change.Action == "UPSERT" and 2 or 1) * math.max(1, #(change.ResourceRecordSet.ResourceRecords or {}))
  end
  if count > MOST then
    fault.raise("InvalidChangeBatch", ("[Number of records limit of %d exceeded.]"):format(MOST))
  end
end

-- Everything that is wrong with the batch, in its order; the database has what is right.
local function apply(call, zone, changes)
  local problems, seen, touched = {}, {}, {}
  local function note(problem)
    problems[#problems + 1] = problem
    return problem
  end
  for _, change in ipairs(changes) do
    local record = change.ResourceRecordSet
    local problem = check_once(seen, change.Action, record) or change_rules.of_zone(zone, record)
    if change.Action ~= "DELETE" then
      problem = problem or record_data.problem(record) or change_rules.alias(call, record)
    end
    if not note(problem) then
      note(APPLY[change.Action](call.world.db, zone, record))
    end
    touched[#touched + 1] = record.Name
  end
  if #problems == 0 then
    change_rules.check_names(call.world.db, zone, touched, note)
  end
  return problems
end

local operations = {}

function operations.ChangeResourceRecordSets(call)
  local batch, zone = call.input.ChangeBatch, zones.get(call, call.input.HostedZoneId)
  check_count(batch.Changes)
  for _, change in ipairs(batch.Changes) do
    local record = normalised(change)
    change_rules.check_form(change.Action, record)
    if record.HealthCheckId and change.Action ~= "DELETE" then
      health_checks.get(call, record.HealthCheckId)
    end
  end
  local problems = apply(call, zone, batch.Changes)
  if problems[1] then
    fault.raise("InvalidChangeBatch", "[" .. table.concat(problems, ", ") .. "]")
  end
  return { ChangeInfo = change_log.add(call, batch.Comment) }
end

return { operations = operations }
