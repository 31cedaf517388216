-- ARNs of Step Functions: made here, taken apart here, refused here with AWS's words.
local fault = require "local_aws.fault"
local uuid  = require "uuid"

local arn = {}

-- The partitions other than `aws`, by how their regions begin.
local PARTITIONS = { ["cn-"] = "aws-cn", ["us-gov-"] = "aws-us-gov", ["us-iso-"] = "aws-iso", ["us-isob-"] = "aws-iso-b",
  ["us-isof-"] = "aws-iso-f", ["eu-isoe-"] = "aws-iso-e", ["eusc-"] = "aws-eusc" }

local function partition(region)
  return PARTITIONS[region:match "^%a+%-iso%a?%-" or region:match "^us%-gov%-" or region:match "^%a+%-"] or "aws"
end

function arn.of(service, region, account, rest)
  return ("arn:%s:%s:%s:%s:%s"):format(partition(region), service, region, account, rest)
end

local function of_states(owner, ...)
  return arn.of("states", owner.region, owner.account, table.concat({ ... }, ":"))
end

function arn.machine(call, name)
  return of_states(call, "stateMachine", name)
end

-- "...:stateMachine:name:qualifier" -> the machine's ARN, the version's number or the alias's name; without one only the ARN.
function arn.split(text)
  local machine_arn, qualifier = text:match "^(.-:stateMachine:[^:]+):([^:]+)$"
  return machine_arn or text, qualifier
end

function arn.activity(call, name)
  return of_states(call, "activity", name)
end

function arn.execution(machine, name)
  return of_states(machine, "execution", machine.name, name)
end

function arn.express(machine, name, unique)
  return of_states(machine, "express", machine.name, name, unique)
end

-- Of the run of a distributed Map in an execution.
function arn.map_run(execution, label)
  return of_states(execution, "mapRun", execution.machine_name .. "/" .. label, uuid.v4())
end

-- Refuses what is no ARN of one of the resource types ("stateMachine", "execution" ...). -> its type
function arn.check(text, ...)
  local service, region, account, kind, rest = tostring(text):match "^arn:aws[%w-]*:([%w-]+):([%w-]*):(%d*):(%w+):(.+)$"
  if not service or service ~= "states" or region == "" or account == "" or rest == "" then
    fault.raise("InvalidArn", ("Invalid Arn: 'Invalid ARN prefix: %s'"):format(text))
  end
  for _, allowed in ipairs { ... } do
    if kind == allowed then
      return kind
    end
  end
  fault.raise("InvalidArn", ("Invalid Arn: 'Resource type not valid in this context: %s'"):format(kind))
end

-- Role ARNs: only their form matters here.
function arn.check_role(text)
  if not tostring(text):find "^arn:aws[%w-]*:iam::%d%d%d%d%d%d%d%d%d%d%d%d:role/." then
    fault.raise("InvalidArn", ("Invalid Role Arn: '%s'"):format(text))
  end
end

-- Names of state machines, executions and activities: 1 to 80 characters, none of those that AWS forbids.
function arn.check_name(name)
  local length = utf8.len(name)
  if not length or length < 1 or length > 80 or name:find "\xC2[\x80-\x9F]"
    or name:find "[%s<>{}%[%]?*\"#%%\\^|~`$&,;:/%c]" then
    fault.raise("InvalidName", ("Invalid Name: '%s'"):format(name))
  end
end

return arn
