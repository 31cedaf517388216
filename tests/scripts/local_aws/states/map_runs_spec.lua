local clock   = require "clock"
local json    = require "json"
local support = require "tests.scripts.local_aws.states.world"

-- https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
describe("a distributed Map", function()
  local world, running, most

  before_each(function()
    running, most = 0, 0
    world = support.open { file = true, functions = { work = function(event)
      running = running + 1
      most = math.max(most, running)
      require "task".sleep(event.seconds or 1)
      running = running - 1
      if event.fail then
        error({ code = "FunctionError", errorType = event.fail, message = "no" }, 0)
      end
      return event.v or json.null
    end } }
  end)

  after_each(function() world:close() end)

  local function map(fields, states, execution_type)
    local state = { Type = "Map", End = true, Label = "lot", ItemProcessor = { StartAt = "X",
      ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = execution_type or "STANDARD" },
      States = states or { X = { Type = "Pass", End = true } } } }
    for name, value in pairs(fields or {}) do
      state[name] = value
    end
    return { M = state }
  end

  local WORK = { X = { Type = "Task", End = true, Resource = "arn:aws:lambda:us-east-1:123456789012:function:work" } }

  local function run_of(arn)
    local run = world:call("ListMapRuns", { executionArn = arn }).mapRuns[1]
    return run.mapRunArn, world:call("DescribeMapRun", { mapRunArn = run.mapRunArn })
  end

  it("runs a child execution for each item and gives their outputs in order", function()
    local arn = world:start("M", map({ ItemsPath = "$.l", ItemSelector = { ["i.$"] = "$$.Map.Item.Index",
      ["v.$"] = "$$.Map.Item.Value", ["all.$"] = "$.x" } }), '{"l":["a","b"],"x":9}')
    world.rest()
    assert.equal('[{"all":9,"i":0,"v":"a"},{"all":9,"i":1,"v":"b"}]', world:describe(arn).output)
    assert.equal("ExecutionStarted<0 MapStateEntered<0 MapStateStarted<2 MapRunStarted<3 MapRunSucceeded<4 "
      .. "MapStateSucceeded<5 MapStateExited<5 ExecutionSucceeded<7", world:trail(arn))
    local run_arn, run = run_of(arn)
    assert.truthy(run_arn:match "^arn:aws:states:us%-east%-1:123456789012:mapRun:machine%-1/lot:%x+%-")
    assert.same({ "SUCCEEDED", arn, 2, 2, 2, 0, 0 }, { run.status, run.executionArn, run.executionCounts.total,
      run.itemCounts.succeeded, run.itemCounts.resultsWritten, run.redriveCount, run.toleratedFailureCount })
    local children = world:call("ListExecutions", { mapRunArn = run_arn }).executions
    assert.same({ 2, run_arn, 1, "SUCCEEDED" }, { #children, children[1].mapRunArn, children[1].itemCount,
      children[1].status })
    local child = world:describe(children[2].executionArn)
    assert.same({ '{"all":9,"i":0,"v":"a"}', run_arn, "arn:aws:states:us-east-1:123456789012:stateMachine:machine-1/lot" },
      { child.input, child.mapRunArn, child.stateMachineArn })
    assert.equal("ExecutionStarted<0 PassStateEntered<0 PassStateExited<2 ExecutionSucceeded<3", world:trail(child.executionArn))
    local machine = world:call("DescribeStateMachineForExecution", { executionArn = child.executionArn })
    assert.same({ "lot", run_arn, '{"StartAt":"X","States":{"X":{"End":true,"Type":"Pass"}}}' }, { machine.label,
      machine.mapRunArn, machine.definition })
    assert.equal(1, #world:call("ListExecutions", { stateMachineArn = world:describe(arn).stateMachineArn }).executions)
  end)

  it("succeeds with nothing to do", function()
    assert.equal("[]", world:run("M", map(), "[]").output)
  end)

  it("runs as many children at once as it may, also after an update", function()
    local arn = world:start("M", map({ MaxConcurrency = 2 }, WORK), "[{},{},{},{},{},{},{},{}]")
    clock.step(1)
    assert.equal(2, most)
    local run_arn, run = run_of(arn)
    assert.same({ "RUNNING", 2, 2, 2, 4, 8 }, { run.status, run.maxConcurrency, run.executionCounts.running,
      run.executionCounts.succeeded, run.executionCounts.pending, run.executionCounts.total })
    world:call("UpdateMapRun", { mapRunArn = run_arn, maxConcurrency = 4 })
    clock.step(2)
    assert.same({ "SUCCEEDED", 4 }, { world:describe(arn).status, most })
    assert.truthy(world:refusal("UpdateMapRun", { mapRunArn = run_arn, maxConcurrency = 1 }):find "^ValidationException: The Map")
  end)

  it("has no limit of 40, and may have Express children, which are not kept in lists", function()
    local items = {}
    for index = 1, 60 do
      items[index] = json.object { v = index }
    end
    local arn = world:start("M", map(nil, WORK, "EXPRESS"), json.array(items))
    clock.step(1)
    assert.same({ "SUCCEEDED", 60 }, { world:describe(arn).status, most })
    local run_arn = run_of(arn)
    assert.truthy(world:call("ListExecutions", { mapRunArn = run_arn, maxResults = 1 }).executions[1].executionArn
      :match ":express:machine%-1/lot:")
  end)

  it("puts items into batches, by number and by size", function()
    local batched = map { ItemBatcher = { MaxItemsPerBatch = 2, BatchInput = { ["of.$"] = "$.n" } }, ItemsPath = "$.l" }
    assert.equal('[{"BatchInput":{"of":7},"Items":[1,2]},{"BatchInput":{"of":7},"Items":[3]}]',
      world:run("M", batched, '{"n":7,"l":[1,2,3]}').output)
    local _, run = run_of("arn:aws:states:us-east-1:123456789012:execution:machine-1:run-1")
    assert.same({ 2, 3 }, { run.executionCounts.total, run.itemCounts.total })
    local small = map { ItemBatcher = { MaxInputBytesPerBatchPath = "$.most" }, ItemsPath = "$.l" }
    assert.equal('[{"Items":["aaaa","bbbb"]},{"Items":["cccc"]}]',
      world:run("M", small, '{"most":27,"l":["aaaa","bbbb","cccc"]}').output)
  end)

  it("fails when more fails than it bears, and stops the rest", function()
    local arn = world:start("M", map({ MaxConcurrency = 2 }, WORK), '[{"seconds":1,"fail":"Bad"},{"seconds":9},{}]')
    clock.step(1)
    local described = world:describe(arn)
    assert.same({ "FAILED", "States.ExceedToleratedFailureThreshold",
      "The specified tolerated failure threshold was exceeded" }, { described.status, described.error, described.cause })
    assert.truthy(world:trail(arn):find "MapRunStarted<3 MapRunFailed<4 MapStateFailed<5 ExecutionFailed<6")
    local _, run = run_of(arn)
    assert.same({ "FAILED", 1, 2 }, { run.status, run.executionCounts.failed, run.executionCounts.aborted })
  end)

  it("bears failures by count or percentage, and leaves them out of the result", function()
    local input = '[{"fail":"Bad"},{"v":1},{"v":2},{"v":3}]'
    for _, bearable in ipairs { { ToleratedFailureCount = 1 }, { ToleratedFailurePercentage = 25 } } do
      local arn = world:start("M", map(bearable, WORK), input)
      clock.step(1)
      assert.same({ "SUCCEEDED", "[1,2,3]" }, { world:describe(arn).status, world:describe(arn).output })
    end
    local arn = world:start("M", map({ ToleratedFailurePercentage = 24.9 }, WORK), input)
    clock.step(1)
    assert.equal("FAILED", world:describe(arn).status)
  end)

  it("refuses limits that make no sense", function()
    local function cause(fields, input)
      local full = world:run("M", map(fields), input).cause
      return full:match "%(entered at the event id #2%)%. (.*)$"
    end
    assert.equal('The ToleratedFailureCountPath field refers to value "x" which is not a valid integer: $[0]',
      cause({ ToleratedFailureCountPath = "$[0]" }, '["x"]'))
    assert.equal("ToleratedFailureCount cannot be negative.", cause({ ToleratedFailureCountPath = "$[0]" }, "[-1]"))
    assert.equal("ToleratedFailurePercentage must be between 0 and 100.",
      cause({ ToleratedFailurePercentagePath = "$[0]" }, "[101]"))
    assert.equal('The ToleratedFailurePercentagePath field refers to value "{}" which is not a valid float: $[0]',
      cause({ ToleratedFailurePercentagePath = "$[0]" }, "[{}]"))
  end)

  it("is caught and retried like any state", function()
    local arn = world:start("M", map({ Retry = json.array { { ErrorEquals = json.array { "States.ALL" }, MaxAttempts = 1 } } },
      { X = { Type = "Fail", Error = "E" } }), "[1]")
    clock.step(5)
    assert.equal("FAILED", world:describe(arn).status)
    assert.truthy(world:trail(arn):find "MapRunFailed<4 MapStateStarted<5 MapRunStarted<6 MapRunFailed<7 MapStateFailed<8")
    assert.equal(2, #world:call("ListMapRuns", { executionArn = arn }).mapRuns)
  end)

  it("says that it cannot reach S3", function()
    local read = world:run("M", map { ItemReader = { Resource = "arn:aws:states:::s3:getObject",
      Parameters = { Bucket = "b", Key = "k" } } })
    assert.same({ "FAILED", "States.ItemReaderFailed" }, { read.status, read.error })
    assert.truthy(read.cause:find "^S3 is not simulated here: give the items in the state's input")
    assert.truthy(world:trail(read.executionArn):find "MapStateStarted<2 MapRunStarted<3 MapRunFailed<4 MapStateFailed<5")
    local written = world:run("M", map { ResultWriter = { Resource = "arn:aws:states:::s3:putObject",
      Parameters = { Bucket = "b" } } }, "[1]")
    assert.same({ "FAILED", "States.ResultWriterFailed" }, { written.status, written.error })
  end)

  it("writes its results as WriterConfig wants them", function()
    local function output(transformation)
      return world:run("M", map { ResultWriter = { WriterConfig = { Transformation = transformation } } }, "[[1,2],[3]]").output
    end
    assert.equal("[[1,2],[3]]", output "COMPACT")
    assert.equal("[1,2,3]", output "FLATTEN")
    local whole = json.decode(output "NONE")
    assert.same({ "SUCCEEDED", "[1,2]", "[3]" }, { whole[1].Status, whole[1].Output, whole[2].Input })
  end)

  it("ends with its execution", function()
    local arn = world:start("M", map({ MaxConcurrency = 1 }, WORK), "[{},{}]")
    world.rest()
    world:call("StopExecution", { executionArn = arn })
    local run_arn, run = run_of(arn)
    assert.same({ "ABORTED", 2 }, { run.status, run.executionCounts.aborted })
    assert.equal("ABORTED", world:call("ListExecutions", { mapRunArn = run_arn }).executions[1].status)
    clock.step(10)
    assert.equal("ABORTED", world:describe(arn).status)
  end)

  it("is aborted when a sibling fails", function()
    local arn = world:start("P", { P = { Type = "Parallel", End = true, Branches = json.array {
      { StartAt = "M", States = map({ ItemsPath = "$" }, WORK) }, { StartAt = "W", States = {
        W = { Type = "Wait", SecondsPath = "$[0].w", Next = "F" }, F = { Type = "Fail", Error = "E" } } } } } },
      '[{"w":2,"seconds":50}]')
    clock.step(2)
    assert.equal("E", world:describe(arn).error)
    assert.truthy(world:trail(arn):find "MapRunAborted<(%d+) MapStateAborted<%1 ParallelStateFailed<%1")
    assert.equal("ABORTED", select(2, run_of(arn)).status)
  end)

  it("is redriven: only what did not succeed runs again", function()
    local broken, ran = true, {}
    world.implementations.sometimes = function(event)
      ran[#ran + 1] = event
      if broken and event == 2 then
        error({ code = "FunctionError", errorType = "Bad", message = "" }, 0)
      end
      return event * 10
    end
    local states = { X = { Type = "Task", End = true,
      Resource = "arn:aws:lambda:us-east-1:123456789012:function:sometimes" } }
    local arn = world:start("M", map({ MaxConcurrency = 1 }, states), "[1,2,3]")
    clock.step(1)
    local run_arn = run_of(arn)
    local child = world:call("ListExecutions", { mapRunArn = run_arn, statusFilter = "FAILED" }).executions[1]
    assert.equal("REDRIVABLE_BY_MAP_RUN", world:describe(child.executionArn).redriveStatus)
    assert.truthy(world:refusal("RedriveExecution", { executionArn = child.executionArn }):find "^ExecutionNotRedrivable")
    broken = false
    world:call("RedriveExecution", { executionArn = arn })
    clock.step(1)
    assert.same({ "SUCCEEDED", "[10,20,30]" }, { world:describe(arn).status, world:describe(arn).output })
    assert.same({ 1, 2, 2, 3 }, ran)
    local _, run = run_of(arn)
    assert.same({ "SUCCEEDED", 1, 3 }, { run.status, run.redriveCount, run.executionCounts.succeeded })
    assert.same({ mapRunArn = run_arn, redriveCount = 1 }, world:find_event(arn, "MapRunRedriven").mapRunRedrivenEventDetails)
    local redriven = world:call("ListExecutions", { mapRunArn = run_arn, redriveFilter = "REDRIVEN" }).executions
    assert.same({ 1, child.executionArn, 1 }, { #redriven, redriven[1].executionArn, redriven[1].redriveCount })
    assert.equal(2, #world:call("ListExecutions", { mapRunArn = run_arn, redriveFilter = "NOT_REDRIVEN" }).executions)
  end)

  it("goes on in another process", function()
    local arn = world:start("M", map({ MaxConcurrency = 2 }, { X = { Type = "Wait", Seconds = 10, End = true } }), "[1,2,3,4,5]")
    clock.step(15)
    world = world:reopen()
    clock.step(100)
    local described = world:describe(arn)
    assert.same({ "SUCCEEDED", "[1,2,3,4,5]", support.START + 30 }, { described.status, described.output, described.stopDate })
  end)

  it("is listed in pages", function()
    local arn = world:start("M", map(), "[1,2,3]")
    world.rest()
    local run_arn = run_of(arn)
    local page = world:call("ListExecutions", { mapRunArn = run_arn, maxResults = 2 })
    assert.equal(2, #page.executions)
    page = world:call("ListExecutions", { mapRunArn = run_arn, maxResults = 2, nextToken = page.nextToken })
    assert.same({ 1 }, { #page.executions, page.nextToken })
    assert.truthy(world:refusal("ListExecutions", {}):find "^ValidationException: Exactly one of")
    assert.truthy(world:refusal("DescribeMapRun", { mapRunArn = run_arn .. "x" }):find "^ResourceNotFound")
    assert.truthy(world:refusal("ListMapRuns", { executionArn = arn .. "x" }):find "^ExecutionDoesNotExist")
  end)

  it("goes with its state machine", function()
    local arn = world:start("M", map(nil, WORK), "[{}]")
    world.rest()
    world:call("DeleteStateMachine", { stateMachineArn = "arn:aws:states:us-east-1:123456789012:stateMachine:machine-1" })
    for _, kind in ipairs { "executions", "branches", "events", "map_runs", "map_items" } do
      assert.equal(0, world.db:first("SELECT count(*) AS n FROM states_" .. kind).n, kind)
    end
    assert.truthy(world:refusal("ListMapRuns", { executionArn = arn }))
  end)

  it("is checked when it is created", function()
    local function refusal(fields, execution_type)
      local definition = { StartAt = "M", States = map(fields, nil, execution_type) }
      return world:refusal("CreateStateMachine", { name = "m", roleArn = "arn:aws:iam::123456789012:role/r",
        definition = json.encode(definition) })
    end
    for label, message in pairs { [""] = "Label cannot be empty", [("x"):rep(41)] = "Label cannot exceed 40 characters",
      ["a b"] = "Label contains an invalid character", ["a\u{85}"] = "Label contains an invalid character" } do
      assert.truthy(refusal({ Label = label }):find(message .. " at /States/M/Label", 1, true), message)
    end
    assert.truthy(refusal({}, "FAST"):find("Value must be one of [STANDARD, EXPRESS]", 1, true))
    assert.truthy(refusal({ ItemReader = { Resource = "arn:aws:states:::sqs:x" } }):find "Value is not a valid resource ARN")
    assert.truthy(refusal({ ToleratedFailurePercentage = 101 }):find "between 0 and 100")
    local inline = map { ItemReader = json.object {} }
    inline.M.ItemProcessor.ProcessorConfig = nil
    local diagnostics = world:call("ValidateStateMachineDefinition", { definition = json.encode { StartAt = "M",
      States = inline } }).diagnostics
    assert.truthy(diagnostics[1].message:find "belongs to a distributed Map")
  end)
end)
