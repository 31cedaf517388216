-- Errors that teach: what Lua leaves out of its messages, and tracebacks of a person's own lines.
local app = require "app"
local failure = require "explain.failure"
local json = require "json"
local program = require "tests.support.program"
local script_folder = require "tests.support.script_folder"

local function said(fn, ...)
  local _, err = failure.pcall(fn, ...)
  return type(err) == "string" and err:gsub("^tests/host/explain_spec.lua:%d+: ", "") or err
end

describe("a message about a wrong value", function()
  local plan = { waves = { { servers = {} } }, name = "Billing", size = "10" }
  local function find() return nil end
  local function look() return nil end

  it("says which expression it was, and the name that was meant", function()
    assert.equal("attempt to index a nil value (field 'waevs'); plan.waevs is nil, did you mean 'waves'?",
      said(function() return plan.waevs[1] end))
    assert.equal("attempt to call a nil value (method 'begin'); plan:begin is nil (plan has name, size, waves)",
      said(function() return plan:begin() == 1 end))
    assert.matches("^attempt to index a nil value %(field '.-'%); plan.waves%[2%] is nil$",
      said(function() return plan.waves[2].servers end))
    assert.equal("attempt to get length of a nil value (field 'server'); plan.waves[1].server is nil, did you mean 'servers'?",
      said(function() return #plan.waves[1].server end))
  end)

  it("says it of what calls gave", function()
    assert.equal("attempt to index a nil value; find() gave nil", said(function() return find().name end))
    assert.equal("attempt to perform arithmetic on a nil value; find(...) gave nil", said(function() return find(1) + 1 end))
    assert.equal("attempt to concatenate a nil value; find() gave nil", said(function() return "a" .. find() end))
    assert.equal("attempt to call a nil value; find() gave nil", said(function() find()() end))
  end)

  it("says both sides of a comparison, whichever way it is written", function()
    local limit = 3
    assert.equal("attempt to compare nil with number; plan.count is nil (plan has name, size, waves), limit is 3",
      said(function() return plan.count < limit end))
    assert.equal("attempt to compare nil with number; limit is 3, plan.count is nil (plan has name, size, waves)",
      said(function() return limit > plan.count end))
    assert.equal('attempt to compare string with number; plan.size is "10"', said(function() return plan.size < 3 end))
    assert.equal("attempt to compare two nil values; find() gave nil, find() gave nil", said(function() return find() < find() end))
  end)

  it("says it of bounds and arguments", function()
    assert.matches("; plan%.count is nil", said(function() for _ = 1, plan.count do find() end end))
    assert.matches("^bad argument #1 to 'ipairs'.*; plan%.waevs is nil, did you mean 'waves'%?$",
      (said(function() for _ in ipairs(plan.waevs) do find() end end):gsub("^attempt to index a nil value", "bad argument #1 to 'ipairs'")))
    assert.equal("bad argument #1 to 'rep' (number expected, got nil); plan.count is nil (plan has name, size, waves)",
      said(function() return ("x"):rep(plan.count) == "" end))
  end)

  it("says it of functions that modules call for a script", function()
    local options = { region = "us-east-1", endpoint = "http://127.0.0.1:1", credentials = { access_key_id = "a", secret_access_key = "b" } }
    local wanted = "plan.waevs is nil, did you mean 'waves'?"
    for _, call in ipairs {
      function(fn) return require "task".map({ 1 }, fn) end,
      function(fn) return require "aws".once(fn, find) end,
      function(fn)
        return require "aws".across("drs", { regions = { "us-east-1" }, client = options, on_error = find }, fn)
      end,
    } do
      local _, err = pcall(call, function() return plan.waevs[1] end)
      assert.truthy(tostring(err):find(wanted, 1, true), tostring(err))
    end
  end)

  it("adds the place where Lua gives none", function()
    local _, err = failure.pcall(function() for _ in ipairs(plan.waevs) do find() end end)
    assert.matches("^tests/host/explain_spec.lua:%d+: ", err)
  end)

  it("adds nothing to what is said already, to words that somebody chose, and to what cannot be known", function()
    local nothing = nil
    assert.equal("attempt to index a nil value (local 'none')", said(function(x) local none = x return none.x end))
    assert.equal("attempt to index a nil value (upvalue 'nothing')", said(function() return nothing.x end))
    assert.equal("attempt to index a nil value (field 'x')",
      said(function() error "attempt to index a nil value (field 'x')" end))
    assert.equal("attempt to perform arithmetic on a nil value", said(function() return find(1) + look(2) + 1 end))
    local thrown = {}
    assert.equal(thrown, said(error, thrown))
  end)

  it("is not said twice when it is raised again", function()
    local once = said(function() return plan.waevs[1] end)
    assert.equal(once, said(function()
      local _, err = failure.pcall(function() return plan.waevs[1] end)
      error((err:gsub("^tests[^ ]+ ", "")), 0)
    end))
  end)

  it("shows no value of what is called a secret, and calls nothing of the script", function()
    local call = { api_token = "hunter2-hunter2", note = "hunter3" }
    assert.equal("attempt to compare string with number; call.api_token is a string", said(function() return call.api_token < 1 end))
    local trap = setmetatable({}, { __index = function() error "called" end, __tostring = function() error "called" end })
    assert.equal("attempt to perform arithmetic on a table value (upvalue 'trap')", said(function() return trap + 1 end))
  end)
end)

describe("a script's failure", function()
  local folder

  before_each(function()
    folder = script_folder.new {
      ["lib/sizes.lua"] = "local sizes = {}\nfunction sizes.of(plan)\n  local size = #plan.waevs\n  return size\nend\nreturn sizes\n",
      ["policies/access.lua"] = "return { may_call = function(caller) return caller.naem.first end }",
      ["endpoints/caught.lua"] = [[return { route = "GET /caught", handle = function()
        local ok, err = pcall(require("lib.sizes").of, { waves = {} })
        local _, side_by_side = pcall(require("task").map, { 1 }, function() return require("lib.sizes").of { waves = {} } end)
        return 200, { err = err, side_by_side = side_by_side }
      end }]],
    }
    os.remove(folder.path .. "/policies/access.lua")
  end)
  after_each(function() folder:close() end)

  it("is explained where the script catches it, also from a task", function()
    local _, _, text = app.open(folder.path):handle { method = "GET", path = "/caught" }
    local body = json.decode(text)
    local sentence = "scripts/lib/sizes.lua:3: attempt to get length of a nil value (field 'waevs'); plan.waevs is nil, did you mean 'waves'?"
    assert.same({ err = sentence, side_by_side = sentence }, { err = body.err, side_by_side = body.side_by_side })
  end)

  it("is explained from the lines that run, whatever was saved since", function()
    local endpoints = app.open(folder.path)
    local generation = endpoints.scripts:current()
    folder:write("lib/sizes.lua", "-- another\n-- text\n-- altogether\nreturn {}")
    local context = require "runtime.permissions".context(generation, "endpoints.caught", "x")
    local _, require_script = require "runtime.sandbox".new(generation.modules)
    local _, err, traceback = require "runtime.limited".run({ context = context, limits = {} }, function()
      local size = require_script "lib.sizes".of { waves = {} }
      return size
    end)
    assert.matches("plan.waevs is nil, did you mean 'waves'%?$", err)
    assert.matches("^stack traceback:\n\tscripts/lib/sizes.lua:3: in [^\n]+\n\t\tlocal size = #plan.waevs\n", traceback)
  end)

  it("is what a policy is denied with", function()
    folder:write("policies/access.lua", "return { may_call = function(caller) return caller.naem.first end }")
    local status, _, text = app.open(folder.path):handle { method = "GET", path = "/caught", caller = { name = "ann", roles = {} } }
    assert.equal(403, status)
    assert.matches("caller.naem is nil, did you mean 'name'%?", json.decode(text).message)
  end)
end)

-- What each command shows of the same fault.
describe("the fault is explained by", function()
  local FAULT = "local plan = { waves = {} }\n%s #plan.waevs\n"
  local SENTENCE = ":2: attempt to get length of a nil value (field 'waevs'); plan.waevs is nil, did you mean 'waves'?"
  local folder

  before_each(function() folder = script_folder.new() end)
  after_each(function() folder:close() end)

  local function shows(out, ...)
    for _, text in ipairs { SENTENCE, ... } do assert.is_truthy(out:find(text, 1, true), text .. " is not in:\n" .. out) end
    assert.is_nil(out:find "host/")
  end

  it("drsh run", function()
    folder:write("book.lua", FAULT:format "return")
    local code, _, err = program.run(("run %s/book.lua"):format(folder.path))
    assert.equal(1, code)
    shows(err, "book.lua:2: in main chunk\n\t\treturn #plan.waevs\n")
    assert.is_nil(err:find "nobody waited")
    _, _, err = program.run(("run --dry-run %s/book.lua"):format(folder.path))
    shows(err, "\t\treturn #plan.waevs\n")
  end)

  it("drsh test", function()
    folder:write("a_spec.lua", "it('x', function() " .. FAULT:format "return" .. "end)")
    local _, out = program.run(("test %s"):format(folder.path))
    shows(out, "\t\treturn #plan.waevs\n")
  end)

  it("drsh test, of an error that is a table: at the line of the spec", function()
    folder:write("a_spec.lua", "it('x', function()\n  require('sqlite').open('/nonexistent/x')\nend)")
    local _, out = program.run(("test %s"):format(folder.path))
    assert.matches("\n  [^\n]*a_spec.lua:2: [^\n]*", out)
  end)

  it("drsh call, a background script and the log of a server", function()
    folder:write("endpoints/a.lua", "return { route = 'GET /a', handle = function() " .. FAULT:format "return 200," .. "end }")
    folder:write("background/b.lua", "return { every = 1000, run = function() " .. FAULT:format "return" .. "end }")
    local code, _, err = program.run(("call GET /a --scripts %s"):format(folder.path))
    assert.equal(1, code)
    shows(err, [[\n\t\treturn 200, #plan.waevs]])
    local running <close> = program.start(("serve --listen 127.0.0.1:0 --scripts %s"):format(folder.path))
    program.wait_for("the log", function() return running:log():find "a background script failed" end)
    shows(running:log():match '[^\n]*a background script failed[^\n]*', [[\n\t\treturn #plan.waevs]])
  end)
end)

describe("an AWS failure", function()
  it("says account, region and request id, in its text and in the answer of an endpoint", function()
    local folder <close> = script_folder.new { ["endpoints/a.lua"] = [[
      return { route = "GET /a", aws = { "drs:DescribeJobLogItems" }, handle = function()
        return 200, require("aws").client("drs"):describe_job_log_items { jobID = "drsjob-00000000000000000" }
      end }]] }
    local here <close> = program.start "local --listen 127.0.0.1:0"
    local _, out, err = program.run(("call GET /a --json --scripts %s"):format(folder.path),
      ("AWS_ENDPOINT_URL=%s AWS_REGION=us-east-1 AWS_ACCOUNT_ID=123456789012 AWS_ACCESS_KEY_ID=AKIADRSHLOCAL0000000 "):format(here.url)
        .. "AWS_SECRET_ACCESS_KEY=local-secret-for-development-only")
    local body = json.decode(out).body
    assert.same({ "123456789012", "us-east-1", "DescribeJobLogItems" }, { body.account, body.region, body.operation })
    local place = ("(drs DescribeJobLogItems, us-east-1, account 123456789012, HTTP 400, request %s)"):format(body.awsRequestId)
    assert.is_truthy(body.message:find(place, 1, true), body.message)
    assert.is_truthy(err:find(place, 1, true), err)
    assert.is_truthy(err:find([[describe_job_log_items { jobID = \"drsjob]], 1, true), err)
  end)
end)

describe("a traceback", function()
  local function inner() error "deep" end
  local function outer() inner() return 1 end

  it("names the calls of scripts, each with its line, and leaves out what is between", function()
    local _, _, text = failure.protected(function() require "task".map({ 1 }, function() return 1 end) outer() end)
    assert.matches("^stack traceback:\n\ttests/host/explain_spec.lua:%d+: in upvalue 'inner'\n\t\tlocal function inner%(%) error \"deep\" end\n", text)
    assert.matches("\n\ttests/host/explain_spec.lua:%d+: in %a+ 'outer'\n\t\tlocal function outer%(%)", text)
    assert.is_nil(text:find("host/", 20, true) and text:find "\thost/")
    assert.is_nil(text:find("[C]", 1, true))
  end)

  it("ends after some calls, however deep the stack is", function()
    local function deep(n)
      if n == 0 then error "here" end
      deep(n - 1)
      return n
    end
    local _, _, text = failure.protected(deep, 100000)
    assert.is_true(select(2, text:gsub("\n\ttests/", "")) == 22)
    assert.matches("\n\t%.%.%.$", text)
  end)
end)
