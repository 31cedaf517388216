-- A big estate, and the questions that people page through it with: for the spec that counts what an answer costs, and for the bench.

local clock = require "clock"
local json = require "json"
local support = require "tests.support.local_aws"

local big_estate = {}

local JOB, AT_ONCE = 100, 500 -- the quotas: servers in one job, and in all jobs

-- Starts a local AWS with `servers` source servers, of which the first `recovered` have a recovery instance.
function big_estate.start(servers, recovered)
  local here = support.start { estate = support.estate(servers) }
  for round = 1, recovered, AT_ONCE do
    for first = round, math.min(round + AT_ONCE - 1, recovered), JOB do
      here.call("drs", "StartRecovery",
        { sourceServers = support.servers(first, math.min(first + JOB - 1, recovered)), isDrill = true })
    end
    clock.step(900)
  end
  return here
end

local function filter(name, ...)
  return { filters = { [name] = json.array { ... } } }
end

-- Name, service, operation, input. Where there is a next page, it is asked for.
big_estate.QUESTIONS = {
  { "source servers", "drs", "DescribeSourceServers", { maxResults = 50 } },
  { "source servers by id", "drs", "DescribeSourceServers", filter("sourceServerIDs", support.server_id(7), support.server_id(99)) },
  { "source servers by hardware", "drs", "DescribeSourceServers", { filters = { hardwareId = "none" } } },
  { "source servers of a staging account", "drs", "DescribeSourceServers", filter("stagingAccountIDs", "210987654321") },
  { "source servers that can be extended", "drs", "ListExtensibleSourceServers",
    { stagingAccountID = support.ACCOUNT, maxResults = 50 } },
  { "staging accounts", "drs", "ListStagingAccounts", {} },
  { "recovery instances", "drs", "DescribeRecoveryInstances", { maxResults = 20 } },
  { "recovery instances of a server", "drs", "DescribeRecoveryInstances", filter("sourceServerIDs", support.server_id(7)) },
  { "jobs", "drs", "DescribeJobs", { maxResults = 1 } },
  { "jobs since a day without any", "drs", "DescribeJobs", { filters = { fromDate = "2031-01-01T00:00:00Z" } } },
  { "EC2 instances", "ec2", "DescribeInstances", { MaxResults = 20 } },
  { "EC2 instance status", "ec2", "DescribeInstanceStatus", { MaxResults = 20 } },
  { "EC2 tags", "ec2", "DescribeTags", { MaxResults = 20 } },
  { "EC2 launch templates", "ec2", "DescribeLaunchTemplates", { MaxResults = 20 } },
}

-- The pages of a question: the input of the first, and of the second where there is one.
function big_estate.inputs(here, question)
  local _, service, operation, first = table.unpack(question)
  local answer = here.call(service, operation, first)
  local token = answer.nextToken or answer.NextToken
  if not token then
    return { first }
  end
  local second = { [answer.nextToken and "nextToken" or "NextToken"] = token }
  for name, value in pairs(first) do
    second[name] = value
  end
  return { first, second }
end

return big_estate
