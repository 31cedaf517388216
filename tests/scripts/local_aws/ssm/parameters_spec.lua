-- SSM's parameters: labels, filters, those that AWS publishes; and with whom documents are shared.

local json = require "json"
local support = require "tests.support.local_aws"

describe("SSM", function()
  local here

  local function ssm(operation, input)
    return here.call("ssm", operation, input)
  end
  local function refusal(operation, input)
    local problem = here.fault("ssm", operation, input)
    return problem.code, problem.message
  end
  local function put(name, value, more)
    local input = { Name = name, Value = value or "v", Type = "String" }
    for key, item in pairs(more or {}) do
      input[key] = item
    end
    return ssm("PutParameter", input)
  end
  local function value(name)
    return ssm("GetParameter", { Name = name }).Parameter.Value
  end

  before_each(function()
    here = support.start()
  end)
  after_each(function()
    here.close()
  end)

  it("finds a version by its label, which stands at one version", function()
    for number = 1, 3 do
      put("/app/mode", "v" .. number, { Overwrite = true })
    end
    assert.equal(3, ssm("LabelParameterVersion", { Name = "/app/mode", Labels = { "live" } }).ParameterVersion)
    assert.equal("v3", value "/app/mode:live")
    ssm("LabelParameterVersion", { Name = "/app/mode", ParameterVersion = 1, Labels = { "live", "old" } })
    assert.same({ "v1", "v1" }, { value "/app/mode:live", value "/app/mode:old" })
    local history = ssm("GetParameterHistory", { Name = "/app/mode" }).Parameters
    assert.same({ { "live", "old" }, {} }, { history[1].Labels, history[3].Labels })
    local taken = ssm("UnlabelParameterVersion", { Name = "/app/mode", ParameterVersion = 1, Labels = { "live", "none" } })
    assert.same({ { "live" }, { "none" } }, { taken.RemovedLabels, taken.InvalidLabels })
    assert.equal("ParameterVersionNotFound", (refusal("GetParameter", { Name = "/app/mode:live" })))
    ssm("DeleteParameter", { Name = "/app/mode" })
    put "/app/mode"
    assert.equal("ParameterVersionNotFound", (refusal("GetParameter", { Name = "/app/mode:old" })))
  end)

  it("refuses labels that cannot be, eleven of them, and a version that would drive out a labelled one", function()
    put "a"
    assert.same({ "awsx", "9a", "a/b" }, ssm("LabelParameterVersion", { Name = "a", Labels = { "awsx", "9a", "a/b", "fine" } }).InvalidLabels)
    local ten = {}
    for number = 1, 10 do
      ten[number] = "l" .. number
    end
    assert.equal("ParameterVersionLabelLimitExceeded", (refusal("LabelParameterVersion", { Name = "a", Labels = ten })))
    for _ = 2, 100 do
      put("a", "v", { Overwrite = true })
    end
    assert.equal("ParameterMaxVersionLimitExceeded", (refusal("PutParameter", { Name = "a", Value = "v", Overwrite = true })))
  end)

  it("gives what AWS publishes, and takes none of its names", function()
    local name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    assert.equal(value(name), here.call("ec2", "DescribeImages", { ImageIds = { value(name) } }).Images[1].ImageId)
    assert.equal("arn:aws:ssm:us-east-1::parameter" .. name, ssm("GetParameter", { Name = name }).Parameter.ARN)
    assert.equal(6, #ssm("GetParametersByPath", { Path = "/aws/service/ami-amazon-linux-latest" }).Parameters)
    assert.equal("AccessDeniedException", (refusal("PutParameter", { Name = "/aws/x", Value = "v", Type = "String" })))
    local code, message = refusal("PutParameter", { Name = "ssm-x", Value = "v", Type = "String" })
    assert.equal("ValidationException", code)
    assert.truthy(message:find("can't be prefixed with \"ssm\"", 1, true))
  end)

  it("filters by name, path, type and tag, and refuses filters in the service's words", function()
    put("/app/one", "v", { Tags = { { Key = "tier", Value = "web" } } })
    put("/app/deep/two", "v", { Type = "StringList" })
    local function names(filter)
      local list = {}
      for index, found in ipairs(ssm("DescribeParameters", { ParameterFilters = { filter } }).Parameters) do
        list[index] = found.Name
      end
      return list
    end
    assert.same({ "/app/one" }, names { Key = "tag:tier", Values = { "web" } })
    assert.same({}, names { Key = "tag:tier", Values = { "db" } })
    assert.same({ "/app/one" }, names { Key = "Path", Option = "OneLevel", Values = { "/app" } })
    assert.same({ "/app/deep/two", "/app/one" }, names { Key = "Path", Option = "Recursive", Values = { "/app" } })
    assert.same({ "/app/deep/two" }, names { Key = "Type", Values = { "StringList" } })
    assert.same({ "/app/one" }, names { Key = "Name", Option = "BeginsWith", Values = { "app/o" } })
    for says, filter in pairs {
      ["values are missing : null for filter key Name"] = { Key = "Name" },
      ["option is not valid: Equals. Valid options include: [Recursive, OneLevel]"] = { Key = "Path", Option = "Equals", Values = { "/a" } },
      ["value is not valid: x. Valid values include: [String, StringList, SecureString]"] = { Key = "Type", Values = { "x" } },
      ["key is not valid: Label."] = { Key = "Label", Values = { "x" } },
      ["must begin with a forward slash"] = { Key = "Path", Values = { "a" } },
    } do
      local _, message = refusal("DescribeParameters", { ParameterFilters = { filter } })
      assert.truthy(message:find(says, 1, true), message)
    end
  end)

  it("shares documents, and lists their versions", function()
    local content = json.encode { schemaVersion = "0.3", mainSteps = json.array { { name = "w", action = "aws:sleep", inputs = { Duration = "PT1S" } } } }
    ssm("CreateDocument", { Name = "doc", DocumentType = "Automation", Content = content })
    ssm("UpdateDocument", { Name = "doc", DocumentVersion = "$LATEST", Content = content })
    ssm("CreateDocument", { Name = "nulls", DocumentType = "Automation", Content = content:gsub("^{",
      '{"description":null,"parameters":{"P":{"type":"String","description":null,"default":null}},', 1) })
    assert.is_nil(ssm("DescribeDocument", { Name = "nulls" }).Document.Parameters[1].DefaultValue)
    local versions = ssm("ListDocumentVersions", { Name = "doc" }).DocumentVersions
    assert.same({ "2", false, "1", true }, { versions[1].DocumentVersion, versions[1].IsDefaultVersion, versions[2].DocumentVersion,
      versions[2].IsDefaultVersion })
    local share = { Name = "doc", PermissionType = "Share", AccountIdsToAdd = { "111111111111", "222222222222" } }
    ssm("ModifyDocumentPermission", share)
    ssm("ModifyDocumentPermission", { Name = "doc", PermissionType = "Share", AccountIdsToRemove = { "111111111111" } })
    assert.same({ "222222222222" }, ssm("DescribeDocumentPermission", { Name = "doc", PermissionType = "Share" }).AccountIds)
    share.AccountIdsToAdd = { "all", "111111111111" }
    assert.equal("DocumentPermissionLimit", (refusal("ModifyDocumentPermission", share)))
    share.Name = "AWS-RunShellScript"
    assert.equal("InvalidDocument", (refusal("DescribeDocumentPermission", { Name = "none", PermissionType = "Share" })))
  end)
end)
