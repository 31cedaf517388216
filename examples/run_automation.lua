local options = require "options"
local option = options.read([[
drsh run examples/run_automation.lua [options]

Runs a Systems Manager automation on every recovery instance that runs, shows each step as it goes, and ends with a report.
Killed and started again it follows the same automations: each instance gets one for its launch and --once, never two.

  --document NAME  the automation, with the parameter InstanceId (AWS-RestartEC2Instance)
  --region REGION  where the recovery instances are (else AWS_REGION)
  --drill          the instances of a drill, not those of a recovery
  --once TEXT      another word runs it once more ("first")
  --at-once N      how many instances at a time (5)
  --limit SECONDS  how long one may take (1800)
  --poll SECONDS   how often to ask (10)
  --dry-run        show the instances, run nothing
  --help           this text
]], { document = "AWS-RestartEC2Instance", once = "first", at_once = "5", limit = "1800", poll = "10" })

local say, fail = options.say, options.fail
local aws       = require "aws"
local crypto    = require "crypto"
local recovered = require "recovered"
local task      = require "task"
local ssm = aws.client("ssm", { region = option.region })

-- The same launch, document and word give the same token: SSM then answers with the automation that is there already.
local function token(server)
  local hex = crypto.hex(crypto.sha256(table.concat({ server.instance, server.job, option.document, option.once }, "\n")))
  return ("%s-%s-4%s-8%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(13, 15), hex:sub(16, 18), hex:sub(19, 30))
end

local ended = { Success = true, Failed = true, TimedOut = true, Cancelled = true, Rejected = true }

local function run(server)
  local id = ssm:start_automation_execution {
    DocumentName = option.document, Parameters = { InstanceId = { server.instance } }, ClientToken = token(server),
  }.AutomationExecutionId
  local seen = {}
  return ssm:wait("get_automation_execution", { AutomationExecutionId = id }, {
    delay = tonumber(option.poll), limit = tonumber(option.limit),
    until_ = function(result)
      local execution = result.AutomationExecution
      for _, step in ipairs(execution.StepExecutions) do
        if seen[step.StepName] ~= step.StepStatus and step.StepStatus ~= "Pending" then
          say("%-20s %s %s", server.name, step.StepName, step.StepStatus)
        end
        seen[step.StepName] = step.StepStatus
      end
      return ended[execution.AutomationExecutionStatus] and execution, execution.AutomationExecutionStatus
    end,
  })
end

local servers = recovered.list(option.region, option.drill or false)
if #servers == 0 then fail("no recovery instance runs") end
for _, server in ipairs(servers) do say("%-20s %s", server.name, server.instance) end
if option.dry_run then say("%s would run on %d instances; nothing was done", option.document, #servers) return 0 end

local results = task.map(servers, function(server)
  local fine, execution = pcall(run, server)
  local problem = not fine and tostring(execution) or execution.FailureMessage
  return { status = fine and execution.AutomationExecutionStatus or "Unknown", problem = problem or "" }
end, { limit = tonumber(option.at_once) })

local good = 0
say "\nreport"
for index, server in ipairs(servers) do
  local result = results[index]
  good = good + (result.status == "Success" and 1 or 0)
  say("%-20s %s %-9s %s", server.name, server.instance, result.status, result.problem)
end
if good < #servers then fail("%d of %d automations did not succeed", #servers - good, #servers) end
say("done: %s succeeded on all %d instances", option.document, #servers)
