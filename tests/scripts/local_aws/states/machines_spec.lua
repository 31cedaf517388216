local clock   = require "clock"
local json    = require "json"
local support = require "tests.scripts.local_aws.states.world"

local ROLE = "arn:aws:iam::123456789012:role/states"
local PASS = '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}'
local OTHER = '{"StartAt":"B","States":{"B":{"Type":"Pass","End":true}}}'

describe("a state machine", function()
  local world

  before_each(function()
    world = support.open()
  end)

  after_each(function() world:close() end)

  it("is described as it was created", function()
    local arn = world:create("m", PASS)
    assert.equal("arn:aws:states:us-east-1:123456789012:stateMachine:m", arn)
    local described = world:call("DescribeStateMachine", { stateMachineArn = arn })
    assert.same({ arn, "m", "ACTIVE", "STANDARD", PASS, ROLE, support.START, "OFF", false, false }, { described.stateMachineArn,
      described.name, described.status, described.type, described.definition, described.roleArn, described.creationDate,
      described.loggingConfiguration.level, described.loggingConfiguration.includeExecutionData,
        described.tracingConfiguration.enabled })
    assert.is_nil(described.revisionId)
    assert.is_nil(world:call("DescribeStateMachine", { stateMachineArn = arn, includedData = "METADATA_ONLY" }).definition)
  end)

  it("is described with the variables that its states use", function()
    local inner = { StartAt = "I", States = { I = { Type = "Pass", End = true, Parameters = { ["a.$"] = "$deep.x" } } } }
    local arn = world:create("m", json.encode { StartAt = "A", States = {
      A = { Type = "Pass", Assign = { v = 1, ["w.$"] = "$$.Execution.Id" }, Next = "C" },
      C = { Type = "Choice", Default = "M", Choices = json.array { json.object { Next = "M", And = json.array {
        json.object { Variable = "$v", NumericLessThanPath = "$limit.most" } } } } },
      M = { Type = "Map", End = true, ItemsPath = "$w", ItemProcessor = inner,
        ItemSelector = { ["t.$"] = "States.Format('{} {}', $v, States.MathAdd($w[0], 1))", plain = "$no" } } } })
    local described = world:call("DescribeStateMachine", { stateMachineArn = arn })
    assert.same({ C = { "limit", "v" }, M = { "v", "w" }, I = { "deep" } }, described.variableReferences)
    assert.is_nil(world:call("DescribeStateMachine", { stateMachineArn = world:create("n", PASS) }).variableReferences)
  end)

  it("may be created again as it is, not otherwise", function()
    local arn = world:create("m", PASS)
    clock.step(5)
    assert.same({ stateMachineArn = arn, creationDate = support.START },
      world:call("CreateStateMachine", { name = "m", definition = PASS, roleArn = ROLE .. "2" }))
    for _, changed in ipairs { { definition = OTHER }, { type = "EXPRESS" }, { tracingConfiguration = { enabled = true } } } do
      changed.name, changed.roleArn, changed.definition = "m", ROLE, changed.definition or PASS
      assert.equal("StateMachineAlreadyExists: State Machine Already Exists: '" .. arn .. "'",
        world:refusal("CreateStateMachine", changed))
    end
  end)

  it("is refused with a bad name, role, type or logging", function()
    local function refusal(fields)
      local input = { name = "m", definition = PASS, roleArn = ROLE }
      for key, value in pairs(fields) do
        input[key] = value
      end
      return world:refusal("CreateStateMachine", input)
    end
    for _, name in ipairs { "", "a b", "a/b", "a:b", "a*", "a<b", 'a"', "a\1", "a\u{85}", ("x"):rep(81) } do
      assert.equal("InvalidName: Invalid Name: '" .. name .. "'", refusal { name = name })
    end
    assert.equal("InvalidArn: Invalid Role Arn: 'role'", refusal { roleArn = "role" })
    assert.equal("ValidationException: Version description can only be set when publish is true",
      refusal { versionDescription = "d" })
    assert.truthy(refusal({ loggingConfiguration = { level = "ALL" } }):find "^InvalidLoggingConfiguration")
    for _, wrong in ipairs { { type = "CUSTOMER_MANAGED_KMS_KEY" }, { type = "AWS_OWNED_KEY", kmsKeyId = "k" } } do
      assert.truthy(refusal({ encryptionConfiguration = wrong }):find "^InvalidEncryptionConfiguration: Invalid Encryption ")
    end
  end)

  it("is updated with a new revision, and running executions keep theirs", function()
    local arn = world:create("m", '{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":9,"Next":"P"},"P":{"Type":"Pass",'
      .. '"Result":"old","End":true}}}')
    local execution = world:call("StartExecution", { stateMachineArn = arn }).executionArn
    clock.step(1)
    local updated = world:call("UpdateStateMachine", { stateMachineArn = arn, definition = PASS })
    assert.equal(support.START + 1, updated.updateDate)
    assert.equal(updated.revisionId, world:call("DescribeStateMachine", { stateMachineArn = arn }).revisionId)
    assert.equal(updated.revisionId, world:call("UpdateStateMachine", { stateMachineArn = arn, definition = PASS }).revisionId)
    assert.are_not.equal(updated.revisionId, world:call("UpdateStateMachine", { stateMachineArn = arn,
      roleArn = ROLE .. "2" }).revisionId)
    clock.step(8)
    assert.equal('"old"', world:describe(execution).output)
    local described = world:call("DescribeStateMachineForExecution", { executionArn = execution })
    assert.truthy(described.definition:find "old")
    assert.same({ "m", ROLE, support.START }, { described.name, described.roleArn, described.updateDate })
    assert.equal("MissingRequiredParameter: Either the definition, the role ARN, the LoggingConfiguration, or the "
      .. "TracingConfiguration "
      .. "must be specified", world:refusal("UpdateStateMachine", { stateMachineArn = arn }))
    assert.truthy(world:refusal("UpdateStateMachine", { stateMachineArn = arn, definition = "{}" }):find "^InvalidDefinition")
    assert.truthy(world:refusal("UpdateStateMachine", { stateMachineArn = arn .. "x",
      definition = PASS }):find "^StateMachineDoesNotExist")
  end)

  it("is deleted with its executions, also twice", function()
    local arn = world:create("m", '{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":9,"End":true}}}')
    local execution = world:call("StartExecution", { stateMachineArn = arn }).executionArn
    world.rest()
    world:call("DeleteStateMachine", { stateMachineArn = arn })
    world:call("DeleteStateMachine", { stateMachineArn = arn })
    assert.truthy(world:refusal("DescribeStateMachine", { stateMachineArn = arn }):find "^StateMachineDoesNotExist")
    assert.truthy(world:refusal("DescribeExecution", { executionArn = execution }):find "^ExecutionDoesNotExist")
    assert.truthy(world:refusal("DeleteStateMachine", { stateMachineArn = "x" }):find "^InvalidArn")
    clock.step(20)
    for _, name in ipairs { "states_branches", "states_events", "states_executions" } do
      assert.equal(0, world.db:first("SELECT count(*) AS n FROM " .. name).n)
    end
  end)

  it("is listed in pages, by name", function()
    for _, name in ipairs { "c", "a", "b" } do
      world:create(name, PASS)
    end
    local page = world:call("ListStateMachines", { maxResults = 2 })
    assert.same({ "a", "b" }, { page.stateMachines[1].name, page.stateMachines[2].name })
    page = world:call("ListStateMachines", { maxResults = 2, nextToken = page.nextToken })
    assert.same({ "c", "STANDARD", support.START }, { page.stateMachines[1].name, page.stateMachines[1].type,
      page.stateMachines[1].creationDate })
    assert.is_nil(page.nextToken)
  end)

  it("has tags", function()
    local arn = world:create("m", PASS, { tags = json.array { { key = "a", value = "1" } } })
    local function tags()
      return json.encode(world:call("ListTagsForResource", { resourceArn = arn }).tags)
    end
    world:call("TagResource", { resourceArn = arn, tags = json.array { { key = "a", value = "2" }, { key = "b",
      value = "3" } } })
    assert.equal('[{"key":"a","value":"2"},{"key":"b","value":"3"}]', tags())
    world:call("UntagResource", { resourceArn = arn, tagKeys = json.array { "a", "nothing" } })
    assert.equal('[{"key":"b","value":"3"}]', tags())
    local many = json.array {}
    for index = 1, 51 do
      many[index] = { key = "k" .. index, value = "" }
    end
    assert.truthy(world:refusal("TagResource", { resourceArn = arn, tags = many }):find "^TooManyTags")
    assert.equal('[{"key":"b","value":"3"}]', tags())
    assert.equal("ResourceNotFound: Resource not found: '" .. arn .. "x'", world:refusal("ListTagsForResource",
      { resourceArn = arn .. "x" }))
  end)
end)
