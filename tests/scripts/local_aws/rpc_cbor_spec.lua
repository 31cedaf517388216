-- CloudWatch over Smithy's RPC v2.

local cbor = require "cbor"
local support = require "tests.support.local_aws"

describe("CloudWatch over RPC v2", function()
  local here
  before_each(function()
    here = support.start()
  end)
  after_each(function()
    here.close()
  end)

  local function send(operation, body, given)
    given = given or {}
    given.service, given.body, given.path = "monitoring", body, "/service/GraniteServiceVersion20100801/operation/" .. operation
    given.headers = { ["Content-Type"] = "application/cbor", ["Smithy-Protocol"] = "rpc-v2-cbor" }
    local answer = support.send(here, given)
    return answer, cbor.decode(answer.body)
  end
  local text = cbor.text

  it("reads, answers and refuses", function()
    local answer = send("PutMetricData", cbor.map { text "Namespace", text "N", text "MetricData", cbor.list { cbor.map {
      text "MetricName", text "m", text "Value", cbor.double(1.5), text "Timestamp", cbor.time(support.START) } } })
    assert.same({ 200, "rpc-v2-cbor", "application/cbor" },
      { answer.status, answer.headers["smithy-protocol"], answer.headers["content-type"] })
    local _, listed = send("ListMetrics", cbor.map {})
    assert.equal("m", listed.Metrics[1].MetricName)
    local refused, problem = send("SetAlarmState", cbor.map { text "AlarmName", text "x", text "StateValue", text "OK",
      text "StateReason", text "x" })
    assert.same({ 404, "com.amazonaws.cloudwatch#ResourceNotFound", "ResourceNotFound;Sender" },
      { refused.status, problem.__type, refused.headers["x-amzn-query-error"] })
    refused, problem = send("ListMetrics", "\x82")
    assert.same({ 400, "SerializationException" }, { refused.status, problem.__type })
    refused, problem = send("Nothing", cbor.map {})
    assert.same({ 400, "UnknownOperationException" }, { refused.status, problem.__type })
    refused, problem = send("ListMetrics", cbor.map {}, { unsigned = true })
    assert.same({ 400, "MissingAuthenticationTokenException" }, { refused.status, problem.__type })
    refused, problem = send("PutMetricData", cbor.map {})
    assert.same({ 400, "ValidationException" }, { refused.status, problem.__type })
  end)
end)
