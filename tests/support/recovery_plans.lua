-- A local AWS with source servers, and drsh's own client on it: what the specs of DRS's recovery plans run against. The clock
-- stands still and jobs have no jitter, so that every time is known.
--
--   local here = support.open(5)                        source servers 1 to 5; here.drs is the client
--   local plan = here:plan { { 1, 2 }, 10, { 3 } }      two server steps with ten minutes of wait between
--   local run = here:start(plan)                        starts a drill of it; here:start(plan, { mode = "RECOVERY" })
--   here:refusal("delete_recovery_plan", { recoveryPlanArn = plan })    the error of a call that is refused

local aws = require "aws"
local json = require "json"
local local_aws = require "tests.support.local_aws"
local source_servers = require "local_aws.drs.source_servers"

local support = {}

-- Seconds of a launch without jitter, as the recorded drill took; what it takes longer when a former drill's instance has to go
-- first; an execution's time before its first step.
support.LAUNCH, support.CLEANUP, support.VALIDATION = 537.5, 20, 1

local methods = {}
methods.__index = methods

function support.arn(number)
  return ("arn:aws:drs:us-east-1:123456789012:source-server/%s"):format(local_aws.server_id(number))
end

-- A step's configuration: minutes of wait, or a list of numbers of servers; a negative number is an optional server.
function support.configuration(given)
  if type(given) == "number" then
    return { waitStepConfiguration = { waitDurationMinutes = given } }
  end
  local list = json.array {}
  for index, number in ipairs(given) do
    list[index] = { serverArn = support.arn(math.abs(number)), impactLevel = number < 0 and "OPTIONAL" or nil }
  end
  return { serverStepConfiguration = { servers = list } }
end

-- drsh's own client, which tries once.
function methods:client(region)
  return aws.client("drs", { region = region or local_aws.REGION, endpoint = self.url, max_attempts = 1,
    credentials = local_aws.ADMINISTRATOR })
end

function methods:refusal(operation, input)
  local ok, problem = pcall(self.drs[operation], self.drs, input)
  assert(not ok, operation .. " was not refused")
  return problem
end

function methods:plan(steps)
  self.plan_count = self.plan_count + 1
  local plan = self.drs:create_recovery_plan { name = "Plan " .. self.plan_count }.recoveryPlan.recoveryPlanArn
  for index, given in ipairs(steps) do
    self.drs:create_recovery_plan_step { recoveryPlanArn = plan, stepName = "step " .. index,
      configuration = support.configuration(given) }
  end
  return plan
end

function methods:start(plan, input)
  input = input or {}
  input.recoveryPlanArn, input.mode = plan, input.mode or "DRILL"
  return self.drs:start_recovery_plan_execution(input).recoveryPlanExecution.recoveryPlanExecutionArn
end

function methods:execution(run)
  return self.drs:get_recovery_plan_execution { recoveryPlanExecutionArn = run }.recoveryPlanExecution
end

function methods:steps(run)
  return self.drs:list_recovery_plan_execution_steps { recoveryPlanExecutionArn = run }.recoveryPlanExecutionSteps
end

-- "IN_PROGRESS: COMPLETED WAITING NOT_STARTED": the execution and its steps.
function methods:state(run)
  local list = {}
  for index, step in ipairs(self:steps(run)) do
    list[index] = step.status
  end
  return self:execution(run).status .. ": " .. table.concat(list, " ")
end

function methods:step_arn(run, position)
  return self:steps(run)[position].recoveryPlanExecutionStepArn
end

function methods:step(run, position)
  return self.drs:get_recovery_plan_execution_step {
    recoveryPlanExecutionStepArn = self:step_arn(run, position) }.recoveryPlanExecutionStep
end

-- The servers of a step of an execution.
function methods:servers(run, position)
  return self:step(run, position).configuration.executionServerStepConfiguration.servers
end

-- Changes a step of an execution: {status=} | {servers=} | {waitDurationMinutes=}.
function methods:update(run, position, changes)
  changes.recoveryPlanExecutionStepArn = self:step_arn(run, position)
  return self.drs:update_recovery_plan_execution_step(changes).recoveryPlanExecutionStep
end

function methods:skip(run, position)
  return self:update(run, position, { status = "SKIPPED" })
end

function methods:retry(run, position)
  return self.drs:retry_recovery_plan_execution_step {
    recoveryPlanExecutionStepArn = self:step_arn(run, position) }.recoveryPlanExecutionStep
end

function methods:cancel(run)
  return self.drs:cancel_recovery_plan_execution { recoveryPlanExecutionArn = run }.recoveryPlanExecution
end

-- All jobs, oldest first.
function methods:jobs()
  local newest_first, list = self.drs:describe_jobs { maxResults = 100 }.items, {}
  for index, job in ipairs(newest_first) do
    list[#newest_first - index + 1] = job
  end
  return list
end

-- How the launches of a server go from now on; nil: well.
function methods:behave(number, behaviour)
  assert(source_servers.set_behaviour(self.world, local_aws.ACCOUNT, local_aws.REGION, local_aws.server_id(number), behaviour))
end

-- Starts a local AWS with `count` servers; `each` may change them. options: as local_aws.start.
function support.open(count, each, options)
  options = options or {}
  options.estate = local_aws.estate(count, each)
  local here = setmetatable(local_aws.start(options), methods)
  here.plan_count, here.drs = 0, here:client()
  here.world.settings.drs.jitter = 0
  return here
end

return support
