-- The three families of task events in a history: LambdaFunction* for a function by its ARN, Activity* for an activity,
-- Task* for everything that goes through a service. Each returns what history.add takes: event type, details.
local history = require "local_aws.states.history"
local json    = require "json"

local families = {}

local function credentials(task)
  return task.role_arn and { roleArn = task.role_arn }
end

families["function"] = {
  scheduled = function(_, task, resource)
    local details = history.input(task.input)
    details.resource, details.timeoutInSeconds, details.taskCredentials = resource.arn, task.timeout, credentials(task)
    return "LambdaFunctionScheduled", { lambdaFunctionScheduledEventDetails = details }
  end,
  started = function() return "LambdaFunctionStarted" end,
  succeeded = function(output) return "LambdaFunctionSucceeded",
    { lambdaFunctionSucceededEventDetails = history.output(output) } end,
  failed = function(problem)
    return "LambdaFunctionFailed", { lambdaFunctionFailedEventDetails = history.error(problem.error, problem.cause) }
  end,
  timed_out = function(problem)
    return "LambdaFunctionTimedOut", { lambdaFunctionTimedOutEventDetails = history.error(problem.error, problem.cause) }
  end,
}

families.activity = {
  scheduled = function(_, task, resource)
    local details = history.input(task.input)
    details.resource, details.timeoutInSeconds, details.heartbeatInSeconds = resource.arn, task.timeout, task.heartbeat
    return "ActivityScheduled", { activityScheduledEventDetails = details }
  end,
  started = function(_, worker) return "ActivityStarted",
    { activityStartedEventDetails = json.object { workerName = worker } } end,
  succeeded = function(output) return "ActivitySucceeded", { activitySucceededEventDetails = history.output(output) } end,
  failed = function(problem)
    return "ActivityFailed", { activityFailedEventDetails = history.error(problem.error, problem.cause) }
  end,
  timed_out = function(problem)
    return "ActivityTimedOut", { activityTimedOutEventDetails = history.error(problem.error, problem.cause) }
  end,
}

local function named(resource, details)
  details.resourceType, details.resource = resource.resource_type, resource.resource
  return details
end

families.service = {
  scheduled = function(run, task, resource)
    return "TaskScheduled", { taskScheduledEventDetails = named(resource, { region = run.execution.region,
      parameters = task.input,
      timeoutInSeconds = task.timeout, heartbeatInSeconds = task.heartbeat,
      taskCredentials = credentials(task) }) }
  end,
  started = function(resource) return "TaskStarted", { taskStartedEventDetails = named(resource, {}) } end,
  submitted = function(output, resource)
    return "TaskSubmitted", { taskSubmittedEventDetails = named(resource, history.output(output)) }
  end,
  submit_failed = function(problem, resource)
    return "TaskSubmitFailed", { taskSubmitFailedEventDetails = named(resource, history.error(problem.error, problem.cause)) }
  end,
  succeeded = function(output, resource)
    return "TaskSucceeded", { taskSucceededEventDetails = named(resource, history.output(output)) }
  end,
  failed = function(problem, resource)
    return "TaskFailed", { taskFailedEventDetails = named(resource, history.error(problem.error, problem.cause)) }
  end,
  timed_out = function(problem, resource)
    return "TaskTimedOut", { taskTimedOutEventDetails = named(resource, history.error(problem.error, problem.cause)) }
  end,
}

return families
