local credentials = require "credentials"

local KEYS = {
  access_key_id = "AKIDEXAMPLE", secret_access_key = "very-secret", session_token = "very-secret-too", expires_at = 1795413600,
  account_id = "123456789012", source = "a test",
}

local function refused(pattern, set)
  local ok, problem = pcall(credentials.new, set)
  assert.is_false(ok)
  assert.matches(pattern, tostring(problem))
  assert.is_nil(tostring(problem):find "very%-secret")
  return problem
end

describe("credentials", function()
  it("show all but the secret and the token", function()
    local keys = credentials.new(KEYS)
    assert.equal("AKIDEXAMPLE", keys.access_key_id)
    assert.equal(1795413600, keys.expires_at)
    assert.equal("integer", math.type(keys.expires_at))
    assert.equal("123456789012", keys.account_id)
    assert.equal("a test", keys.source)
    for _, name in ipairs { "secret_access_key", "session_token", "secret", "keys", 1, true } do assert.is_nil(keys[name]) end
    assert.is_nil(tostring(keys):find "very%-secret")
    assert.matches("AKIDEXAMPLE", tostring(keys))
  end)

  it("cannot be written, walked or taken apart", function()
    local keys = credentials.new(KEYS)
    assert.has_error(function() keys.access_key_id = "other" end)
    assert.has_error(function() pairs(keys)(keys) end)
    assert.equal("credentials", getmetatable(keys))
    assert.has_error(function() setmetatable(keys, {}) end)
    assert.has_error(function() return require "json".encode(keys) end)
  end)

  it("have nothing where nothing was given", function()
    local keys = credentials.new { access_key_id = "A", secret_access_key = "s" }
    for _, name in ipairs { "expires_at", "account_id", "source" } do assert.is_nil(keys[name]) end
  end)

  it("are wiped when closed", function()
    local keys
    do
      local closed <close> = credentials.new(KEYS)
      keys = closed
    end
    for _, name in ipairs { "access_key_id", "expires_at", "account_id", "source" } do assert.is_nil(keys[name]) end
    assert.matches("wiped", tostring(keys))
  end)

  it("refuse what is incomplete or would break a header, and show no value", function()
    assert.equal("INVALID_CREDENTIALS", refused("secret access key is missing", { access_key_id = "A" }).code)
    refused("access key id is missing", { secret_access_key = "very-secret" })
    refused("white space", { access_key_id = "A", secret_access_key = "very-secret\r\nx: y" })
    refused("white space", { access_key_id = "A", secret_access_key = "s", session_token = "very-secret " })
    refused("unknown field 'secret'", { access_key_id = "A", secret = "very-secret" })
    refused("field 'secret_access_key' must be a string", { access_key_id = "A", secret_access_key = {} })
    refused("zero byte", { access_key_id = "A", secret_access_key = "very-secret\0" })
    refused("field 'expires_at' must be a number", { access_key_id = "A", secret_access_key = "s", expires_at = "soon" })
    refused("table expected", "very-secret")
  end)
end)
