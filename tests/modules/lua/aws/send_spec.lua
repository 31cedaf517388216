-- Retries, lost answers, checksums, clock skew, against a server that misbehaves as it is told. The world's clock is frozen.

local aws          = require "aws"
local aws_server   = require "tests.support.aws_server"
local aws_settings = require "tests.support.aws_settings"
local crypto       = require "crypto"
local json         = require "json"
local task         = require "task"
local time         = require "time"

local SERVER = "s-12345678901234567"
local START = { sourceServers = { { sourceServerID = SERVER } } }
local GOOD = { 200, {}, { items = json.array {} } }
local BUSY = { 429, { ["x-amzn-errortype"] = "ThrottlingException" }, { message = "slow down" } }
local BROKEN = { 500, { ["x-amzn-errortype"] = "InternalServerException" }, { message = "oops" } }

-- Calls with the answers in turn. -> as pcall, seconds of the world, the requests that the server saw
local function attempt(answers, service, call, options)
  local listener, requests = aws_server.start(answers)
  local client = aws_server.client(service, listener, options)
  local fine, result, seconds = aws_server.follow(function() return call(client) end)
  listener.close()
  return fine, result, seconds, requests
end

local function describe_jobs(client)
  return client:describe_jobs {}
end

describe("a call", function()
  it("is signed, and says which try it is", function()
    local fine, _, _, requests = attempt({ GOOD }, "drs", describe_jobs)
    assert.is_true(fine)
    local headers = requests[1].headers
    assert.matches("^AWS4%-HMAC%-SHA256 Credential=AKIDEXAMPLE/%d+/eu%-west%-1/drs/aws4_request", headers.authorization)
    assert.matches("amz%-sdk%-invocation%-id", headers.authorization)
    assert.are.equal("attempt=1; max=3", headers["amz-sdk-request"])
    assert.matches("^drsh/%d+%.%d+%.%d+ ua/2%.1 os/linux lang/lua#5%.4 m/E,N,e cfg/retry%-mode#standard", headers["user-agent"])
  end)

  it("to an endpoint for several regions is signed by SigV4a, and says so", function()
    local fine, problem, _, requests = attempt({ { 200, {}, { FailedEntryCount = 0, Entries = json.array {} } } }, "events",
      function(client) return client:put_events { EndpointId = "abcde.veo", Entries = { { Source = "s", Detail = "{}" } } } end)
    assert.is_true(fine, tostring(problem))
    local headers = requests[1].headers
    assert.matches("^AWS4%-ECDSA%-P256%-SHA256 Credential=AKIDEXAMPLE/%d+/events/aws4_request, SignedHeaders=[%w;-]*;x%-amz%-region%-set;"
      .. "[%w;-]*, Signature=30%x+$", headers.authorization)
    assert.are.equal("*", headers["x-amz-region-set"])
    assert.matches(" m/E,N,S,e ", headers["user-agent"])
  end)

  it("that meets a passing fault is made again, under the same invocation", function()
    local fine, result, seconds, requests = attempt({ BROKEN, BROKEN, GOOD }, "drs", describe_jobs)
    assert.is_true(fine)
    assert.are.equal("[]", json.encode(result.items))
    assert.are.equal(3, #requests)
    assert.are.equal(requests[1].headers["amz-sdk-invocation-id"], requests[3].headers["amz-sdk-invocation-id"])
    assert.are.equal("attempt=3; max=3", requests[3].headers["amz-sdk-request"])
    assert.is_true(seconds <= 0.3, seconds) -- at most 50 and 100 ms, in steps of 50
  end)

  it("gives up after three tries and says that a later one may have a chance", function()
    local fine, problem, _, requests = attempt({ BROKEN }, "drs", describe_jobs)
    assert.is_false(fine)
    assert.are.equal(3, #requests)
    assert.is_true(aws.is_error(problem, "InternalServerException"))
    assert.are.equal(500, problem.status)
    assert.is_true(problem.retryable)
    assert.is_false(problem.throttled)
    assert.is_nil(problem.outcomeUnknown)
  end)

  it("of DynamoDB has four tries", function()
    local _, _, _, requests = attempt({ { 500, {}, "{}" } }, "dynamodb", function(client) return client:list_tables {} end)
    assert.are.equal(4, #requests)
    assert.are.equal("attempt=4; max=4", requests[4].headers["amz-sdk-request"])
  end)

  it("has as many tries as it is given", function()
    local _, _, _, requests = attempt({ BROKEN }, "drs", describe_jobs, { max_attempts = 1 })
    assert.are.equal(1, #requests)
    _, _, _, requests = attempt({ BROKEN }, "drs", function(client) return client:describe_jobs({}, { max_attempts = 2 }) end)
    assert.are.equal(2, #requests)
  end)

  it("that is refused for a reason is made once", function()
    local fine, problem, _, requests = attempt({
      { 409, { ["x-amzn-errortype"] = "ConflictException:", ["x-amzn-requestid"] = "r-1" },
        { message = "busy", code = "ConflictException", resourceId = SERVER, resourceType = "SourceServer" } },
    }, "drs", function(client) return client:start_recovery(START) end)
    assert.is_false(fine)
    assert.are.equal(1, #requests)
    assert.are.equal("ConflictException", problem.code)
    assert.are.equal("busy", problem.message)
    assert.are.equal(409, problem.status)
    assert.are.equal("drs", problem.service)
    assert.are.equal("StartRecovery", problem.operation)
    assert.are.equal("r-1", problem.requestId)
    assert.are.equal(SERVER, problem.resourceId)
    assert.is_false(problem.retryable)
    assert.is_nil(problem.outcomeUnknown)
    assert.are.equal("ConflictException: busy (drs StartRecovery, eu-west-1, HTTP 409, request r-1)", tostring(problem))
  end)

  it("waits as long as the server asks, but not more than five seconds longer than it would anyway", function()
    local hinted = { 503, { ["x-amz-retry-after"] = "3000" }, "{}" }
    local fine, _, seconds = attempt({ hinted, GOOD }, "drs", describe_jobs)
    assert.is_true(fine)
    assert.is_true(seconds >= 2.95 and seconds <= 3.2, seconds)
    hinted[2]["x-amz-retry-after"] = "60000"
    fine, _, seconds = attempt({ hinted, GOOD }, "drs", describe_jobs)
    assert.is_true(fine)
    assert.is_true(seconds >= 4.95 and seconds <= 5.2, seconds)
  end)

  it("reads Retry-After, which DRS sends, as seconds", function()
    local fine, _, seconds = attempt({ { 429, { ["x-amzn-errortype"] = "ThrottlingException", ["retry-after"] = "4" }, "{}" },
      GOOD }, "drs", describe_jobs)
    assert.is_true(fine)
    assert.is_true(seconds >= 3.95 and seconds <= 5, seconds)
  end)

  it("does not wait beyond its whole time", function()
    local fine, problem, _, requests = attempt({ { 503, { ["x-amz-retry-after"] = "4000" }, "{}" } }, "drs", describe_jobs,
      { total_timeout = 2 })
    assert.is_false(fine)
    assert.are.equal(1, #requests)
    assert.are.equal("HTTP_503", problem.code)
  end)

  it("that finds nobody listening is made again, then raises with the transport's code", function()
    local listener = aws_server.start { GOOD }
    local client = aws_server.client("drs", listener)
    listener.close()
    local fine, problem = aws_server.follow(function() return client:start_recovery(START) end)
    assert.is_false(fine)
    assert.is_true(aws.is_error(problem, "HTTP_CONNECT"))
    assert.is_nil(problem.status)
    assert.is_nil(problem.outcomeUnknown)
    assert.is_true(problem.retryable)
  end)

  it("that takes too long is ended", function()
    local slow = function()
      task.sleep(30)
      return 200, {}, "{}"
    end
    local listener = aws_server.start { slow }
    local client = aws_server.client("drs", listener, { max_attempts = 1, timeout = 0.1 })
    local fine, problem = pcall(function() return client:describe_jobs {} end)
    listener.close()
    assert.is_false(fine)
    assert.are.equal("HTTP_TIMEOUT", problem.code)
  end)

  it("whose answer is not what the model says is made again", function()
    local fine, problem, _, requests = attempt({ { 200, {}, "<html>" } }, "drs", describe_jobs)
    assert.is_false(fine)
    assert.are.equal(3, #requests)
    assert.are.equal("UNREADABLE_ANSWER", problem.code)
  end)
end)

describe("an endpoint that fails again and again", function()
  -- So many failing calls that the quota of its address is used up: 500 tokens, 14 a retry.
  local function use_up(client)
    aws_server.follow(function()
      for _ = 1, 20 do
        pcall(client.describe_jobs, client, {})
      end
    end)
  end

  it("is spared retries until calls succeed", function()
    local failing = true
    local listener, requests = aws_server.start { function()
      return table.unpack(failing and { 500, {}, "{}" } or { 200, {}, "{}" })
    end }
    local client = aws_server.client("drs", listener)
    use_up(client)
    local before = #requests
    assert.is_false((aws_server.follow(function() client:describe_jobs {} end)))
    assert.are.equal(before + 1, #requests)
    failing = false
    aws_server.follow(function()
      for _ = 1, 14 do
        client:describe_jobs {}
      end
    end)
    failing, before = true, #requests
    aws_server.follow(function() client:describe_jobs {} end)
    listener.close()
    assert.are.equal(before + 2, #requests) -- 14 successes make room for one retry
  end)

  it("is not polled in a busy loop", function()
    local listener = aws_server.start { { 429, { ["x-amz-retry-after"] = "2000" }, "{}" } }
    local sfn = aws_server.client("sfn", listener)
    local longest_last = 0
    for _ = 1, 60 do -- throttling costs 5: a hundred retries
      local _, _, seconds = aws_server.follow(function() sfn:get_activity_task { activityArn = "arn:aws:states:x" } end)
      longest_last = seconds
    end
    listener.close()
    assert.is_true(longest_last >= 1.95 and longest_last < 3.5, longest_last) -- one pause, though no retry
  end)
end)

describe("a call that changes something", function()
  local function put(client)
    return client:put_item({ TableName = "t", Item = { id = "x" }, ConditionExpression = "attribute_not_exists(id)" })
  end

  it("says that an earlier try of it may be the reason for the refusal", function()
    local refused = { 400, {}, { __type = "x#ConditionalCheckFailedException", message = "no" } }
    local fine, problem, _, requests = attempt({ { 500, {}, "{}" }, refused }, "dynamodb", put, { document = true })
    assert.is_false(fine)
    assert.are.equal(2, #requests)
    assert.are.equal("ConditionalCheckFailedException", problem.code)
    assert.is_true(problem.outcomeUnknown)
    fine, problem = attempt({ refused }, "dynamodb", put, { document = true })
    assert.is_false(fine)
    assert.is_nil(problem.outcomeUnknown)
  end)
end)

describe("a call that starts a job", function()
  local function start(client)
    return client:start_recovery(START)
  end

  it("is not repeated after an answer that leaves open whether it was carried out", function()
    for _, answer in ipairs { BROKEN, { 503, {}, "" }, { 502, {}, "<html>" }, { 202, {}, "{\"job\"" } } do
      local fine, problem, _, requests = attempt({ answer }, "drs", start)
      assert.is_false(fine)
      assert.are.equal(1, #requests)
      assert.is_true(problem.outcomeUnknown)
      assert.is_string(problem.code)
      assert.matches("outcome unknown", tostring(problem))
    end
  end)

  it("is not repeated when no answer came", function()
    local listener, requests = aws_server.start { function()
      task.sleep(30)
      return 202, {}, "{}"
    end }
    local client = aws_server.client("drs", listener, { timeout = 0.1 })
    local fine, problem = pcall(function()
      return client:terminate_recovery_instances { recoveryInstanceIDs = { "i-0123456789abcdef0" } }
    end)
    listener.close()
    assert.is_false(fine)
    assert.are.equal(1, #requests)
    assert.are.equal("HTTP_TIMEOUT", problem.code)
    assert.is_true(problem.outcomeUnknown)
  end)

  it("is not repeated when the connection ends instead of an answer", function()
    local asked = task.event()
    local listener, requests = aws_server.start { function()
      asked:set()
      task.sleep(30)
      return 202, {}, "{}"
    end }
    local client = aws_server.client("drs", listener)
    task.spawn(function()
      asked:wait()
      listener.close()
    end)
    local fine, problem = pcall(start, client)
    assert.is_false(fine)
    assert.are.equal(1, #requests)
    assert.matches("^HTTP_", problem.code)
    assert.is_nil(problem.status)
    assert.is_true(problem.outcomeUnknown)
  end)

  it("is repeated when it was throttled: nothing was done", function()
    local fine, result, _, requests = attempt({ BUSY, { 202, {}, { job = { jobID = "drsjob-1" } } } }, "drs", start)
    assert.is_true(fine)
    assert.are.equal("drsjob-1", result.job.jobID)
    assert.are.equal(2, #requests)
  end)

  it("says so when it is throttled to the end", function()
    local fine, problem, _, requests = attempt({ BUSY }, "drs", start)
    assert.is_false(fine)
    assert.are.equal(3, #requests)
    assert.is_true(problem.throttled)
    assert.is_nil(problem.outcomeUnknown)
  end)
end)

describe("DynamoDB's checksum", function()
  local body = '{"TableNames":["a"]}'
  local function list_tables(client)
    return client:list_tables {}
  end

  it("is right for an answer that is whole", function()
    local fine, result = attempt({ { 200, { ["x-amz-crc32"] = tostring(crypto.crc32(body)) }, body } }, "dynamodb", list_tables)
    assert.is_true(fine)
    assert.are.equal("a", result.TableNames[1])
  end)

  it("that is wrong has the call made again", function()
    local fine, result, _, requests = attempt({
      { 200, { ["x-amz-crc32"] = "1" }, body }, { 200, { ["x-amz-crc32"] = tostring(crypto.crc32(body)) }, body },
    }, "dynamodb", list_tables)
    assert.is_true(fine)
    assert.are.equal("a", result.TableNames[1])
    assert.are.equal(2, #requests)
  end)

  it("that stays wrong is an error", function()
    local fine, problem = attempt({ { 200, { ["x-amz-crc32"] = "1" }, body } }, "dynamodb", list_tables)
    assert.is_false(fine)
    assert.are.equal("CRC32_MISMATCH", problem.code)
  end)
end)

describe("a clock that is wrong", function()
  local function skewed(request)
    local asked = time.parse(request.headers["x-amz-date"])
    local date = time.wall() + 1000
    if math.abs(asked - date) > 300 then
      return 403, { date = time.http_date(date), ["x-amzn-errortype"] = "InvalidSignatureException" },
        '{"message":"Signature expired"}'
    end
    return 200, { date = time.http_date(date) }, '{"items":[]}'
  end

  it("is learned from the Date header of the refusal, and the call made again with the right time", function()
    local listener, requests = aws_server.start { skewed }
    local client = aws_server.client("drs", listener)
    local fine = aws_server.follow(function() return client:describe_jobs {} end)
    assert.is_true(fine)
    assert.are.equal(2, #requests)
    fine = aws_server.follow(function() return aws_server.client("drs", listener):describe_jobs {} end)
    listener.close()
    assert.is_true(fine)
    assert.are.equal(3, #requests) -- known by now, to other clients of the same address as well
  end)

  it("is left alone when that is asked for", function()
    aws_settings.with({ AWS_DISABLE_CLOCK_SKEW_CORRECTION = "true" }, {}, function()
      local fine, problem, _, requests = attempt({ skewed }, "drs", describe_jobs)
      assert.is_false(fine)
      assert.are.equal("InvalidSignatureException", problem.code)
      assert.are.equal(1, #requests)
    end)
  end)

  it("is not the reason when the date is right", function()
    local fine, problem, _, requests = attempt({
      { 403, { ["x-amzn-errortype"] = "InvalidSignatureException" }, { message = "wrong key" } },
    }, "drs", describe_jobs)
    assert.is_false(fine)
    assert.are.equal("InvalidSignatureException", problem.code)
    assert.are.equal(1, #requests)
  end)
end)

describe("without an endpoint of its own", function()
  -- The URL that a call goes to; nothing is sent.
  local function url_of(service, options, call)
    local http = require "http"
    local request, asked = http.request, nil
    http.request = function(parameters)
      asked = parameters.url
      return { status = 200, headers = {}, body = "{}" }
    end
    local fine, problem = pcall(aws_settings.with, {}, {}, function()
      call(aws.client(service, { region = "eu-west-1", credentials = options }))
    end)
    http.request = request
    assert.is_true(fine, tostring(problem))
    return asked
  end

  it("a call goes to AWS's host", function()
    assert.are.equal("https://drs.eu-west-1.amazonaws.com/DescribeJobs", url_of("drs", aws_server.KEYS, describe_jobs))
  end)

  it("an operation with a host of its own goes there", function()
    assert.are.equal("https://sync-states.eu-west-1.amazonaws.com/", url_of("sfn", aws_server.KEYS, function(sfn)
      sfn:start_sync_execution { stateMachineArn = "arn:aws:states:x" }
    end))
  end)

  it("DynamoDB is called at the account's host when the account is known", function()
    local keys = { access_key_id = "A", secret_access_key = "s", account_id = "123456789012" }
    local function list(dynamodb)
      dynamodb:list_tables {}
    end
    assert.are.equal("https://123456789012.ddb.eu-west-1.amazonaws.com/", url_of("dynamodb", keys, list))
    assert.are.equal("https://dynamodb.eu-west-1.amazonaws.com/", url_of("dynamodb", aws_server.KEYS, list))
  end)
end)

describe("errors", function()
  it("are told from others by aws.is_error", function()
    local _, problem = attempt({ BUSY }, "drs", describe_jobs, { max_attempts = 1 })
    assert.is_true(aws.is_error(problem))
    assert.is_true(aws.is_error(problem, "ConflictException", "ThrottlingException"))
    assert.is_false(aws.is_error(problem, "ConflictException"))
    for _, other in ipairs { "text", { code = "ThrottlingException" }, 7 } do
      assert.is_false(aws.is_error(other))
    end
    assert.is_false(aws.is_error(nil))
  end)

  it("have DynamoDB's extra members", function()
    local _, problem = attempt({ { 400, {}, {
      __type = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", Message = "cancelled",
      CancellationReasons = json.array { { Code = "None" }, { Code = "ConditionalCheckFailed", Item = { n = { N = "7" } } } },
    } } }, "dynamodb", function(client)
      return client:transact_write_items { TransactItems = { { Put = { TableName = "t", Item = { id = "x" } } } } }
    end, { document = true })
    assert.are.equal("TransactionCanceledException", problem.code)
    assert.are.equal(7, problem.CancellationReasons[2].Item.n)
    assert.are.equal(problem.CancellationReasons, problem.members.CancellationReasons)
  end)
end)
