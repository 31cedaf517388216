-- SNS's policies: who may use a topic, and which filters a subscription may have.

local json = require "json"
local support = require "tests.support.local_aws"

describe("SNS", function()
  local here, topic

  local function sns(operation, input)
    return here.call("sns", operation, input)
  end
  local function refusal(operation, input)
    local problem = here.fault("sns", operation, input)
    return problem.code, problem.message
  end

  before_each(function()
    here = support.start()
    topic = sns("CreateTopic", { Name = "t" }).TopicArn
  end)
  after_each(function()
    here.close()
  end)

  it("adds statements to a topic's policy and takes them away by their label", function()
    local permission = { TopicArn = topic, Label = "p", AWSAccountId = { "210987654321" }, ActionName = { "Publish", "Subscribe" } }
    sns("AddPermission", permission)
    local policy = json.decode(sns("GetTopicAttributes", { TopicArn = topic }).Attributes.Policy)
    assert.same({ "p", "arn:aws:iam::210987654321:root", { "SNS:Publish", "SNS:Subscribe" } },
      { policy.Statement[2].Sid, policy.Statement[2].Principal.AWS, policy.Statement[2].Action })
    assert.equal("InvalidParameterException", (refusal("AddPermission", permission)))
    permission.Label, permission.ActionName = "q", { "Nonsense" }
    assert.truthy(select(2, refusal("AddPermission", permission)):find "out of service scope")
    sns("RemovePermission", { TopicArn = topic, Label = "p" })
    assert.equal(1, #json.decode(sns("GetTopicAttributes", { TopicArn = topic }).Attributes.Policy).Statement)
    assert.equal("NotFoundException", (refusal("RemovePermission", { TopicArn = topic, Label = "p" })))
  end)

  it("refuses filters that it could not use, in its own sentences", function()
    local function says(policy, scope)
      local _, message = refusal("Subscribe", { TopicArn = topic, Protocol = "sqs", Endpoint = "arn:aws:sqs:us-east-1:123456789012:q",
        Attributes = { FilterPolicy = json.encode(policy), FilterPolicyScope = scope } })
      return message
    end
    local many = json.array {}
    for number = 1, 151 do
      many[number] = tostring(number)
    end
    for _, case in ipairs {
      { { a = many }, "Filter policy is too complex" },
      { { a = { { "x" } } }, "Match value must be String, number, true, false, or null" },
      { { a = { { exists = "x" } } }, "exists match pattern must be either true or false." },
      { { a = { { like = "x" } } }, "Unrecognized match type like" }, { { a = "x" }, '"a" must be an object or an array' },
      { { a = { { numeric = json.array {} } } }, "Invalid member in numeric match: ]" },
      { { a = { { numeric = { "0" } } } }, "Unrecognized numeric range operator: 0" },
      { { a = { { numeric = { "<", "1" } } } }, "Value of < must be numeric" },
      { { a = { { numeric = { "<", 2, ">", 1 } } } }, "Too many elements in numeric expression" },
      { { a = { { numeric = { ">", 2, ">", 1 } } } }, "Bad numeric range operator: >" },
      { { a = { { numeric = { ">", 2, "<", 1 } } } }, "Bottom must be less than top" },
      { { a = { b = { "x" } } }, "does not support nested filter policy" },
      { { a = { "1" }, b = { "1" }, c = { "1" }, d = { "1" }, e = { "1" }, f = { "1" } }, "can not have more than 5 keys" },
    } do
      assert.truthy(says(case[1]):find(case[2], 1, true), says(case[1]))
    end
    local nested = { a = { b = { c = { "1", "2", "3", "4" } } }, d = { e = { "1", "2", "3" } }, f = { "1", "2", "3" } }
    assert.truthy(says(nested, "MessageBody"):find "too complex")
    sns("Subscribe", { TopicArn = topic, Protocol = "sqs", Endpoint = "arn:aws:sqs:us-east-1:123456789012:q",
      Attributes = { FilterPolicy = '{"a":{"b":[{"numeric":[">",1,"<=",2]},{"anything-but":["x"]}]}}', FilterPolicyScope = "MessageBody" } })
  end)

  it("judges numbers to call and tags that are too many", function()
    assert.equal("InvalidParameterException", (refusal("Publish", { PhoneNumber = "NAA+15551234567", Message = "x" })))
    assert.truthy(sns("Publish", { PhoneNumber = "+15551234567", Message = "x" }).MessageId)
    for endpoint, good in pairs { ["+15/551-234567"] = true, ["15551234567"] = true, ["+15--551234567"] = false, ["NAA+1555"] = false } do
      local ok = pcall(sns, "Subscribe", { TopicArn = topic, Protocol = "sms", Endpoint = endpoint })
      assert.equal(good, ok, endpoint)
    end
    local tags = json.array {}
    for number = 1, 51 do
      tags[number] = { Key = "k" .. number, Value = "v" }
    end
    assert.equal("TagLimitExceededException", (refusal("TagResource", { ResourceArn = topic, Tags = tags })))
  end)
end)
