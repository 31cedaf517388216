local aws_settings = require "tests.support.aws_settings"
local profile      = require "aws.profile"

describe("profile files", function()
  it("that cannot be read are named", function()
    aws_settings.with({}, { config = "[profile a\n" }, function()
      local fine, problem = pcall(profile.load, "a")
      assert.is_false(fine)
      assert.are.equal("INVALID_PROFILE_FILE", problem.code)
      assert.matches(": line 1", problem.message)
    end)
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
