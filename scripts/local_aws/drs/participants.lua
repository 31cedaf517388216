-- Who takes part in a job: source servers (with their recovery instances) or source networks, and how each fares.

local json = require "json"
local last_launch = require "local_aws.drs.last_launch"
local ids = require "local_aws.drs.ids"

local participants = {}

-- runs: the post-launch actions, list of {action=, id=, starts=us, ends=us, failed=}.
participants.schema = [[
CREATE TABLE IF NOT EXISTS drs_job_servers (
  job INTEGER NOT NULL, position INTEGER NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, server TEXT, instance TEXT,
  network TEXT, launch_starts_us INTEGER, launched_us INTEGER, ends_us INTEGER NOT NULL, outcome TEXT NOT NULL,
  job_ends_us INTEGER NOT NULL, runs TEXT, PRIMARY KEY (job, position)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS drs_job_servers_busy ON drs_job_servers (account, region, server, job_ends_us);
CREATE INDEX IF NOT EXISTS drs_job_servers_active ON drs_job_servers (account, region, job_ends_us);
]]

-- Stores one. row: {server=, instance=, network=, launch_starts_us=, launched_us=, ends_us=, outcome=, job_ends_us=, runs=}.
function participants.insert(call, job_number, position, row)
  call.world.db:run([[INSERT INTO drs_job_servers (job, position, account, region, server, instance, network, launch_starts_us,
    launched_us, ends_us, outcome, job_ends_us, runs) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]], job_number, position,
    call.account, call.region, row.server, row.instance, row.network, row.launch_starts_us, row.launched_us, row.ends_us,
    row.outcome, row.job_ends_us, row.runs and row.runs[1] and json.encode(json.array(row.runs)) or nil)
end

-- How many source servers are in jobs that have not ended.
function participants.count_busy(call, now)
  return call.world.db:first([[SELECT count(server) AS n FROM drs_job_servers WHERE account = ? AND region = ?
    AND job_ends_us > ?]], call.account, call.region, now).n
end

local function launch_actions(row, now)
  if not row.runs or now < row.launched_us then
    return nil
  end
  local runs = {}
  for _, run in ipairs(json.decode(row.runs)) do
    if now >= run.starts then
      local status = now < run.ends and "IN_PROGRESS" or run.failed and "FAILED" or "SUCCEEDED"
      runs[#runs + 1] = { action = run.action, runId = run.id, status = status,
        failureReason = status == "FAILED" and "The document ended with an error" or nil }
    end
  end
  return { ssmAgentDiscoveryDatetime = ids.timestamp(row.launched_us), runs = runs }
end

-- The id of the recovery instance, as far as the service shows it: that of a finished LAUNCH job is lost.
local function shown_instance(row, job_type, shown, is_forgotten)
  if job_type == "LAUNCH" and (shown ~= "LAUNCHED" or is_forgotten) then
    return nil
  end
  return row.instance
end

-- participatingServers and participatingResources (nil where there are none) of a job (its row).
function participants.describe(call, job, now)
  local settings, finished = call.world.settings.drs, now >= job.ends_us
  local servers, resources = json.array {}, nil
  -- The service forgets whom a finished TERMINATE job was about.
  if job.type == "TERMINATE" and finished and settings.emptyTerminateJobs then
    return servers
  end
  for row in call.world.db:rows("SELECT * FROM drs_job_servers WHERE job = ? ORDER BY position", job.number) do
    local shown = last_launch.status({ launch_starts = row.launch_starts_us, ends = row.ends_us, outcome = row.outcome }, now)
    if row.network then
      resources = resources or json.array {}
      resources[#resources + 1] = { participatingResourceID = { sourceNetworkID = row.network }, launchStatus = shown }
    else
      servers[#servers + 1] = {
        sourceServerID = row.server, launchStatus = shown, launchActionsStatus = launch_actions(row, now),
        recoveryInstanceID = shown_instance(row, job.type, shown, finished and settings.hideRecoveryInstanceIds),
      }
    end
  end
  return servers, resources
end

return participants
