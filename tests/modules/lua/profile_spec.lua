local profile = require "profile"

describe("profile.parse", function()
  it("gives the sections of a configuration file with their nested keys", function()
    local sections = profile.parse("# comment\n[default]\nregion = eu-west-1\n[profile a b]\n[services dev]\ndrs =\n"
      .. "  endpoint_url = http://127.0.0.1:1\n[sso-session s]\nsso_region = r\n[other]\nx = y\n", "config")
    local found = {}
    for _, section in ipairs(sections) do
      found[#found + 1] = section.kind .. ":" .. section.name
    end
    assert.are.equal("eu-west-1", sections[1].values.region)
    assert.are.equal(2, sections[1].line)
    assert.matches("profile:default .*services:dev sso%-session:s", table.concat(found, " "))
    for _, section in ipairs(sections) do
      if section.kind == "services" then
        assert.are.equal("http://127.0.0.1:1", section.values.drs.endpoint_url)
      end
    end
  end)

  it("takes every section of a credentials file as a profile", function()
    local sections = profile.parse("[a]\naws_access_key_id = K\n[b]\n", "credentials")
    assert.are.same({ "profile", "a", "K", "profile", "b" }, {
      sections[1].kind, sections[1].name, sections[1].values.aws_access_key_id, sections[2].kind, sections[2].name,
    })
  end)

  it("names the line of what it cannot read, and never a value", function()
    local parsed, problem = pcall(profile.parse, "[a\naws_secret_access_key = hidden\n", "credentials")
    assert.is_false(parsed)
    assert.are.equal("INVALID_PROFILE_FILE", problem.code)
    assert.matches("line 1", problem.message)
    assert.is_nil(problem.message:find "hidden")
  end)

  it("needs to know which of the two files it is", function()
    assert.has_error(function() profile.parse("", "both") end)
  end)
end)
