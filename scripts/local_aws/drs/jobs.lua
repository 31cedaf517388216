-- Jobs: stored when they are started, with every event's time; what they show is compared with the clock.

local after = require "local_aws.drs.after"
local failures = require "local_aws.drs.failures"
local ids = require "local_aws.drs.ids"
local json = require "json"
local pages = require "local_aws.drs.pages"
local participants = require "local_aws.drs.participants"
local time = require "time"
local uuid = require "uuid"

local jobs = {}

jobs.schema = [[
CREATE TABLE IF NOT EXISTS drs_jobs (
  number INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,
  initiated_by TEXT NOT NULL, created_us INTEGER NOT NULL, starts_us INTEGER NOT NULL, ends_us INTEGER NOT NULL,
  tags TEXT NOT NULL, UNIQUE (account, region, id)
);
CREATE INDEX IF NOT EXISTS drs_jobs_page ON drs_jobs (account, region, created_us, number);
CREATE INDEX IF NOT EXISTS drs_jobs_active ON drs_jobs (account, region, ends_us);
CREATE TABLE IF NOT EXISTS drs_job_events (
  job INTEGER NOT NULL, position INTEGER NOT NULL, at_us INTEGER NOT NULL, event TEXT NOT NULL, data TEXT NOT NULL,
  PRIMARY KEY (job, position)
) WITHOUT ROWID;
]] .. participants.schema

-- drs limits, with the codes of the quotas.
local MAX_JOBS, MAX_SERVERS_IN_JOB, MAX_SERVERS_IN_JOBS = 20, 100, 500

-- Raises ServiceQuotaExceededException if as many jobs are in progress as may be.
function jobs.check_concurrency(call, now)
  local active = call.world.db:first("SELECT count(*) AS n FROM drs_jobs WHERE account = ? AND region = ? AND ends_us > ?",
    call.account, call.region, now).n
  if active >= MAX_JOBS then
    failures.quota(("The maximum number of concurrent jobs in progress (%d) was reached"):format(MAX_JOBS), "L-D88FAC3A")
  end
end

-- Raises ServiceQuotaExceededException if a LAUNCH job of so many servers is one too many.
function jobs.check_quotas(call, server_count, now)
  if server_count > MAX_SERVERS_IN_JOB then
    failures.quota(("The maximum number of source servers in one job (%d) was exceeded"):format(MAX_SERVERS_IN_JOB),
      "L-B827C881")
  end
  jobs.check_concurrency(call, now)
  local busy = participants.count_busy(call, now)
  if busy + server_count > MAX_SERVERS_IN_JOBS then
    failures.quota(("The maximum number of source servers in all jobs (%d) was exceeded"):format(MAX_SERVERS_IN_JOBS),
      "L-05AFA8C6")
  end
end

-- The number that the next job gets: what its jitter is computed from.
function jobs.next_number(call)
  local row = call.world.db:first "SELECT seq FROM sqlite_sequence WHERE name = 'drs_jobs'"
  return (row and row.seq or 0) + 1
end

-- Events by time; those of one moment stay as they were written.
local function in_order(events)
  for position, event in ipairs(events) do
    event.position = position
  end
  table.sort(events, function(a, b)
    if a.at == b.at then
      return a.position < b.position
    end
    return a.at < b.at
  end)
  return events
end

local function runs_of(way, now)
  local runs = {}
  for index, run in ipairs(way.runs or {}) do
    runs[index] = { action = run.action, id = uuid.v4(), starts = after(now, run.starts_at), ends = after(now, run.ends_at),
      failed = run.failed }
  end
  return runs
end

