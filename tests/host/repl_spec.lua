-- The prompt as a person meets it, on a terminal, and as a script does, through a pipe.
local program = require "tests.support.program"
local screen  = require "tests.support.screen"

local PROMPT = "drsh> "

local function open(arguments, environment)
  local settings = { DRSH_HISTORY = "/dev/null" }
  for name, value in pairs(environment or {}) do settings[name] = value end
  local session = screen.open("repl " .. (arguments or ""), settings)
  session:expect(PROMPT)
  return session
end

describe("the prompt on a terminal", function()
  it("answers, takes what needs several lines, and ends at Ctrl-D", function()
    local session <close> = open()
    session:type "1 + 1\n"
    session:expect("\n2\r\n.*" .. PROMPT)
    session:type "t = {\n"
    session:expect "  >> "
    session:type "b = json.array{}, a = 'x' }\n"
    session:expect(PROMPT)
    session:type "t\n"
    session:expect('\n{\r\n  a = "x",\r\n  b = json.array{}\r\n}\r\n')
    session:expect(PROMPT)
    session:type "nothing.here\n"
    session:expect "attempt to index a nil value %(global 'nothing'%)"
    session:expect(PROMPT)
    session:type(screen.CTRL_D)
    assert.equal(0, session:ended())
  end)

  it("completes with Tab what the one list and the models know", function()
    local session <close> = open()
    session:type("uui" .. screen.TAB .. ".is_v" .. screen.TAB .. "('x')\n")
    session:expect "\nfalse\r\n"
    session:expect(PROMPT)
    session:type('aws.client("drs"):describe_job_l' .. screen.TAB)
    session:expect "og_items"
    session:type(screen.CTRL_C)
    session:expect(PROMPT)
    session:type(":reado" .. screen.TAB .. "\n")
    session:expect "AWS writes: off"
  end)

  it("gives a line up at Ctrl-C, and a call, and a loop that never ends; the session stays", function()
    local session <close> = open()
    session:type "this is not what I meant"
    session:expect "meant"
    session:type(screen.CTRL_C)
    session:expect(PROMPT)
    session:type "task.sleep(1000)\n"
    session:expect "\n"
    require "task".sleep(0.2)
    session:type(screen.CTRL_C)
    session:expect "interrupted"
    session:expect(PROMPT)
    session:type "while true do end\n"
    session:expect "\n"
    require "task".sleep(0.2)
    session:type(screen.CTRL_C)
    session:expect "interrupted"
    session:expect(PROMPT)
    session:type "'still ' .. 'here'\n"
    session:expect '\n"still here"\r\n'
  end)

  it("goes on with background work while nobody types", function()
    local session <close> = open()
    session:type "task.background(function() task.sleep(0.2) print('from ' .. 'behind') end) and nil\n"
    session:expect "from behind"
  end)

  it("refuses an AWS write, asks for it after :write on, and makes it when told so", function()
    local session <close> = open "--local"
    session:type "drs = aws.client 'drs'\n"
    session:expect(PROMPT)
    session:type "id = drs:describe_source_servers{}.items[1].sourceServerID\n"
    session:expect(PROMPT)
    local tag = "drs:tag_resource { resourceArn = drs:describe_source_servers{}.items[1].arn, tags = { Seen = 'yes' } }\n"
    session:type(tag)
    session:expect "WRITE_REFUSED: drs:TagResource changes something, and this session only reads; :write on allows it"
    session:expect(PROMPT)
    session:type ":write on\n"
    session:expect "AWS writes: on"
    session:expect(PROMPT)
    session:type(tag)
    session:expect 'drs TagResource in us%-east%-1, with.*Seen = "yes".*do it%? %[y/N%] '
    session:type "n\n"
    session:expect "not confirmed; nothing was sent"
    session:expect(PROMPT)
    session:type "drs:describe_source_servers{}.items[1].tags.Seen\n"
    session:expect "\nnil\r\n"
    session:expect(PROMPT)
    session:type(tag)
    session:expect "do it%?"
    session:type "y\n"
    session:expect(PROMPT)
    session:type "drs:describe_source_servers{}.items[1].tags.Seen\n"
    session:expect '\n"yes"\r\n'
    session:expect(PROMPT)
    session:type ":yes\n"
    session:expect(PROMPT)
    session:type((tag:gsub("yes", "again")))
    session:expect(PROMPT)
    session:type "drs:describe_source_servers{}.items[1].tags.Seen\n"
    session:expect '\n"again"\r\n'
  end)

  it("shows what is long a screen at a time", function()
    local session <close> = open()
    session:type "help 'ec2.run_instances'\n"
    session:expect "%-%- more: Enter; q ends %-%- "
    session:type "\n"
    session:expect "%-%- more: Enter; q ends %-%- "
    session:type "q\n"
    session:expect(PROMPT)
  end)

  it("keeps its history for the user alone", function()
    local folder = program.folder()
    local history = folder .. "/history"
    do
      local session <close> = open("", { DRSH_HISTORY = history })
      session:type "'remembered'\n"
      session:expect '\n"remembered"\r\n'
      session:expect(PROMPT)
      session:type " 'forgotten'\n"
      session:expect '\n"forgotten"\r\n'
      session:expect(PROMPT)
      session:type(screen.CTRL_D)
      session:ended()
    end
    local pipe = io.popen("stat -c %a " .. history)
    assert.equal("600\n", pipe:read "a")
    pipe:close()
    local file = assert(io.open(history))
    assert.is_nil(file:read "a":find "forgotten")
    file:close()
    do
      local session <close> = open("", { DRSH_HISTORY = history })
      session:type "\27[A\n" -- the arrow up
      session:expect '\n"remembered"\r\n'
    end
    program.remove(folder)
  end)

  it("ends when the terminal goes away", function()
    local session = open()
    session:close()
  end)
end)

