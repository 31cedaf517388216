-- The quotas of DRS, in every region of the plan and in the account where its servers are.

local json  = require "json"
local jobs  = require "lib.jobs"
local lists = require "lib.lists"
local plans = require "lib.plans"
local reply = require "lib.reply"

local limits = {}

limits.SERVERS_IN_JOB = 100        -- L-B827C881
limits.CONCURRENT_JOBS = 20        -- L-D88FAC3A
limits.SERVERS_IN_ALL_JOBS = 500   -- L-05AFA8C6

function limits.wave_size(start)
  local large = lists.filter(start.plan.waves, function(wave) return #wave.serverIds > limits.SERVERS_IN_JOB end)
  if #large == 0 then return end
  reply.fail(400, "WAVE_SIZE_LIMIT_EXCEEDED", ("a wave can have at most %d servers"):format(limits.SERVERS_IN_JOB), {
    limit = limits.SERVERS_IN_JOB,
    waves = lists.map(large, function(wave)
      return { waveNumber = wave.waveNumber, waveName = wave.waveName, serverCount = #wave.serverIds }
    end),
  })
end

function limits.concurrent_jobs(start)
  for _, place in ipairs(start.active_jobs()) do
    if #place.jobs >= limits.CONCURRENT_JOBS then
      reply.fail(429, "CONCURRENT_JOBS_LIMIT_EXCEEDED",
        ("%d jobs are active in %s; DRS allows %d"):format(#place.jobs, place.region, limits.CONCURRENT_JOBS),
        { region = place.region, activeJobs = #place.jobs, limit = limits.CONCURRENT_JOBS })
    end
  end
end

-- The most servers that the plan has in jobs of one region at one time: waves of one level may run side by side.
local function peak(start, region)
  local level, sum, most = plans.levels(start.plan.waves), {}, 0
  for _, wave in ipairs(start.plan.waves) do
    if wave.region == region then
      local at = level[wave.waveNumber]
      sum[at] = (sum[at] or 0) + #wave.serverIds
      most = math.max(most, sum[at])
    end
  end
  return most
end

function limits.servers_in_jobs(start)
  for _, place in ipairs(start.active_jobs()) do
    local busy = #lists.concat(lists.map(place.jobs, function(job) return json.array(jobs.servers(job)) end))
    local wanted = peak(start, place.region)
    if busy + wanted > limits.SERVERS_IN_ALL_JOBS then
      reply.fail(429, "SERVERS_IN_JOBS_LIMIT_EXCEEDED",
        ("%d servers are in jobs in %s and the plan brings %d; DRS allows %d")
          :format(busy, place.region, wanted, limits.SERVERS_IN_ALL_JOBS),
        { region = place.region, serversInJobs = busy, planServers = wanted, limit = limits.SERVERS_IN_ALL_JOBS })
    end
  end
end

return limits
