local subprocess = require "subprocess"
local task       = require "task"
local time       = require "time"

local function refused(arguments)
  local ran, problem = pcall(subprocess.run, arguments)
  assert.is_false(ran)
  return problem
end

describe("subprocess.run", function()
  it("gives what a program writes and its exit code", function()
    assert.are.same({ code = 3, stdout = "out\n", stderr = "err\n" },
      subprocess.run { "sh", "-c", "echo out; echo err >&2; exit 3" })
  end)

  it("takes each argument as it is, without a shell", function()
    assert.are.equal("[$HOME][a  b][*]", subprocess.run({ "printf", "[%s]", "$HOME", "a  b", "*" }).stdout)
  end)

  it("names the signal that ended a program", function()
    assert.are.equal(15, subprocess.run({ "sh", "-c", "kill -TERM $$" }).signal)
  end)

  it("gives a program no input that is meant for us and no file of ours", function()
    local result = subprocess.run { "sh", "-c", "cat; ls /proc/self/fd | wc -l" }
    assert.are.equal(4, tonumber(result.stdout), "0, 1, 2 and the folder that ls reads")
  end)

  it("gives a program SIGPIPE as every program expects it", function()
    assert.are.equal(0, subprocess.run({ "sh", "-c", "yes | head -n 1" }).code)
  end)

  it("says which program could not be started and why", function()
    local problem = refused { "/nowhere/program" }
    assert.are.equal("SUBPROCESS_START", problem.code)
    assert.are.equal("/nowhere/program: No such file or directory", problem.message)
    local path = os.tmpname()
    assert.matches("Permission denied", refused({ path }).message)
    os.remove(path)
  end)

  it("kills what does not end in time", function()
    local began = time.monotonic()
    assert.are.equal("SUBPROCESS_TIMEOUT", refused({ "sleep", "60", timeout = 0.1 }).code)
    assert.is_true(time.monotonic() - began < 10)
  end)

  it("kills what writes more than the limit, and cuts what it complains about", function()
    assert.are.equal("SUBPROCESS_OUTPUT_TOO_LARGE", refused({ "yes", limit = 1000 }).code)
    assert.are.equal(1000, #subprocess.run({ "head", "-c", "1000", "/dev/zero", limit = 1000 }).stdout)
    assert.are.equal("SUBPROCESS_OUTPUT_TOO_LARGE", refused({ "head", "-c", "1001", "/dev/zero", limit = 1000 }).code)
    assert.are.equal(4096, #subprocess.run({ "sh", "-c", "head -c 100000 /dev/zero >&2" }).stderr)
  end)

  it("reads long outputs, and lets other tasks run meanwhile", function()
    local flag = os.tmpname()
    os.remove(flag)
    local other = task.spawn(function() io.open(flag, "w"):close() end) -- begins when this task waits
    local wait = "head -c 1048576 /dev/zero; while [ ! -e " .. flag .. " ]; do sleep 0.01; done"
    assert.are.equal(1 << 20, #subprocess.run({ "sh", "-c", wait, timeout = 20 }).stdout)
    other:join()
    os.remove(flag)
  end)

  it("does not wait for what the program left running", function()
    local began = time.monotonic()
    assert.are.equal("begun\n", subprocess.run({ "sh", "-c", "sleep 20 & echo begun" }).stdout)
    assert.is_true(time.monotonic() - began < 10)
  end)

  it("kills the program when the task is cancelled", function()
    local path = os.tmpname()
    local child = task.spawn(function()
      subprocess.run { "sh", "-c", "echo $$ > " .. path .. "; exec sleep 60" }
    end)
    local id
    repeat
      task.sleep(0.005)
      local file <close> = io.open(path)
      id = file:read "n"
    until id
    child:cancel()
    os.remove(path)
    assert.is_nil(io.open(("/proc/%d/stat"):format(id)))
  end)

  it("is used wrongly with a sentence", function()
    assert.matches("a program and at most 255 arguments expected", refused {})
    assert.matches("argument 2 is no text", refused { "echo", 1 })
    assert.matches("argument 2 is no text", refused { "echo", "a\0b" })
    assert.matches("unknown field 'timout'", refused { "echo", timout = 1 })
    assert.matches("timeout", refused { "echo", timeout = -1 })
  end)
end)
