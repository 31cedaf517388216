-- What a newcomer does first, and what he is promised.
local json = require "json"
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

-- The README's tour, typed in from the page: its commands and its line of Lua are taken from the text as it stands.
describe("the README's tour", function()
  local page = read "README.md":match "\n## Change a policy\n(.-)\n## "
  local added = page:match "```lua\n(.-\n)```"
  local folder, path, original, edited, server, id, kept

  local function save(text)
    local file = assert(io.open(path, "w"))
    file:write(text)
    file:close()
  end

  -- The drill of the sample estate's plan, to its end.
  local function drill()
    local _, started = server:call("POST", "/executions", { planId = BILLING, executionType = "DRILL", initiatedBy = "test" })
    program.wait_for("the drill's end", function()
      local _, now = server:call("GET", "/executions/" .. started.executionId .. "/realtime")
      if now.status == "PAUSED" then server:call("POST", "/executions/" .. started.executionId .. "/resume") end
      return now.status == "COMPLETED"
    end, 60)
    return started.executionId
  end

  local function local_aws()
    return program.wait_for("the local AWS's address", function()
      return server:log():match '"the local AWS listens","url":"(http://[^"]+)"'
    end)
  end

  local function tag_one()
    local _, found = server:call("GET", "/executions/" .. id .. "/recovery-instances")
    local drs = require "aws".client("drs", { region = found.instances[1].region, endpoint = local_aws(), credentials = {
      access_key_id = "AKIADRSHLOCAL0000000", secret_access_key = "local-secret-for-development-only" } })
    local instance = drs:describe_recovery_instances { filters = {
      recoveryInstanceIDs = { found.instances[1].recoveryInstanceId } } }.items[1]
    drs:tag_resource { resourceArn = instance.arn, tags = { Keep = "yes" } }
    return instance.recoveryInstanceID
  end

  setup(function()
    folder = program.folder()
    os.execute("cp -r scripts " .. folder .. "/scripts")
    path = folder .. "/" .. page:match "Open `(scripts/policies/%w+%.lua)`"
    original = read(path)
    local from = assert(original:find('[^\n]*return "allow"\n  end'), "the policy says allow in one place")
    edited = original:sub(1, from - 1) .. added .. original:sub(from)
    local command = page:match "\n    build/drsh (serve [^\n]+)\n"
    server = program.start(("%s --listen 127.0.0.1:0 --speed 2000 --scripts %s/scripts"):format(command, folder))
    id = drill()
    kept = tag_one()
  end)

  before_each(function() save(edited) end)

  teardown(function()
    server:__close()
    program.remove(folder)
  end)

  it("protects a tagged instance on the next request after the line is added, without restart", function()
    save(original)
    assert.same({}, select(2, server:call("POST", "/executions/" .. id .. "/terminate-instances", { dryRun = true })).denied)
    save(edited)
    local status, answer = server:call("POST", "/executions/" .. id .. "/terminate-instances", { dryRun = true })
    assert.equal(200, status)
    assert.equal(1, #answer.denied)
    assert.equal(kept, answer.denied[1].recoveryInstanceId)
    assert.equal(added:match '"deny", "([^"]+)"', answer.denied[1].reason)
  end)

  it("goes on with the last good version after a typing error, and says where it is", function()
    assert.equal(200, (server:call("GET", "/executions")))
    save((edited:gsub("return \"deny\"", "retrun \"deny\"")))
    local _, answer = server:call("POST", "/executions/" .. id .. "/terminate-instances", { dryRun = true })
    assert.equal(1, #answer.denied)
    assert.matches("it carries the tag", answer.denied[1].reason)
    local line = server:log():match '[^\n]*"a script is broken"[^\n]*'
    assert.matches('"path":"policies/termination.lua"', line)
    assert.matches('"line":%d+', line)
    assert.matches("retrun", line)
  end)

  it("shows by the README's dry run what would be written, and writes nothing", function()
    local command = page:match "\n    build/drsh (call %-%-dry%-run [^\n]+)\n":gsub("ID", id)
    local code, out, err = program.run(("%s --scripts %s/scripts --json"):format(command, folder), ("AWS_ENDPOINT_URL=%s AWS_REGION=us-east-1 " ..
      "AWS_ACCESS_KEY_ID=AKIADRSHLOCAL0000000 AWS_SECRET_ACCESS_KEY=local-secret-for-development-only"):format(local_aws()))
    assert.equal(0, code, out .. err)
    local body = json.decode(out).body
    assert.is_true(body.dryRun)
    assert.is_true(#body.writes > 0 and body.writes[1].parameters ~= nil)
    local _, state = server:call("GET", "/executions/" .. id .. "/termination-status")
    assert.equal(0, state.totalTerminated or 0)
  end)

  it("counts a policy that fails as deny", function()
    save((original:gsub('return "allow"', "return instance.nothing.here")))
    local _, answer = server:call("POST", "/executions/" .. id .. "/terminate-instances", { dryRun = true })
    assert.equal(34, #answer.denied)
    assert.matches("instance.nothing is nil", answer.denied[1].reason)
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
