-- Recovery instances of an execution.
--
-- An instance belongs to an execution if one of the execution's jobs made it. Never because it has the same source server:
-- another drill, or the real recovery, may have made that one.

local accounts    = require "lib.accounts"
local config      = require "config"
local jobs        = require "lib.jobs"
local json        = require "json"
local lists       = require "lib.lists"
local replication = require "lib.replication"
local reply       = require "lib.reply"
local task        = require "task"
local time        = require "time"
local waves       = require "lib.waves"

local instances = {}

local GONE = { TERMINATED = true, NOT_FOUND = true }

--- Is it there, and does it cost money? What is shutting down still is.
function instances.is_living(instance) return not GONE[instance.ec2State or "UNKNOWN"] end

local function instances_where(client, filter, ids)
  local found = json.array {}
  for _, chunk in ipairs(lists.chunks(lists.unique(ids), jobs.FILTER_LIMIT)) do
    for instance in client:items("describe_recovery_instances", { filters = { [filter] = chunk } }) do
      found[#found + 1] = instance
    end
  end
  return found
end

--- The recovery instances with these ids: a list, without those that DRS no longer knows.
function instances.by_id(client, ids) return instances_where(client, "recoveryInstanceIDs", ids) end

--- The recovery instances of these source servers that these jobs made: `made_by` is a set of job ids.
function instances.made_by(client, server_ids, made_by)
  return lists.filter(instances_where(client, "sourceServerIDs", server_ids), function(instance)
    return made_by[instance.jobID] ~= nil
  end)
end

--- EC2's own view of these instances: { id = instance }. By filter, not by id: EC2 answers a list with one unknown id with an
-- error and nothing else.
function instances.in_ec2(client, ids)
  local found = {}
  for _, chunk in ipairs(lists.chunks(lists.unique(ids), jobs.FILTER_LIMIT)) do
    local query = { Filters = json.array { { Name = "instance-id", Values = chunk } } }
    for page in client:pages("describe_instances", query) do
      for _, reservation in ipairs(page.Reservations or {}) do
        for _, instance in ipairs(reservation.Instances or {}) do found[instance.InstanceId] = instance end
      end
    end
  end
  return found
end

local function epoch(moment)
  if type(moment) == "string" then moment = time.parse(moment) end
  return moment and math.floor(moment) or nil
end

--- The EC2 part of a server's row.
function instances.addresses(ec2)
  if not ec2 then return {} end
  return {
    privateIp = ec2.PrivateIpAddress, instanceType = ec2.InstanceType, launchTime = epoch(ec2.LaunchTime),
    ec2State = ec2.State and ec2.State.Name and ec2.State.Name:upper() or nil,
  }
end

--- The waves that have a job, by region: a list of { key = region, items = waves }.
function instances.places(execution)
  local with_job = lists.filter(waves.all(execution), function(wave) return lists.given(wave.jobId) ~= nil end)
  return lists.group(with_job, function(wave) return lists.given(wave.region) or config.require("AWS_REGION") end)
end

--- Every server of these waves, by id, also where an old record has only the servers' outcomes.
function instances.servers_of(some_waves)
  local ids = json.array {}
  for _, wave in ipairs(some_waves) do
    local recorded = lists.map(wave.serverStatuses, function(server) return server.sourceServerId end)
    ids = lists.concat { ids, wave.serverIds, recorded }
  end
  return lists.unique(ids)
end

local function row(instance, wave, region)
  return {
    recoveryInstanceId = instance.recoveryInstanceID, instanceId = instance.ec2InstanceID, region = region,
    sourceServerId = instance.sourceServerID, jobId = instance.jobID, isDrill = instance.isDrill == true,
    waveName = wave.waveName, waveNumber = wave.waveNumber, status = instance.ec2InstanceState,
    ec2State = instance.ec2InstanceState, tags = instance.tags,
  }
end

local function in_region(execution, place)
  local by_job = waves.by_job(place.items)
  local client = accounts.client("drs", place.key, accounts.of(execution))
  local found = instances.made_by(client, instances.servers_of(place.items), by_job)
  return lists.map(found, function(instance) return row(instance, by_job[instance.jobID], place.key) end)
end

--- The instances of this execution, all of them or a 502: "none" is said only when AWS said so.
function instances.of(execution)
  local found = task.map(instances.places(execution), function(place)
    local ok, rows = pcall(in_region, execution, place)
    if not ok then reply.lookup_failed(rows, "the recovery instances in " .. place.key, { region = place.key }) end
    return rows
  end)
  return lists.concat(found)
end

-- Names and addresses. They may be missing, the instances may not.
local function enrich(execution, place, rows, warnings)
  local context = accounts.of(execution)
  local function ask(what)
    local ok, found = pcall(what)
    if ok then return found end
    warnings[#warnings + 1] = reply.warning(found, place.key)
    return {}
  end
  local parts = task.map({ "names", "ec2" }, function(part)
    if part == "names" then
      local ids = lists.map(rows, function(one) return one.sourceServerId end)
      return ask(function() return replication.servers(accounts.client("drs", place.key, context), ids) end)
    end
    local ids = lists.map(rows, function(one) return one.instanceId end)
    return ask(function() return instances.in_ec2(accounts.client("ec2", place.key, context), ids) end)
  end)
  for _, one in ipairs(rows) do
    one.serverName = replication.name_of(parts[1][one.sourceServerId])
    for name, value in pairs(instances.addresses(parts[2][one.instanceId])) do one[name] = value end
  end
end

--- The instances with names and addresses, and warnings for what could not be asked. When no region answers, that is an error.
function instances.shown(execution)
  local warnings, failures, places = json.array {}, 0, instances.places(execution)
  local found = task.map(places, function(place)
    local ok, rows = pcall(in_region, execution, place)
    if ok then
      if #rows > 0 then enrich(execution, place, rows, warnings) end
      return rows
    end
    failures = failures + 1
    if failures == #places then reply.lookup_failed(rows, "the recovery instances", { region = place.key }) end
    warnings[#warnings + 1] = reply.warning(rows, place.key)
    return json.array {}
  end)
  return lists.map(lists.concat(found), function(one)
    one.tags = nil
    return one
  end), warnings
end

--- Which instances of an execution live still, for "is all terminated?".
function instances.living(execution)
  return lists.filter(instances.of(execution), instances.is_living)
end

return instances
