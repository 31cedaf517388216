local aws        = require "aws"
local aws_server = require "tests.support.aws_server"
local json       = require "json"
local models     = require "models"
local task       = require "task"
local uuid       = require "uuid"

local function message_of(fn, ...)
  local fine, message = pcall(fn, ...)
  assert.is_false(fine)
  return message
end

-- Runs fn(client, requests) against a server that always gives this answer.
local function with(answer, service, fn, options)
  local listener, requests = aws_server.start { answer }
  local fine, problem = pcall(fn, aws_server.client(service, listener, options), requests)
  listener.close()
  if not fine then
    error(problem, 0)
  end
end

-- Runs fn as a script that has declared these actions.
local function declaring(names, fn)
  local actions = {}
  for _, name in ipairs(names) do
    actions[name] = true
  end
  local context = task.context
  task.context = function() return { actions = actions } end
  local fine, problem = pcall(fn)
  task.context = context
  return fine, problem
end

describe("aws.client", function()
  it("has every operation of every service as a method", function()
    for _, service in ipairs(models.services()) do
      local client = aws.client(service, { region = "eu-west-1" })
      for method in pairs(models.methods(models.load(service))) do
        assert.is_function(client[method])
      end
    end
  end)

  it("names what is wrong and what would be right", function()
    assert.matches("unknown AWS service 'drss', did you mean 'drs'", message_of(aws.client, "drss"))
    assert.matches("option regoin is unknown, did you mean 'region'", message_of(aws.client, "drs", { regoin = "x" }))
    assert.matches("option region must be a string, is a number", message_of(aws.client, "drs", { region = 1 }))
    local drs = aws.client("drs", {})
    assert.matches("drs has no operation 'describe_job', did you mean 'describe_jobs'", message_of(function()
      return drs.describe_job
    end))
    assert.matches("call it with a colon", message_of(function() drs.describe_jobs {} end))
    assert.matches("cannot be changed", message_of(function() drs.describe_jobs = nil end))
    assert.are.equal('aws.client("drs")', tostring(drs))
  end)

  it("names the place of the call", function()
    local drs = aws.client("drs", {})
    local here = debug.getinfo(1, "l").currentline
    local message = message_of(function()
      local result = drs:describe_jobs { filter = {} } -- two lines below `here`
      return result
    end)
    assert.matches("client_spec%.lua:" .. here + 2 .. ": drs:describe_jobs: parameter filter is unknown", message)
  end)

  it("keeps scripts from what is only for the credentials chain", function()
    assert.matches("option undeclared is unknown", message_of(aws.client, "drs", { undeclared = true }))
    assert.matches("option source is unknown", message_of(aws.client, "drs", { source = {} }))
  end)

  it("fills in an idempotency token, the same for all tries, and keeps one that is given", function()
    with({ 200, {}, "{}" }, "dynamodb", function(client, requests)
      local parameters = { TransactItems = { { Put = { TableName = "t", Item = { id = "x" } } } } }
      client:transact_write_items(parameters)
      assert.is_true(uuid.is_valid(json.decode(requests[1].body).ClientRequestToken))
      assert.is_nil(parameters.ClientRequestToken)
      parameters.ClientRequestToken = "mine"
      client:transact_write_items(parameters)
      assert.are.equal("mine", json.decode(requests[2].body).ClientRequestToken)
    end, { document = true })
    local listener, requests = aws_server.start { { 500, {}, "" }, { 200, {}, "<R/>" } }
    local ec2 = aws_server.client("ec2", listener)
    assert.is_true((aws_server.follow(function() return ec2:run_instances { MinCount = 1, MaxCount = 1 } end)))
    listener.close()
    local token = requests[1].body:match("ClientToken=([^&]+)")
    assert.is_string(token)
    assert.are.equal(token, requests[2].body:match("ClientToken=([^&]+)"))
  end)

  it("gives and takes plain values in document mode, and the API's own without it", function()
    local answer = { 200, {}, '{"Item":{"id":{"S":"x"},"n":{"N":"7"},"list":{"L":[]}}}' }
    with(answer, "dynamodb", function(client, requests)
      local item = client:get_item({ TableName = "t", Key = { id = "x" } }).Item
      assert.are.equal('{"id":"x","list":[],"n":7}', json.encode(item))
      assert.are.equal('{"Key":{"id":{"S":"x"}},"TableName":"t"}', requests[1].body)
    end, { document = true })
    with(answer, "dynamodb", function(client, requests)
      local item = client:get_item({ TableName = "t", Key = { id = { S = "x" } } }).Item
      assert.are.equal("7", item.n.N)
      assert.are.equal('{"Key":{"id":{"S":"x"}},"TableName":"t"}', requests[1].body)
    end)
  end)

  it("signs what AWS accepts: an ARN in the path, a query, a body", function()
    local sigv4 = require "sigv4"
    local verified = {}
    local listener = aws_server.start { function(request)
      verified[#verified + 1] = sigv4.verify {
        method = request.method, target = request.target, headers = request.headers, body = request.body,
        secret_access_key = aws_server.KEYS.secret_access_key, time = require "time".wall() // 1,
      }
      return 200, {}, "{}"
    end }
    local drs = aws_server.client("drs", listener)
    drs:untag_resource { resourceArn = "arn:aws:drs:eu-west-1:123456789012:source-server/s-1", tagKeys = { "a b", "c&d=e" } }
    drs:list_staging_accounts { nextToken = "a+b/c==" }
    drs:describe_jobs { filters = { fromDate = "2022-12-07T19:15:38Z" } }
    aws_server.client("sts", listener, { credentials = { access_key_id = "A", secret_access_key =
      aws_server.KEYS.secret_access_key, session_token = "to+ken/=" } })
    listener.close()
    assert.are.same({ true, true, true }, verified)
  end)
end)

