-- What --local brings along: the local AWS on a port of its own, furnished, and this program's own AWS calls turned to it.
local config = require "config"
local clock = require "clock"
local log = require "log"
local task = require "task"

local local_world = {}

-- The local AWS's administrator (scripts/local_aws/accounts.lua); a key for a world that holds nothing real.
local administrator = {
  AWS_ACCESS_KEY_ID = "AKIADRSHLOCAL0000000",
  AWS_SECRET_ACCESS_KEY = "local-secret-for-development-only",
  AWS_ACCOUNT_ID = "123456789012",
}
local account, region = administrator.AWS_ACCOUNT_ID, "us-east-1"

function local_world.address(name)
  local address, port = config.get(name):match "^%[?(.-)%]?:(%d+)$"
  if not address then
    local flag = name:gsub("^DRSH_", ""):gsub("_", "-"):lower()
    error({ code = "USAGE", message = ("--%s should be ADDR:PORT, not %s"):format(flag, config.get(name)) }, 0)
  end
  return address, tonumber(port)
end

-- Nothing of the person's own AWS configuration may be reached from here.
local function turn_calls_to(url)
  for name, value in pairs(administrator) do config.set(name, value) end
  for _, name in ipairs { "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" } do
    config.set(name, "")
  end
  for _, service in ipairs { "DRS", "SFN", "DYNAMODB", "STS", "EC2" } do config.set("AWS_ENDPOINT_URL_" .. service, url) end
  config.set("AWS_ENDPOINT_URL", url)
  if not config.get "AWS_REGION" then config.set("AWS_REGION", region) end
  config.set("STATE_MACHINE_ARN", ("arn:aws:states:%s:%s:stateMachine:drsh-orchestrator"):format(region, account))
end

local function estate()
  local name = config.get "DRSH_ESTATE"
  return name ~= "none" and require "local_aws.estate".read(name) or nil
end

-- listen: the name of the setting that says where. Returns the running local AWS: url, world; a <close> variable ends it.
function local_world.open(listen)
  local speed = tonumber(config.get "DRSH_SPEED")
  if not speed or speed <= 0 then
    error({ code = "USAGE", message = "--speed should be a number above 0, not " .. config.get "DRSH_SPEED" }, 0)
  end
  local address, port = local_world.address(listen or "DRSH_LOCAL_LISTEN")
  local aws = require "local_aws.main".start {
    address = address, port = port, data = config.get "DRSH_DATA", accounts = config.get "DRSH_ACCOUNTS",
  }
  log.info("the local AWS listens", { url = aws.url })
  turn_calls_to(aws.url)
  clock.speed(speed)
  if aws.is_new then
    require "orchestrator.deploy".deploy { region = region, account = account }
    local holds = estate()
    if holds then require "local_aws.estate".seed(aws.world, holds) else aws.world.clock.furnished() end
  end
  -- As on AWS, a state machine may reach the orchestrator through the activity, too.
  local worker = task.spawn(require "orchestrator.worker".serve, {
    activity = ("arn:aws:states:%s:%s:activity:drsh-orchestrator"):format(region, account),
  })
  return setmetatable({ url = aws.url, world = aws.world }, {
    __close = function()
      worker:cancel()
      aws.close()
    end,
  })
end

return local_world
