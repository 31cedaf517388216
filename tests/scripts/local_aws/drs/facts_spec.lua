-- Has every fact in facts.lua its test, and every test of a fact its place there? What a test shows is for its reader to judge.

local facts = require "tests.scripts.local_aws.drs.facts"
local folder = require "folder"

local HERE = "tests/scripts/local_aws/drs"

-- Names of the tests in this folder -> how many have it.
local function tests()
  local found = {}
  for _, name in ipairs(folder.list(HERE)) do
    local file = assert(io.open(HERE .. "/" .. name))
    for title in file:read("a"):gmatch('%f[%w]it%("([^"]*)"') do
      found[title] = (found[title] or 0) + 1
    end
    file:close()
  end
  return found
end

describe("the facts on the DRS API", function()
  it("that have a source are each shown by one test of that name, and no such test is left out", function()
    local found, known = tests(), {}
    for _, name in ipairs(facts.facts) do
      assert.equal(1, found[name], name)
      known[name] = true
    end
    for name in pairs(found) do
      assert.truthy(known[name] or not name:find("^%d %[%u+%]: "), name)
    end
  end)

  it("that the checklist has are each shown", function()
    local found = tests()
    assert.equal(13, #facts.checklist)
    for line, names in ipairs(facts.checklist) do
      assert.truthy(names[1], line)
      for _, name in ipairs(names) do
        assert.equal(1, found[name], name)
      end
    end
  end)
end)
