local json     = require "json"
local models   = require "models"
local validate = require "aws.validate"

-- The complaint about parameters, without the place in this file; nil when there is none.
local function complaint(service, name, parameters, options)
  local model = models.load(service)
  local fine, message = pcall(validate.parameters, model, model.operations[name], parameters, options or {}, 1)
  return not fine and message:gsub("^[^:]+:%d+: ", "") or nil
end

local SERVER = "s-12345678901234567"

describe("parameters", function()
  it("that are right are taken", function()
    assert.is_nil(complaint("drs", "StartRecovery", {
      sourceServers = { { sourceServerID = SERVER } }, isDrill = true, tags = {},
    }))
    assert.is_nil(complaint("drs", "DescribeJobs", { filters = { jobIDs = json.array {} }, maxResults = 5.0 }))
    assert.is_nil(complaint("drs", "InitializeService", {}))
    assert.is_nil(complaint("sts", "GetCallerIdentity", {}))
  end)

  it("with an unknown name are refused with the nearest right one", function()
    assert.are.equal("drs:describe_jobs: parameter filters.jobIds is unknown, did you mean 'jobIDs'?",
      complaint("drs", "DescribeJobs", { filters = { jobIds = {} } }))
    assert.are.equal("drs:start_recovery: parameter isDril is unknown, did you mean 'isDrill'?",
      complaint("drs", "StartRecovery", { sourceServers = { { sourceServerID = SERVER } }, isDril = true }))
    assert.are.equal("drs:delete_job: parameter whatever is unknown; there is jobID",
      complaint("drs", "DeleteJob", { whatever = 1 }))
    assert.are.equal("drs:initialize_service: parameter x is unknown", complaint("drs", "InitializeService", { x = 1 }))
  end)

  it("that are missing are named by their path", function()
    assert.are.equal("drs:start_recovery: parameter sourceServers is missing", complaint("drs", "StartRecovery", {}))
    assert.are.equal("drs:start_recovery: parameter sourceServers[2].sourceServerID is missing",
      complaint("drs", "StartRecovery", { sourceServers = { { sourceServerID = SERVER }, {} } }))
  end)

  it("may leave out idempotency tokens, which are filled in", function()
    -- EC2's model requires no such token, DynamoDB's and DRS's neither: made up, so that the rule is seen.
    local model = { service = "x", shapes = {
      In = { name = "In", type = "structure", required = { "token" }, members = {
        token = { shape = "Text", idempotencyToken = true } } },
      Text = { name = "Text", type = "string" },
    } }
    validate.parameters(model, { name = "Do", input = "In" }, {}, {}, 1)
  end)

  it("of a wrong type are named by their path", function()
    for parameters, expected in pairs {
      [{ filters = { jobIDs = { ("j"):rep(24), ("j"):rep(24), 7 } } }] = "filters.jobIDs[3] must be a string, is an integer",
      [{ filters = { jobIDs = "x" } }] = "filters.jobIDs must be a list, is a string",
      [{ filters = { jobIDs = { a = "x" } } }] = "filters.jobIDs must be a list, is a table",
      [{ filters = { jobIDs = { [1] = ("j"):rep(24), [3] = "x" } } }] = "filters.jobIDs must be a list, is a table",
      [{ filters = { "x" } }] = "filters must be a table of names and values, is a table",
      [{ filters = true }] = "filters must be a table of names and values, is a boolean",
      [{ maxResults = "5" }] = "maxResults must be an integer, is a string",
      [{ maxResults = 1.5 }] = "maxResults must be an integer, is a float",
      [{ nextToken = json.null }] = "nextToken must be a string, is json.null",
    } do
      assert.are.equal("drs:describe_jobs: parameter " .. expected, complaint("drs", "DescribeJobs", parameters))
    end
    assert.are.equal("drs:describe_jobs: parameters must be a table, is a string", complaint("drs", "DescribeJobs", "x"))
    assert.are.equal("drs:describe_jobs: parameters must be a table of names and values, is a table",
      complaint("drs", "DescribeJobs", { "x" }))
    assert.are.equal("drs:start_recovery: parameter isDrill must be a boolean, is an integer",
      complaint("drs", "StartRecovery", { sourceServers = { { sourceServerID = SERVER } }, isDrill = 1 }))
    assert.are.equal("drs:start_recovery: parameter tags[\"a b\"] must be a string, is a boolean",
      complaint("drs", "StartRecovery", { sourceServers = { { sourceServerID = SERVER } }, tags = { ["a b"] = true } }))
    assert.are.equal("dynamodb:list_backups: parameter TimeRangeLowerBound must be a time (epoch seconds, or ISO 8601 text), "
      .. "is a string", complaint("dynamodb", "ListBackups", { TimeRangeLowerBound = "yesterday" }))
    assert.are.equal("dynamodb:put_item: parameter Item.b.B must be a string of bytes, is an integer",
      complaint("dynamodb", "PutItem", { TableName = "t", Item = { b = { B = 1 } } }))
  end)

  it("out of bounds are refused", function()
    local servers = {}
    for index = 1, 201 do
      servers[index] = { sourceServerID = SERVER }
    end
    for parameters, expected in pairs {
      [{ sourceServers = {} }] = "sourceServers has 0 items, at least 1 needed",
      [{ sourceServers = servers }] = "sourceServers has 201 items, at most 200 allowed",
      [{ sourceServers = { { sourceServerID = "s-1" } } }] =
        "sourceServers[1].sourceServerID has 3 characters, at least 19 needed",
      [{ sourceServers = { { sourceServerID = SERVER } }, tags = { a = ("é"):rep(257) } }] =
        "tags.a has 257 characters, at most 256 allowed",
      [{ sourceServers = { { sourceServerID = SERVER } }, tags = { [("k"):rep(257)] = "" } }] =
        "tags has a key that has 257 characters, at most 256 allowed",
    } do
      assert.are.equal("drs:start_recovery: parameter " .. expected, complaint("drs", "StartRecovery", parameters))
    end
    assert.are.equal("sts:assume_role: parameter DurationSeconds is 10, at least 900 needed",
      complaint("sts", "AssumeRole", { RoleArn = ("r"):rep(20), RoleSessionName = "ss", DurationSeconds = 10 }))
  end)

  it("count characters and not bytes", function()
    assert.is_nil(complaint("drs", "StartRecovery", {
      sourceServers = { { sourceServerID = SERVER } }, tags = { a = ("é"):rep(256) },
    }))
  end)

  it("in document mode are what DynamoDB can hold", function()
    local function put(item)
      return complaint("dynamodb", "PutItem", { TableName = "t", Item = item }, { document = true })
    end
    assert.is_nil(put { a = "x", n = 1, list = { 1, { b = json.null } }, empty = json.array {} })
    for expected, item in pairs {
      ["waves[1].servers is an empty table: say json.array {} or json.object {}"] = { waves = { { servers = {} } } },
      ["n is not finite, which DynamoDB cannot hold"] = { n = 0 / 0 },
      ["n is beyond DynamoDB's range (1E-130 to 9.99...E+125)"] = { n = 1e200 },
      ["f is a function, which DynamoDB cannot hold"] = { f = print },
      ["m has a key that is no string but a number"] = { m = { [2] = "x" } },
      ["m is a list with the key x beside its items"] = { m = { 1, x = 2 } },
    } do
      assert.are.equal("dynamodb:put_item: parameter Item." .. expected, put(item))
    end
  end)

  it("in the API's own form are checked without document mode", function()
    assert.are.equal("dynamodb:put_item: parameter Item.a must be a table of names and values, is a string",
      complaint("dynamodb", "PutItem", { TableName = "t", Item = { a = "x" } }))
    assert.are.equal("dynamodb:put_item: parameter Item.a.X is unknown, did you mean 'B'?",
      complaint("dynamodb", "PutItem", { TableName = "t", Item = { a = { X = "x" } } }))
  end)
end)
