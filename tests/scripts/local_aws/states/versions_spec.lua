local clock   = require "clock"
local json    = require "json"
local support = require "tests.scripts.local_aws.states.world"

local ROLE = "arn:aws:iam::123456789012:role/states"
local MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:m"

local function pass(result)
  return ('{"StartAt":"A","States":{"A":{"Type":"Pass","Result":"%s","End":true}}}'):format(result)
end

describe("a version of a state machine", function()
  local world

  before_each(function()
    world = support.open()
  end)

  after_each(function() world:close() end)

  local function run(arn)
    local execution = world:call("StartExecution", { stateMachineArn = arn }).executionArn
    world.rest()
    return world:describe(execution)
  end

  local function versions()
    local numbers = {}
    for index, version in ipairs(world:call("ListStateMachineVersions", { stateMachineArn = MACHINE }).stateMachineVersions) do
      numbers[index] = version.stateMachineVersionArn:match "%d+$"
    end
    return table.concat(numbers, " ")
  end

  it("is published with the machine, with an update, or by itself", function()
    assert.equal(MACHINE .. ":1", world:call("CreateStateMachine", { name = "m", definition = pass "one", roleArn = ROLE,
      publish = true, versionDescription = "first" }).stateMachineVersionArn)
    assert.equal(MACHINE .. ":2", world:call("UpdateStateMachine", { stateMachineArn = MACHINE, definition = pass "two",
      publish = true }).stateMachineVersionArn)
    local updated = world:call("UpdateStateMachine", { stateMachineArn = MACHINE, definition = pass "three" })
    assert.is_nil(updated.stateMachineVersionArn)
    assert.equal(MACHINE .. ":3", world:call("PublishStateMachineVersion", { stateMachineArn = MACHINE,
      revisionId = updated.revisionId, description = "third" }).stateMachineVersionArn)
    assert.equal(MACHINE .. ":3", world:call("PublishStateMachineVersion",
      { stateMachineArn = MACHINE }).stateMachineVersionArn)
    assert.equal("ConflictException: Failed to publish the State Machine version for revision old. The current State "
      .. "Machine revision is "
      .. updated.revisionId .. ".", world:refusal("PublishStateMachineVersion", { stateMachineArn = MACHINE,
        revisionId = "old" }))
    assert.equal("3 2 1", versions())
  end)

  it("stays what it was, is described and run by its ARN", function()
    world:create("m", pass "one", { publish = true, versionDescription = "first" })
    clock.step(10)
    world:call("UpdateStateMachine", { stateMachineArn = MACHINE, definition = pass "two" })
    local described = world:call("DescribeStateMachine", { stateMachineArn = MACHINE .. ":1" })
    assert.same({ MACHINE .. ":1", "m", pass "one", "first", support.START }, { described.stateMachineArn, described.name,
      described.definition, described.description, described.creationDate })
    local execution = run(MACHINE .. ":1")
    assert.same({ '"one"', MACHINE, MACHINE .. ":1" }, { execution.output, execution.stateMachineArn,
      execution.stateMachineVersionArn })
    assert.equal('"two"', run(MACHINE).output)
    assert.equal(MACHINE .. ":1",
      world:events(execution.executionArn)[1].executionStartedEventDetails.stateMachineVersionArn)
    assert.equal(2, #world:call("ListExecutions", { stateMachineArn = MACHINE }).executions)
    local listed = world:call("ListExecutions", { stateMachineArn = MACHINE .. ":1" }).executions
    assert.same({ 1, MACHINE .. ":1" }, { #listed, listed[1].stateMachineVersionArn })
  end)

  it("that is not there does not exist, and cannot be updated", function()
    world:create("m", pass "one", { publish = true })
    for _, name in ipairs { "DescribeStateMachine", "StartExecution" } do
      assert.equal("StateMachineDoesNotExist: State Machine Does Not Exist: '" .. MACHINE .. ":2'",
        world:refusal(name, { stateMachineArn = MACHINE .. ":2" }))
    end
    assert.truthy(world:refusal("UpdateStateMachine", { stateMachineArn = MACHINE .. ":1", definition = pass "x" }):find(
      "^StateMachineDoesNotExist"))
  end)

  it("is deleted for good; its number is not given again", function()
    world:create("m", pass "one", { publish = true })
    world:call("DeleteStateMachineVersion", { stateMachineVersionArn = MACHINE .. ":1" })
    world:call("DeleteStateMachineVersion", { stateMachineVersionArn = MACHINE .. ":1" })
    assert.equal("", versions())
    assert.equal(MACHINE .. ":2", world:call("PublishStateMachineVersion",
      { stateMachineArn = MACHINE }).stateMachineVersionArn)
    assert.truthy(world:refusal("DeleteStateMachineVersion", { stateMachineVersionArn = MACHINE }):find "^ValidationException")
  end)

  describe("has an alias that", function()
    before_each(function()
      world:create("m", pass "one", { publish = true })
      world:call("UpdateStateMachine", { stateMachineArn = MACHINE, definition = pass "two", publish = true })
    end)

    local function routing(...)
      local list = json.array {}
      for index, part in ipairs { ... } do
        list[index] = { stateMachineVersionArn = MACHINE .. part[1], weight = part[2] }
      end
      return list
    end

    local function create(name, list, description)
      return world:call("CreateStateMachineAlias", { name = name, routingConfiguration = list, description = description })
    end

    it("leads to it", function()
      local alias = create("live", routing { ":1", 100 }, "what runs").stateMachineAliasArn
      assert.equal(MACHINE .. ":live", alias)
      local execution = run(alias)
      assert.same({ '"one"', MACHINE .. ":1", alias }, { execution.output, execution.stateMachineVersionArn,
        execution.stateMachineAliasArn })
      clock.step(5)
      world:call("UpdateStateMachineAlias", { stateMachineAliasArn = alias, routingConfiguration = routing { ":2", 100 } })
      assert.equal('"two"', run(alias).output)
      local described = world:call("DescribeStateMachineAlias", { stateMachineAliasArn = alias })
      assert.same({ "live", "what runs", MACHINE .. ":2", 100, support.START, support.START + 5 }, { described.name,
        described.description,
        described.routingConfiguration[1].stateMachineVersionArn, described.routingConfiguration[1].weight,
          described.creationDate,
        described.updateDate })
      assert.equal(2, #world:call("ListExecutions", { stateMachineArn = alias }).executions)
    end)

    it("shares executions out by weight", function()
      local alias = create("both", routing({ ":1", 50 }, { ":2", 50 })).stateMachineAliasArn
      local outputs = {}
      for _ = 1, 60 do
        outputs[run(alias).output] = true
      end
      assert.is_true(outputs['"one"'] and outputs['"two"'])
    end)

    it("is created once, listed and deleted", function()
      assert.same(create("live", routing { ":1", 100 }), create("live", routing { ":1", 100 }))
      assert.equal("ConflictException: Failed to create alias because an alias with the same name and a different routing "
        .. "configuration "
        .. "already exists.", world:refusal("CreateStateMachineAlias", { name = "live",
          routingConfiguration = routing { ":2", 100 } }))
      create("other", routing { ":2", 100 })
      local function names(arn)
        local list = {}
        for index, alias in ipairs(world:call("ListStateMachineAliases", { stateMachineArn = arn }).stateMachineAliases) do
          list[index] = alias.stateMachineAliasArn:match "[^:]+$"
        end
        return table.concat(list, " ")
      end
      assert.equal("live other", names(MACHINE))
      assert.equal("other", names(MACHINE .. ":2"))
      assert.equal("ConflictException: Version to be deleted must not be referenced by an alias. Current list of aliases "
        .. "referencing this "
        .. "version: [live]", world:refusal("DeleteStateMachineVersion", { stateMachineVersionArn = MACHINE .. ":1" }))
      world:call("DeleteStateMachineAlias", { stateMachineAliasArn = MACHINE .. ":live" })
      assert.equal("ResourceNotFound: Resource not found: '" .. MACHINE .. ":live'",
        world:refusal("DescribeStateMachineAlias", { stateMachineAliasArn = MACHINE .. ":live" }))
      assert.equal("other", names(MACHINE))
    end)

    it("is refused when its routing or name is wrong", function()
      local function refusal(list, name)
        return world:refusal("CreateStateMachineAlias", { name = name or "a", routingConfiguration = list })
      end
      assert.equal("ValidationException: Routing configuration must contain state machine version ARNs. Received: "
        .. "[" .. MACHINE .. "]",
        refusal(routing { "", 100 }))
      assert.equal(("ValidationException: Routing configuration must contain distinct state machine version ARNs. Received: "
        .. "[%s:1, %s:1]")
        :format(MACHINE, MACHINE), refusal(routing({ ":1", 50 }, { ":1", 50 })))
      assert.equal("ValidationException: Sum of routing configuration weights must equal 100. Received: [70, 29]",
        refusal(routing({ ":1", 70 }, { ":2", 29 })))
      assert.truthy(refusal(routing { ":9", 100 }):find "^ResourceNotFound")
      for _, name in ipairs { "123", "a b", "!x" } do
        assert.truthy(refusal(routing { ":1", 100 },
          name):find "^ValidationException: 1 validation error detected: Value '.-' at 'name'")
      end
      create("a", routing { ":1", 100 })
      assert.truthy(world:refusal("UpdateStateMachineAlias",
        { stateMachineAliasArn = MACHINE .. ":a" }):find "^ValidationException")
    end)

    it("goes with its machine", function()
      create("live", routing { ":1", 100 })
      world:call("DeleteStateMachine", { stateMachineArn = MACHINE })
      for _, name in ipairs { "states_versions", "states_aliases" } do
        assert.equal(0, world.db:first("SELECT count(*) AS n FROM " .. name).n)
      end
    end)
  end)
end)
