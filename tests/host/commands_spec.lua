-- The program as its user meets it: flags, exit codes, ready line, signals.
local program = require "tests.support.program"
local json = require "json"

describe("drsh", function()
  it("prints its version and its help", function()
    local code, out = program.run "--version"
    assert.equal(0, code)
    assert.matches("^drsh %d+%.%d+%.%d+\n$", out)
    code, out = program.run "--help"
    assert.equal(0, code)
    for _, name in ipairs { "serve", "call", "run", "repl", "stubs", "local" } do assert.matches("\n  " .. name .. " ", out) end
  end)

  it("says of each command what its flags are", function()
    for _, name in ipairs { "serve", "call", "run", "repl", "stubs", "local" } do
      local code, out = program.run(name .. " --help")
      assert.equal(0, code)
      assert.matches("^usage: drsh " .. name, out)
      assert.matches("AWS_REGION", out)
    end
  end)

  it("is used wrongly with exit code 2 and a way out", function()
    for _, case in ipairs {
      { "nonsense", "there is no command 'nonsense'" },
      { "serve --nonsense", "unknown flag %-%-nonsense; see 'drsh serve %-%-help'" },
      { "serve --listen", "%-%-listen needs a value" },
      { "serve --listen 0.0.0.0:0 --local", "can be reached from other machines" },
      { "serve --log-level loud", "debug, info, warn or error, not loud" },
      { "local --speed fast", "^drsh: %-%-speed should be a number above 0, not fast\n$" },
      { "local --listen 4599", "^drsh: %-%-listen should be ADDR:PORT, not 4599\n$" },
      { "call GET", "usage: drsh call METHOD PATH" },
      { "run", "usage: drsh run FILE" },
      { "run /nowhere/runbook.lua", "cannot open /nowhere/runbook.lua" },
    } do
      local code, _, err = program.run(case[1])
      assert.equal(2, code, case[1])
      assert.matches(case[2], err)
    end
  end)

  it("runs a runbook with its arguments and gives its exit code", function()
    local folder = program.folder()
    local file = assert(io.open(folder .. "/book.lua", "w"))
    file:write 'local helper = require "helper"\nrequire "task".sleep(0.01)\nprint(helper, arg[1], ...)\nreturn tonumber(arg[2])\n'
    file:close()
    file = assert(io.open(folder .. "/helper.lua", "w"))
    file:write 'return "helped"\n'
    file:close()
    local code, out = program.run(("run %s/book.lua --flag 7"):format(folder))
    program.remove(folder)
    assert.equal(7, code)
    assert.equal("helped\t--flag\t--flag\t7\n", out)
  end)

  it("fails with exit code 1, the error and where it came from", function()
    local folder = program.folder()
    local file = assert(io.open(folder .. "/book.lua", "w"))
    file:write 'local function inner() error "the reason" end\ninner()\n'
    file:close()
    local code, _, err = program.run("run " .. folder .. "/book.lua")
    program.remove(folder)
    assert.equal(1, code)
    assert.matches("book.lua:1: the reason", err)
    assert.matches("stack traceback", err)
  end)

  it("reads the prompt's lines from a pipe", function()
    local folder = program.folder()
    local file = assert(io.open(folder .. "/session", "w"))
    file:write "1 + 1\nt = {\n  b = json.array{},\n  a = 'x' }\nt\nuuid.is_valid(uuid.v4())\n"
    file:close()
    local pipe = io.popen(program.path .. " repl < " .. folder .. "/session 2>&1")
    local out = pipe:read "a"
    pipe:close()
    program.remove(folder)
    assert.equal('2\n{\n  a = "x",\n  b = json.array{}\n}\ntrue\n', out)
  end)

  it("calls an endpoint without a server, for cron and people in a hurry", function()
    local code, out = program.run "call --local GET /executions"
    assert.equal(0, code)
    assert.same({}, json.decode(out).items)
    code, out = program.run "call --local GET /executions/nonsense"
    assert.equal(1, code)
    assert.equal("INVALID_EXECUTION_ID", json.decode(out).error)
    for _, order in ipairs { "--json -d '{}' POST /executions", "POST /executions -d '{}' --json" } do
      code, out = program.run("call --local " .. order)
      assert.equal(1, code)
      assert.equal(400, json.decode(out).status)
      assert.equal("MISSING_FIELD", json.decode(out).body.error)
    end
  end)

  it("ends on SIGTERM with code 143 or 0 and leaves its port", function()
    local server <close> = program.start "serve --local --listen 127.0.0.1:0"
    local status, body = server:call("GET", "/health")
    assert.equal(200, status)
    assert.is_string(body.version)
    server:kill "TERM"
    assert.is_false(pcall(server.call, server, "GET", "/health"))
  end)

  it("writes stubs for editors", function()
    local folder = program.folder()
    local code, out = program.run("stubs " .. folder .. "/of/drsh")
    assert.equal(0, code)
    assert.matches("^%d+ stubs in " .. folder .. "/of/drsh; for lua%-language%-server", out)
    assert.is_function(loadfile(folder .. "/of/drsh/services/drs.lua"))
    assert.equal(1, (program.run("stubs /dev/null/x")))
    assert.equal(2, (program.run "stubs"))
    program.remove(folder)
  end)

  it("starts the local AWS alone, ready in one line", function()
    local server <close> = program.start "local --listen 127.0.0.1:0"
    assert.matches("^http://127%.0%.0%.1:%d+$", server.url)
  end)
end)
