local aws_settings = require "tests.support.aws_settings"
local profile      = require "aws.profile"

describe("profile files", function()
  it("are read with comments, continuations, odd spacing and carriage returns", function()
    local sections = profile.parse("\239\187\191# a comment\r\n[default]\r\nregion = eu-west-1 ; here\r\n"
      .. "  # indented comment\n[ profile  drill ]\nROLE_ARN=arn:aws:iam::123456789012:role/a#b\nexternal_id =\n"
      .. "[services s]\ndrs =\n  endpoint_url = http://localhost:1\nsts=\n  endpoint_url=http://localhost:2\nnonsense\n"
      .. "[default]\noutput = json\n")
    assert.are.equal("eu-west-1", sections.default.region)
    assert.are.equal("json", sections.default.output)
    assert.are.equal("arn:aws:iam::123456789012:role/a#b", sections["profile drill"].role_arn)
    assert.are.equal("", sections["profile drill"].external_id)
    assert.are.equal("http://localhost:1", sections["services s"].drs.endpoint_url)
    assert.are.equal("http://localhost:2", sections["services s"].sts.endpoint_url)
  end)

  it("have the credentials file's keys first", function()
    aws_settings.with({}, {
      config = "[profile a]\nregion = r\naws_access_key_id = FROMCONFIG\n[b]\nregion = not-a-profile\n",
      credentials = "[a]\naws_access_key_id = FROMKEYS\n[c]\naws_access_key_id = X\n",
    }, function()
      local a = profile.load "a"
      assert.are.equal("FROMKEYS", a.aws_access_key_id)
      assert.are.equal("r", a.region)
      assert.is_true(a.exists)
      assert.is_false(profile.load("b").exists) -- without the word `profile` it is none
      assert.is_true(profile.load("c").exists)
    end)
  end)

  it("that are not there are empty", function()
    local settings = { AWS_CONFIG_FILE = "/nonexistent/config", AWS_SHARED_CREDENTIALS_FILE = "/nonexistent/keys" }
    aws_settings.with(settings, {}, function()
      local default = profile.load "default"
      assert.is_false(default.exists)
      assert.are.equal("/nonexistent/config and /nonexistent/keys", default.where)
    end)
  end)
end)
