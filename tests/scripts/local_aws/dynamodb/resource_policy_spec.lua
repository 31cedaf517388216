-- Resource policies of tables: kept, told, and changed against the revision that the caller knows.

local support = require "tests.support.dynamodb_table"

local ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/things"
local NOT_FOUND = "Resource-based policy not found for the provided ResourceArn: "

describe("A DynamoDB resource policy", function()
  local client
  before_each(function() client = support.open() end)

  local function put(policy, expected)
    return client.PutResourcePolicy({ ResourceArn = ARN, Policy = policy, ExpectedRevisionId = expected }).RevisionId
  end

  local function refused(operation, input)
    local fault = client.fails(operation, input)
    assert.are.equal("PolicyNotFoundException", fault.code)
    return fault.message
  end

  it("gets a new revision with each change, and none with the same words", function()
    local first = put '{"Version":"2012-10-17"}'
    assert.are.equal(first, put '{"Version":"2012-10-17"}')
    local second = put "{}"
    assert.is_true(second > first)
    assert.are.same({ Policy = "{}", RevisionId = second }, client.GetResourcePolicy { ResourceArn = ARN })
    assert.are.equal("ValidationException", client.fails("PutResourcePolicy", { ResourceArn = ARN, Policy = "{" }).code)
  end)

  it("is changed and deleted only as the revision that is expected", function()
    local first = put("{}", "NO_POLICY")
    assert.are.equal(NOT_FOUND .. "Requested policy update expecting none to be present for table things, but a policy exists with "
      .. "revision id " .. first .. ".",
      refused("PutResourcePolicy", { ResourceArn = ARN, Policy = "[]", ExpectedRevisionId = "NO_POLICY" }))
    assert.are.equal(NOT_FOUND .. "Requested update for policy with revision id old, but the policy associated to target table "
      .. "things has revision id " .. first .. ".",
      refused("DeleteResourcePolicy", { ResourceArn = ARN, ExpectedRevisionId = "old" }))
    client.DeleteResourcePolicy { ResourceArn = ARN, ExpectedRevisionId = first }
    assert.are.equal(NOT_FOUND .. ARN, refused("GetResourcePolicy", { ResourceArn = ARN }))
  end)

  it("belongs to a table that is there", function()
    local fault = client.fails("GetResourcePolicy", { ResourceArn = ARN .. "unknown" })
    assert.are.same({ "ResourceNotFoundException", "Requested resource not found: Table: thingsunknown not found" },
      { fault.code, fault.message })
  end)
end)
