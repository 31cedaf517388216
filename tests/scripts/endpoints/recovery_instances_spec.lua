local estate = require "tests.support.estate"
local json   = require "json"

describe("GET /executions/{id}/recovery-instances", function()
  local here

  before_each(function() here = estate.open() end)
  after_each(function() here.close() end)

  local function found(id) return here.call("GET", "/executions/" .. id .. "/recovery-instances") end

  it("lists the instances of both regions with all fields", function()
    local _, id = here.finished("sides")
    local status, answer = found(id)
    assert.equal(200, status)
    assert.equal(8, answer.totalInstances)
    assert.equal(8, #answer.instances)
    assert.equal(id, answer.executionId)
    assert.same({}, answer.warnings)
    local regions = {}
    for _, instance in ipairs(answer.instances) do
      regions[instance.region] = true
      for _, field in ipairs { "instanceId", "recoveryInstanceId", "sourceServerId", "region", "waveName", "waveNumber", "jobId",
                               "status", "serverName", "isDrill", "launchTime", "privateIp", "instanceType", "ec2State" } do
        assert.is_not_nil(instance[field], field)
      end
      assert.is_true(instance.isDrill)
      assert.equal("RUNNING", instance.ec2State)
    end
    assert.same({ [estate.EAST] = true, [estate.WEST] = true }, regions)
  end)

  it("is empty before anything was launched", function()
    local id = here.start("gate-first")
    here.advance(1)
    local status, answer = found(id)
    assert.equal(200, status)
    assert.equal(0, answer.totalInstances)
    assert.is_true(json.is_array(answer.instances))
  end)

  it("leaves out the instances that another execution made of the same servers", function()
    local _, first = here.finished("one")
    local _, second = here.finished("one")
    assert.equal(0, select(2, found(first)).totalInstances)
    assert.equal(2, select(2, found(second)).totalInstances)
  end)

  it("warns of a region that cannot be asked, and shows the other", function()
    local _, id = here.finished("sides")
    here.fault { service = "drs", operation = "DescribeRecoveryInstances", region = estate.WEST, kind = "error",
                 code = "AccessDeniedException", status = 403 }
    local status, answer = found(id)
    assert.equal(200, status)
    assert.equal(6, answer.totalInstances)
    assert.equal(estate.WEST, answer.warnings[1].region)
    assert.is_truthy(answer.message:find("warnings", 1, true))
  end)

  it("502 when no region can be asked: an empty list would be a lie", function()
    local _, id = here.finished("sides")
    here.fault { service = "drs", operation = "DescribeRecoveryInstances", kind = "error", code = "AccessDeniedException",
                 status = 403 }
    local status, answer = found(id)
    assert.equal(502, status)
    assert.equal("AWS_ERROR", answer.error)
  end)

  it("shows the instances without addresses when EC2 cannot be asked", function()
    local _, id = here.finished("one")
    here.fault { service = "ec2", operation = "DescribeInstances", kind = "error", code = "UnauthorizedOperation", status = 403 }
    local status, answer = found(id)
    assert.equal(200, status)
    assert.equal(2, answer.totalInstances)
    assert.equal("ec2", answer.warnings[1].service)
    assert.is_nil(answer.instances[1].privateIp)
  end)

  it("asks for 250 instances in pages of 200 ids, not one by one", function()
    here.seed { sourceServers = estate.servers("many", 250) }
    local all = estate.server_ids("many", 250)
    local waves = json.array {}
    for number, range in ipairs { { 1, 100 }, { 101, 200 }, { 201, 250 } } do
      local id = "many-" .. number
      here.put("PROTECTION_GROUPS_TABLE", estate.group(id,
        { sourceServerIds = json.array(table.move(all, range[1], range[2], 1, {})) }))
      waves[number] = estate.wave(number - 1, id)
    end
    here.put("RECOVERY_PLANS_TABLE", estate.plan("many", waves))
    local _, id = here.finished("many")
    here.running.world.settings.drs.pageSize = 1000
    here.forget_calls()
    local status, answer = found(id)
    assert.equal(200, status)
    assert.equal(250, answer.totalInstances)
    assert.equal(2, #here.calls { operation = "DescribeRecoveryInstances" })
    assert.equal(2, #here.calls { operation = "DescribeSourceServers" })
    assert.is_true(#here.calls() < 10)

    local ended, terminated = here.call("POST", "/executions/" .. id .. "/terminate-instances", {})
    assert.equal(200, ended)
    assert.equal(250, terminated.totalTerminated)
    assert.equal(2, #terminated.jobs)
    assert.equal(2, #here.calls { operation = "TerminateRecoveryInstances" })
    here.advance(60)
    local _, progress = here.call("GET", "/executions/" .. id .. "/termination-status")
    assert.is_true(progress.allCompleted)
    assert.equal(250, progress.completedServers)
    assert.is_true(here.item(id).instancesTerminated)
  end)

  it("finds every instance when DRS gives one on a page", function()
    here.running.world.settings.drs.pageSize = 1
    local _, id = here.finished("sides")
    assert.equal(8, select(2, found(id)).totalInstances)
  end)
end)
