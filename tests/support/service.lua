-- A service of the local AWS without its HTTP front: operations called directly, in an in-memory world, each in a transaction
-- as the front does it.
--
--   local client = service.open(require "local_aws.dynamodb")
--   client.GetItem { TableName = ..., Key = ... }          -- the output; raises the operation's fault
--   client("eu-west-1", "111122223333").GetItem {...}      -- another region and account, same world
--   client.world, client.fails("GetItem", {...})           -- the fault as a table

local fault  = require "local_aws.fault"
local sqlite = require "sqlite"

local service = {}

local function operations_of(module, world, region, account)
  return setmetatable({}, {
    __index = function(_, name)
      local operation = assert(module.operations[name], "no operation " .. name)
      return function(input)
        local call = {
          account = account, region = region, operation = name, input = input or {}, requestId = "test", world = world,
          principal = { arn = "arn:aws:iam::" .. account .. ":user/test", account = account },
        }
        if module.waits and module.waits[name] then
          return operation(call)
        end
        return world.db:transaction(operation, call)
      end
    end,
  })
end

function service.open(module, settings)
  local world = { db = sqlite.open ":memory:", settings = settings or {}, services = { [module.name] = module } }
  world.db:exec(module.schema)
  local default = operations_of(module, world, "us-east-1", "123456789012")
  local client = { world = world }

  -- Calls an operation that must be refused -> the fault.
  function client.fails(name, input)
    local ok, raised = pcall(default[name], input)
    if ok then
      error(name .. " was not refused", 2)
    elseif not fault.is(raised) then
      error(raised, 2)
    end
    return raised
  end

  return setmetatable(client, {
    __index = default,
    __call = function(_, region, account)
      return operations_of(module, world, region, account or "123456789012")
    end,
  })
end

return service
