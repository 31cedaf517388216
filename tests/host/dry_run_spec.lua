-- --dry-run of the commands that make AWS writes or end what runs. What a dry run is made of: tests/modules/lua/dry_run_spec.lua.
local http = require "http"
local json = require "json"
local program = require "tests.support.program"
local script_folder = require "tests.support.script_folder"
local server = require "server"
local task = require "task"

local WRITE = [[require("aws").client("drs"):delete_job { jobID = "drsjob-00000000000000000" }]]

describe("--dry-run of", function()
  local folder, aws, calls, environment

  before_each(function()
    calls = 0
    aws = server.listen { handler = function()
      calls = calls + 1
      return 200, { ["content-type"] = "application/json" }, "{}"
    end }
    folder = script_folder.new {
      ["endpoints/a.lua"] = "return { route = 'POST /a', aws = { 'drs:DeleteJob' }, handle = function() " .. WRITE .. " return 202, { done = true } end }",
      ["endpoints/waits.lua"] = "return { route = 'GET /waits', handle = function() require('task').sleep(100) return 204 end }",
      ["background/b.lua"] = "return { every = 1000, aws = { 'drs:DeleteJob' }, run = function() " .. WRITE .. " end }",
    }
    environment = ("DRSH_RUNTIME_DIR=%s/run AWS_REGION=us-east-1 AWS_ENDPOINT_URL=%s AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b AWS_ACCOUNT_ID=123456789012")
      :format(folder.root, aws.url)
  end)

  after_each(function()
    aws.close()
    folder:close()
  end)

  local function is_rehearsed(body)
    assert.is_true(body.dryRun)
    assert.equal("DeleteJob", body.writes[1].operation)
    assert.equal("drsjob-00000000000000000", body.writes[1].parameters.jobID)
    assert.equal(0, calls)
  end

  it("serve: every request and background script writes nothing, and says what it would have written", function()
    local running <close> = program.start("serve --dry-run --listen 127.0.0.1:0 --scripts " .. folder.path, environment)
    local status, body = running:call("POST", "/a", "{}")
    assert.equal(200, status)
    is_rehearsed(body)
    assert.is_true(select(2, running:call("GET", "/health")).dryRun)
    local line = program.wait_for("the background script's writes", function()
      return running:log():match '[^\n]*a dry run of a background script would write[^\n]*'
    end)
    is_rehearsed { dryRun = true, writes = json.decode(line).writes }
  end)

  it("call", function()
    local code, out = program.run("call POST /a --dry-run --json --scripts " .. folder.path, environment)
    assert.equal(0, code)
    is_rehearsed(json.decode(out).body)
  end)

  it("run", function()
    folder:write("book.lua", WRITE .. "\nreturn 0")
    local code, out = program.run(("run --dry-run --json %s/book.lua"):format(folder.path), environment)
    assert.equal(0, code)
    is_rehearsed(json.decode(out))
  end)

  it("repl: from the beginning, until :dry off", function()
    folder:write("typed", WRITE .. "\n:dry off\n:write on\n:yes\n" .. WRITE .. "\n")
    os.execute(("(%s %s repl --dry-run < %s/typed > %s/shown 2>&1; touch %s/ended) &"):format(environment, program.path, folder.path,
      folder.root, folder.root)) -- beside us, who are its AWS
    program.wait_for("its end", function() return io.open(folder.root .. "/ended") end)
    local file <close> = assert(io.open(folder.root .. "/shown"))
    local out = file:read "a"
    assert.matches('^{}\nthis would be written:\n.*operation = "DeleteJob".*dry run: off\n', out)
    assert.equal(1, calls)
  end)

  it("kill: says what would end, and ends nothing", function()
    local running <close> = program.start("serve --listen 127.0.0.1:0 --scripts " .. folder.path, environment)
    local waiting = task.spawn(http.request, { url = running.url .. "/waits", headers = { ["x-request-id"] = "slow-one" } }):observe()
    program.wait_for("it runs", function() return (select(2, program.run("kill", environment))):find("slow-one", 1, true) end)
    local code, out = program.run("kill --dry-run slow-one", environment)
    assert.equal(0, code)
    assert.matches("^would end slow%-one  endpoints.waits ", out)
    assert.is_false(waiting:done())
    assert.equal(1, (program.run("kill --dry-run other", environment)))
    program.run("kill slow-one", environment)
    assert.equal(503, waiting:join().status)
  end)
end)
