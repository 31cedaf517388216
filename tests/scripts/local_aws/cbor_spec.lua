-- CBOR against the vectors of RFC 8949, appendix A, and CloudWatch over Smithy's RPC v2.

local cbor = require "local_aws.wire.cbor"
local crypto = require "crypto"
local json = require "json"
local support = require "tests.support.local_aws"

local function decode(hex)
  return cbor.decode(crypto.unhex(hex))
end

describe("CBOR", function()
  it("reads RFC 8949's examples", function()
    for hex, value in pairs {
      ["00"] = 0, ["17"] = 23, ["1818"] = 24, ["1903e8"] = 1000, ["1a000f4240"] = 1000000, ["1b000000e8d4a51000"] = 1000000000000,
      ["20"] = -1, ["3863"] = -100, ["f90000"] = 0.0, ["f93c00"] = 1.0, ["f97bff"] = 65504.0, ["f9c400"] = -4.0,
      ["f90001"] = 5.960464477539063e-8, ["f97c00"] = math.huge, ["fa47c35000"] = 100000.0, ["fb3ff199999999999a"] = 1.1,
      ["f4"] = false, ["f5"] = true, ["f6"] = json.null, ["f7"] = json.null, ["c11a514b67b0"] = 1363896240, ["6449455446"] = "IETF",
      ["4401020304"] = "\1\2\3\4", ["7f657374726561646d696e67ff"] = "streaming",
    } do
      assert.equal(value, decode(hex), hex)
    end
    assert.is_true(decode "f97e00" ~= decode "f97e00")
    assert.equal('[1,[2,3],[4,5]]', json.encode(decode "8301820203820405"))
    assert.equal('[1,[2,3],[4,5]]', json.encode(decode "9f018202039f0405ffff"))
    assert.equal('{"a":1,"b":[2,3]}', json.encode(decode "a26161016162820203"))
    assert.equal('{"a":1,"b":[2,3]}', json.encode(decode "bf61610161629f0203ffff"))
    assert.equal("{}", json.encode(decode "a0"))
    assert.equal('{"a":false}', json.encode(decode "a16161f4"))
  end)

  it("refuses what is broken", function()
    for _, hex in ipairs { "", "18", "19ff", "64494554", "82", "8201", "a1", "a161", "a10102", "ff", "81ff", "0000", "1c", "5f01ff",
      "fb00", "f8", "1f", "bf6161ff", "7bffffffffffffffff61", ("81"):rep(80) .. "00" } do
      assert.is_false(pcall(decode, hex), hex)
    end
  end)

  it("writes what it reads", function()
    for _, number in ipairs { 0, 23, 24, 255, 256, 65535, 65536, 4294967296, -1, -25, -70000, 1.5, math.mininteger, math.maxinteger } do
      assert.equal(number, cbor.decode(cbor.number(number)))
    end
    assert.equal('{"a":[true,"x",2.5]}', json.encode(cbor.decode(cbor.map {
      cbor.text "a", cbor.list { cbor.boolean(true), cbor.bytes "x", cbor.time(2.5) } })))
  end)
end)

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
      text "MetricName", text "m", text "Value", cbor.number(1.5), text "Timestamp", cbor.time(support.START) } } })
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
