local config = require "config"
local ids    = require "lib.ids"
local json   = require "json"
local lists  = require "lib.lists"
local tokens = require "lib.tokens"
local uuid   = require "uuid"

describe("An execution id", function()
  local ID = "0a1b2c3d-0000-4000-8000-00000000000f"

  it("is a UUID, or the end of an ARN", function()
    assert.equal(ID, ids.execution(ID))
    assert.equal(ID, ids.execution(ID:upper()))
    assert.equal(ID, ids.execution("arn:aws:states:r:1:execution:m:" .. ID))
  end)

  for _, bad in ipairs { "", "x", ID .. ":", ID:sub(2), ID .. "/cancel", "arn:" } do
    it("is not '" .. bad .. "'", function()
      local ok, refusal = pcall(ids.execution, bad)
      assert.is_false(ok)
      assert.equal(400, refusal.status)
      assert.equal("INVALID_EXECUTION_ID", refusal.error)
    end)
  end

  it("derived from a text is a UUID, the same each time, another for another text", function()
    local seen = {}
    for number = 1, 200 do
      local id = ids.derived_uuid("key " .. number)
      assert.is_true(uuid.is_valid(id))
      assert.is_nil(seen[id])
      seen[id] = true
      assert.equal(id, ids.derived_uuid("key " .. number))
    end
  end)
end)

describe("A page token", function()
  local settings = {}

  before_each(function()
    for _, name in ipairs { "DRSH_TOKEN_SECRET", "EXECUTION_HISTORY_TABLE" } do settings[name] = config.get(name) end
    config.set("EXECUTION_HISTORY_TABLE", "a table")
  end)
  after_each(function()
    for _, name in ipairs { "DRSH_TOKEN_SECRET", "EXECUTION_HISTORY_TABLE" } do config.set(name, settings[name] or "") end
  end)

  local PLACE, QUESTION = { startTime = 17, executionId = "x" }, { status = "FAILED" }

  local function refused(token, question)
    local ok, refusal = pcall(tokens.read, token, question or QUESTION)
    return not ok and refusal.status == 400 and refusal.error == "INVALID_NEXT_TOKEN"
  end

  it("gives the place back", function()
    assert.same(PLACE, tokens.read(tokens.issue(PLACE, QUESTION), QUESTION))
  end)

  it("is refused when any of its characters is changed", function()
    local token = tokens.issue(PLACE, QUESTION)
    for position = 1, #token do
      local other = token:sub(position, position) == "A" and "B" or "A"
      assert.is_true(refused(token:sub(1, position - 1) .. other .. token:sub(position + 1)))
    end
  end)

  it("is refused for another question, and under another secret", function()
    local token = tokens.issue(PLACE, QUESTION)
    assert.is_true(refused(token, {}))
    config.set("DRSH_TOKEN_SECRET", "another secret")
    assert.is_true(refused(token))
    assert.same(PLACE, tokens.read(tokens.issue(PLACE, QUESTION), QUESTION))
  end)

  it("is refused when it is endless", function() assert.is_true(refused(("a"):rep(5000) .. ".b")) end)
end)

describe("lists", function()
  it("cuts into pieces, and an empty list into none", function()
    assert.same({ { 1, 2 }, { 3 } }, lists.chunks({ 1, 2, 3 }, 2))
    assert.same({}, lists.chunks({}, 200))
  end)

  it("makes lists that stay lists when they are empty", function()
    assert.equal("[]", json.encode(lists.map({}, function() end)))
    assert.equal("[]", json.encode(lists.filter({ 1 }, function() return false end)))
    assert.equal("[]", json.encode(lists.concat {}))
    assert.equal("[]", json.encode(lists.of(nil)))
    assert.equal("[]", json.encode(lists.of(json.null)))
  end)
end)
