-- What the specs of the local DRS share: one world at a time, and what they ask of it most. The names of their tests begin with
-- the section of the collected facts and the fact's source, as in facts.lua beside them.

local json = require "json"
local support = require "tests.support.local_aws"

local world = { server_id = support.server_id, servers = support.servers, ACCOUNT = support.ACCOUNT, REGION = support.REGION }

local here

-- Starts a world of `count` source servers; each(server, number) may change what the estate says of them.
function world.start(count, each, settings)
  world.open { estate = support.estate(count or 3, each), settings = { drs = settings } }
end

-- Starts a world with these options of support.start.
function world.open(options)
  world.close()
  here = support.start(options)
end

function world.close()
  if here then
    here.close()
    here = nil
  end
end

-- The running world: here.url, here.world ...
function world.here()
  return here
end

function world.settings()
  return here.world.settings.drs
end

function world.call(...)
  return here.call(...)
end

function world.drs(operation, input, region, account)
  return here.call("drs", operation, input, region, account)
end

function world.fault(operation, input, region, account)
  return here.fault("drs", operation, input, region, account)
end

-- An EC2 instance as EC2 describes it.
function world.machine(id)
  return here.call("ec2", "DescribeInstances", { InstanceIds = { id } }).Reservations[1].Instances[1]
end

function world.job(id, region, account)
  return world.drs("DescribeJobs", { filters = { jobIDs = json.array { id } } }, region, account).items[1]
end

function world.log_items(id)
  return world.drs("DescribeJobLogItems", { jobID = id, maxResults = 200 }).items
end

-- The names of a job's events so far.
function world.events(id)
  local list = {}
  for index, item in ipairs(world.log_items(id)) do
    list[index] = item.event
  end
  return list
end

-- The same as one text.
function world.log(id)
  return table.concat(world.events(id), " ")
end

function world.drill(first, last)
  return world.drs("StartRecovery", { sourceServers = support.servers(first, last), isDrill = true }).job
end

function world.recovery_instances(input)
  return world.drs("DescribeRecoveryInstances", input).items
end

function world.source_server(number)
  return world.drs("DescribeSourceServers", { filters = { sourceServerIDs = json.array { support.server_id(number) } } }).items[1]
end

-- Has events of DRS from now on put into a queue that world.told() reads: a rule that brings them to a topic.
function world.listen(pattern)
  local topic = here.call("sns", "CreateTopic", { Name = "drs-events" }).TopicArn
  here.call("events", "PutRule", { Name = "drs", EventPattern = json.encode(pattern or { source = { "aws.drs" } }) })
  here.call("events", "PutTargets", { Rule = "drs", Targets = { { Id = "topic", Arn = topic } } })
end

-- The events that were told so far, oldest first.
function world.told()
  local list = {}
  for index, message in ipairs(support.control(here, "GET", "messages?limit=1000").messages) do
    list[index] = json.decode(message.body or message.message)
  end
  return list
end

return world
