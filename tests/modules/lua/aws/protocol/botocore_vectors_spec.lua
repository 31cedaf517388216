-- botocore_vectors.jsonl is written by tests/conformance/botocore_requests.py --write: for every operation what
-- botocore sends for the smallest valid input, and what it reads from the smallest answer.

local settings = require "tests.support.aws_settings"
local vectors  = require "tests.support.botocore_vectors"

local FILE = "tests/modules/lua/aws/protocol/botocore_vectors.jsonl"

describe("the client", function()
  it("agrees with botocore on every operation's smallest input and answer", function()
    local agreed, problems
    settings.with({}, nil, function()
      agreed, problems = vectors.check(io.lines(FILE))
    end)
    assert.are.equal("", table.concat(problems, "\n"))
    assert.are.equal(vectors.count(), agreed)
  end)
end)

describe("the check against botocore", function()
  local function check(change)
    local line
    for text in io.lines(FILE) do
      if text:find('"operation":"DescribeJobs"', 1, true) then
        line = text
        break
      end
    end
    local changed, count = line:gsub(table.unpack(change))
    assert.is_true(count > 0)
    local agreed, problems
    settings.with({}, nil, function()
      agreed, problems = vectors.check(changed:gmatch "[^\n]+")
    end)
    assert.are.equal(0, agreed)
    return problems[1]
  end

  it("finds a difference", function()
    assert.matches("path is /DescribeJobs, botocore has /DescribeJob", check { "/DescribeJobs", "/DescribeJob" })
    assert.matches("method is POST, botocore has PUT", check { '"method":"POST"', '"method":"PUT"' })
    assert.matches("scope", check { "/drs\"", "/dsr\"" })
    assert.matches("output.x is nil", check { '"output":{', '"output":{"x":1,' })
  end)
end)
