-- Copies from another region, with the request that SDKs sign for it.

local aws_server   = require "tests.support.aws_server"
local model_folder = require "tests.support.model_folder"
local sigv4        = require "sigv4"

local function unescape(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- One call's form -> {name -> value}
local function form_of(service, method, input)
  local listener, requests = aws_server.start { { 200, {}, "<R/>" } }
  local client = aws_server.client(service, listener)
  local fine, problem = pcall(client[method], client, input)
  listener.close()
  if not fine then
    error(problem, 0)
  end
  local form = {}
  for name, value in requests[1].body:gmatch "([^&=]+)=([^&]*)" do
    form[name] = unescape(value)
  end
  return form
end

-- The parameters of a signed URL, after a look at its signature.
local function verified(url, region)
  local target = url:match "^https?://[^/]+(/.*)$"
  local host = url:match "^https?://([^/]+)"
  assert.is_true((sigv4.verify { method = "GET", target = target, headers = { host = host }, body = "",
    secret_access_key = aws_server.KEYS.secret_access_key }))
  local parameters = {}
  for name, value in target:gmatch "[?&]([^&=]+)=([^&]*)" do
    parameters[name] = unescape(value)
  end
  assert.are.equal(region, parameters["X-Amz-Credential"]:match "^[^/]+/%d+/([^/]+)/")
  return parameters
end

describe("a copy from another region", function()
  it("of an EBS snapshot holds a request to that region, and both regions", function()
    local form = form_of("ec2", "copy_snapshot", { SourceRegion = "us-west-2", SourceSnapshotId = "snap-1" })
    assert.are.same({ "us-west-2", "eu-west-1" }, { form.SourceRegion, form.DestinationRegion })
    local signed = verified(form.PresignedUrl, "us-west-2")
    assert.are.same({ "CopySnapshot", "snap-1", "eu-west-1", "3600" },
      { signed.Action, signed.SourceSnapshotId, signed.DestinationRegion, signed["X-Amz-Expires"] })
    form = form_of("ec2", "copy_snapshot", { SourceRegion = "us-west-2", SourceSnapshotId = "snap-1", PresignedUrl = "mine" })
    assert.are.equal("mine", form.PresignedUrl)
  end)

  it("of RDS is told by the request alone", function()
    local model = model_folder.speak({ protocol = "query", endpointPrefix = "rds" }, { input = { shape = "In" } }, {
      In = { type = "structure", members = { SourceRegion = { shape = "Text" }, PreSignedUrl = { shape = "Text" },
        Id = { shape = "Text" } } }, Text = "string" })
    model_folder.with({ ["parrot/1/service-2.json"] = model }, function()
      local form = form_of("parrot", "speak", { SourceRegion = "us-west-2", Id = "db" })
      assert.are.same({ "db" }, { form.Id, form.SourceRegion, form.DestinationRegion })
      local signed = verified(form.PreSignedUrl, "us-west-2")
      assert.are.same({ "Speak", "db", "eu-west-1" }, { signed.Action, signed.Id, signed.DestinationRegion })
      assert.is_nil(signed.SourceRegion)
      form = form_of("parrot", "speak", { SourceRegion = "us-west-2", Id = "db", PreSignedUrl = "mine" })
      assert.are.same({ "mine" }, { form.PreSignedUrl, form.SourceRegion })
      assert.is_nil(form_of("parrot", "speak", { Id = "db" }).PreSignedUrl)
    end)
  end)
end)
