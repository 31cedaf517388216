-- What a newcomer does first, and what he is promised.
local program = require "tests.support.program"

local BILLING = "b7a4c1de-5f20-4c6a-9a51-0d6f2e8c4a01" -- the sample estate's plan of three waves

-- A speed that no other run on this machine has, so that the demo's processes can be told from theirs.
local SPEED = ("600.%d"):format(require "process".id())

local function start_demo(folder, name)
  local command = ("DRSH=%s DEMO_SPEED=%s sh examples/demo.sh > %s/%s.out 2> %s/%s.err; echo $? > %s/%s.code"):format(
    program.path, SPEED, folder, name, folder, name, folder, name)
  os.execute("( " .. command .. " ) < /dev/null &")
end

local function read(path)
  local file = io.open(path, "r")
  local text = file and file:read "a"
  if file then file:close() end
  return text ~= "" and text or nil
end

describe("make demo", function()
  it("drills to the end, twice at once, in plain lines, and leaves no process", function()
    local folder = program.folder()
    start_demo(folder, "a")
    start_demo(folder, "b")
    for _, name in ipairs { "a", "b" } do
      local code = program.wait_for("the end of demo " .. name, function() return read(folder .. "/" .. name .. ".code") end, 100)
      local out = read(folder .. "/" .. name .. ".out") or ""
      assert.equal("0\n", code, out .. (read(folder .. "/" .. name .. ".err") or ""))
      for _, words in ipairs { "drill started", "pause asked for", "paused before wave 2", "the plan's own gate",
        "34 recovery instances run", "the drill succeeded",
        "3 waves, 34 servers launched, 34 terminated, 0 left" } do
        assert.is_truthy(out:find(words, 1, true), words .. " is not in:\n" .. out)
      end
      assert.is_nil(out:find("\27", 1, true), "no escape sequences where there is no terminal")
    end
    program.remove(folder)
    local left = io.popen("ps -eo args"):read "a"
    assert.is_nil(left:find("--speed " .. SPEED, 1, true))
  end)
end)

describe("the README's tour", function()
  it("protects a tagged instance on the next request after an edit, without restart", function()
    local folder = program.folder()
    os.execute("cp -r scripts " .. folder .. "/scripts")
    local server <close> = program.start(("serve --local --listen 127.0.0.1:0 --speed 2000 --scripts %s/scripts"):format(folder))
    local _, started = server:call("POST", "/executions", { planId = BILLING, executionType = "DRILL", initiatedBy = "test" })
    local id = started.executionId
    program.wait_for("the drill's end", function()
      local _, now = server:call("GET", "/executions/" .. id .. "/realtime")
      if now.status == "PAUSED" then server:call("POST", "/executions/" .. id .. "/resume") end
      return now.status == "COMPLETED"
    end, 60)

    local path = folder .. "/scripts/policies/termination.lua"
    local text = read(path)
    local edited, count = text:gsub('return "allow"', 'return "deny", "kept: the investigation of case 42 is open"')
    assert.equal(1, count, "the policy says allow in one place")
    local file = assert(io.open(path, "w"))
    file:write(edited)
    file:close()

    local status, answer = server:call("POST", "/executions/" .. id .. "/terminate-instances")
    assert.equal(200, status)
    assert.equal(0, answer.totalTerminated)
    assert.is_true(#answer.denied > 0)
    assert.matches("case 42", answer.denied[1].reason)
    program.remove(folder)
  end)
end)

describe("drsh serve --local --data FILE", function()
  it("survives kill -9 in the middle of a drill: it goes on, nothing is launched twice, nothing is lost", function()
    local folder = program.folder()
    local command = ("serve --local --listen 127.0.0.1:0 --speed 300 --data %s/world.db"):format(folder)
    local id
    do
      local server <close> = program.start(command)
      local _, started = server:call("POST", "/executions", { planId = BILLING, executionType = "DRILL", initiatedBy = "test" })
      id = started.executionId
      program.wait_for("a wave under way", function()
        local _, now = server:call("GET", "/executions/" .. id .. "/realtime")
        return now.waves[1] and now.waves[1].jobId
      end)
      server:kill "KILL"
    end
    local server <close> = program.start(command)
    local last
    program.wait_for("the drill's end", function()
      local _, now = server:call("GET", "/executions/" .. id .. "/realtime")
      last = now
      if now.status == "PAUSED" then server:call("POST", "/executions/" .. id .. "/resume") end
      return now.status == "COMPLETED"
    end, 60)
    local servers, seen = 0, {}
    for _, wave in ipairs(last.waves) do
      assert.equal("COMPLETED", wave.status)
      assert.is_nil(seen[wave.jobId])
      seen[wave.jobId] = true
      servers = servers + #wave.serverStatuses
    end
    local _, found = server:call("GET", "/executions/" .. id .. "/recovery-instances")
    assert.equal(servers, found.totalInstances)
    program.remove(folder)
  end)
end)
