-- Several workers under a master, as processes: ready, replaced, drained, reloaded; and scripts that cannot hurt the others.
local http = require "http"
local json = require "json"
local program = require "tests.support.program"
local script_folder = require "tests.support.script_folder"
local server = require "server"
local task = require "task"
local time = require "time"

local QUICK = "return { route = 'GET /quick', handle = function(request) return 200, { generation = request.generation } end }"
local SLOW = [[local task = require "task"
  return { route = "GET /slow", handle = function(request)
    task.sleep(tonumber(request.query.seconds))
    return 200, { done = true } end }]]
local SPIN = [[return { route = "GET /spin", handle = function()
  local n = 0
  while true do n = n + 1 end end }]]

describe("drsh serve --workers", function()
  local folder, running

  local function start(files, flags)
    folder = script_folder.new(files)
    running = program.start(("serve --workers 3 --listen 127.0.0.1:0 --scripts %s %s"):format(folder.path, flags or ""),
      "AWS_REGION=us-east-1 DRSH_RUNTIME_DIR=" .. folder.root .. "/run")
    return running
  end

  after_each(function()
    if running then running:__close() end
    if folder then folder:close() end
    running, folder = nil, nil
  end)

  -- Each on a connection of its own, so that any worker may take it.
  local function get(path)
    local answer = http.request { url = running.url .. path, timeout = 20, headers = { connection = "close" } }
    return answer.status, answer.body, answer.headers
  end

  local function metric(pattern)
    return tonumber(select(2, get "/metrics"):match(pattern .. " ([%d.]+)"))
  end

  local function pids()
    local list = {}
    for id in io.popen("pgrep -P " .. running.id):lines() do list[#list + 1] = tonumber(id) end
    return list
  end

  local function lines_with(word)
    local found = {}
    for line in running:log():gmatch "[^\n]+" do
      if line:find(word, 1, true) then found[#found + 1] = json.decode(line) end
    end
    return found
  end

  it("prints one ready line when all serve, and counts over all of them", function()
    start { ["endpoints/quick.lua"] = QUICK }
    assert.equal(3, #pids())
    for worker = 1, 3 do assert.equal(1, metric('drsh_worker_up{worker="' .. worker .. '"}')) end
    for _ = 1, 30 do assert.equal(200, (get "/quick")) end
    assert.equal(30, metric 'drsh_requests_total{route="GET /quick",status="200"}')
    assert.equal(30, metric 'drsh_request_duration_seconds_count{route="GET /quick"}')
  end)

  it("replaces a worker that dies, and keeps its counts", function()
    start { ["endpoints/quick.lua"] = QUICK }
    for _ = 1, 10 do assert.equal(200, (get "/quick")) end
    local killed = pids()[1]
    os.execute("kill -KILL " .. killed)
    for _ = 1, 10 do assert.equal(200, (get "/quick")) end
    program.wait_for("another worker", function()
      local now = pids()
      return #now == 3 and now[1] ~= killed and now[2] ~= killed and now[3] ~= killed
    end)
    program.wait_for("the replaced worker", function() return select(2, get "/metrics"):find 'drsh_worker_up{worker="%d"} 0' == nil end)
    assert.equal(20, metric 'drsh_requests_total{route="GET /quick",status="200"}')
    assert.matches("signal 9", lines_with("a worker ended and is replaced")[1].how)
  end)

  it("replaces a worker that shows no life, names what it ran, and goes on serving meanwhile", function()
    start({ ["endpoints/quick.lua"] = QUICK, ["endpoints/spin.lua"] = SPIN }, "--watchdog 1")
    local spinning = task.spawn(pcall, http.request, {
      url = running.url .. "/spin", timeout = 20, headers = { ["x-request-id"] = "the-stuck-one", connection = "close" },
    })
    -- A busy worker that is stopped is to the master as one that is stuck in C.
    local stuck = program.wait_for("the busy worker", function()
      for _, id in ipairs(pids()) do
        local file = io.open("/proc/" .. id .. "/stat")
        local state = file and file:read "a":match "%) (%u)"
        if file then file:close() end
        if state == "R" then return id end
      end
    end)
    os.execute("kill -STOP " .. stuck)
    local began, slowest = time.monotonic(), 0
    while time.monotonic() - began < 2 do
      local before = time.monotonic()
      assert.equal(200, (get "/quick"))
      slowest = math.max(slowest, time.monotonic() - before)
    end
    assert.is_true(slowest < 1, "a request took " .. slowest .. " s")
    local ok = spinning:join()
    assert.is_false(ok)
    local line = program.wait_for("the log line", function() return lines_with("a worker is stuck")[1] end)
    assert.equal("endpoints.spin", line.script)
    assert.equal("the-stuck-one", line.requestId)
  end)

  it("ends on SIGTERM after the requests under way, and takes no new ones", function()
    start { ["endpoints/slow.lua"] = SLOW }
    local slow = task.spawn(get, "/slow?seconds=1")
    task.sleep(0.3)
    os.execute("kill -TERM " .. running.id)
    assert.equal(200, (slow:join()))
    program.wait_for("its end", function() return not running:is_alive() end, 5)
    assert.is_false(pcall(get, "/slow?seconds=0"))
  end)

  it("does not wait for ever for a request when it ends", function()
    start({ ["endpoints/slow.lua"] = SLOW }, "--drain 1")
    local slow = task.spawn(pcall, get, "/slow?seconds=50")
    task.sleep(0.3)
    local began = time.monotonic()
    running:kill "TERM"
    assert.is_true(time.monotonic() - began < 10)
    assert.is_false((slow:join()))
  end)

  it("loads saved scripts in each worker, under one number, and all of them again on SIGHUP", function()
    start { ["endpoints/quick.lua"] = QUICK }
    folder:write("endpoints/quick.lua", QUICK .. "\n")
    folder:write("endpoints/other.lua", (QUICK:gsub("/quick", "/other")))
    for _ = 1, 12 do assert.equal(200, (get "/other")) end
    local numbers = program.wait_for("all workers' new generation", function()
      local text, found = select(2, get "/metrics"), {}
      for number in text:gmatch 'drsh_script_generation{worker="%d"} (%d+)' do found[#found + 1] = number end
      return found[1] ~= "1" and found[1] == found[2] and found[2] == found[3] and found
    end)
    assert.equal(3, #numbers)
    local before = #lines_with "scripts loaded"
    os.execute("kill -HUP " .. running.id)
    program.wait_for("the reload", function() return #lines_with "scripts loaded" >= before + 3 end, 5)
    assert.equal(200, (get "/quick"))
  end)

  it("runs background scripts in one of them", function()
    local count = 0
    local listener <close> = server.listen { handler = function()
      count = count + 1
      return 200, {}, "{}"
    end }
    start {
      ["endpoints/quick.lua"] = QUICK,
      ["background/a.lua"] = ("return { every = 3600, run = function() require 'http'.request { url = %q } end }"):format(listener.url),
    }
    program.wait_for("the background script", function() return count > 0 end)
    task.sleep(0.5)
    assert.equal(1, count)
  end)

  it("ends when its master is killed", function()
    start { ["endpoints/quick.lua"] = QUICK }
    local workers = pids()
    os.execute("kill -KILL " .. running.id)
    program.wait_for("the workers' end", function()
      for _, id in ipairs(workers) do
        if os.execute("kill -0 " .. id .. " 2> /dev/null") then return false end
      end
      return true
    end, 10)
  end)

  it("lets connections beyond the limit wait, and answers them all", function()
    start({ ["endpoints/slow.lua"] = SLOW }, "--workers 1 --connections 4")
    local paths = {}
    for n = 1, 120 do paths[n] = "/slow?seconds=0.5" end
    for _, status in ipairs(task.map(paths, function(path) return (get(path)) end)) do assert.equal(200, status) end
    assert.equal(1, #lines_with "too many connections are open")
  end)

  it("says what it cannot do", function()
    for flags, message in pairs {
      ["--workers 0"] = "a number from 1 to 64, or auto, not 0",
      ["--workers many"] = "a number from 1 to 64, or auto, not many",
      ["--workers 2 --local"] = "say %-%-workers 1, or start",
      ["--workers 2 --listen 0.0.0.0:0"] = "can be reached from other machines",
      ["--workers 2 --listen here:80"] = "ADDR:PORT with a numeric address, not here:80",
    } do
      local code, out, err = program.run("serve " .. flags)
      assert.is_true(code == 2 or code == 1, flags)
      assert.matches(message, err)
      assert.equal("", out)
    end
    local holder <close> = server.listen { handler = print }
    local code, _, err = program.run("serve --workers 2 --listen 127.0.0.1:" .. holder.port)
    assert.equal(1, code)
    assert.matches("in use", err)
  end)
end)
