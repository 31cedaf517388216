-- drsh kill: ends what runs, and says which AWS writes had gone out. And Ctrl-C, for a script that is busy.
local http = require "http"
local json = require "json"
local program = require "tests.support.program"
local script_folder = require "tests.support.script_folder"
local server = require "server"
local task = require "task"
local time = require "time"

-- Writes twice, the second without an answer, whatever it catches.
local WRITES = [[
  local aws = require "aws"
  local dynamodb = aws.client("dynamodb", { endpoint = %q, region = "us-east-1", max_attempts = 1,
    credentials = { access_key_id = "a", secret_access_key = "b" } })
  dynamodb:get_item { TableName = "t", Key = { id = { S = "1" } } }
  dynamodb:put_item { TableName = "t", Item = { id = { S = "1" } } }
  pcall(dynamodb.put_item, dynamodb, { TableName = "hangs", Item = { id = { S = "2" } } })
]]

describe("drsh kill", function()
  local folder, aws, environment

  before_each(function()
    folder = script_folder.new()
    environment = ("DRSH_RUNTIME_DIR=%s/run AWS_REGION=us-east-1"):format(folder.root)
    aws = server.listen { handler = function(request)
      if request.body:find "hangs" then task.sleep(60) end
      return 200, { ["content-type"] = "application/x-amz-json-1.0" }, "{}"
    end }
  end)

  after_each(function()
    aws.close()
    folder:close()
  end)

  local function write(name, text)
    local file = assert(io.open(folder.root .. "/" .. name, "w"))
    file:write(text)
    file:close()
    return folder.root .. "/" .. name
  end

  local function wait_until_running(id)
    program.wait_for("it runs: " .. id, function()
      local _, out = program.run("kill", environment)
      return out:find(id, 1, true)
    end)
    task.sleep(0.3)
  end

  it("ends a request at its next yield, lists the AWS writes, and the client is told", function()
    folder:write("endpoints/a.lua", ([[return { route = "POST /a", aws = { "dynamodb:GetItem", "dynamodb:PutItem" },
      handle = function() %s return 200, { survived = true } end }]]):format(WRITES:format(aws.url)))
    local running <close> = program.start(("serve --listen 127.0.0.1:0 --scripts %s"):format(folder.path), environment)
    local client = task.spawn(http.request, {
      method = "POST", url = running.url .. "/a", body = "{}", headers = { ["x-request-id"] = "kill-me" },
    })
    wait_until_running "kill-me"
    local code, out = program.run("kill kill-me", environment)
    assert.equal(0, code)
    assert.matches("^ended kill%-me  endpoints%.a ", out)
    assert.matches("us%-east%-1 dynamodb PutItem: done\n", out)
    assert.matches("us%-east%-1 dynamodb PutItem: sent, no answer yet\n", out)
    assert.is_nil(out:find "GetItem")
    local answer = client:join()
    assert.equal(503, answer.status)
    local body = json.decode(answer.body)
    assert.equal("REQUEST_KILLED", body.error)
    assert.equal(2, #body.awsWrites)
    assert.equal("kill-me", body.requestId)
    local metrics = http.request { url = running.url .. "/metrics" }
    assert.equal("text/plain; version=0.0.4; charset=utf-8", metrics.headers["content-type"])
    for _, line in ipairs {
      'drsh_kills_total{script="endpoints.a"} 1', 'drsh_requests_total{route="POST /a",status="503"} 1',
      'drsh_aws_calls_total{service="dynamodb",operation="PutItem",outcome="ok"} 1',
      'drsh_aws_calls_total{service="dynamodb",operation="GetItem",outcome="ok"} 1',
      'drsh_request_duration_seconds_bucket{route="POST /a",le="+Inf"} 1', "# TYPE drsh_request_duration_seconds histogram",
      'drsh_worker_up{worker="1"} 1', 'drsh_script_generation{worker="1"} 1',
    } do
      assert.is_truthy(metrics.body:find(line .. "\n", 1, true), line)
    end
    local _, nothing = program.run("kill", environment)
    assert.equal("nothing is running\n", nothing)
    assert.matches("ended by drsh kill", running:log())
  end)

  it("ends a runbook", function()
    local path = write("book.lua", WRITES:format(aws.url) .. "\nprint 'survived'")
    local ended = write("ended", "")
    os.execute(("(%s %s run %s > %s/out 2> %s/err < /dev/null; echo $? > %s) &"):format(environment, program.path, path,
      folder.root, folder.root, ended))
    wait_until_running "run-"
    local _, out = program.run("kill", environment)
    local id = out:match "run%-%d+"
    local code
    code, out = program.run("kill " .. id, environment)
    assert.equal(0, code)
    assert.matches("PutItem: done", out)
    local exit_code = program.wait_for("its end", function()
      local file <close> = assert(io.open(ended))
      return file:read "l"
    end)
    assert.equal("1", exit_code)
    for line in io.lines(folder.root .. "/out") do assert.is_nil(line:find "survived") end
  end)

  it("says when there is nothing to end", function()
    local code, _, err = program.run("kill nobody", environment)
    assert.equal(1, code)
    assert.matches("nothing runs under the id nobody", err)
    assert.equal(2, (program.run("kill 'a b'", environment)))
    assert.equal(2, (program.run("kill a b", environment)))
  end)

  it("works only through a folder that nobody else may enter", function()
    os.execute(("mkdir %s/run && chmod 755 %s/run"):format(folder.root, folder.root))
    local code, _, err = program.run("kill", environment)
    assert.equal(1, code)
    assert.matches("nobody else may enter", err)
    local path = write("book.lua", "print 'ran'")
    local _, out
    _, out, err = program.run("run " .. path, environment)
    assert.equal("ran\n", out)
    assert.matches("there is no control socket", err)
  end)
end)

describe("Ctrl-C", function()
  local path

  before_each(function() path = os.tmpname() end)
  after_each(function() os.remove(path) end)

  -- The exit code of a runbook that gets SIGINT while it is busy, and how long that took.
  local function interrupted(text, signals)
    local file = assert(io.open(path, "w"))
    file:write(text)
    file:close()
    local began = time.monotonic()
    local pipe = io.popen(("%s run %s 2> /dev/null & id=$!; sleep 0.7; for n in 1 %s; do kill -INT $id; sleep 1.3; done 2> /dev/null; wait $id; echo $?")
      :format(program.path, path, signals or ""))
    local code = pipe:read "a"
    pipe:close()
    return tonumber(code), time.monotonic() - began
  end

  it("ends a trusted script that is busy in a loop, whatever it catches", function()
    local code, seconds = interrupted "while true do pcall(function() while true do end end) end"
    assert.equal(130, code)
    assert.is_true(seconds < 10)
  end)

  it("twice ends one that is busy where no hook counts", function()
    assert.equal(130, (interrupted("coroutine.wrap(function() while true do end end)()", "2 3")))
  end)
end)
