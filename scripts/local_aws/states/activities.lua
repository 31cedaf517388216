-- Operations on activities, and the long poll of their workers.
local arn           = require "local_aws.states.arn"
local configuration = require "local_aws.states.configuration"
local driver        = require "local_aws.states.driver"
local fault         = require "local_aws.fault"
local json          = require "json"
local paging        = require "local_aws.states.paging"
local run           = require "local_aws.states.run"
local tags          = require "local_aws.states.tags"
local task_state    = require "local_aws.states.task_state"
local time          = require "time"

local activities = { operations = {} }
local operations = activities.operations

local POLL_SECONDS = 60

local function seconds(us)
  return us // 1000 / 1000
end

local function get(call)
  local text = call.input.activityArn
  arn.check(text, "activity")
  local row = call.world.db:first("SELECT * FROM states_activities WHERE arn = ? AND account = ?", text, call.account)
  if not row then
    fault.raise("ActivityDoesNotExist", ("Activity Does Not Exist: '%s'"):format(text))
  end
  return row
end

local function encryption_of(db, text)
  local row = db:first("SELECT encryption FROM states_activity_keys WHERE arn = ?", text)
  return row and row.encryption
end

-- Creating again what is there is no error, unless it was to be encrypted otherwise; tags do not count.
function operations.CreateActivity(call)
  local db, name = call.world.db, call.input.name
  local given = call.input.encryptionConfiguration
  arn.check_name(name)
  local text = arn.activity(call, name)
  local encryption = given and configuration.encryption(given)
  local row = db:first("SELECT * FROM states_activities WHERE arn = ?", text)
  if not row then
    row = { created_us = time.now_us() }
    db:run("INSERT INTO states_activities (arn, account, region, name, created_us) VALUES (?, ?, ?, ?, ?)", text,
      call.account, call.region,
      name, row.created_us)
    tags.put(db, text, call.input.tags)
    if encryption then
      db:run("INSERT INTO states_activity_keys (arn, encryption) VALUES (?, ?)", text, encryption)
    end
  elseif encryption and encryption ~= encryption_of(db, text) then
    fault.raise("ActivityAlreadyExists", ("Activity Already Exists: '%s'"):format(text))
  end
  return { activityArn = text, creationDate = seconds(row.created_us) }
end

function operations.DeleteActivity(call)
  local text = call.input.activityArn
  arn.check(text, "activity")
  if call.world.db:run("DELETE FROM states_activities WHERE arn = ? AND account = ?", text, call.account) > 0 then
    tags.forget(call.world.db, text)
    call.world.db:run("DELETE FROM states_activity_keys WHERE arn = ?", text)
  end
  return {}
end

function operations.DescribeActivity(call)
  local row = get(call)
  local encryption = encryption_of(call.world.db, row.arn)
  return { activityArn = row.arn, name = row.name, creationDate = seconds(row.created_us),
    encryptionConfiguration = encryption and json.decode(encryption) }
end

function operations.ListActivities(call)
  local limit = paging.limit(call.input)
  local from = paging.place("activities", call.input.nextToken) or ""
  local rows = call.world.db:all([[SELECT * FROM states_activities WHERE account = ? AND region = ? AND name >= ? ORDER BY name
    LIMIT ?]],
    call.account, call.region, from, limit + 1)
  local list = json.array {}
  for index = 1, math.min(limit, #rows) do
    list[index] = { activityArn = rows[index].arn, name = rows[index].name, creationDate = seconds(rows[index].created_us) }
  end
  return { activities = list, nextToken = rows[limit + 1] and paging.token("activities", rows[limit + 1].name) }
end

-- Gives the oldest queued task to a worker. -> {taskToken, input} | nil
local function take(world, activity_arn, worker)
  local taken
  local row = world.db:first("SELECT id, execution FROM states_branches WHERE activity = ? ORDER BY id LIMIT 1", activity_arn)
  local step = row and run.step(world, row.execution, function(step)
    local branch = step:branch(row.id)
    taken = { taskToken = task_state.take(step, branch, worker), input = branch.task.input }
  end, function() taken = nil end)
  if step then
    driver.changed(world, step) -- its time-outs count from now
  end
  return taken
end

-- Waits up to a minute; then answers without a token, as AWS does.
function operations.GetActivityTask(call)
  local world = call.world
  local row = get(call)
  local until_us = time.now_us() + POLL_SECONDS * 1000000
  while true do
    local queued = driver.runtime(world).queued
    local taken = take(world, row.arn, call.input.workerName)
    local left_us = until_us - time.now_us()
    if taken or left_us <= 0 then
      return taken or {}
    end
    queued:wait(left_us / 1000000)
  end
end

return activities
