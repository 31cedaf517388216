-- drsh check: what it finds, where it points, and that it claims nothing that is not so.
local scripts = require "check.scripts"
local script_folder = require "tests.support.script_folder"

local GOOD_LIB = [[
local aws = require "aws"
local lib = {}
function lib.client(service, account) return aws.client(service, { account = account }) end
function lib.jobs(client) return client:describe_jobs {}.items end
function lib.stop(client, ids) return client:terminate_recovery_instances { recoveryInstanceIDs = ids } end
function lib.unused() return require "json".encode {} end
return lib
]]

-- An endpoint whose handle has this body; `aws` is its list of declared actions.
local function endpoint(body, aws, more)
  return ([[
local aws = require "aws"
local lib = require "lib.lib"
return { route = "GET /x", aws = { %s }, %s
handle = function(request)
%s
  return 200, {}
end }
]]):format(aws or "", more or "", body)
end

-- The findings about a folder with these files, as "path:line:column code message", paths below the folder.
local function check(files, part)
  local folder <close> = script_folder.new(files)
  local findings = assert(scripts.check(folder.path .. (part or "")))
  local lines = {}
  for index, one in ipairs(findings) do
    lines[index] = ("%s:%d:%d %s %s"):format(one.file:sub(#folder.path + 2), one.line, one.column, one.code, one.message)
      :gsub(folder.path:gsub("%p", "%%%0") .. "/", "")
  end
  return lines
end

local function of_endpoint(body, aws, more)
  return check { ["lib/lib.lua"] = GOOD_LIB, ["endpoints/x.lua"] = endpoint(body, aws, more) }
end

describe("drsh check", function()
  it("is content with a sound script", function()
    assert.same({}, of_endpoint([[  for _, job in ipairs(lib.jobs(lib.client "drs")) do print(job.jobID) end]], '"drs:DescribeJobs"'))
  end)

  it("is content with the scripts that come with it", function()
    local findings, count = scripts.check "scripts"
    assert.same({}, findings)
    assert.is_true(count > 50)
  end)

  it("says where the syntax breaks", function()
    assert.same({ "lib/a.lua:3:3 syntax '}' expected (to close '{' at line 1) near 'b'" },
      check { ["lib/a.lua"] = "local x = {\n  a = 1\n  b = 2\n}\n" })
  end)

  it("finds breaches of the contract, at the field that breaks it", function()
    assert.same({ "endpoints/x.lua:2:1 contract unknown field 'handel'; did you mean 'handle'?" },
      check { ["endpoints/x.lua"] = "return { route = \"GET /x\",\nhandel = function() end }\n" })
    assert.same({ "endpoints/x.lua:1:10 contract route should be like \"POST /executions/{id}/resume\", not GET" },
      check { ["endpoints/x.lua"] = "return { route = \"GET\", handle = function() end }\n" })
    assert.same({ "lib/a.lua:2:7 contract attempt to index a nil value (local 'x')" },
      check { ["lib/a.lua"] = "local x\n      x.y = 1\nreturn 1\n" })
  end)

  it("finds globals that scripts do not have, and says what to use instead", function()
    local found = check { ["lib/a.lua"] = "return function()\n  count = os.time()\n  return tostrin(1), _G\nend\n" }
    assert.same({
      "lib/a.lua:2:3 global-set attempt to set the global 'count'",
      "lib/a.lua:2:11 unknown-global unknown global 'os'; use the module 'time'",
      "lib/a.lua:3:10 unknown-global unknown global 'tostrin', did you mean 'tostring'?",
    }, found)
  end)

  -- Line 5 of the endpoint is the body's first.
  local cases = {
    ["a function that a module does not have"] = {
      [[  print(require("time").iso860(1))]], "", "5:25 unknown-name the module 'time' has no 'iso860', did you mean 'iso8601'?" },
    ["a function that a library does not have"] = { [[  print(string.trim "x")]], "", "5:16 unknown-name the module 'string' has no 'trim'" },
    ["a module that is not there"] = {
      [[  print(require "lib.lob")]], "", "5:17 unknown-module there is no module 'lib.lob', did you mean 'lib.lib'?" },
    ["a module for trusted code"] = {
      [[  print(require "sqlite")]], "", "5:17 unknown-module the module 'sqlite' is for trusted code only" },
    ["a service that is not there"] = { [[  aws.client "drz"]], "", "5:14 unknown-service there is no AWS service 'drz'" },
    ["an operation that is not there"] = {
      [[  aws.client("drs"):describe_job {}]], "", "5:21 unknown-operation drs has no operation 'describe_job', did you mean 'describe_jobs'?" },
    ["an operation to walk that is not there"] = {
      [[  for _ in lib.client("drs"):items("describe_job", {}) do end]], "", "5:36 unknown-operation drs has no operation 'describe_job'" },
    ["a parameter that is not there, deep down"] = {
      [[  aws.client("drs"):describe_jobs { filters = { jobIds = {} } }]], '"drs:DescribeJobs"',
      "5:49 unknown-parameter drs:describe_jobs has no parameter 'filters.jobIds', did you mean 'jobIDs'?" },
    ["a parameter in a table that was made before"] = {
      "  local input = { maxResult = 1 }\n  aws.client(\"drs\"):describe_jobs(input)", '"drs:DescribeJobs"',
      "5:19 unknown-parameter drs:describe_jobs has no parameter 'maxResult', did you mean 'maxResults'?" },
    ["a parameter that is missing"] = {
      [[  aws.client("drs"):start_recovery { isDrill = true }]], '"drs:StartRecovery"',
      "5:36 missing-parameter drs:start_recovery needs the parameter 'sourceServers'" },
    ["a value of the wrong kind"] = {
      [[  lib.stop(lib.client "drs", "i-1")]], '"drs:TerminateRecoveryInstances"',
      "drs:terminate_recovery_instances: recoveryInstanceIDs is a list, not the text \"i-1\"" },
    ["a field that an answer does not have"] = {
      [[  for _, job in ipairs(lib.jobs(lib.client "drs")) do print(job.jobId) end]], '"drs:DescribeJobs"',
      "5:65 unknown-field Job of drs has no field 'jobId', did you mean 'jobID'?" },
    ["an action that a helper's call needs"] = {
      [[  lib.stop(lib.client "drs", {})]], "",
      "3:28 undeclared-action drs:TerminateRecoveryInstances is needed by the call in lib/lib.lua:5, and not declared" },
    ["the role that another account needs"] = {
      [[  lib.jobs(lib.client("drs", request.body.account))]], '"drs:DescribeJobs"', "3:28 undeclared-action sts:AssumeRole is needed" },
    ["the right to tag that tags need"] = {
      [[  aws.client("drs"):start_recovery { sourceServers = {}, tags = { a = "b" } }]], '"drs:StartRecovery"',
      "3:28 undeclared-action drs:TagResource is needed" },
    ["a transaction's parts"] = {
      [[  aws.client("dynamodb"):transact_write_items { TransactItems = { { Put = { TableName = "t", Item = {} } } } }]],
      '"dynamodb:UpdateItem"', "3:28 undeclared-action dynamodb:PutItem is needed" },
    ["a call inside pcall, task.map and a method"] = {
      "  local object = { client = lib.client \"sfn\" }\n  function object:stop(arn) return self.client:stop_execution { executionArn = arn } end\n"
        .. "  require \"task\".map({ 1 }, function() pcall(function() object:stop(1) end) end)", "",
      "3:28 undeclared-action states:StopExecution is needed" },
    ["an action that nothing needs"] = { "", '"ec2:DescribeInstances"', "3:36 unneeded-action ec2:DescribeInstances is declared" },
    ["an action that is not there"] = { "", '"drs:DescribeJob"', "3:36 unknown-action there is no action 'drs:DescribeJob'" },
    ["an action by pattern"] = { "", '"drs:Describe*"', "3:36 unknown-action drs:Describe*: an action is declared by its whole name" },
    ["an action that IAM does not know"] = { "", '"dynamodb:TransactWriteItems"', "3:36 unknown-action IAM knows no" },
    ["a prefix that is none"] = { "", '"sfn:StartExecution"', "3:36 unknown-action IAM's prefix of Step Functions is states" },
  }
  for name, case in pairs(cases) do
    it("finds " .. name, function()
      local found = of_endpoint(case[1], case[2])
      local all = table.concat(found, "\n")
      assert.is_truthy(all:find(case[3], 1, true), all)
    end)
  end

  it("claims nothing of what it cannot know", function()
    assert.same({}, of_endpoint([[
  local name = request.body.operation
  aws.client("drs")[name](aws.client("drs"), request.body)
  for page in aws.client("drs"):pages(name, {}) do print(page.anything) end
  local ok, result = pcall(lib.jobs, lib.client "drs")
  if not ok then print(result.code) end
  local job = ok and result[1] or {}
  job.note = "ours"
  print(job.note, request.anything.at.all)
  local input = {}
  for key, value in pairs(request.body) do input[key] = value end
  aws.client("drs"):start_recovery(input)]], '"drs:DescribeJobs", "drs:StartRecovery", "drs:StopReplication"'))
  end)

  it("does not count a call in a branch that these arguments never take", function()
    assert.same({}, check {
      ["lib/lib.lua"] = [[
local aws = require "aws"
return { go = function(how)
  if how == "look" then return aws.client("drs"):describe_jobs {} end
  return aws.client("drs"):delete_job { jobID = "x" }
end }]],
      ["endpoints/x.lua"] = endpoint([[  lib.go "look"]], '"drs:DescribeJobs"'),
    })
  end)

  it("finds routes that clash, and roles that are missing or that the access policy does not know", function()
    local found = check {
      ["endpoints/a.lua"] = [[return { route = "GET /x/{id}", roles = { "admin", "opertor" }, handle = function() end }]],
      ["endpoints/b.lua"] = [[return { route = "GET /x/{name}", roles = { "admin" }, handle = function() end }]],
      ["endpoints/c.lua"] = [[return { route = "GET /y", handle = function() end }]],
      ["policies/access.lua"] = [[return { roles = { "admin", "operator" } }]],
    }
    assert.same({
      "endpoints/a.lua:1:52 unknown-role policies/access.lua knows no role 'opertor', did you mean 'operator'?",
      "endpoints/b.lua:1:10 route-clash the route GET /x/{name} is taken by endpoints/a.lua",
      "endpoints/c.lua:1:10 no-roles GET /y names no roles, so policies/access.lua lets nobody call it",
    }, found)
  end)

  it("looks at a part, with the rest beside it", function()
    local files = { ["lib/lib.lua"] = GOOD_LIB, ["lib/bad.lua"] = "return nope", ["endpoints/x.lua"] = endpoint("  lib.nope()") }
    assert.equal(2, #check(files))
    assert.equal(1, #check(files, "/endpoints"))
    assert.equal(1, #check(files, "/lib/bad.lua"))
    assert.equal(0, #check(files, "/lib/lib.lua"))
  end)

  it("says why a path cannot be looked at", function()
    local nothing, why = scripts.check "/nonexistent.lua"
    assert.is_nil(nothing)
    assert.is_truthy(why:find "No such file")
  end)
end)
