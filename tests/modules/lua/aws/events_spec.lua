-- Outputs that are a stream of events, through the whole client from a server's bytes.

local aws          = require "aws"
local aws_server   = require "tests.support.aws_server"
local cbor         = require "cbor"
local json         = require "json"
local messages     = require "tests.support.event_messages"
local model_folder = require "tests.support.model_folder"

local event = messages.event

local SHAPES = {
  In = { type = "structure", members = json.object {} },
  Out = { type = "structure", payload = "stream", members = { stream = { shape = "Stream" }, note = { shape = "Text" },
    id = { shape = "Text", location = "header", locationName = "X-Id" } } },
  Stream = { type = "structure", eventstream = true, members = { Tick = { shape = "Tick" }, Blob = { shape = "Raw" },
    Sum = { shape = "Sum" }, Slow = { shape = "Slow" } } },
  Tick = { type = "structure", event = true, members = { at = { shape = "Time" }, count = { shape = "Count", eventheader = true } } },
  Raw = { type = "structure", event = true, members = { bytes = { shape = "Bytes", eventpayload = true },
    kind = { shape = "Text", eventheader = true } } },
  Sum = { type = "structure", event = true, members = { details = { shape = "Details", eventpayload = true } } },
  Details = { type = "structure", members = { total = { shape = "Count" } } },
  Slow = { type = "structure", exception = true, retryable = json.object {}, members = { message = { shape = "Text" },
    wait = { shape = "Count" } } },
  Time = "timestamp", Count = "integer", Bytes = "blob", Text = "string",
}

-- Runs fn(output, requests) on what a call gives whose answer has these bytes; `metadata` as of a model.
local function with(metadata, answer, fn, input)
  local listener, requests = aws_server.start { answer }
  metadata.targetPrefix = "Parrot"
  local operation = { input = { shape = "In" }, output = { shape = "Out" }, http = { method = "POST", requestUri = "/" } }
  model_folder.with({ ["parrot/1/service-2.json"] = model_folder.speak(metadata, operation, input or SHAPES) }, function()
    local client = aws_server.client("parrot", listener, { max_attempts = 1 })
    local fine, problem = pcall(function() fn(client:speak {}, requests) end)
    listener.close()
    if not fine then
      error(problem, 0)
    end
  end)
end

local REST = { protocol = "rest-json" }

local function list_of(stream)
  local list = {}
  for one in stream do
    list[#list + 1] = one
  end
  return list
end

local function raised(answer)
  local problem
  with(REST, answer, function(output)
    local fine
    fine, problem = pcall(list_of, output.stream)
    assert.is_false(fine)
    assert.is_nil(output.stream()) -- it has ended
  end)
  assert.is_true(aws.is_error(problem))
  assert.are.same({ "parrot", "Speak", 200, "r-1" }, { problem.service, problem.operation, problem.status, problem.requestId })
  return problem
end

local function answer(...)
  return { 200, { ["X-Id"] = "7", ["x-amzn-RequestId"] = "r-1" }, table.concat { ... } }
end

describe("an output with a stream of events", function()
  it("gives them as the model names them, and passes over new ones", function()
    with(REST, answer(event("Tick", '{"at":1.5}', { "count", 3, 4, ">i4" }), event("Blob", "\0\255", { "kind", "k" }),
      event("Future", "?"), event("Sum", '{"total":9,"new":1}'), event("Blob", "")), function(output)
      assert.are.equal("7", output.id)
      assert.are.same({ { Tick = { at = 1.5, count = 3 } }, { Blob = { bytes = "\0\255", kind = "k" } },
        { Sum = { details = { total = 9, new = 1 } } }, { Blob = { bytes = "" } } }, list_of(output.stream))
      assert.is_nil(output.stream())
    end)
    with({ protocol = "rest-xml" }, answer(event("Sum", "<Details><total>9</total></Details>"), event("Tick", "")), function(output)
      assert.are.same({ { Sum = { details = { total = 9 } } }, { Tick = {} } }, list_of(output.stream))
    end)
  end)

  it("has its other members in a first event where the protocol has no other place for them", function()
    with({ protocol = "json" }, answer(event("initial-response", '{"note":"n"}'), event("Tick", '{"at":2}')), function(output)
      assert.are.same({ "n", { { Tick = { at = 2 } } } }, { output.note, list_of(output.stream) })
    end)
    local first = event("initial-response", cbor.map { cbor.text "note", cbor.text "n" })
    local tick = event("Tick", cbor.map { cbor.text "at", cbor.time(2) })
    with({ protocol = "smithy-rpc-v2-cbor" }, answer(first, tick), function(output)
      assert.are.same({ "n", { { Tick = { at = 2 } } } }, { output.note, list_of(output.stream) })
    end)
    local fine, problem = pcall(with, { protocol = "json" }, answer(event("Tick", "{}")), function() end)
    assert.is_false(fine)
    assert.is_true(aws.is_error(problem, "EVENT_STREAM_BROKEN"))
    fine, problem = pcall(with, { protocol = "json" }, answer(messages.exception("Slow", '{"message":"m"}')), function() end)
    assert.is_false(fine)
    assert.is_true(aws.is_error(problem, "Slow"))
  end)

  it("raises the failures that come in it, as a call does", function()
    local problem = raised(answer(event("Tick", "{}"), messages.exception("Slow", '{"message":"not so fast","wait":3}')))
    assert.are.same({ "Slow", "not so fast", 3, true }, { problem.code, problem.message, problem.wait, problem.retryable })
    problem = raised(answer(messages.message({ { ":message-type", "error" }, { ":error-code", "Oops" }, { ":error-message", "m" } }, "")))
    assert.are.same({ "Oops", "m", false }, { problem.code, problem.message, problem.retryable })
    problem = raised(answer(messages.exception("New", "{}")))
    assert.are.same({ "New", "" }, { problem.code, problem.message })
  end)

  it("raises when it is cut off or changed", function()
    assert.are.equal("EVENT_STREAM_BROKEN", raised(answer(event("Tick", "{}"), event("Tick", "{}"):sub(1, 20))).code)
    assert.are.equal("EVENT_STREAM_BROKEN", raised(answer((event("Tick", "{}"):gsub("Tick", "Tack")))).code)
  end)

  it("is a refusal like any other where the service refuses", function()
    local fine, problem = pcall(with, REST, { 400, { ["x-amzn-ErrorType"] = "Slow" }, '{"message":"no"}' }, function() end)
    assert.is_false(fine)
    assert.are.same({ true, "no", 400 }, { aws.is_error(problem, "Slow"), problem.message, problem.status })
  end)

  it("can be left early", function()
    with(REST, answer(event("Tick", "{}"), event("Tick", "{}")), function(output)
      assert.is_table(output.stream())
      output.stream:close()
      assert.is_nil(output.stream())
      output.stream:close()
    end)
  end)

  it("is refused before it is sent where events go both ways", function()
    local both = {}
    for name, shape in pairs(SHAPES) do both[name] = shape end
    both.In = { type = "structure", members = { stream = { shape = "Stream" } } }
    local fine, problem = pcall(with, REST, answer(), function() end, both)
    assert.is_false(fine)
    assert.matches("parrot:speak sends events while it receives some, which wants HTTP/2; drsh speaks HTTP/1.1", problem)
  end)
end)
