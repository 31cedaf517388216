-- `drsh local --data FILE` and kill -9: what was acknowledged is there afterwards, in every service, whenever the kill comes.

local json = require "json"
local program = require "tests.support.program"
local sqlite = require "sqlite"
local support = require "tests.support.local_aws"
local task = require "task"

local ROUNDS, MOST_ANSWERS = 6, 60

local ROLE = "arn:aws:iam::123456789012:role/r"
local WAITS = json.encode { StartAt = "W", States = { W = { Type = "Wait", Seconds = 1000000, End = true } } }

local function json_call(service, target)
  return function(here, operation, input)
    local answer, body = support.json(here, service, target .. "." .. operation, input)
    return answer.status == 200 and body or error(answer.body, 0)
  end
end
local dynamodb = json_call("dynamodb", "DynamoDB_20120810")
local states = json_call("states", "AWSStepFunctions")
local ssm = json_call("ssm", "AmazonSSM")

-- Tags of a launch configuration template, of which the first round makes one.
local template
local function drs(here, operation, input, method)
  local answer, body = support.drs(here, operation, input, {
    method = method, path = method and "/tags/" .. template:gsub("[:/]", { [":"] = "%3A", ["/"] = "%2F" }) or nil,
  })
  return answer.status < 300 and (body or true) or error(answer.body, 0)
end

local function sns(here, action, parameters)
  parameters.Action, parameters.Version = action, "2010-03-31"
  local answer = support.form(here, "sns", parameters)
  return answer.status == 200 and answer.body or error(answer.body, 0)
end

-- What each service writes under a name, and how the name is looked for afterwards.
local WRITERS = {
  dynamodb = {
    write = function(here, name)
      dynamodb(here, "PutItem", { TableName = "kept", Item = { id = { S = name } } })
    end,
    is_there = function(here, name)
      return dynamodb(here, "GetItem", { TableName = "kept", Key = { id = { S = name } } }).Item
    end,
  },
  states = {
    write = function(here, name)
      states(here, "StartExecution", { name = name, stateMachineArn = "arn:aws:states:us-east-1:123456789012:stateMachine:waits" })
    end,
    is_there = function(here, name)
      local arn = "arn:aws:states:us-east-1:123456789012:execution:waits:" .. name
      return states(here, "DescribeExecution", { executionArn = arn }).status == "RUNNING"
    end,
  },
  ssm = {
    write = function(here, name)
      ssm(here, "PutParameter", { Name = "/kept/" .. name, Value = name, Type = "String" })
    end,
    is_there = function(here, name)
      return ssm(here, "GetParameter", { Name = "/kept/" .. name }).Parameter.Value == name
    end,
  },
  sns = {
    write = function(here, name)
      sns(here, "CreateTopic", { Name = name })
    end,
    is_there = function(here, name)
      return sns(here, "GetTopicAttributes", { TopicArn = "arn:aws:sns:us-east-1:123456789012:" .. name })
    end,
  },
  drs = {
    write = function(here, name)
      local tags = { [name] = "kept" }
      drs(here, "TagResource", { tags = tags }, "POST")
    end,
    is_there = function(here, name)
      return drs(here, "ListTagsForResource", nil, "GET").tags[name]
    end,
  },
}

local function furnish(here)
  dynamodb(here, "CreateTable", {
    TableName = "kept", BillingMode = "PAY_PER_REQUEST",
    KeySchema = json.array { { AttributeName = "id", KeyType = "HASH" } },
    AttributeDefinitions = json.array { { AttributeName = "id", AttributeType = "S" } },
  })
  drs(here, "InitializeService")
  template = drs(here, "CreateLaunchConfigurationTemplate").launchConfigurationTemplate.arn
  states(here, "CreateStateMachine", { name = "waits", definition = WAITS, roleArn = ROLE })
end

-- Every service writes as fast as it is answered, until the process is killed after so many answers. -> service -> names
local function write_until_killed(server, round, answers)
  local acknowledged, count = {}, 0
  local writers = {}
  for service, writer in pairs(WRITERS) do
    acknowledged[service] = {}
    writers[#writers + 1] = task.spawn(function()
      for number = 1, answers do
        local name = ("%s-%d-%d"):format(service, round, number)
        if not pcall(writer.write, server, name) then
          return
        end
        count = count + 1
        table.insert(acknowledged[service], name)
        if count == answers then
          server:kill "KILL"
        end
      end
    end)
  end
  for _, handle in ipairs(writers) do
    handle:join()
  end
  return acknowledged
end

describe("drsh local --data FILE", function()
  it("has after kill -9 all that it acknowledged, in every service, time after time", function()
    math.randomseed(7) -- the same kills every time
    local folder = program.folder()
    local command = ("local --listen 127.0.0.1:0 --estate none --data %s/world.db"):format(folder)
    local all = {}
    for round = 1, ROUNDS do
      local server <close> = program.start(command)
      if round == 1 then
        furnish(server)
      end
      for _, kept in ipairs(all) do
        for service, names in pairs(kept) do
          for _, name in ipairs(names) do
            assert.truthy(WRITERS[service].is_there(server, name), name .. " was acknowledged and is lost")
          end
        end
      end
      all[round] = write_until_killed(server, round, math.random(MOST_ANSWERS))
      assert.is_false(server:is_alive())
    end
    assert.truthy(#all[1].dynamodb > 0 or #all[2].dynamodb > 0)
    program.remove(folder)
  end)

  it("takes no file of another version, and says which and what to do", function()
    local path = os.tmpname()
    local db = sqlite.open(path)
    db:exec "CREATE TABLE drs_jobs (number INTEGER PRIMARY KEY, id TEXT)"
    db:close()
    local ok, problem = pcall(support.start, { data = path })
    assert.same({ false, "DATA_OF_ANOTHER_VERSION" }, { ok, problem.code })
    assert.matches("^" .. path .. " was made by another version of drsh %(its table drs_jobs has no column [%w_]+%)", problem.message)
    local code, _, err = program.run("local --listen 127.0.0.1:0 --data " .. path)
    assert.equal(1, code)
    assert.matches("start with a new file", err)
    assert.is_nil(err:find("traceback", 1, true))
    os.remove(path)
  end)
end)
