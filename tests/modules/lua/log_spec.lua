-- The log goes to the program's stderr: each test runs a small script in a program of its own and reads that.
local json = require "json"
local program = os.getenv "DRSH" or "build/drsh"

local function lines_of(script, environment)
  local path, errors = os.tmpname(), os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write('local log = require "log"\n', script)
  file:close()
  os.execute(("%s %s run %s 2> %s"):format(environment or "DRSH_LOG_LEVEL=info", program, path, errors))
  local lines = {}
  for line in io.lines(errors) do lines[#lines + 1] = json.decode(line) end
  os.remove(path)
  os.remove(errors)
  return lines
end

describe("log", function()
  it("writes one line of JSON with time, level, message and fields", function()
    local lines = lines_of [[
      log.info("started", { wave = 1, servers = { "s-1", "s-2" }, ok = true, share = 0.5, none = require "json".null })
      log.warn "careful"
      log.error "broken"
    ]]
    assert.equal(3, #lines)
    assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ$", lines[1].time)
    lines[1].time = nil
    assert.same({
      level = "info", message = "started", wave = 1, servers = { "s-1", "s-2" }, ok = true, share = 0.5, none = json.null,
    }, lines[1])
    assert.same({ "warn", "careful" }, { lines[2].level, lines[2].message })
    assert.equal("error", lines[3].level)
  end)

  it("says a warning of warn_once once", function()
    local lines = lines_of 'for _ = 1, 3 do log.warn_once("no index", { a = 1 }) log.warn_once "other" end'
    assert.equal(2, #lines)
    assert.same({ "no index", 1, "other" }, { lines[1].message, lines[1].a, lines[2].message })
  end)

  it("leaves out the levels that are not wanted", function()
    assert.equal(0, #lines_of 'log.debug "x"')
    assert.equal("debug", lines_of('log.debug "x"', "DRSH_LOG_LEVEL=debug")[1].level)
    assert.equal(1, #lines_of('log.info "x" log.warn "x" log.error "y"', "DRSH_LOG_LEVEL=error"))
  end)

  it("writes what JSON does not have as tostring shows it", function()
    local line = lines_of [[
      local loop = {}
      loop.loop = loop
      log.info("odd", { empty = {}, fn = print, nan = 0 / 0, bytes = "a\255", loop = loop, [3] = "three" })
    ]][1]
    assert.same({ {}, "three", "a\u{FFFD}" }, { line.empty, line["3"], line.bytes })
    assert.matches("^function", line.fn)
    assert.matches("nan", line.nan)
    assert.matches("^table", line.loop)
  end)

  it("takes any message, and no fields that are no table", function()
    assert.same({ "nil", "5", "a\nb" }, (function()
      local lines, messages = lines_of 'log.info(nil) log.info(5) log.info "a\\nb"', {}
      for index, line in ipairs(lines) do messages[index] = line.message end
      return messages
    end)())
    assert.matches("table expected, got string", lines_of [[
      local ok, problem = pcall(log.info, "x", "y")
      log.info(problem)
    ]][1].message)
  end)

  it("leaves out fields that are too long, and says so", function()
    local line = lines_of 'log.info("long", { text = ("x"):rep(60000) })'[1]
    assert.same({ "long", "left out: they are too long" }, { line.message, line.fields })
  end)

  it("takes secrets out", function()
    local line = lines_of 'log.info("token", { taskToken = "very-secret", secretAccessKey = "very-secret", name = "shown" })'[1]
    assert.is_nil(json.encode(line):find "very%-secret")
    assert.equal("shown", line.name)
  end)
end)
