-- Answers that were damaged on their way, or come from something that is no AWS service: they are read as far as they make
-- sense, or refused with a table that says why. Never does our own code fail over them.

local json   = require "json"
local models = require "models"

local PROTOCOLS = {
  json = require "aws.protocol.json",
  ["rest-json"] = require "aws.protocol.rest_json",
  query = require "aws.protocol.query",
  ec2 = require "aws.protocol.ec2",
  ["rest-xml"] = require "aws.protocol.rest_xml",
}

-- A generator of our own, so that a failure comes again.
local function generator(seed)
  return function(limit)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed // 65536 % limit + 1
  end
end

local function damage(body, random)
  local at, kind = random(#body), random(6)
  if kind == 1 then
    return body:sub(1, at)
  elseif kind == 2 then
    return body:sub(1, at - 1) .. string.char(random(256) - 1) .. body:sub(at + 1)
  elseif kind == 3 then
    return (body:gsub('"[^"]*"', "[]", random(5)))
  elseif kind == 4 then
    return (body:gsub(":%b{}", ":7", 1))
  elseif kind == 5 then
    return (body:gsub(":[^{%[]-([,}])", ":{\"x\":null}%1", random(5)))
  end
  return (body:gsub(">[^<]*<", "><unknown/><", random(5)))
end

describe("a damaged answer", function()
  it("is read or refused, and never a fault of ours", function()
    local random, tried = generator(20261123), 0
    for line in io.lines "tests/modules/lua/aws/protocol/botocore_vectors.jsonl" do
      local vector = json.decode(line)
      local body = type(vector.answer.body) == "string" and vector.answer.body or ""
      local model = models.load(vector.service)
      local operation, protocol = model.operations[vector.operation], PROTOCOLS[model.metadata.protocol]
      for _ = 1, #body > 0 and 12 or 0 do
        local damaged = damage(body, random)
        local read, problem = pcall(protocol.response, model, operation, { status = 200, headers = {}, body = damaged },
          { document = true })
        assert.is_true(read or type(problem) == "table", tostring(problem) .. " for " .. damaged)
        read, problem = pcall(protocol.failure, model, operation, { status = 400, headers = {}, body = damaged },
          { document = true })
        assert.is_true(read, tostring(problem) .. " for " .. damaged)
        tried = tried + 1
      end
    end
    assert.is_true(tried > 2000, tried)
  end)

  it("keeps values of another type than the model says", function()
    local drs = models.load "drs"
    local output = PROTOCOLS["rest-json"].response(drs, drs.operations.DescribeJobs,
      { status = 200, headers = {}, body = '{"items":{"a":[1]},"nextToken":7}' }, {})
    assert.are.equal('{"items":{"a":[1]},"nextToken":7}', json.encode(output))
    local dynamodb = models.load "dynamodb"
    local body = '{"Item":{"a":7,"b":{"S":8},"c":{"M":"x"},"d":{"B":"***"},"e":{"NS":[[1]]}}}'
    output = PROTOCOLS.json.response(dynamodb, dynamodb.operations.GetItem, { status = 200, headers = {}, body = body },
      { document = true })
    assert.are.equal('{"Item":{"a":7,"b":{"S":8},"c":{"M":"x"},"d":{"bytes":"***"},"e":[[1]]}}', json.encode(output))
  end)
end)