describe("a script's declared actions", function()
  local GOOD = { 200, {}, "{}" }

  it("may be called, and no others", function()
    with(GOOD, "drs", function(drs, requests)
      assert.is_true((declaring({ "drs:DescribeJobs" }, function() drs:describe_jobs {} end)))
      local fine, problem = declaring({ "drs:DescribeJobs" }, function()
        drs:start_recovery { sourceServers = { { sourceServerID = "s-12345678901234567" } } }
      end)
      assert.is_false(fine)
      assert.is_true(aws.is_error(problem, "ACTION_NOT_DECLARED"))
      assert.matches("drs:StartRecovery is not among the AWS actions", problem.message)
      assert.are.equal(1, #requests)
    end)
  end)

  it("go by IAM's names: Step Functions are states", function()
    with(GOOD, "sfn", function(sfn)
      local function finish()
        sfn:send_task_success { taskToken = "t", output = "{}" }
      end
      assert.is_true((declaring({ "states:SendTaskSuccess" }, finish)))
      assert.is_false((declaring({ "sfn:SendTaskSuccess" }, finish)))
    end)
  end)

  it("cover a transaction by its parts", function()
    with(GOOD, "dynamodb", function(dynamodb)
      local function write()
        dynamodb:transact_write_items { TransactItems = {
          { Put = { TableName = "t", Item = { id = "x" } } },
          { Update = { TableName = "t", Key = { id = "y" }, UpdateExpression = "SET a = b" } },
        } }
      end
      assert.is_true((declaring({ "dynamodb:PutItem", "dynamodb:UpdateItem" }, write)))
      assert.is_true((declaring({ "dynamodb:TransactWriteItems" }, write)))
      local fine, problem = declaring({ "dynamodb:PutItem" }, write)
      assert.is_false(fine)
      assert.are.equal("dynamodb:UpdateItem", problem.action)
    end, { document = true })
  end)

  it("hold for pages too, and not for a script that declares none", function()
    with(GOOD, "drs", function(drs, requests)
      local fine = declaring({}, function()
        for _ in drs:items("describe_jobs", {}) do end
      end)
      assert.is_false(fine)
      assert.are.equal(0, #requests)
      drs:describe_jobs {}
      assert.are.equal(1, #requests)
    end)
  end)

  it("need not name the role that the client assumes", function()
    local listener = aws_server.start { function(request)
      if request.path == "/" then
        return 200, {}, "<R><AssumeRoleResult><Credentials><AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
          .. "<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></R>"
      end
      return 200, {}, '{"items":[]}'
    end }
    local drs = aws_server.client("drs", listener, {
      account = { accountId = "555555555555", assumeRoleName = "R" }, sts_endpoint = listener.url,
    })
    local fine, problem = declaring({ "drs:DescribeJobs" }, function() drs:describe_jobs {} end)
    listener.close()
    assert.is_true(fine, tostring(problem))
  end)
end)
