local estate = require "tests.support.estate"
local json   = require "json"

describe("GET /executions/{id}/termination-status", function()
  local here

  before_each(function() here = estate.open() end)
  after_each(function() here.close() end)

  local function progress(id, query)
    return here.call("GET", "/executions/" .. id .. "/termination-status" .. (query and "?" .. query or ""))
  end

  local function terminated(plan)
    local _, id = here.finished(plan or "one")
    assert.equal(200, (here.call("POST", "/executions/" .. id .. "/terminate-instances", {})))
    return id
  end

  it("follows the jobs to the end and writes instancesTerminated once", function()
    local id = terminated("sides")
    local status, answer = progress(id)
    assert.equal(200, status)
    assert.equal(2, #answer.jobs)
    assert.equal(8, answer.totalServers)
    assert.is_false(answer.allCompleted)
    assert.is_nil(here.item(id).instancesTerminated)
    here.advance(60)
    answer = select(2, progress(id))
    assert.same({ executionId = id, totalServers = 8, completedServers = 8, progressPercent = 100, allCompleted = true,
                  anyFailed = false, unknownJobs = {}, jobs = answer.jobs }, answer)
    local item = here.item(id)
    assert.is_true(item.instancesTerminated)
    assert.is_number(item.instancesTerminatedAt)
    progress(id)
    assert.equal(item.version, here.item(id).version)
  end)

  it("of an execution without termination jobs is 0 %, not done", function()
    local _, id = here.finished("one")
    local status, answer = progress(id)
    assert.equal(200, status)
    assert.is_true(json.is_array(answer.jobs))
    assert.equal(0, answer.progressPercent)
    assert.is_false(answer.allCompleted)
    assert.is_nil(here.item(id).instancesTerminated)
  end)

  it("counts a completed job without servers as all of its servers", function()
    local id = terminated()
    here.advance(60)
    assert.equal(0, #here.client("drs"):describe_jobs({ filters = {
      jobIDs = json.array { here.item(id).terminateJobs[1].jobId } } }).items[1].participatingServers)
    local _, answer = progress(id)
    assert.equal(2, answer.jobs[1].completedServers)
  end)

  it("a job that DRS does not know is unknown: not 100 %, not terminated", function()
    local id = terminated()
    here.advance(60)
    local job = here.item(id).terminateJobs[1].jobId
    here.client("drs"):delete_job { jobID = job }
    local status, answer = progress(id)
    assert.equal(200, status)
    assert.same({ job }, answer.unknownJobs)
    assert.equal("UNKNOWN", answer.jobs[1].status)
    assert.is_false(answer.allCompleted)
    assert.is_true(answer.progressPercent < 100)
    assert.is_nil(here.item(id).instancesTerminated)
  end)

  it("is not terminated while an instance that nobody asked for lives", function()
    local _, id = here.finished("one")
    local _, found = here.call("GET", "/executions/" .. id .. "/recovery-instances")
    here.call("POST", "/executions/" .. id .. "/terminate-instances",
      { only = json.array { found.instances[1].recoveryInstanceId } })
    here.advance(60)
    local _, answer = progress(id)
    assert.is_true(answer.allCompleted)
    assert.is_nil(here.item(id).instancesTerminated)
    local _, details = here.call("GET", "/executions/" .. id)
    assert.is_true(details.terminationMetadata.canTerminate)
  end)

  it("is not terminated when a server could not be terminated", function()
    local _, id = here.finished("one")
    here.client("drs"):tag_resource {
      resourceArn = here.client("drs"):describe_source_servers({ filters = {
        sourceServerIDs = json.array { estate.server_id("db", 1) } } }).items[1].arn,
      tags = { ["drsh:behaviour"] = "terminate=FAILED" } }
    here.call("POST", "/executions/" .. id .. "/terminate-instances", {})
    here.advance(60)
    progress(id)
    assert.is_nil(here.item(id).instancesTerminated)
  end)

  it("takes jobIds and region of old clients", function()
    local id = terminated("sides")
    local job = here.item(id).terminateJobs[2]
    local status, answer = progress(id, "jobIds=" .. job.jobId .. "&region=eu-central-1")
    assert.equal(200, status)
    assert.equal(1, #answer.jobs)
    assert.equal(job.region, answer.jobs[1].region)
  end)

  it("400 UNKNOWN_TERMINATION_JOB: a job of somebody else, or our own launch job", function()
    local id = terminated()
    for _, job in ipairs { "drsjob-0123456789abcdef0", here.item(id).waves[1].jobId } do
      local status, answer = progress(id, "jobIds=" .. job)
      assert.equal(400, status)
      assert.equal("UNKNOWN_TERMINATION_JOB", answer.error)
    end
  end)

  it("400 INVALID_JOB_ID", function()
    local id = terminated()
    for _, job in ipairs { "17", "drsjob-1", "drsjob-0123456789abcdef01", "job%2Cdrsjob" } do
      local status, answer = progress(id, "jobIds=" .. job)
      assert.equal(400, status)
      assert.equal("INVALID_JOB_ID", answer.error)
    end
  end)

  it("502 when a region does not answer", function()
    local id = terminated("sides")
    here.fault { service = "drs", operation = "DescribeJobs", region = estate.WEST, kind = "error",
                 code = "AccessDeniedException", status = 403 }
    local status, answer = progress(id)
    assert.equal(502, status)
    assert.equal(estate.WEST, answer.region)
  end)

  it("asks in the target account", function()
    local id = terminated("far")
    here.forget_calls()
    here.advance(60)
    local _, answer = progress(id)
    assert.is_true(answer.allCompleted)
    assert.equal(0, #here.calls { service = "drs", account = estate.ACCOUNT })
    assert.is_true(here.item(id).instancesTerminated)
  end)
end)
