-- drsh repl --attach: a prompt in the state of a running server.
local http = require "http"
local json = require "json"
local line_socket = require "process.line_socket"
local program = require "tests.support.program"
local screen = require "tests.support.screen"
local script_folder = require "tests.support.script_folder"
local task = require "task"

local READS = [[return { route = "GET /reads", summary = "Read", handle = function() return 200, { n = require("lib.numbers").one() } end }]]
local WRITES = [[return { route = "POST /writes", aws = { "drs:DeleteJob" }, handle = function()
  require("aws").client("drs"):delete_job { jobID = "drsjob-00000000000000000" }
  return 200, { done = true }
end }]]

describe("a prompt that is attached to a server", function()
  local folder, running, environment

  setup(function()
    folder = script_folder.new {
      ["endpoints/reads.lua"] = READS, ["endpoints/writes.lua"] = WRITES,
      ["lib/numbers.lua"] = "return { one = function() return 1 end }",
      ["policies/termination.lua"] = "return {}",
    }
    environment = ("DRSH_RUNTIME_DIR=%s/run AWS_REGION=us-east-1 AWS_ENDPOINT_URL=http://127.0.0.1:1 AWS_MAX_ATTEMPTS=1 ")
      :format(folder.root) .. "AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=never-to-be-seen"
    running = program.start(("serve --listen 127.0.0.1:0 --scripts %s"):format(folder.path), environment)
  end)

  teardown(function()
    running:__close()
    folder:close()
  end)

  -- Types the lines through a pipe -> exit code, output, errors.
  local function piped(lines, target)
    local path = folder.root .. "/typed"
    local file = assert(io.open(path, "w"))
    file:write(lines)
    file:close()
    local pipe = io.popen(("%s %s repl --attach %s < %s 2> %s.err"):format(environment, program.path, target or "", path, path))
    local out = pipe:read "a"
    local _, _, code = pipe:close()
    file = assert(io.open(path .. ".err"))
    local err = file:read "a"
    file:close()
    return code, out, err
  end

  local function open()
    local session = screen.open("repl --attach", { DRSH_HISTORY = "/dev/null", DRSH_RUNTIME_DIR = folder.root .. "/run" })
    session:expect "attached to process %d+, http://127"
    session:expect "drsh %d+> "
    return session
  end

  it("sees what the server sees: scripts, routes, policies, answers, what runs", function()
    local code, out, err = piped [[
x = { a = 1 }
x
print("one", nil)
live.routes()[1].route, #live.routes()
live.policies()
require "lib.numbers".one()
live.call("GET", "/reads")
live.running()[1].script
]]
    assert.equal("", err)
    assert.equal(0, code)
    assert.equal('{\n  a = 1\n}\none\tnil\n"GET /reads"\n2\n{\n  "termination"\n}\n1\n200\n{\n  n = 1\n}\n"drsh repl --attach"\n', out)
  end)

  it("sees the scripts of now, whatever was required before", function()
    local session <close> = open()
    session:type "require 'lib.numbers'.one()\n"
    session:expect "\n1\r\n"
    session:expect "drsh %d+> "
    folder:write("lib/numbers.lua", "return { one = function() return 'uno' end }")
    session:type "require 'lib.numbers'.one()\n"
    session:expect '\n"uno"\r\n'
    folder:write("lib/numbers.lua", "return { one = function() return 1 end }")
  end)

  it("edits a script of the server, and the next line obeys", function()
    local editor = folder.root .. "/editor"
    local file = assert(io.open(editor, "w"))
    file:write "#!/bin/sh\nsed -i 's/return 1/return 2/' \"$1\"\n"
    file:close()
    os.execute("chmod +x " .. editor)
    environment, file = environment .. " VISUAL=" .. editor, environment
    local _, out, err = piped "require 'lib.numbers'.one()\n:edit lib/numbers\nrequire 'lib.numbers'.one()\n:edit lib/nothing\n"
    environment = file
    folder:write("lib/numbers.lua", "return { one = function() return 1 end }")
    assert.matches("^1\n[^\n]*lib/numbers.lua is sound Lua\n2\n$", out)
    assert.matches("there is no [^\n]*lib/nothing.lua\n$", err)
  end)

  it("only reads until :write on, whoever makes the call; then it asks, and the log says what was written", function()
    local session <close> = open()
    session:type "live.call('POST', '/writes')\n"
    session:expect "WRITE_REFUSED: drs:DeleteJob changes something"
    session:type ":write on\n"
    session:expect "AWS writes: on"
    session:type "live.call('POST', '/writes')\n"
    session:expect "drs DeleteJob in us%-east%-1, with.*do it%? %[y/N%] "
    session:type "n\n"
    session:expect "not confirmed; nothing was sent"
    session:type "aws.client('drs'):delete_job { jobID = 'drsjob-00000000000000000' }\n"
    session:expect "do it%? %[y/N%] "
    session:type "y\n"
    session:expect "HTTP_CONNECT"
    program.wait_for("the audit", function() return running:log():find "an attached session made AWS writes" end)
    local line = json.decode(running:log():match '[^\n]*an attached session made AWS writes[^\n]*')
    assert.equal("DeleteJob", line.awsWrites[1].operation)
  end)

  it("rehearses from the beginning with --dry-run", function()
    local _, out = piped("live.call('POST', '/writes')\n:dry off\n", "--dry-run")
    assert.matches('200.*operation = "DeleteJob"', out)
  end)

  it("does not hold up the server with a loop, and Ctrl-C ends the call and not the session", function()
    local session <close> = open()
    session:type "while true do end\n"
    session:expect "\n"
    for _ = 1, 5 do
      assert.equal(200, http.request { url = running.url .. "/reads", timeout = 5 }.status)
    end
    session:type(screen.CTRL_C)
    session:expect "interrupted"
    session:expect "drsh %d+> "
    session:type "'still ' .. 'here'\n"
    session:expect '\n"still here"\r\n'
  end)

  it("is stopped by its limits, and may not do what scripts may not", function()
    local code, _, err = piped [[
local t = {} while true do t[#t + 1] = ("x"):rep(1 << 20) end
string.rep = nil
os.exit()
io.read()
numbres
config.get "AWS_SECRET_ACCESS_KEY"
:profile other
:reload
:nope
]]
    assert.equal(1, code)
    assert.matches("not enough memory\n", err)
    assert.matches("repl:1: attempt to change 'string.rep'", err)
    assert.matches("repl:1: unknown global 'os'", err)
    assert.matches("repl:1: unknown global 'io'", err)
    assert.matches("repl:1: unknown global 'numbres'", err)
    assert.matches("AWS_SECRET_ACCESS_KEY is a secret", err)
    assert.matches(":profile would change the server for everybody", err)
    assert.matches(":reload is not needed at a server", err)
    assert.matches("there is no ':nope'", err)
    assert.equal(200, http.request { url = running.url .. "/reads", timeout = 5 }.status)
  end)

  it("ends what it runs when the client goes", function()
    local session = open()
    session:type "task.sleep(1000)\n"
    local function runs() return (select(2, program.run("kill", environment))):find("drsh repl --attach", 1, true) end
    program.wait_for("it runs", runs)
    session:close()
    program.wait_for("its end", function() return not runs() end)
  end)

  it("can be ended with drsh kill, like all that runs", function()
    local session <close> = open()
    session:type "task.sleep(1000)\n"
    local id
    program.wait_for("it runs", function()
      id = (select(2, program.run("kill", environment))):match "attached%-[%d-]+"
      return id
    end)
    assert.equal(0, (program.run("kill " .. id, environment)))
    session:expect "interrupted"
  end)

  it("completes with the server's names: of what was typed, clients, settings and scripts", function()
    local session <close> = open()
    session:type "bills = { paid = 1, drs = aws.client 'drs' }\n"
    session:expect "drsh %d+> "
    session:type("bil" .. screen.TAB .. ".pa" .. screen.TAB .. "\n")
    session:expect "\n1\r\n"
    session:type("bills.drs:describe_job_l" .. screen.TAB)
    session:expect "og_items"
    session:type(screen.CTRL_C)
    session:expect "drsh %d+> "
    session:type("require 'lib.nu" .. screen.TAB)
    session:expect "mbers"
    session:type(screen.CTRL_C)
    session:expect "drsh %d+> "
    session:type("live.ro" .. screen.TAB)
    session:expect "utes"
  end)

  it("is in the log, with who it was", function()
    piped "1\n2\n"
    local log = running:log()
    local began = json.decode(log:match '.*\n([^\n]*somebody attached to this process[^\n]*)')
    assert.equal(require "process".user(), began.uid)
    assert.is_true(math.type(began.pid) == 'integer')
    program.wait_for("its end in the log", function()
      local line = running:log():match '.*\n([^\n]*an attached session has ended[^\n]*)'
      local ended = line and json.decode(line)
      return ended and ended.session == began.session and ended.calls == 2
    end)
    assert.is_nil(log:find "never%-to%-be%-seen")
  end)

  it("is told when the server ends, and when there is none", function()
    local other = program.start(("serve --listen 127.0.0.1:0 --scripts %s"):format(folder.path),
      ("DRSH_RUNTIME_DIR=%s/other"):format(folder.root))
    local session <close> = screen.open("repl --attach", { DRSH_HISTORY = "/dev/null", DRSH_RUNTIME_DIR = folder.root .. "/other" })
    session:expect "drsh %d+> "
    other:__close()
    assert.equal(1, session:ended())
    local code, _, err = program.run("repl --attach", ("DRSH_RUNTIME_DIR=%s/other"):format(folder.root))
    assert.equal(1, code)
    assert.matches("no server of this user runs", err)
    assert.equal(2, (program.run("repl 123", environment)))
  end)

  it("survives a client that speaks no sense, or not at all", function()
    local path = ("%s/run/%d.repl"):format(folder.root, running.id)
    for _, line in ipairs { "nonsense", "[]", "1", '{"run":"1"}', '{"attach":{"interactive":false}}' } do
      local connection <close> = line_socket.connect(path)
      connection:write(line)
    end
    local connection <close> = line_socket.connect(path)
    connection:write '{"attach":{}}'
    assert.is_truthy(json.decode(connection:read()).hello)
    connection:write '{"run":1}'
    connection:write '{"cancel":true}'
    connection:write '{"run":"1 + 1"}'
    assert.equal("2", json.decode(connection:read()).page)
  end)

  it("works through a socket that is its owner's alone", function()
    local pipe = io.popen(("stat -c %%a %s/run/*.repl %s/run"):format(folder.root, folder.root))
    assert.equal("600\n700\n", pipe:read "a")
    pipe:close()
  end)
end)

describe("of several servers and workers", function()
  it("one is named by its process, or its address and number", function()
    local folder <close> = script_folder.new { ["endpoints/reads.lua"] = READS, ["lib/numbers.lua"] = "return {}" }
    local environment = ("DRSH_RUNTIME_DIR=%s/run"):format(folder.root)
    local function ask(target)
      local pipe = io.popen(("echo 'live.worker()' | %s %s repl --attach %s 2>&1"):format(environment, program.path, target))
      local out = pipe:read "a"
      pipe:close()
      return out
    end
    local two <close> = program.start(("serve --workers 2 --listen 127.0.0.1:0 --scripts %s"):format(folder.path), environment)
    local port = two.url:match ":(%d+)$"
    assert.equal("1\n", ask "")
    assert.equal("1\n", ask(two.id))
    assert.equal("1\n", ask(":" .. port))
    assert.equal("2\n", ask((":%s/2"):format(port)))
    assert.equal("2\n", ask(("127.0.0.1:%s/2"):format(port)))
    assert.matches("no server is :1; there are:\n  drsh repl %-%-attach %d+ +http://127.0.0.1:%d+, worker 1\n", ask ":1")
    local one <close> = program.start(("serve --listen 127.0.0.1:0 --scripts %s"):format(folder.path), environment)
    assert.matches("several servers run; say which:\n", ask "")
    assert.equal("nil\n", ask(one.id))
    assert.equal("2\n", ask((":%s/2"):format(port)))
  end)
end)

describe("lines over a socket", function()
  it("wait for room, end with the other side, and are not endless", function()
    local path = os.tmpname()
    local listener <close> = line_socket.listen(path)
    local accepted = task.spawn(function() return (listener:accept()) end)
    local near <close> = line_socket.connect(path)
    local far = accepted:join()
    local written = 0
    local writer = task.spawn(function()
      for _ = 1, 300 do
        near:write(("x"):rep(100000))
        written = written + 1
      end
    end)
    task.sleep(0.05)
    assert.is_true(written < 150, written .. " lines of 100 KB were taken, and nobody reads") -- the other side keeps 8 MiB
    for _ = 1, 300 do assert.equal(100000, #far:read()) end
    writer:join()
    near:write "last"
    task.sleep(0.05)
    near:close()
    assert.equal("last", far:read())
    assert.is_nil(far:read())
    assert.has_error(function() near:write "x" end)
    far:close()
    accepted = task.spawn(function() return (listener:accept()) end)
    local endless <close> = line_socket.connect(path)
    local reader <close> = accepted:join()
    local sender = task.spawn(function() endless:write(("x"):rep(9 << 20)) end):observe()
    local fine, problem = pcall(reader.read, reader)
    assert.is_false(fine)
    assert.equal("LINE_TOO_LONG", problem.code)
    sender:cancel()
    assert.equal("CONNECT", select(2, pcall(line_socket.connect, path .. ".not-there")).code)
  end)
end)
