-- Makes in an AWS account what the ten endpoints need: four tables, an activity, the state machine. Safe to repeat.
--
--   drsh run examples/deploy.lua --region us-east-1 [--role-arn ARN] [--function-arn ARN | --activity] [--yes]
--
-- Without --yes it only says what it would make, and for whom. The last lines are settings for `drsh serve --config FILE`.
--   --role-arn      the role that the state machine runs as; role/drsh-orchestrator if not given
--   --function-arn  the Lambda function that runs the orchestrator; function:drsh-orchestrator if not given
--   --activity      workers (examples/worker.lua) run the orchestrator in place of a Lambda function
local aws = require "aws"
local config = require "config"
local deploy = require "orchestrator.deploy"

local function read_arguments()
  local given = { region = config.get "AWS_REGION" }
  local takes = { ["--region"] = "region", ["--role-arn"] = "role_arn", ["--function-arn"] = "function_arn" }
  local i = 1
  while arg[i] do
    local name = takes[arg[i]]
    if name and arg[i + 1] then
      given[name], i = arg[i + 1], i + 1
    elseif arg[i] == "--activity" or arg[i] == "--yes" then
      given[arg[i]:sub(3)] = true
    else
      return nil, "unknown argument, or one without its value: " .. arg[i]
    end
    i = i + 1
  end
  if not given.region then return nil, "no region: give --region or AWS_REGION" end
  return given
end

local given, problem = read_arguments()
if not given then
  io.stderr:write("deploy: ", problem, "; see the head of examples/deploy.lua\n")
  return 2
end

local who = aws.client("sts", { region = given.region }):get_caller_identity {}
given.account = who.Account
print(("# account %s, region %s, as %s"):format(who.Account, given.region, who.Arn))
if not given.yes then
  print("# would make or complete: tables " .. table.concat({
    config.get "EXECUTION_HISTORY_TABLE", config.get "RECOVERY_PLANS_TABLE", config.get "PROTECTION_GROUPS_TABLE",
    config.get "TARGET_ACCOUNTS_TABLE" }, ", ") .. "; activity and state machine drsh-orchestrator")
  print("# nothing was changed: say --yes to make them")
  return 0
end

local settings = deploy.deploy(given)
local names = {}
for name in pairs(settings) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs(names) do print(name .. "=" .. settings[name]) end
