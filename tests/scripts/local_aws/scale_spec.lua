-- What a page costs in a big estate. Not seconds are counted but the steps of SQLite's machine (its table sqlite_stmt), which are the
-- same on any machine; rows that are not read cost nothing behind SQLite either.

local big_estate = require "tests.support.big_estate"
local clock = require "clock"
local json = require "json"
local support = require "tests.support.local_aws"

local COUNT = "SELECT coalesce(sum(nstep), 0) AS n FROM sqlite_stmt WHERE sql NOT LIKE '%sqlite_stmt%'"

-- The steps that one call takes, when it is not the first of its kind.
local function steps(here, service, operation, input)
  here.call(service, operation, input)
  local before = here.world.db:first(COUNT).n
  here.call(service, operation, input)
  return here.world.db:first(COUNT).n - before
end

-- Name of a page -> its steps.
local function costs(here)
  local found = {}
  for _, question in ipairs(big_estate.QUESTIONS) do
    for page, input in ipairs(big_estate.inputs(here, question)) do
      found[question[1] .. ", page " .. page] = steps(here, question[2], question[3], input)
    end
  end
  return found
end

describe("a page's cost", function()
  local here

  after_each(function()
    here.close()
  end)

  it("is the same with 10,000 source servers and 2,000 recovery instances as with 500 and 100", function()
    here = big_estate.start(500, 100)
    local small = costs(here)
    here.close()
    here = big_estate.start(10000, 2000)
    local dear = {}
    for name, big in pairs(costs(here)) do
      local before = small[name] or 1e9 -- a second page of jobs, which the small estate does not have
      if big <= 0 or big > before * 1.1 then
        dear[#dear + 1] = ("%s: %d steps, not %d"):format(name, big, before)
      end
    end
    table.sort(dear)
    assert.equal("", table.concat(dear, "\n"))
  end)

  it("does not grow with what is gone", function()
    here = big_estate.start(100, 100)
    local function cost()
      return steps(here, "drs", "DescribeRecoveryInstances", {}) + steps(here, "ec2", "DescribeInstances", { MaxResults = 20 })
    end
    local ids = json.array {}
    for index, instance in ipairs(here.call("drs", "DescribeRecoveryInstances", { maxResults = 100 }).items) do
      ids[index] = instance.recoveryInstanceID
    end
    here.call("drs", "TerminateRecoveryInstances", { recoveryInstanceIDs = ids })
    clock.step(3 * 3600)
    assert.same({}, here.call("drs", "DescribeRecoveryInstances").items)
    assert.same({}, here.call("ec2", "DescribeInstances").Reservations)
    local none = support.start()
    local empty = steps(none, "ec2", "DescribeInstances", { MaxResults = 20 })
    none.call("drs", "InitializeService")
    empty = empty + steps(none, "drs", "DescribeRecoveryInstances", {})
    none.close()
    assert.equal(empty, cost())
  end)
end)
