-- Snapshots of the local AWS: what is kept, what comes back, and what goes on from there.

local clock = require "clock"
local json = require "json"
local support = require "tests.support.local_aws"
local task = require "task"

local PASS = { StartAt = "W", States = { W = { Type = "Wait", Seconds = 60, End = true } } }

describe("a snapshot", function()
  local here

  before_each(function()
    here = support.start { estate = support.estate(2) }
  end)
  after_each(function()
    here.close()
  end)

  local function control(method, path, body)
    return support.control(here, method, path, body)
  end
  local function servers()
    return #here.call("drs", "DescribeSourceServers").items
  end

  local function delete(number)
    here.call("drs", "DisconnectSourceServer", { sourceServerID = support.server_id(number) })
    here.call("drs", "DeleteSourceServer", { sourceServerID = support.server_id(number) })
  end

  it("brings the data of all services back, however often", function()
    control("POST", "snapshots", { name = "before" })
    for _ = 1, 2 do
      here.call("drs", "StartRecovery", { sourceServers = support.servers(1) })
      delete(2)
      here.call("sns", "CreateTopic", { Name = "alerts" })
      assert.same({ 1, 1 }, { servers(), #here.call("drs", "DescribeJobs").items })
      local restored, status = control("POST", "restore", { name = "before" })
      assert.same({ 200, "before", support.START }, { status, restored.name, restored.now })
      assert.same({ 2, 0, 0 },
        { servers(), #here.call("drs", "DescribeJobs").items, #(here.call("sns", "ListTopics").Topics or {}) })
    end
  end)

  it("brings the clock, the settings and the faults back", function()
    control("POST", "settings", { drs = { pageSize = 1 } })
    control("POST", "faults", { service = "drs", operation = "DescribeJobs", kind = "throttle", count = 2 })
    assert.equal(429, (support.drs(here, "DescribeJobs")).status)
    control("POST", "snapshots", { name = "s" })
    control("POST", "clock", { step = 500 })
    control("POST", "clock", { speed = 7 })
    control("POST", "settings", { drs = { pageSize = 9, timings = { launch = 1 } } })
    control("DELETE", "faults")
    control("POST", "restore", { name = "s" })
    assert.same({ support.START, 0 }, { control("GET", "clock").now, control("GET", "clock").speed })
    assert.same({ 1, 294 }, { here.world.settings.drs.pageSize, here.world.settings.drs.timings.launch })
    assert.equal(429, (support.drs(here, "DescribeJobs")).status)
    assert.equal(200, (support.drs(here, "DescribeJobs")).status)
  end)

  it("lets what was under way go on from there, and ends the waits for what is no more", function()
    local machine = here.call("states", "CreateStateMachine", { name = "m", definition = json.encode(PASS), type = "EXPRESS",
      roleArn = "arn:aws:iam::123456789012:role/r" }).stateMachineArn
    local standard = here.call("states", "CreateStateMachine", { name = "s", definition = json.encode(PASS),
      roleArn = "arn:aws:iam::123456789012:role/r" }).stateMachineArn
    local early = here.call("states", "StartExecution", { stateMachineArn = standard, name = "early" }).executionArn
    clock.step(20)
    control("POST", "snapshots", { name = "s" })
    local problem
    local waiting = task.spawn(function()
      problem = here.fault("states", "StartSyncExecution", { stateMachineArn = machine, name = "late" })
    end)
    clock.step(50)
    assert.equal("SUCCEEDED", here.call("states", "DescribeExecution", { executionArn = early }).status)
    control("POST", "restore", { name = "s" })
    waiting:join()
    assert.equal("ExecutionDoesNotExist", problem.code)
    assert.equal("RUNNING", here.call("states", "DescribeExecution", { executionArn = early }).status)
    clock.step(40)
    local ended = here.call("states", "DescribeExecution", { executionArn = early })
    assert.same({ "SUCCEEDED", support.START + 60 }, { ended.status, ended.stopDate })
  end)

  it("is listed, replaced and removed by name", function()
    assert.same({}, control("GET", "snapshots").snapshots)
    control("POST", "snapshots", { name = "b" })
    control("POST", "snapshots", { name = "a-2" })
    control("POST", "snapshots", { name = "b" })
    assert.same({ "a-2", "b" }, control("GET", "snapshots").snapshots)
    assert.same({ "b" }, control("DELETE", "snapshots?name=a-2").snapshots)
    local refused, status = control("POST", "restore", { name = "a-2" })
    assert.same({ 404, "NO_SUCH_SNAPSHOT" }, { status, refused.error })
    for _, name in ipairs { "", "a/b", ("x"):rep(65), "..", 7 } do
      refused, status = control("POST", "snapshots", { name = name })
      assert.same({ 400, "INVALID_NAME" }, { status, refused.error })
    end
  end)

  it("of a world with a data file is a file beside it that another process takes", function()
    here.close()
    local path = os.tmpname()
    here = support.start { data = path, estate = support.estate(3) }
    control("POST", "snapshots", { name = "three" })
    delete(1)
    here.close()
    here = support.start { data = path }
    assert.same({ "three" }, control("GET", "snapshots").snapshots)
    assert.equal(2, servers())
    control("POST", "restore", { name = "three" })
    assert.equal(3, servers())
    here.close()
    here = support.start { data = path .. ".snapshot-three", estate = support.estate(9) }
    assert.equal(3, servers())
    for _, name in ipairs { "", "-wal", "-shm", ".snapshot-three", ".snapshot-three-wal", ".snapshot-three-shm" } do
      os.remove(path .. name)
    end
  end)

  it("whose making was cut off is refused, and the world stays as it is", function()
    here.close()
    local path = os.tmpname()
    here = support.start { data = path, estate = support.estate(3) }
    io.open(path .. ".snapshot-half", "w"):close()
    local refused, status = control("POST", "restore", { name = "half" })
    assert.same({ 409, "SNAPSHOT_INCOMPLETE" }, { status, refused.error })
    assert.equal(3, servers())
    control("POST", "clock", { step = 5 })
    control("DELETE", "snapshots?name=half")
    here.close()
    here = support.start {}
    os.remove(path)
  end)
end)
