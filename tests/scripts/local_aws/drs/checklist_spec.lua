-- The lines of the simulator's checklist (section 8) that concern all of DRS; facts.lua says which tests show the others.

local clock = require "clock"
local models = require "models"
local support = require "tests.support.local_aws"
local time = require "time"
local world = require "tests.scripts.local_aws.drs.world"

local drs, start = world.drs, world.start

local function send(given)
  local answer = support.drs(world.here(), "DescribeJobs", {}, given)
  return answer.status, answer.headers["x-amzn-errortype"]
end

describe("the checklist", function()
  after_each(world.close)

  it("8.10: throttle, 5xx, latency, clock skew and an expired token on demand, decided by a seed", function()
    start()
    local faults = world.here().world.faults
    for kind, expected in pairs {
      throttle = { 429, "ThrottlingException" }, server_error = { 500, "InternalServerException" },
      skew = { 403, "InvalidSignatureException" }, expired_token = { 403, "ExpiredTokenException" },
    } do
      faults.add { service = "drs", operation = "DescribeJobs", kind = kind, count = 1 }
      assert.same(expected, { send() })
      assert.same({ 200 }, { send() })
    end
    local function hits(seed)
      local list = {}
      faults.add { service = "drs", kind = "throttle", probability = 0.5, seed = seed }
      for index = 1, 20 do
        list[index] = (send())
      end
      faults.remove()
      return list
    end
    assert.same(hits(7), hits(7))
    assert.not_same(hits(7), hits(8))
    clock.speed(1000)
    faults.add { service = "drs", kind = "delay", seconds = 10, count = 1 }
    local before = time.now()
    send()
    assert.truthy(time.now() - before >= 10)
  end)

  it("8.13: a signature is checked on every call, and refused as AWS does", function()
    start()
    local right = support.ADMINISTRATOR
    local keys = world.call("sts", "GetSessionToken", { DurationSeconds = 900 }).Credentials
    world.here().world.db:run("UPDATE account_keys SET expires_at = ? WHERE access_key_id = ?", time.wall() - 1, keys.AccessKeyId)
    for code, given in pairs {
      InvalidSignatureException = { credentials = { access_key_id = right.access_key_id, secret_access_key = "wrong" } },
      UnrecognizedClientException = { credentials = { access_key_id = "AKIANOSUCHKEY0000000", secret_access_key = "x" } },
      IncompleteSignatureException = { tamper = function(headers)
        headers.Authorization = "AWS4-HMAC-SHA256 Credential=AKIADRSHLOCAL0000000/20261123/us-east-1/drs/aws4_request"
      end },
      ExpiredTokenException = { credentials = { access_key_id = keys.AccessKeyId, secret_access_key = keys.SecretAccessKey,
        session_token = keys.SessionToken } },
    } do
      assert.same({ 403, code }, { send(given) })
    end
  end)

  it("8.5: an event that no model knows can be sent, and LAUNCH_END always is", function()
    start()
    world.settings().unknownEvents = true
    local id = world.drill(1).jobID
    clock.step(700)
    local known, unknown = {}, {}
    for _, name in ipairs(models.load("drs").shapes.JobLogEvent.enum) do
      known[name] = true
    end
    for _, name in ipairs(world.events(id)) do
      unknown[#unknown + 1] = not known[name] and name or nil
    end
    assert.same({ "LAUNCH_PREPARED", "LAUNCH_END" }, unknown)
  end)

  it("8.6: recoveryInstanceID in finished LAUNCH jobs and the servers of finished TERMINATE jobs can be switched on", function()
    start()
    local launch = world.drill(1).jobID
    clock.step(700)
    local ids = { world.recovery_instances()[1].recoveryInstanceID }
    local terminate = drs("TerminateRecoveryInstances", { recoveryInstanceIDs = ids }).job.jobID
    clock.step(200)
    assert.is_nil(world.job(launch).participatingServers[1].recoveryInstanceID)
    assert.same({}, world.job(terminate).participatingServers)
    world.settings().hideRecoveryInstanceIds, world.settings().emptyTerminateJobs = false, false
    assert.equal(ids[1], world.job(launch).participatingServers[1].recoveryInstanceID)
    assert.equal("TERMINATED", world.job(terminate).participatingServers[1].launchStatus)
  end)

  it("8.7: a real recovery's instance survives the termination of a drill's", function()
    start()
    drs("StartRecovery", { sourceServers = world.servers(1) })
    clock.step(700)
    local real = world.recovery_instances()[1].recoveryInstanceID
    world.drill(1)
    clock.step(700)
    drs("TerminateRecoveryInstances", { recoveryInstanceIDs = { world.recovery_instances()[2].recoveryInstanceID } })
    clock.step(200)
    assert.equal(1, #world.recovery_instances())
    assert.equal(real, world.recovery_instances()[1].recoveryInstanceID)
    assert.equal("running", world.machine(real).State.Name)
  end)
end)
