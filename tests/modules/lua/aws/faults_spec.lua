-- The client against a server that misbehaves on the wire: how many tries reach it, how long the client waits between them (on a
-- stepped clock, to the microsecond), and the one error that comes out.

local aws           = require "aws"
local aws_server    = require "tests.support.aws_server"
local faulty_server = require "tests.support.faulty_server"
local http          = require "http"
local json          = require "json"
local retrying      = require "aws.retrying"
local time          = require "time"

local answer = faulty_server.answer

local JSON = { ["Content-Type"] = "application/json" }
local JOBS = '{"items":[{"jobID":"drsjob-1"}]}'
local GOOD = answer(200, JSON, JOBS)
local XML = '<?xml version="1.0"?><DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>'

local function with_headers(more)
  local all = { ["Content-Type"] = "application/json" }
  for name, value in pairs(more) do
    all[name] = value
  end
  return all
end

-- One connection that reads a request and answers it; what follows comes after the answer.
local function said(bytes, ...)
  return { "read", { send = bytes }, ... }
end

local function half(bytes)
  return bytes:sub(1, #bytes // 2)
end

local function http_date(seconds)
  return time.http_date(math.floor(time.wall()) + seconds)
end

local CALLS = {
  read = { service = "drs", make = function(client) return client:describe_jobs {} end },
  start = { service = "drs", make = function(client)
    return client:start_recovery { sourceServers = { { sourceServerID = "s-12345678901234567" } } }
  end },
  list = { service = "dynamodb", make = function(client) return client:list_tables {} end },
  put = { service = "dynamodb", make = function(client) return client:put_item { TableName = "t", Item = { id = { S = "x" } } } end },
  zones = { service = "route53", make = function(client) return client:list_hosted_zones {} end },
  who = { service = "sts", make = function(client) return client:get_caller_identity {} end },
  instances = { service = "ec2", make = function(client) return client:describe_instances {} end },
}

-- Of each case: the connections (the last one is repeated), the call ("read" if none is named); what must come of it: the delays
-- between the tries in seconds, and the error, or nothing where the call succeeds. `seen`: how many requests reach the server, if
-- not all tries do. Random numbers are 1 here, so that delays are the longest that they can be.
local TRANSIENT, THROTTLED, DYNAMODB = { 0.05, 0.1 }, { 1, 2 }, { 0.025, 0.05, 0.1 }
local FAULTS = {
  { "a throttled call", { said(answer(429, with_headers { ["x-amzn-errortype"] = "ThrottlingException" }, '{"message":"slow"}')) },
    delays = THROTTLED, code = "ThrottlingException", status = 429, throttled = true },
  { "a throttled call whose answer has no body", { said(answer(429, {}, "")) },
    delays = THROTTLED, code = "HTTP_429", status = 429, throttled = true },
  { "a throttled call of DynamoDB", { said(answer(400, JSON, '{"__type":"x#ProvisionedThroughputExceededException"}')) },
    call = "list", delays = { 1, 2, 4 }, code = "ProvisionedThroughputExceededException", status = 400, throttled = true },
  { "a throttled call of EC2", { said(answer(503, {},
      "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>m</Message></Error></Errors></Response>")) },
    call = "instances", delays = THROTTLED, code = "RequestLimitExceeded", status = 503, throttled = true },
  { "a throttled call of Route 53", { said(answer(400, {}, "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code>"
      .. "<Message>Rate exceeded</Message></Error><RequestId>r</RequestId></ErrorResponse>")) },
    call = "zones", delays = THROTTLED, code = "Throttling", status = 400, throttled = true },
  { "a throttled call that starts a job", { said(answer(429, with_headers { ["x-amzn-errortype"] = "ThrottlingException" }, "{}")) },
    call = "start", delays = THROTTLED, code = "ThrottlingException", status = 429, throttled = true },

  { "a 500 with a body", { said(answer(500, with_headers { ["x-amzn-errortype"] = "InternalServerException" }, '{"message":"m"}')) },
    delays = TRANSIENT, code = "InternalServerException", status = 500 },
  { "a 500 without a body", { said(answer(500, {}, "")) }, delays = TRANSIENT, code = "HTTP_500", status = 500 },
  { "a 500 with a body in XML", { said(answer(500, {}, "<ErrorResponse><Error><Type>Receiver</Type><Code>InternalFailure</Code>"
      .. "<Message>m</Message></Error></ErrorResponse>")) },
    call = "who", delays = TRANSIENT, code = "InternalFailure", status = 500 },
  { "a 503 without a body where XML should be", { said(answer(503, {}, "")) }, call = "zones", delays = TRANSIENT,
    code = "HTTP_503", status = 503 },
  { "a refusal that STS's identity provider may take back", { said(answer(400, {},
      "<ErrorResponse><Error><Code>IDPCommunicationError</Code><Message>m</Message></Error></ErrorResponse>")) },
    call = "who", delays = TRANSIENT, code = "IDPCommunicationError", status = 400 },
  { "a 502 with a page of HTML", { said(answer(502, { ["Content-Type"] = "text/html" }, "<html>Bad Gateway</html>")) },
    delays = TRANSIENT, code = "HTTP_502", status = 502 },
  { "a 503 that says when to come back", { said(answer(503, { ["x-amz-retry-after"] = "3000" }, "{}")) },
    delays = { 3, 3 }, code = "HTTP_503", status = 503 },
  { "a 503 that asks for too long a pause", { said(answer(503, { ["x-amz-retry-after"] = "600000" }, "{}")) },
    delays = { 5.05, 5.1 }, code = "HTTP_503", status = 503 },
  { "a 503 whose pause is no number", { said(answer(503, { ["x-amz-retry-after"] = "soon" }, "{}")) },
    delays = TRANSIENT, code = "HTTP_503", status = 503 },
  { "a 504", { said(answer(504, {}, "")) }, call = "list", delays = DYNAMODB, code = "HTTP_504", status = 504 },
  { "a 501, which will not pass", { said(answer(501, {}, "")) }, delays = {}, code = "HTTP_501", status = 501 },
  { "a 500 for a call that starts a job", { said(answer(500, {}, "")) }, call = "start", delays = {}, code = "HTTP_500", status = 500,
    unknown = true },
  { "a 500 for a call that writes", { said(answer(500, {}, "")) }, call = "put", delays = DYNAMODB, code = "HTTP_500", status = 500,
    unknown = true },

  { "a reset at once", { { "reset" } }, delays = TRANSIENT, code = { "HTTP_CONNECT", "HTTP_RESET" }, seen = 0 },
  { "a reset before the request is read", { { "peek", "reset" } }, delays = TRANSIENT, code = "HTTP_RESET", seen = 0 },
  { "a reset before the answer", { { "read", "reset" } }, delays = TRANSIENT, code = "HTTP_RESET" },
  { "an end before the answer", { { "read" } }, delays = TRANSIENT, code = "HTTP_RESET" },
  { "a reset within the answer's head", { said(GOOD:sub(1, 20), "reset") }, delays = TRANSIENT, code = "HTTP_RESET" },
  { "a reset within the answer's body", { said(GOOD:sub(1, -5), "reset") }, delays = TRANSIENT, code = "HTTP_RESET" },
  { "a reset after the answer", { said(GOOD, "reset") }, delays = {} },
  { "a reset before the answer to a call that starts a job", { { "read", "reset" } }, call = "start", delays = {},
    code = "HTTP_RESET", unknown = true },
  { "a reset within the answer to a call that writes", { said(half(answer(200, {}, "{}")), "reset") }, call = "put",
    delays = DYNAMODB, code = "HTTP_RESET", unknown = true },

  { "an answer byte by byte", { { "read", { slow = GOOD, pause_ms = 1 } } }, delays = {} },
  { "an answer that comes too slowly", { { "read", { slow = GOOD, pause_ms = 20 } } }, delays = TRANSIENT, code = "HTTP_TIMEOUT",
    options = { timeout = 0.15 } },
  { "no answer at all", { { "read", "hang" } }, delays = TRANSIENT, code = "HTTP_TIMEOUT", options = { timeout = 0.1 } },
  { "no answer to a call that starts a job", { { "read", "hang" } }, call = "start", delays = {}, code = "HTTP_TIMEOUT",
    options = { timeout = 0.1 }, unknown = true },

  { "truncated JSON", { said(answer(200, JSON, half(JOBS))) }, delays = TRANSIENT, code = "UNREADABLE_ANSWER", status = 200 },
  { "truncated XML", { said(answer(200, {}, half(XML))) }, call = "instances", delays = TRANSIENT, code = "UNREADABLE_ANSWER",
    status = 200 },
  { "truncated XML of Route 53", { said(answer(200, {}, "<ListHostedZonesResponse><HostedZones><HostedZone><Id>/hosted")) },
    call = "zones", delays = TRANSIENT, code = "UNREADABLE_ANSWER", status = 200 },
  { "an answer that is shorter than it says", { said((GOOD:gsub("Content%-Length: %d+", "Content-Length: 1000"))) },
    delays = TRANSIENT, code = "HTTP_TRUNCATED" },
  { "truncated JSON for a call that starts a job", { said(answer(202, JSON, '{"job":{')) }, call = "start", delays = {},
    code = "UNREADABLE_ANSWER", status = 202, unknown = true },
  { "a page of HTML where JSON should be", { said(answer(200, { ["Content-Type"] = "text/html" }, "<html>Log in</html>")) },
    delays = TRANSIENT, code = "UNREADABLE_ANSWER", status = 200 },
  { "JSON where XML should be", { said(answer(200, JSON, "{}")) }, call = "instances", delays = TRANSIENT,
    code = "UNREADABLE_ANSWER", status = 200 },
  { "the right answer under a wrong content type", { said(answer(200, { ["Content-Type"] = "text/html" }, JOBS)) }, delays = {} },
  { "something that is not HTTP", { said("SSH-2.0-OpenSSH_9.2p1\r\n") }, delays = TRANSIENT, code = "HTTP_PROTOCOL" },

  { "a wrong checksum", { said(answer(200, { ["x-amz-crc32"] = "12345" }, '{"TableNames":[]}')) }, call = "list", delays = DYNAMODB,
    code = "CRC32_MISMATCH", status = 200 },
  { "a refusal with a wrong checksum", { said(answer(400, { ["x-amz-crc32"] = "1" }, '{"__type":"x#ValidationException"}')) },
    call = "list", delays = DYNAMODB, code = "CRC32_MISMATCH", status = 400 },

  { "a clock that is an hour slow", { said(answer(403, with_headers { Date = http_date(3600),
      ["x-amzn-errortype"] = "InvalidSignatureException" }, '{"message":"Signature expired"}')), said(GOOD) }, delays = { 0.05 } },
  { "a clock that is an hour fast", { said(answer(403, with_headers { Date = http_date(-3600),
      ["x-amzn-errortype"] = "RequestExpired" }, "{}")), said(GOOD) }, delays = { 0.05 } },
  { "a clock that is an hour slow, and a wrong key", { said(answer(403, with_headers { Date = http_date(3600),
      ["x-amzn-errortype"] = "InvalidSignatureException" }, '{"message":"wrong"}')) }, delays = { 0.05 },
    code = "InvalidSignatureException", status = 403 },

  { "a redirect", { said(answer(301, { Location = "http://127.0.0.1:1/elsewhere" }, "")) }, delays = {}, code = "HTTP_301",
    status = 301 },
  { "100-continue before the answer", { said("HTTP/1.1 100 Continue\r\n\r\n" .. GOOD) }, delays = {} },
  { "100-continue and then nothing", { said("HTTP/1.1 100 Continue\r\n\r\n") }, delays = TRANSIENT, code = "HTTP_RESET" },
  { "an answer over the limit", { { "read", { send = "HTTP/1.1 200 OK\r\nContent-Length: 70000000\r\n\r\n" }, { fill = 70000000 } } },
    delays = {}, code = "HTTP_RESPONSE_TOO_LARGE" },
  { "a head over the limit", { { "read", { send = "HTTP/1.1 200 OK\r\nX-Long: " }, { fill = 300000 } } }, delays = TRANSIENT,
    code = "HTTP_PROTOCOL" },

  { "a fault that passes", { { "read", "reset" }, said(answer(500, {}, "")), said(GOOD) }, delays = TRANSIENT },
}

-- Random numbers that are 1, and the moments of the world at which tries begin.
local function watched(fn)
  local request, random, moments = http.request, math.random, {}
  rawset(math, "random", function() return 1 end)
  http.request = function(parameters)
    moments[#moments + 1] = time.now_us()
    return request(parameters)
  end
  local outcome = table.pack(pcall(fn))
  http.request = request
  rawset(math, "random", random)
  assert(outcome[1], outcome[2])
  local delays = {}
  for index = 2, #moments do
    delays[index - 1] = (moments[index] - moments[index - 1]) / 1e6
  end
  return delays, table.unpack(outcome, 2)
end

local function check_error(problem, fault, case)
  local codes = type(fault.code) == "table" and fault.code or { fault.code }
  assert.is_true(aws.is_error(problem, table.unpack(codes)), tostring(problem))
  assert.are.equal(fault.status, problem.status)
  assert.are.equal(fault.throttled or false, problem.throttled or false)
  assert.are.equal(fault.unknown, problem.outcomeUnknown)
  assert.are.equal(case.service, problem.service)
  assert.is_true(type(problem.message) == "string" and problem.message ~= "")
  assert.is_nil(tostring(problem):find "\n")
end

describe("a call that meets", function()
  for _, fault in ipairs(FAULTS) do
    it(fault[1], function()
      local case = CALLS[fault.call or "read"]
      local server <close> = faulty_server.start(fault[2])
      local client = aws_server.client(case.service, server, fault.options)
      local delays, fine, result = watched(function()
        return aws_server.follow(function() return case.make(client) end)
      end)
      assert.are.same(fault.delays, delays)
      if fault.code then
        assert.is_false(fine)
        check_error(result, fault, case)
      else
        assert.is_true(fine, tostring(result))
        assert.are.equal("drsjob-1", result.items[1].jobID)
      end
      assert.are.equal(fault.seen or #delays + 1, #server:requests())
    end)
  end
end)

describe("the tries of one call", function()
  it("are told apart by their headers, and signed anew", function()
    local server <close> = faulty_server.start { said(answer(403, with_headers { Date = http_date(3600),
      ["x-amzn-errortype"] = "RequestTimeTooSkewed" }, "{}")), said(answer(500, {}, "")), said(GOOD) }
    local client = aws_server.client("drs", server)
    assert.is_true((aws_server.follow(function() return client:describe_jobs {} end)))
    local requests = server:requests()
    assert.are.equal(3, #requests)
    for index, request in ipairs(requests) do
      assert.are.equal(("attempt=%d; max=3"):format(index), request.headers["amz-sdk-request"])
      assert.are.equal(requests[1].headers["amz-sdk-invocation-id"], request.headers["amz-sdk-invocation-id"])
      assert.is_nil(request.headers.expect) -- nobody waits for 100-continue
    end
    local ahead = time.parse(requests[2].headers["x-amz-date"]) - time.parse(requests[1].headers["x-amz-date"])
    assert.is_true(math.abs(ahead - 3600) <= 2, ahead)
    assert.are_not.equal(requests[1].headers.authorization, requests[2].headers.authorization)
  end)

  it("end with the call's whole time", function()
    local server <close> = faulty_server.start { { "read", "hang" } }
    local client = aws_server.client("drs", server, { timeout = 10, total_timeout = 0.2 })
    local began = time.monotonic()
    local fine, problem = aws_server.follow(function() return client:describe_jobs {} end)
    assert.is_false(fine)
    assert.are.equal("HTTP_TIMEOUT", problem.code)
    assert.is_true(time.monotonic() - began < 2)
    assert.are.equal(1, #server:requests())
  end)
end)

describe("the quota of retries", function()
  local BUSY = said(answer(429, {}, ""))
  local BROKEN = said(answer(500, {}, ""))
  it("pays 14 for a retry and 5 for a throttled one, and gets the last price back, or 1", function()
    local connections = { BROKEN, said(GOOD), BUSY, said(GOOD), said(GOOD), BROKEN, BUSY, said(GOOD), BROKEN, BROKEN, BROKEN }
    local server <close> = faulty_server.start(connections)
    local client = aws_server.client("drs", server)
    local quota = retrying.memory("drs", server.url).quota
    local left = {}
    for index = 1, 5 do
      aws_server.follow(function() return client:describe_jobs {} end)
      left[index] = quota:available()
    end
    -- 500-14+14; 500-5+5; 500+1 is 500; 500-14-5+5; 486-14-14
    assert.are.same({ 500, 500, 500, 486, 458 }, left)
  end)
end)

describe("the answer's size", function()
  it("is no matter below the limit", function()
    local body = json.encode { items = { { jobID = "drsjob-1", participatingServers = json.array {}, tags = { a = ("x"):rep(1 << 20) } } } }
    local server <close> = faulty_server.start { said(answer(200, JSON, body)) }
    local jobs = aws_server.client("drs", server):describe_jobs {}
    assert.are.equal(1 << 20, #jobs.items[1].tags.a)
  end)
end)
