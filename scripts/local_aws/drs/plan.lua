-- The frame of a job that is computed when it is started: each participant goes its way with a clock of its own and writes
-- down what happens; the job lasts from the first to the last. Every step has a jitter that the world's seed decides: the same
-- job of the same world always goes the same way.

local crypto = require "crypto"

local plan = {}

-- A factor around 1, decided by the seed and what it is for.
local function jitter(settings, job_number, participant_id, step)
  local hash = crypto.sha256(("%d/%d/%s/%s"):format(settings.seed, job_number, participant_id, step))
  return 1 + (string.unpack(">I4", hash) / 2 ^ 31 - 1) * settings.jitter
end

local Way = {}
Way.__index = Way

-- The way of one participant, {id=, behaviour={}}. Times are seconds after the job's creation.
function plan.new_way(settings, job_number, participant, start)
  return setmetatable({ settings = settings, job_number = job_number, participant = participant, at = start, events = {},
    behaviour = participant.behaviour or {} }, Way)
end

function Way:pass(step)
  local factor = (self.behaviour.slow or 1) * jitter(self.settings, self.job_number, self.participant.id, step)
  self.at = self.at + self.settings.timings[step] * factor
end

function Way:note(event, data)
  self.events[#self.events + 1] = { at = self.at, event = event, data = data }
end

-- Notes an event of a server.
function Way:emit(event, data)
  data = data or {}
  data.sourceServerID = self.participant.id
  self:note(event, data)
end

-- The tries of a step that fail: all of them, or all but the last. Answers whether the step failed.
function Way:try(step, event, problem)
  local asked = self.behaviour[step]
  local failing = asked == "FAILED"
  local attempts = self.behaviour.attempts or (asked == "RETRIED" and 2 or 1)
  for attempt = 1, not asked and 0 or failing and attempts or attempts - 1 do
    self:pass(step)
    self:emit(event, { rawError = problem, attemptCount = attempt, maxAttemptsCount = attempts })
  end
  return failing
end

-- {starts_at=, ends_at=, events={{at=, event=, data=}}, ways={[participant's id] = way with outcome=, ends_at= ...}}
function plan.new_job(settings, job_number, earliest)
  local start = earliest + settings.timings.job_start * jitter(settings, job_number, "", "job_start")
  return { starts_at = start, ends_at = start, ways = {}, events = { { at = start, event = "JOB_START", data = {} } } }
end

function plan.add_way(job, way, outcome)
  way.outcome, way.ends_at = outcome, way.at
  job.ways[way.participant.id] = way
  job.ends_at = math.max(job.ends_at, way.ends_at)
  table.move(way.events, 1, #way.events, #job.events + 1, job.events)
end

-- The job is cancelled at `at`: who has ended by then has ended so, all others have failed, and what would have come after
-- does not.
function plan.cancel(job, at)
  local kept = {}
  for _, event in ipairs(job.events) do
    kept[#kept + 1] = event.at <= at and event or nil
  end
  kept[#kept + 1] = { at = at, event = "JOB_CANCEL", data = {} }
  job.events, job.ends_at = kept, at
  for _, way in pairs(job.ways) do
    if way.ends_at > at then
      way.outcome, way.ends_at, way.runs = "FAILED", at, nil
      for _, name in ipairs { "cleanup_ends_at", "launch_starts_at", "launched_at" } do
        way[name] = way[name] and way[name] <= at and way[name] or nil
      end
    end
  end
end

function plan.end_job(settings, job_number, job)
  job.ends_at = job.ends_at + settings.timings.job_end * jitter(settings, job_number, "", "job_end")
  job.events[#job.events + 1] = { at = job.ends_at, event = "JOB_END", data = {} }
  return job
end

return plan