-- Stores a job that is created at `now`. plan: the answer of timeline.*; list: who takes part, {server=|nil, instance=|nil,
-- network=|nil, key= of plan.ways}. Answers its row.
function jobs.insert(call, now, kind, initiated_by, tags, plan, list)
  local db, id = call.world.db, ids.new "drsjob-"
  db:run([[INSERT INTO drs_jobs (account, region, id, type, initiated_by, created_us, starts_us, ends_us, tags)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)]], call.account, call.region, id, kind, initiated_by, now, after(now, plan.starts_at),
    after(now, plan.ends_at), json.encode(json.object(tags or {})))
  local number = db:last_insert_id()
  for position, participant in ipairs(list) do
    local way = plan.ways[participant.key]
    participants.insert(call, number, position, {
      server = participant.server, instance = participant.instance, network = participant.network, outcome = way.outcome,
      launch_starts_us = after(now, way.launch_starts_at), launched_us = after(now, way.launched_at),
      ends_us = after(now, way.ends_at), job_ends_us = after(now, plan.ends_at), runs = runs_of(way, now),
    })
  end
  for position, event in ipairs(in_order(plan.events)) do
    db:run("INSERT INTO drs_job_events (job, position, at_us, event, data) VALUES (?, ?, ?, ?, ?)", number, position,
      after(now, event.at), event.event, json.encode(json.object(event.data)))
  end
  return db:first("SELECT * FROM drs_jobs WHERE number = ?", number)
end

local function status(row, now)
  if now >= row.ends_us then
    return "COMPLETED"
  end
  return now >= row.starts_us and "STARTED" or "PENDING"
end

-- A row of drs_jobs as DRS describes it.
function jobs.describe(call, row, now)
  local servers, resources = participants.describe(call, row, now)
  return {
    jobID = row.id, arn = ids.arn(row.account, row.region, "job", row.id), type = row.type, initiatedBy = row.initiated_by,
    creationDateTime = ids.timestamp(row.created_us), endDateTime = now >= row.ends_us and ids.timestamp(row.ends_us) or nil,
    status = status(row, now), participatingServers = servers, participatingResources = resources, tags = json.decode(row.tags),
  }
end

local operations = {}

local function microseconds(timestamp)
  return timestamp and math.floor(time.parse(timestamp) * 1000000)
end

-- Newest first. An unknown id gives nothing; an empty list of ids means all.
function operations.DescribeJobs(call)
  local filters = call.input.filters or {}
  local by_id = pages.one_of("id", filters.jobIDs)
  local page, token = pages.of_table(call, {
    from = "drs_jobs", order = { "created_us", "number" }, descending = true, keyed = by_id[2] ~= nil, where = {
      by_id, { "created_us >= ?", microseconds(filters.fromDate) }, { "created_us <= ?", microseconds(filters.toDate) },
    },
  })
  local now, items = time.now_us(), json.array {}
  for index, row in ipairs(page) do
    items[index] = jobs.describe(call, row, now)
  end
  return { items = items, nextToken = token }
end

local function find(call, id)
  return call.world.db:first("SELECT * FROM drs_jobs WHERE account = ? AND region = ? AND id = ?", call.account, call.region,
    id)
end

local function event_name(call, row)
  -- An event that no model knows, for clients that must live with one.
  return call.world.settings.drs.unknownEvents and row.event == "LAUNCH_START" and "LAUNCH_PREPARED" or row.event
end

function operations.DescribeJobLogItems(call)
  local size, place = pages.start(call)
  local job = find(call, call.input.jobID)
  if not job then
    failures.invalid(("Job %s does not exist."):format(call.input.jobID))
  end
  local rows = call.world.db:all([[SELECT * FROM drs_job_events WHERE job = ? AND position > ? AND at_us <= ? ORDER BY position
    LIMIT ?]], job.number, place or 0, time.now_us(), size + 1)
  local page, token = pages.cut(call, rows, size, function(row)
    return row.position
  end)
  local items = json.array {}
  for index, row in ipairs(page) do
    items[index] = { logDateTime = ids.timestamp(row.at_us), event = event_name(call, row), eventData = json.decode(row.data) }
  end
  return { items = items, nextToken = token }
end

function operations.DeleteJob(call)
  local job = find(call, call.input.jobID) or failures.not_found("Job", call.input.jobID)
  if time.now_us() < job.ends_us then
    failures.conflict("The Job is still in progress and cannot be deleted.", "Job", job.id)
  end
  for _, statement in ipairs { "DELETE FROM drs_job_events WHERE job = ?", "DELETE FROM drs_job_servers WHERE job = ?",
    "DELETE FROM drs_jobs WHERE number = ?" } do
    call.world.db:run(statement, job.number)
  end
  return {}
end

jobs.operations = operations

return jobs
