-- ARNs of Step Functions: made here, taken apart here, refused here with AWS's words.
local fault = require "local_aws.fault"

local arn = {}

function arn.machine(call, name)
  return ("arn:aws:states:%s:%s:stateMachine:%s"):format(call.region, call.account, name)
end

-- "...:stateMachine:name:qualifier" -> the machine's ARN, the version's number or the alias's name; without one only the ARN.
function arn.split(text)
  local machine_arn, qualifier = text:match "^(.-:stateMachine:[^:]+):([^:]+)$"
  return machine_arn or text, qualifier
end

function arn.activity(call, name)
  return ("arn:aws:states:%s:%s:activity:%s"):format(call.region, call.account, name)
end

function arn.execution(machine, name)
  return ("arn:aws:states:%s:%s:execution:%s:%s"):format(machine.region, machine.account, machine.name, name)
end

function arn.express(machine, name, unique)
  return ("arn:aws:states:%s:%s:express:%s:%s:%s"):format(machine.region, machine.account, machine.name, name, unique)
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
  if not tostring(text):find "^arn:aws[%w-]*:iam::%d*:role/." then
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
