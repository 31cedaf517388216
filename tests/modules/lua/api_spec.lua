-- The docs check: what is described is there, and what is there is described.
local api     = require "api"
local core    = require "runtime.scripts.core"
local help    = require "help"
local nearest = require "aws.nearest"
local sandbox = require "runtime.sandbox"
local stubs   = require "help.stubs"

describe("the list of what scripts can call", function()
  it("has every module that can be required, or says why not", function()
    local missing = {}
    for name in pairs(package.preload) do
      local known = name:find(".", 1, true) or api.module(name) or api.INTERNAL[name] or api.PACKAGED[name]
      missing[#missing + 1] = not known and name or nil
    end
    table.sort(missing)
    assert.equal("", table.concat(missing, " "), "modules without a description in modules/lua/api/")
  end)

  for _, name in ipairs(api.modules()) do
    it("describes all of " .. name .. ", and nothing else", function()
      local module, there = api.module(name), {}
      assert.equal(name, module.name)
      assert.is_string(module.summary)
      for member in pairs(require(name)) do
        there[#there + 1] = not member:find "^__" and member or nil
      end
      table.sort(there)
      assert.same(there, nearest.names(api.members(module)))
    end)

    it("says of " .. name .. " whether endpoints may require it", function()
      assert.equal(core.allowed(name), api.module(name).sandbox)
    end)
  end

  it("knows which functions endpoints do not get", function()
    local _, require_script = sandbox.new {}
    for _, name in ipairs(api.modules()) do
      local module = api.module(name)
      for member, entry in pairs(module.sandbox and api.members(module) or {}) do
        local has = pcall(function() return assert(require_script(name)[member] ~= nil) end)
        assert.equal(not entry.trusted, has, name .. "." .. member)
      end
    end
  end)

  it("names classes that there are", function()
    local function check(kind, where)
      for class in kind:gmatch "%a[%w_]*%.[%w_]+" do
        local owner = api.module(class:match "^%w+")
        assert.is_truthy(owner and owner.classes[class], where .. " names the class " .. class)
      end
    end
    for _, name in ipairs(api.modules()) do
      local module = api.module(name)
      local functions = { table.unpack(module.functions) }
      for _, class in pairs(module.classes) do
        for _, field in ipairs(class.fields) do check(field.type, class.name) end
        table.move(class.methods, 1, #class.methods, #functions + 1, functions)
      end
      for _, entry in ipairs(functions) do
        for _, parameter in ipairs(entry.parameters) do check(parameter.type, name .. "." .. entry.name) end
        for _, result in ipairs(entry.results) do check(result, name .. "." .. entry.name) end
      end
    end
  end)

  local samples = {
    ["aws.client"] = function() return require "aws".client "drs" end,
    ["aws.events"] = function()
      local model = { metadata = { protocol = "rest-json" }, shapes = { Out = { members = { events = { shape = "Events" } } },
        Events = { type = "structure", eventstream = true, members = {} } } }
      local body = { read = function() end, close = function() end }
      return (require "aws.events".open({ model = model }, { output = "Out" }, { body = body }, {}))
    end,
    ["app.application"] = function() return require "app".open() end,
    ["dynamodb.set"] = function() return require "dynamodb".set { "a" } end,
    ["http.stream"] = function()
      local listener = require "server".listen { handler = function() return 200, {}, "x" end }
      local stream = require "http".open({ url = listener.url }).body
      listener:close()
      return stream
    end,
    ["screen.object"] = function() return require "screen".open(io.stderr) end,
    ["server.listener"] = function() return require "server".listen { handler = print } end,
    ["sqlite.database"] = function() return require "sqlite".open ":memory:" end,
    ["task.event"] = function() return require "task".event() end,
    ["task.handle"] = function() return require "task".spawn(print) end,
    ["testing.world"] = function() return require "testing".open() end,
  }

  it("describes methods that objects have", function()
    local classes = {}
    for _, name in ipairs(api.modules()) do
      for class, entry in pairs(api.module(name).classes) do
        if #entry.methods > 0 then classes[class] = entry end
      end
    end
    assert.same(nearest.names(samples), nearest.names(classes))
    for class, make in pairs(samples) do
      local object = make()
      for _, method in ipairs(classes[class].methods) do
        assert.is_function(object[method.name], class .. ":" .. method.name)
      end
      if class ~= "aws.client" and object.close then object:close() end
    end
  end)
end)

describe("help", function()
  it("lists modules and services", function()
    local text = help.text()
    for _, name in ipairs(api.modules()) do assert.matches("\n  " .. name .. " ", text) end
    assert.matches("\n  .*drs dynamodb .*ec2", text)
  end)

  it("has a text for everything that is described", function()
    for _, name in ipairs(api.modules()) do
      assert.matches("^" .. name .. ": ", help.text(name))
      for member in pairs(api.members(api.module(name))) do
        if not api.module(name).class then
          assert.matches("^" .. name .. "%." .. member, help.text(name .. "." .. member))
        end
      end
    end
  end)

  it("tells of a function with its parameters, errors and what it takes", function()
    local text = help.text "http.request"
    assert.matches("^http.request%(options: http.request%): http.response\n", text)
    assert.matches("HTTP_CONNECT", text)
    assert.matches("\n    timeout%?  +number +real seconds", text)
    assert.equal(help.text "task.map", help.text(require "task".map))
    assert.equal(help.text "json", help.text(require "json"))
    assert.matches("WAIT_TIMEOUT", help.text "aws.client:wait")
    assert.matches("^json.null: userdata", help.text "json.null")
    assert.is_nil(help.text(17))
  end)

  it("tells of an operation what the model knows", function()
    local text = help.text "drs.start_recovery"
    for _, line in ipairs {
      "^drs:start_recovery%(parameters, options%?%) %-> StartRecoveryResponse\n", "\nIAM action drs:StartRecovery; changes something\n",
      "\n  sourceServers%* +list of StartRecoveryRequestSourceServer, 1 to 200 of them\n",
      "\n    sourceServerID%* +string, 19 characters", "\n  isDrill +boolean\n", "PENDING | STARTED | COMPLETED",
      "\nerrors: .*ConflictException",
    } do
      assert.matches(line, text)
    end
    assert.equal(text, help.text "drs.StartRecovery")
    assert.matches('pages: client:pages%("describe_jobs", ...%), client:items%("describe_jobs", ...%) for each of items',
      help.text "drs.describe_jobs")
    assert.matches("waiters: job_completed", help.text "drs.describe_jobs")
    assert.matches("reads only", help.text "drs.describe_jobs")
    assert.matches("^drs.Job: table\n  jobID%*", help.text "drs.Job")
    assert.equal(help.text "sfn", help.text(require "aws".client "sfn"))
    assert.matches("states:StartExecution", help.text "sfn.start_execution")
  end)

  it("has a text for every operation and shape of every service", function()
    local models = require "models"
    for _, name in ipairs(models.services()) do
      local model = models.load(name)
      for method in pairs(models.methods(model)) do assert.is_string(help.text(name .. "." .. method)) end
      for shape in pairs(model.shapes) do assert.is_string(require "help.service".shape(name, shape)) end
    end
  end)

  it("names what is nearest to what there is not", function()
    assert.has_error(function() help.text "drs.start_recvery" end,
      "drs has no operation or shape 'start_recvery', did you mean 'start_recovery'?")
    assert.has_error(function() help.text "tsk.map" end, "there is no help on 'tsk.map', did you mean 'task.map'?")
  end)
end)

describe("a stub", function()
  it("is a piece of Lua for each module and service", function()
    local count = 0
    for _, file in ipairs(stubs.files()) do
      count = count + 1
      assert.is_truthy(load(file[2], "=" .. file[1], "t"), file[1])
      assert.matches("^%-%-%-@meta", file[2])
    end
    assert.equal(#api.modules() + #require "models".services(), count)
  end)

  it("has classes for input and output, and a client for each service", function()
    local text = stubs.service "drs"
    assert.matches('%-%-%-@class drs.StartRecoveryRequest\n%-%-%-@field sourceServers drs.StartRecoveryRequestSourceServer%[%]\n', text)
    assert.matches('%-%-%-@field status%? "PENDING"|"STARTED"|"COMPLETED"\n', text)
    assert.matches("%-%-%-@param parameters drs.StartRecoveryRequest\n%-%-%-@param options%? aws.call_options\n" ..
      "%-%-%-@return drs.StartRecoveryResponse\nfunction client:start_recovery%(parameters, options%) end", text)
    assert.matches('@alias aws.drs.waiter "job_completed"|', text)
    assert.matches('@overload fun%(service: "drs", options%?: aws.options%): aws.drs\n', stubs.module "aws")
  end)

  it("carries names, types and units of functions", function()
    local text = stubs.module "task"
    assert.matches("%-%-%-@param seconds number of the world's clock\nfunction task.sleep%(seconds%) end", text)
    assert.matches("%-%-%-@return any %.%.%.\nfunction task.timeout", text)
    assert.matches("function task_handle:join%(%) end", text)
  end)
end)
