-- The four policies: their defaults, a missing file, a file with a fault, and edits as an operator makes them, through the host's
-- own loader and sandbox.

local app    = require "app"
local estate = require "tests.support.estate"
local json   = require "json"
local policy = require "lib.policy"

local SCRIPTS = package.searchpath("lib.policy", package.path):match("^(.*)/lib/policy%.lua$")

describe("The policies:", function()
  local here, folder, edited

  setup(function()
    folder = os.tmpname()
    os.remove(folder)
  end)

  before_each(function()
    here = estate.open()
    assert(os.execute(("rm -rf '%s' && mkdir '%s' && cp -r '%s/lib' '%s/endpoints' '%s/policies' '%s'")
      :format(folder, folder, SCRIPTS, SCRIPTS, SCRIPTS, folder)))
    edited = nil
  end)
  after_each(function() here.close() end)
  teardown(function() os.execute(("rm -rf '%s'"):format(folder)) end)

  -- The file as an operator saves it; nil takes it away.
  local function save(name, source)
    local path = ("%s/policies/%s.lua"):format(folder, name)
    if not source then
      os.remove(path)
    else
      local file <close> = assert(io.open(path, "w"))
      file:write(source)
    end
    edited = app.open(folder)
  end

  local function call(method, path, body, caller)
    local status, _, text = edited:handle { method = method, path = path, body = body and json.encode(body),
      caller = caller or { name = "olga", roles = json.array { "operator" } } }
    return status, json.decode(text)
  end

  local function terminate(id) return call("POST", "/executions/" .. id .. "/terminate-instances", json.object {}) end
  local function start(kind)
    return call("POST", "/executions", { planId = "one", executionType = kind or "DRILL", initiatedBy = "olga" })
  end

  describe("termination", function()
    it("by default allows what is the execution's own", function()
      local _, id = here.finished("one")
      save("termination", assert(io.open(SCRIPTS .. "/policies/termination.lua")):read("a"))
      assert.equal(2, select(2, terminate(id)).totalTerminated)
    end)

    it("missing, means the same", function()
      local _, id = here.finished("one")
      save("termination", nil)
      assert.equal(2, select(2, terminate(id)).totalTerminated)
    end)

    it("keeps instances with a tag, from the next request on", function()
      local _, id = here.finished("one")
      save("termination", [[return { may_terminate = function(instance)
        if (instance.tags or {}).Keep then return "deny", "it carries the tag Keep" end
        return "allow"
      end }]])
      local _, found = here.call("GET", "/executions/" .. id .. "/recovery-instances")
      local kept = here.client("drs"):describe_recovery_instances({ filters = {
        recoveryInstanceIDs = json.array { found.instances[1].recoveryInstanceId } } }).items[1]
      here.client("drs"):tag_resource { resourceArn = kept.arn, tags = { Keep = "yes" } }
      local status, answer = terminate(id)
      assert.equal(200, status)
      assert.equal(1, answer.totalTerminated)
      assert.same({ { recoveryInstanceId = kept.recoveryInstanceID, region = estate.EAST, reason = "it carries the tag Keep" } },
        answer.denied)
    end)

    for name, source in pairs {
      ["raises"] = [[return { may_terminate = function() error("boom") end }]],
      ["answers nothing"] = [[return { may_terminate = function() end }]],
      ["answers nonsense"] = [[return { may_terminate = function() return "perhaps" end }]],
      ["does not compile"] = [[return { may_terminate = function( }]],
      ["returns no table"] = [[return 17]],
      ["holds no function"] = [[return { may_terminate = "allow" }]],
      ["uses a name that is not there"] = [[return { may_terminate = function(i) return io.open(i) end }]],
    } do
      it("that " .. name .. " denies with the reason", function()
        local _, id = here.finished("one")
        save("termination", source)
        local status, answer = terminate(id)
        assert.equal(200, status)
        assert.equal(0, answer.totalTerminated)
        assert.equal(2, #answer.denied)
        assert.is_truthy(answer.denied[1].reason:find("policy termination failed", 1, true))
        assert.equal(0, #here.calls { operation = "TerminateRecoveryInstances" })
      end)
    end

    it("sets the size of batches and the pause between them", function()
      local _, id = here.finished("two")
      save("termination", [[return { batch_size = 2, may_terminate = function() return "allow" end }]])
      assert.equal(6, select(2, terminate(id)).totalTerminated)
      assert.equal(3, #here.calls { operation = "TerminateRecoveryInstances" })
      assert.equal(3, #here.item(id).terminateJobs)
      local terminations = require "lib.terminations"
      local loaded = package.loaded["policies.termination"]
      package.loaded["policies.termination"] = { batch_size = 1000, pause_between_batches = 5 }
      local all = json.array {}
      for number = 1, 450 do all[number] = { recoveryInstanceId = "i-" .. number, region = estate.EAST } end
      local batches = terminations.batches(all)
      package.loaded["policies.termination"] = loaded
      assert.same({ 200, 0 }, { #batches[1].recoveryInstanceIds, batches[1].delay })
      assert.same({ 50, 10 }, { #batches[3].recoveryInstanceIds, batches[3].delay })
    end)
  end)

  describe("admission", function()
    it("403 START_NOT_ADMITTED with the reason", function()
      save("admission", [[return { may_start = function(plan, order)
        if order.executionType == "RECOVERY" then return "deny", "ask the duty officer about " .. plan.planName end
        return "allow"
      end }]])
      local status, answer = start("RECOVERY")
      assert.equal(403, status)
      assert.equal("START_NOT_ADMITTED", answer.error)
      assert.equal("ask the duty officer about The plan one", answer.message)
      assert.equal(202, (start("DRILL")))
    end)

    it("missing, admits", function()
      save("admission", nil)
      assert.equal(202, (start()))
    end)

    it("that fails does not admit", function()
      save("admission", [[return { may_start = function() error("boom") end }]])
      local status, answer = start()
      assert.equal(403, status)
      assert.is_truthy(answer.message:find("boom", 1, true))
    end)
  end)

  describe("access", function()
    it("lets nobody call an endpoint that names no roles, and says so", function()
      save("access", assert(io.open(SCRIPTS .. "/policies/access.lua")):read("a"))
      local file <close> = assert(io.open(folder .. "/endpoints/mine.lua", "w"))
      file:write 'return { route = "GET /mine", handle = function() return 204 end }'
      file:close()
      local status, body = call("GET", "/mine")
      assert.equal(403, status)
      assert.equal("GET /mine is nobody's to call: its script names no roles", body.message)
    end)

    it("by default lets in who has one of the endpoint's roles", function()
      save("access", assert(io.open(SCRIPTS .. "/policies/access.lua")):read("a"))
      assert.equal(200, (call("GET", "/executions", nil, { name = "v", roles = json.array { "viewer" } })))
      local status, answer = call("POST", "/executions", json.object {}, { name = "v", roles = json.array { "viewer" } })
      assert.equal(403, status)
      assert.is_truthy(answer.message:find("operator", 1, true))
    end)

    it("missing, means the same", function()
      save("access", nil)
      assert.equal(200, (call("GET", "/executions", nil, { name = "v", roles = json.array { "viewer" } })))
      assert.equal(403, (call("POST", "/executions", json.object {}, { name = "v", roles = json.array { "viewer" } })))
      assert.equal(403, (call("GET", "/executions", nil, { name = "n", roles = json.array {} })))
    end)

    it("that fails lets nobody in", function()
      save("access", [[return { may_call = function() error("boom") end }]])
      assert.equal(403, (call("GET", "/executions", nil, { name = "a", roles = json.array { "admin" } })))
    end)
  end)

  describe("wave", function()
    local function ask(rules, wave)
      local loaded = package.loaded["policies.wave"]
      package.loaded["policies.wave"] = rules
      local ok, reason = policy.ask("wave", "go_on", function() return "default" == "" end, wave, {})
      package.loaded["policies.wave"] = loaded
      return ok, reason
    end

    it("by default goes on after a COMPLETED wave only", function()
      local rules = dofile(SCRIPTS .. "/policies/wave.lua")
      assert.is_true(ask(rules, { waveNumber = 0, waveName = "w", status = "COMPLETED" }))
      for _, word in ipairs { "PARTIAL", "FAILED", "TIMEOUT" } do
        local ok, reason = ask(rules, { waveNumber = 0, waveName = "w", status = word })
        assert.is_false(ok)
        assert.is_truthy(reason:find(word, 1, true))
      end
    end)

    it("that fails stops the execution, with the fault as the reason", function()
      local ok, reason = ask({ go_on = function() error("boom") end }, { status = "COMPLETED" })
      assert.is_false(ok)
      assert.is_truthy(reason:find("boom", 1, true))
    end)

    it("can go on after a PARTIAL wave, and the execution ends PARTIAL", function()
      local handler = require "orchestrator.handler"
      local loaded = package.loaded["policies.wave"]
      finally(function() package.loaded["policies.wave"] = loaded end)
      package.loaded["policies.wave"] = { go_on = function(wave)
        return #wave.serverStatuses > 0 and wave.status ~= "FAILED" and "allow" or "deny", "too few"
      end }
      here.cut({ operation = "StartExecution" }, function() here.start("partial") end)
      local id = select(2, here.call("GET", "/executions")).items[1].executionId
      local state = handler.handle { action = "begin", input = { Execution = { Id = id } } }
      for _ = 1, 4 do
        here.advance(30)
        state = handler.handle { action = "update_wave_status", state = state }
      end
      local item = here.item(id)
      assert.equal("PARTIAL", item.status)
      assert.equal("PARTIAL", item.waves[1].status)
      assert.equal("COMPLETED", item.waves[2].status)
    end)
  end)
end)
