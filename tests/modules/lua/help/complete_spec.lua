local aws      = require "aws"
local complete = require "help.complete"

local names = setmetatable({ drs = aws.client "drs", mine = { alpha = 1, alps = { peak = 2 } } }, {
  __index = function(_, name)
    local found, module = pcall(require, name)
    return found and module or nil
  end,
})

local function offered(text)
  return table.concat((complete.line(text, names)), " ")
end

local function is_offered(text, name)
  return (" " .. offered(text) .. " "):find(" " .. name .. " ", 1, true) ~= nil
end

describe("completion", function()
  it("knows modules, variables, keywords and members", function()
    assert.equal("json", offered "js")
    assert.equal("decode", offered "json.de")
    assert.equal("alpha alps", offered "mine.al")
    assert.equal("peak", offered "x = mine.alps.")
    assert.equal("while", offered "wh")
    assert.equal("mine", offered "print(mi")
    assert.equal("drs dry_run", offered "return dr")
  end)

  it("knows the operations of a client, in a variable or made in the line", function()
    assert.equal("start_recovery start_recovery_plan_execution", offered "drs:start_reco")
    assert.equal("describe_jobs", offered 'for j in aws.client("drs"):describe_jobs')
    assert.is_true(is_offered("aws.client 'sfn':", "wait"))
    assert.is_true(is_offered('aws.client("ec2", { region = "eu-west-1" }):', "describe_instances"))
  end)

  it("knows the members of parameters at any depth, without those that are there", function()
    assert.equal("isDrill sourceServers tags", offered "drs:start_recovery { ")
    assert.equal("isDrill tags", offered "drs:start_recovery { sourceServers = {}, ")
    assert.equal("sourceServerID", offered "drs:start_recovery { sourceServers = { { recoverySnapshotID = 'x', so")
    assert.equal("recoverySnapshotID", offered "drs:start_recovery({ isDrill = true, sourceServers = json.array { { rec")
    assert.equal("jobIDs", offered 'drs:wait("job_completed", { filters = { job')
    assert.equal("jobIDs", offered 'drs:items("describe_jobs", { filters = { job')
  end)

  it("knows the values of enumerations and booleans", function()
    assert.equal("STARTED STOPPED", offered 'drs:update_launch_configuration { launchDisposition = "')
    assert.equal("COUNT", offered 'aws.client("dynamodb"):query { TableName = "t", Select = "CO')
    assert.equal("true", offered "drs:start_recovery { isDrill = t")
    assert.equal("", offered 'drs:start_recovery { sourceServers = { { sourceServerID = "s-')
  end)

  it("knows what pages, items, wait, help, require and aws.client take", function()
    assert.is_false(is_offered('drs:pages("', "start_recovery"))
    assert.equal("describe_jobs", offered 'drs:items("describe_jobs')
    assert.equal("job_completed", offered 'drs:wait "job_')
    assert.equal("start_recovery start_recovery_plan_execution", offered 'help "drs.start_reco')
    assert.equal("map", offered 'help("task.ma')
    assert.equal("terminal", offered "require 'term")
    assert.equal("sfn", offered 'aws.client("sf')
    assert.equal("drs", offered 'aws.across("dr')
  end)

  it("knows the options of described functions", function()
    assert.equal("timeout", offered "http.request { tim")
    assert.equal("region", offered 'aws.client("drs", { reg')
    assert.equal("on_error", offered 'aws.across("drs", { regions = { "a" }, on')
    assert.equal("jitter jobID", offered 'drs:wait("job_completed", {}, { j')
  end)

  it("is silent where it knows nothing", function()
    for _, text in ipairs { "-- drs:", "x = 'json.", "unknown.", "unknown:", "f(", "a = b .. ", "7 == ", "nothing { ", '"\\"', "1..", "}" } do
      assert.equal("", offered(text), text)
    end
    assert.is_true(#(complete.line("", names)) > 20)
  end)

  it("gives the word that it completes", function()
    local _, word = complete.line("drs:start_re", names)
    assert.equal("start_re", word)
  end)
end)
