-- Serves the orchestrator's tasks from a Step Functions activity, for hosts outside Lambda.
local aws       = require "aws"
local functions = require "functions"
local json      = require "json"
local log       = require "log"
local task      = require "task"

local worker = {}

local FUNCTION = "drsh-orchestrator"
local PAUSE_AFTER_ERROR = 5

local function failure_of(problem)
  if type(problem) ~= "table" then return "FunctionError", tostring(problem) end
  return tostring(problem.errorType or problem.code or "FunctionError"), tostring(problem.message)
end

-- Runs one task and answers it. A task that stores its own token is not answered: whoever resumes the execution does that.
local function serve(client, given)
  local call = json.decode(given.input)
  local keeps_token = call.action == "store_task_token"
  if keeps_token then call.taskToken = given.taskToken end
  local ok, result = pcall(functions.invoke, FUNCTION, json.encode(call))
  local sent, problem = pcall(function()
    if not ok then
      local name, cause = failure_of(result)
      client:send_task_failure { taskToken = given.taskToken, error = name:sub(1, 256), cause = cause:sub(1, 32768) }
    elseif not keeps_token then
      client:send_task_success { taskToken = given.taskToken, output = result }
    end
  end)
  -- The task timed out meanwhile, and was given to another: its answer counts.
  if not sent then log.warn("a task's answer was not taken", { action = call.action, fault = tostring(problem) }) end
end

--- Serves the activity, `at_once` tasks at a time, until the task that runs this is cancelled.
function worker.serve(options)
  local client = options.client or aws.client("sfn", { timeout = 70 })
  local lanes, name = {}, options.name or "drsh"
  for lane = 1, options.at_once or 4 do lanes[lane] = lane end
  task.map(lanes, function(lane)
    while true do
      local ok, given = pcall(function()
        return client:get_activity_task { activityArn = options.activity, workerName = name .. "-" .. lane }
      end)
      if not ok then
        log.warn("the activity could not be asked for a task", { fault = tostring(given) })
        task.sleep(PAUSE_AFTER_ERROR)
      elseif given.taskToken and given.taskToken ~= "" then
        serve(client, given)
      end
    end
  end)
end

return worker
