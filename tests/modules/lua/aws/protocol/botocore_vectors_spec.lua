-- botocore_vectors.jsonl is written by tests/conformance/botocore_requests.py --write: what botocore sends for the smallest
-- valid input of every operation, and what it reads from an answer to it.

local vectors = require "tests.support.botocore_vectors"

local function write_lines(lines)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(table.concat(lines, "\n"), "\n")
  file:close()
  return path
end

describe("the protocols", function()
  it("agree with botocore on every operation's smallest input and answer", function()
    local agreed, problems = vectors.check("tests/modules/lua/aws/protocol/botocore_vectors.jsonl")
    assert.are.equal("", table.concat(problems, "\n"))
    assert.are.equal(418, agreed)
  end)
end)

describe("the check against botocore", function()
  it("finds a difference", function()
    local path = write_lines {
      '{"service":"drs","operation":"DescribeJobs","size":"x","input":{},"request":{"method":"POST","url":"/DescribeJob",'
        .. '"headers":{},"body":"{}"}}',
      '{"service":"drs","operation":"DescribeJobs","size":"x","answer":{"status":200,"headers":{},"body":"{\\"items\\":[]}"},'
        .. '"output":{"items":{}}}',
    }
    local agreed, problems = vectors.check(path)
    os.remove(path)
    assert.are.equal(0, agreed)
    assert.matches("path is /DescribeJobs, botocore has /DescribeJob", problems[1])
    assert.matches("items is an empty list in one and an empty object in the other", problems[2])
  end)
end)