-- Runs the lines through a pipe -> exit code, output, errors.
local function piped(lines, arguments)
  local folder = program.folder()
  local file = assert(io.open(folder .. "/session", "w"))
  file:write(lines)
  file:close()
  local pipe = io.popen(("%s repl %s < %s/session 2> %s/err"):format(program.path, arguments or "", folder, folder))
  local out = pipe:read "a"
  local _, _, code = pipe:close()
  file = assert(io.open(folder .. "/err"))
  local err = file:read "a"
  file:close()
  program.remove(folder)
  return code, out, err
end

describe("the prompt through a pipe", function()
  it("says what it was asked, and fails when a line failed", function()
    local code, out, err = piped "1 + 1\n:region eu-west-1\nerror 'no'\n:quit\n3\n"
    assert.equal(1, code)
    assert.equal("2\nregion: eu-west-1\n", out)
    assert.matches("no", err)
  end)

  it("refuses writes that nobody can confirm, until :yes", function()
    local write = 'aws.client("drs"):delete_job { jobID = "drsjob-00000000000000000" }\n'
    local _, _, err = piped(write .. ":write on\n" .. write .. ":yes\n" .. write, "--local")
    local lines = {}
    for line in err:gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.matches("^WRITE_REFUSED: drs:DeleteJob changes something", lines[1])
    assert.matches("^WRITE_REFUSED: drs:DeleteJob would be asked for, and nobody can answer here; say :yes first", lines[2])
    assert.matches("^ResourceNotFoundException: ", lines[3])
  end)

  it("refuses the writes of the endpoints and functions that it calls, too", function()
    local _, out = piped([[
      plan = aws.client("dynamodb", { document = true }):scan { TableName = "drsh-recovery-plans" }.Items[1].planId
      order = json.encode { planId = plan, executionType = "DRILL", initiatedBy = "me" }
      function start() return (app.handle { method = "POST", path = "/executions", body = order }) end
      start()
      json.decode(select(3, app.handle { method = "GET", path = "/executions" })).count
      :write on
      :yes
      start()]] .. "\n", "--local")
    assert.equal("502\n0\nAWS writes: on\nAWS writes without asking: on\n202\n", (out:gsub("\27%[[^m]*m", "")))
  end)

  it("rehearses writes when told so, and makes none", function()
    local _, out, err = piped(':dry\naws.client("drs"):tag_resource { tags = { Seen = "yes" }, ' ..
      'resourceArn = aws.client("drs"):describe_source_servers{}.items[1].arn }\n' ..
      ':dry off\naws.client("drs"):describe_source_servers{}.items[1].tags.Seen\n', "--local")
    assert.equal("", err)
    assert.matches('this would be written:.*operation = "TagResource".*Seen = "yes".*dry run: off\nnil\n$', out)
  end)

  it("shows where in a person's own functions it failed, and nothing of ours", function()
    local _, _, err = piped 'function inner() error "deep" end\nfunction outer() inner() return 1 end\nouter()\n'
    assert.matches("^repl:1: deep\n\trepl:1: in [^\n]*inner'\n\t\tfunction inner%(%) error \"deep\" end\n\trepl:1: in ", err)
    assert.is_nil(err:find "host/")
  end)

  it("says which value was wrong, in what was typed now and before", function()
    local _, _, err = piped [[
plan = { waves = {} }
function first(of) return of.waevs[1] end
plan.waevs[1]
first(plan) -- a comment
plan.count < 3
x = = 1
]]
    local told = "plan.waevs is nil, did you mean 'waves'?\n"
    local from, to = err:find("repl:1: attempt to index a nil value (field 'waevs'); " .. told, 1, true)
    assert.equal(1, from)
    from, to = err:find("of.waevs is nil, did you mean 'waves'?\n", to, true)
    assert.is_number(from)
    from, to = err:find("attempt to compare nil with number; plan.count is nil (plan has waves)\n", to, true)
    assert.is_number(from)
    assert.equal("repl:1: unexpected symbol near '='\n", err:sub(to + 1))
  end)

  it("traces each call, also those that fail", function()
    local _, _, err = piped(':trace\naws.client("sts"):get_caller_identity{}.Account\n' ..
      'pcall(function() aws.client("drs"):describe_job_log_items { jobID = "drsjob-00000000000000000" } end)\n', "--local")
    assert.matches("sts GetCallerIdentity us%-east%-1: ok, %d+ ms, request [%w-]+\n", err)
    assert.matches("drs DescribeJobLogItems us%-east%-1: ValidationException, %d+ ms, request [%w-]+\n", err)
  end)

  it("has its settings, and says which there are", function()
    local _, out, err = piped ":help\n:nope\n:account 12\n:account 123456789012 Recovery x\n:account own\n:profile\n:write maybe\n:reload\n:edit ../x\n"
    assert.matches("  :write %[on|off%] +let AWS calls change something", out)
    assert.matches("there is no ':nope'", err)
    assert.matches("twelve digits and the name of a role", err)
    assert.matches("account: 123456789012 as Recovery\naccount: our own\n", out)
    assert.matches("on or off, not maybe", err)
    assert.matches("0 scripts forgotten", out)
    assert.matches("the name of a script is needed", err)
  end)

  it("works in another account when told so", function()
    local _, out = piped(':account 210987654321 NoSuchRole\npcall(function() return aws.client("drs"):describe_jobs{} end)\n:account own\n' ..
      '#aws.client("drs"):describe_jobs{}.items >= 0\n', "--local")
    assert.matches("\nfalse\n", out)
    assert.matches("AccessDenied", out)
    assert.matches("\ntrue\n$", out)
  end)

  it("brings the local AWS along in the middle of a session", function()
    local _, out = piped ':local\n#aws.client("drs"):describe_source_servers{}.items > 0\n'
    assert.matches("^the local AWS is at http://127%.0%.0%.1:%d+; its clock runs 1 times as fast\ntrue\n$", out)
  end)

  it("opens a script in the editor and reads it anew", function()
    local folder = program.folder()
    os.execute("mkdir -p " .. folder .. "/policies")
    local file = assert(io.open(folder .. "/policies/mine.lua", "w"))
    file:write "return 1\n"
    file:close()
    local editor = folder .. "/editor"
    file = assert(io.open(editor, "w"))
    file:write('#!/bin/sh\necho "return 2" > "$1"\n')
    file:close()
    os.execute("chmod +x " .. editor)
    local session = assert(io.open(folder .. "/session", "w"))
    session:write "require 'policies.mine'\n:edit policies/mine\nrequire 'policies.mine'\n:edit policies/other\n"
    session:close()
    local pipe = io.popen(("VISUAL=%s %s repl --scripts %s < %s/session 2>&1"):format(editor, program.path, folder, folder))
    local out = pipe:read "a"
    pipe:close()
    program.remove(folder)
    assert.matches("^1\n.*mine.lua is sound Lua\n2\n.*there is no .*other.lua\n$", out)
  end)
end)
