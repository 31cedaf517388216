local definition = require "local_aws.states.definition"
local json       = require "json"
local support    = require "tests.scripts.local_aws.states.world"

local function reason(text, machine_type)
  return definition.reason(definition.check(text, machine_type or "STANDARD"))
end

local function of_state(state)
  return reason(('{"StartAt": "A", "States": {"A": %s}}'):format(state))
end

describe("a state machine definition", function()
  it("is refused when it is no JSON object", function()
    assert.equal("SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object", reason "")
    assert.equal("SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object", reason "[1]")
    assert.truthy(reason("not a definition"):find("INVALID_JSON_DESCRIPTION: ", 1, true))
  end)

  it("needs StartAt and States", function()
    assert.equal("SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /", reason "{}")
    assert.equal("SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /", reason '{"StartAt": "A"}')
    assert.equal("SCHEMA_VALIDATION_FAILED: These fields are required: [StartAt] at /",
      reason '{"States": {"A": {"Type": "Succeed"}}}')
  end)

  it("must lead somewhere that exists, and reach every state", function()
    assert.equal("MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next",
      of_state '{"Type": "Pass", "Next": "B"}')
    assert.equal('MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B',
      reason '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "B": {"Type": "Succeed"}}}')
    assert.truthy(
      reason('{"StartAt": "X", "States": {"A": {"Type": "Succeed"}}}'):find("Missing 'Next' target: X at /StartAt", 1, true))
    assert.truthy(of_state([[{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
      "Catch": [{"ErrorEquals": ["X"], "Next": "B"}]}]]):find "Missing 'Next' target: B")
  end)

  it("assigns variables that have a name", function()
    local function assigning(name)
      return of_state(('{"Type": "Pass", "End": true, "Assign": {"%s": 1}}'):format(name))
    end
    assert.equal("", assigning "x_1")
    assert.equal("", assigning "straße")
    assert.equal("SCHEMA_VALIDATION_FAILED: Variable name 'states' is reserved at /States/A/Assign/states", assigning "states")
    for _, name in ipairs { "1x", "x.y", "x[2]", "x-y", "" } do
      assert.equal(("SCHEMA_VALIDATION_FAILED: Variable name '%s' is not a valid identifier at /States/A/Assign/%s"):format(name,
        name), assigning(name))
    end
    assert.truthy(assigning(("x"):rep(81)):find "Variable name length must be less than or equal to 80")
    assert.equal("SCHEMA_VALIDATION_FAILED: Expected value of type Object at /States/A/Assign",
      of_state '{"Type": "Pass", "End": true, "Assign": 5}')
    assert.truthy(of_state([[{"Type": "Choice", "Default": "A", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "A",
      "Assign": {"1": 2}}]}]]):find("/States/A/Choices[0]/Assign/1", 1, true))
  end)

  it("assigns in an inner scope no variable of an outer one", function()
    local function branch(name, variable)
      return ('{"StartAt": "NAME", "States": {"NAME": {"Type": "Pass", "End": true, "Assign": {"%s": 1}}}}')
        :format(variable):gsub("NAME", name)
    end
    local function parallel(first, second)
      return reason(([[{"StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Next": "B",
          "Catch": [{"ErrorEquals": ["States.ALL"], "Assign": {"problem.$": "$"}, "Next": "B"}]},
        "B": {"Type": "Parallel", "End": true, "Branches": [%s, %s]}}}]]):format(branch("C", first), branch("D", second)))
    end
    assert.equal("", parallel("x", "x"))
    assert.equal("SCHEMA_VALIDATION_FAILED: Variable 'problem' is assigned in an outer scope: give it another name here "
      .. "at /States/B/Branches[1]/States/D/Assign/problem", parallel("x", "problem"))
  end)

  it("has one way on from each state", function()
    assert.truthy(of_state('{"Type": "Pass"}'):find "%[Next%] or %[End%]")
    assert.truthy(of_state('{"Type": "Pass", "Next": "A", "End": true}'):find "Only one of the fields %[Next, End%]")
  end)

  it("has only fields that its states know, with values that fit", function()
    local faults = {
      ['{"Type": "Nothing"}'] =
        "Value must be one of [Choice, Fail, Map, Parallel, Pass, Succeed, Task, Wait] at /States/A/Type",
      ['{}'] = "These fields are required: [Type] at /States/A",
      ['{"Type": "Pass", "End": true, "Seconds": 1}'] = "Field is not supported at /States/A/Seconds",
      ['{"Type": "Pass", "End": true, "InputPath": "x"}'] = "Value is not a valid JSONPath at /States/A/InputPath",
      ['{"Type": "Pass", "End": true, "ResultPath": "$.a[*]"}'] = "Value is not a Reference Path",
      ['{"Type": "Pass", "End": true, "Parameters": {"x.$": "nothing"}}'] =
        "The value for the field 'x.$' must be a valid JSONPath "
        .. "or a valid intrinsic function call at /States/A/Parameters/x.$",
      ['{"Type": "Task", "End": true}'] = "These fields are required: [Resource] at /States/A",
      ['{"Type": "Task", "End": true, "Resource": "lambda"}'] = "Value is not a valid resource ARN at /States/A/Resource",
      ['{"Type": "Task", "End": true, "Resource": "arn:aws:states:::sns:publish", "Credentials": null}'] =
        "Expected value of type Object at /States/A/Credentials",
      ['{"Type": "Wait", "End": true}'] =
        "Exactly one of the fields is required: [Seconds, Timestamp, SecondsPath, TimestampPath]",
      ['{"Type": "Wait", "End": true, "Seconds": 1.5}'] = "Expected value of type Integer at /States/A/Seconds",
      ['{"Type": "Wait", "End": true, "Timestamp": "soon"}'] = "Value is not a valid timestamp at /States/A/Timestamp",
      ['{"Type": "Choice", "Choices": []}'] = "Expected value of type Array with at least one element at /States/A/Choices",
      ['{"Type": "Fail", "Error": "a", "ErrorPath": "$.a"}'] =
        "Only one of the fields [Error, ErrorPath] is allowed at /States/A",
      ['{"Type": "Parallel", "End": true, "Branches": []}'] = "Expected value of type Array with at least one element",
      ['{"Type": "Map", "End": true}'] = "Exactly one of the fields is required: [ItemProcessor, Iterator] at /States/A",
      ['{"Type": "Pass", "End": true, "Comment": 5}'] = "Expected value of type String at /States/A/Comment",
      ['5'] = "Expected value of type Object at /States/A",
    }
    for state, expected in pairs(faults) do
      assert.truthy(of_state(state):find(expected, 1, true), state .. " gave " .. of_state(state))
    end
  end)

  it("has Retry and Catch that fit", function()
    local function of_task(fields)
      return of_state('{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, ' .. fields .. "}")
    end
    assert.equal("", of_task '"Retry": [{"ErrorEquals": ["A"]}, {"ErrorEquals": ["States.ALL"], "MaxDelaySeconds": 5}]')
    assert.truthy(
      of_task('"Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["A"]}]'):find "States.ALL must appear alone")
    assert.truthy(of_task('"Retry": [{"ErrorEquals": ["A", "States.ALL"]}]'):find "States.ALL must appear alone")
    assert.truthy(of_task('"Retry": [{"ErrorEquals": ["A"], "BackoffRate": 0.5}]'):find "Minimum value is 1.0")
    assert.truthy(of_task('"Retry": [{"ErrorEquals": ["A"], "JitterStrategy": "SOME"}]'):find "FULL, NONE")
    assert.truthy(of_task('"Retry": [{"ErrorEquals": ["A"], "IntervalSeconds": 0}]'):find "Minimum value is 1")
    assert.truthy(
      of_task('"Retry": [{"ErrorEquals": ["A"], "What": 0}]'):find "Field is not supported at /States/A/Retry%[0%]/What")
    assert.truthy(of_task('"Catch": [{"ErrorEquals": []}]'):find "These fields are required: %[Next%]")
    assert.truthy(of_task('"TimeoutSeconds": 5, "HeartbeatSeconds": 5'):find "HeartbeatSeconds must be smaller")
  end)

  it("has state names that are unique in the whole machine and not too long", function()
    assert.truthy(reason([[{"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Branches": [
      {"StartAt": "X", "States": {"X": {"Type": "Succeed"}}}, {"StartAt": "X",
        "States": {"X": {"Type": "Succeed"}}}]}}}]]):find(
      "DUPLICATE_STATE_NAME: Duplicate State name: X at /States/P/Branches[1]/States/X", 1, true))
    local long = ("n"):rep(81)
    assert.truthy(reason(('{"StartAt": "%s", "States": {"%s": {"Type": "Succeed"}}}'):format(long,
      long)):find "less than or equal to 80")
  end)

  it("is refused clearly when it is written for what is not simulated", function()
    local world = support.open()
    finally(function() world:close() end)
    local whole = reason('{"StartAt": "A", "QueryLanguage": "JSONata", "States": {"A": {"Type": "Pass", "Next": "B", "Output": '
      .. '"{% 1 %}"}, "B": {"Type": "Succeed"}}}')
    assert.truthy(whole:find("SCHEMA_VALIDATION_FAILED: State 'A' is written in JSONata, which is not simulated here: no "
      .. "maintained library evaluates it for C or Lua. Write the state in JSONPath (Parameters, ResultPath and intrinsic "
      .. "functions instead of Arguments, Output and {% %}) at /States/A, SCHEMA_VALIDATION_FAILED: State 'B' is", 1, true))
    assert.truthy(of_state('{"Type": "Succeed", "QueryLanguage": "JSONata"}'):find "written in JSONata")
    assert.truthy(of_state('{"Type": "Succeed", "QueryLanguage": "SQL"}'):find("must be one of [JSONPath, JSONata]", 1, true))
    assert.equal("", reason('{"StartAt": "A", "QueryLanguage": "JSONPath", "States": {"A": {"Type": "Succeed"}}}'))
    for operation, input in pairs { CreateStateMachine = { name = "m", roleArn = "arn:aws:iam::123456789012:role/r",
      definition = '{"StartAt": "A", "QueryLanguage": "JSONata", "States": {"A": {"Type": "Succeed"}}}' },
      TestState = { definition = '{"Type": "Succeed", "QueryLanguage": "JSONata"}' } } do
      local refusal = world:refusal(operation, input)
      assert.truthy(refusal:find "^InvalidDefinition: .*is written in JSONata, which is not simulated here", refusal)
    end
    assert.truthy(of_state('{"Type": "Succeed", "Output": "{% 1 %}"}'):find "it belongs to JSONata")
  end)

  it("must end", function()
    assert.equal("MISSING_END_STATE: No state ends the workflow at /States",
      reason '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}')
  end)

  it("has a number or its path in a distributed Map, not both", function()
    local function of_map(fields)
      return of_state([[{"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED",
        "ExecutionType": "EXPRESS"}, "StartAt": "X", "States": {"X": {"Type": "Succeed"}}}, ]] .. fields .. "}")
    end
    assert.equal("", of_map '"ItemBatcher": {"MaxItemsPerBatch": 2, "MaxInputBytesPerBatchPath": "$.b"}')
    assert.equal("SCHEMA_VALIDATION_FAILED: Only one of the fields [MaxItemsPerBatch, MaxItemsPerBatchPath] is allowed at "
      .. "/States/A/ItemBatcher", of_map '"ItemBatcher": {"MaxItemsPerBatch": 2, "MaxItemsPerBatchPath": "$.b"}')
    assert.equal("SCHEMA_VALIDATION_FAILED: Only one of the fields [MaxItems, MaxItemsPath] is allowed at "
      .. "/States/A/ItemReader/ReaderConfig", of_map [["ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
      "ReaderConfig": {"InputType": "JSON", "MaxItems": 1, "MaxItemsPath": "$.b"}}]])
  end)

  it("has labels of its own for distributed Maps", function()
    local map = '{"Type": "Map", "Label": "%s", "%s": %s, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", '
      .. '"ExecutionType": "STANDARD"}, "StartAt": "%s", "States": {"%s": {"Type": "Succeed"}}}}'
    local text = '{"StartAt": "A", "States": {"A": ' .. map:format("l", "Next", '"B"', "X", "X") .. ', "B": '
      .. map:format("l", "End", "true", "Y", "Y") .. "}}"
    assert.equal("DUPLICATE_LABEL_NAME: Duplicate Label name: l at /States/B/Label", reason(text))
  end)

  it("is warned of paths that nothing reads, when warnings are wanted", function()
    local text = json.encode { StartAt = "A", States = { A = { Type = "Pass", Parameters = { a = "$.x", ["b.$"] = "$.x",
      c = json.array { json.object { d = "States.UUID()" } }, e = "$5", f = "$" }, Result = { ["y.$"] = "$.z" }, Next = "C" },
      C = { Type = "Choice", Choices = json.array { { Variable = "$.v", StringEquals = "$.w", Next = "F" } }, Default = "F" },
      F = { Type = "Fail", Error = "$.e", Cause = "no path" } } }
    local world = support.open()
    finally(function() world:close() end)
    local function validated(severity, most)
      return world:call("ValidateStateMachineDefinition", { definition = text, severity = severity, maxResults = most })
    end
    assert.same({ "OK", 0 }, { validated().result, #validated().diagnostics })
    local places = {}
    for index, diagnostic in ipairs(validated("WARNING").diagnostics) do
      places[index] = diagnostic.code .. " " .. diagnostic.location
      assert.equal("WARNING", diagnostic.severity)
    end
    assert.same({ "NO_DOLLAR /States/A/Parameters/a", "NO_DOLLAR /States/A/Parameters/c[0]/d",
      "PASS_RESULT_IS_STATIC /States/A/Result/y.$", "NO_PATH /States/C/Choices[0]/StringEquals",
      "NO_PATH /States/F/Error" }, places)
    local cut = validated("WARNING", 2)
    assert.same({ "OK", 2, true }, { cut.result, #cut.diagnostics, cut.truncated })
  end)

  it("may not wait for tokens in an Express machine", function()
    local text = '{"StartAt": "A", "States": {"A": {"Type": "Task", "End": true, "Resource": "%s"}}}'
    assert.equal("SCHEMA_VALIDATION_FAILED: Express state machine does not support '.waitForTaskToken' service integration  at "
      .. "/States/A/Resource", reason(text:format "arn:aws:states:::lambda:invoke.waitForTaskToken", "EXPRESS"))
    assert.equal("", reason(text:format "arn:aws:states:::lambda:invoke", "EXPRESS"))
    assert.truthy(reason(text:format "arn:aws:states:us-east-1:123456789012:activity:a",
      "EXPRESS"):find "does not support Activity")
  end)

  it("is refused at CreateStateMachine and judged by ValidateStateMachineDefinition", function()
    local world = support.open()
    finally(function() world:close() end)
    assert.equal(
      "InvalidDefinition: Invalid State Machine Definition: "
        .. "'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'",
      world:refusal("CreateStateMachine", { name = "bad", roleArn = "arn:aws:iam::123456789012:role/r",
        definition = '{"StartAt": "A"}' }))
    local verdict = world:call("ValidateStateMachineDefinition", { definition = '{"StartAt": "A"}' })
    assert.equal("FAIL", verdict.result)
    assert.equal(json.encode(json.array { json.object { code = "SCHEMA_VALIDATION_FAILED", location = "/", severity = "ERROR",
      message = "These fields are required: [States]" } }), json.encode(verdict.diagnostics))
    verdict = world:call("ValidateStateMachineDefinition",
      { definition = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}' })
    assert.equal("OK", verdict.result)
    verdict = world:call("ValidateStateMachineDefinition", { maxResults = 1,
      definition = '{"StartAt": "A", "States": {"A": {"Type": "Pass"}, "B": {"Type": "Pass"}}}' })
    assert.is_true(verdict.truncated)
    assert.equal(1, #verdict.diagnostics)
  end)
end)
