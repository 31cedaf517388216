-- What a Task's Resource names.
--
--   parse(arn) -> {arn, kind, ...} | nil
--     kind "function"  a Lambda function by its own ARN
--     kind "activity"  an activity by its ARN
--     kind "service"   service (as in the ARN), action, pattern: nil | "waitForTaskToken" | "sync" | "sync:2", sdk =
--     through aws-sdk
local resource = {}

function resource.parse(arn)
  local rest = arn:match "^arn:aws[%w-]*:states:::(.+)$"
  if rest then
    local sdk = rest:match "^aws%-sdk:(.+)$"
    local service, action = (sdk or rest):match "^([%w-]+):(%w[%w:.]*)$"
    if not service then
      return nil
    end
    local name, pattern = action:match "^(%w+)%.(.+)$"
    if not name and not action:match "^%w+$" then
      return nil
    elseif name and pattern ~= "waitForTaskToken" and pattern ~= "sync" and pattern ~= "sync:2" then
      return nil
    end
    return { arn = arn, kind = "service", service = service, action = name or action, pattern = pattern, sdk = sdk ~= nil,
      -- as the history names it
      resource_type = sdk and "aws-sdk:" .. service or service, resource = action }
  end
  if arn:match "^arn:aws[%w-]*:lambda:[%w-]+:%d+:function:[%w%-_:$]+$" then
    return { arn = arn, kind = "function" }
  elseif arn:match "^arn:aws[%w-]*:states:[%w-]+:%d+:activity:.+$" then
    return { arn = arn, kind = "activity" }
  end
  return nil
end

return resource
