-- The estate that a new local AWS comes with: a billing application that recovers in three waves over two regions, a report
-- server that will not launch, and a partner's portal in another account. Server ids follow from the host names, so they are
-- the same everywhere.
--
-- A server that is to fail on request: start the plan "Legacy reporting" (rpt-legacy-02 never launches), or give any server the
-- tag `drsh:behaviour` = "launch=FAILED" (drs/behaviour.lua).

local ids = require "local_aws.drs.ids"
local json = require "json"

local HUB, PARTNER = "123456789012", "210987654321"
local EAST, WEST = "us-east-1", "us-west-2"
local ROLE, EXTERNAL_ID = "DRSOrchestrationCrossAccountRole", "drsh-sample-7c1f"

local LINUX, WINDOWS, ORACLE = "Red Hat Enterprise Linux 9.4 (Plow)", "Windows Server 2022 Datacenter",
  "Oracle Linux Server 8.10"

local function server_id(hostname)
  return ids.derived("s-", "sample/" .. hostname)
end

-- One source server; `given` holds what differs from a small Linux one.
local function server(hostname, ip, tags, given)
  tags.Name, tags.Environment = hostname, tags.Environment or "production"
  tags["source:account"], tags["source:region"] = HUB, "us-east-2"
  tags["source:instance-type"] = given.instanceType
  given.id, given.hostname, given.fqdn = server_id(hostname), hostname, hostname .. ".corp.example.com"
  given.ips, given.tags, given.originRegion = { ip }, tags, "us-east-2"
  given.awsInstanceId = ids.derived("i-", "sample/" .. hostname)
  tags["source:instance-id"] = given.awsInstanceId
  return given
end

local function volumes(root_gib, data_gib)
  local list = { { deviceName = "/dev/nvme0n1", gib = root_gib } }
  if data_gib then
    list[2] = { deviceName = "/dev/nvme1n1", gib = data_gib }
  end
  return list
end

local function databases()
  local function database(name, ip, os, gib)
    return server(name, ip, { Application = "billing", Tier = "database", Criticality = "1" }, {
      os = os, cores = 8, ramGiB = 64, instanceType = "r6i.2xlarge", volumes = volumes(50, gib), addedDaysAgo = 210,
      launchConfiguration = { copyPrivateIp = true },
    })
  end
  return {
    database("bill-db-01", "10.20.16.11", ORACLE, 800), database("bill-db-02", "10.20.16.12", ORACLE, 800),
    database("bill-rep-01", "10.20.16.21", LINUX, 400), database("bill-mq-01", "10.20.16.31", LINUX, 120),
  }
end

-- 24 servers that a group selects by their tags.
local function applications()
  local list = {}
  local roles = { { "bill-app", 12 }, { "bill-batch", 6 }, { "bill-api", 6 } }
  for block, role in ipairs(roles) do
    for number = 1, role[2] do
      local windows = role[1] == "bill-batch"
      list[#list + 1] = server(("%s-%02d"):format(role[1], number), ("10.20.%d.%d"):format(32 + block, 10 + number), {
        Application = "billing", Tier = "application", Criticality = "2",
      }, {
        os = windows and WINDOWS or LINUX, cores = 4, ramGiB = 16, instanceType = windows and "m6i.xlarge" or "c6i.xlarge",
        volumes = volumes(windows and 80 or 30, number % 3 == 0 and 100 or nil), addedDaysAgo = 180,
        replication = { state = "CONTINUOUS", lag = number % 4 == 0 and 2 or 0 },
      })
    end
  end
  return list
end

local function webs()
  local list = {}
  for number = 1, 6 do
    list[number] = server(("bill-web-%02d"):format(number), ("10.40.8.%d"):format(10 + number), {
      Application = "billing", Tier = "web", Criticality = "3",
    }, { os = LINUX, cores = 2, ramGiB = 8, instanceType = "t3.large", volumes = volumes(20), addedDaysAgo = 150 })
  end
  return list
end

local function reports()
  local list = {}
  for number = 1, 3 do
    list[number] = server(("rpt-legacy-%02d"):format(number), ("10.20.48.%d"):format(10 + number), {
      Application = "reporting", Tier = "reporting", Criticality = "4",
    }, {
      os = WINDOWS, cores = 4, ramGiB = 16, instanceType = "m5.xlarge", volumes = volumes(80, 200), addedDaysAgo = 400,
      behaviour = number == 2 and { launch = "FAILED" } or nil,
    })
  end
  return list
end

-- Not in any plan: what a real estate has besides.
local function others()
  local tags = function()
    return { Application = "shared", Tier = "infrastructure", Criticality = "3" }
  end
  return {
    server("mail-relay-01", "10.20.60.5", tags(), { os = LINUX, instanceType = "t3.small", volumes = volumes(20),
      addedDaysAgo = 300, replication = { state = "STALLED", lag = 40, forSeconds = 93126 } }),
    server("file-01", "10.20.60.9", tags(), { os = WINDOWS, cores = 4, ramGiB = 16, instanceType = "m6i.xlarge",
      volumes = volumes(80, 2000), addedDaysAgo = 0.2, replication = { state = "INITIAL_SYNC", forSeconds = 16000 } }),
  }
end

local function join(...)
  local all = {}
  for _, list in ipairs { ... } do
    table.move(list, 1, #list, #all + 1, all)
  end
  return all
end

local function names(list)
  local found = json.array {}
  for index, item in ipairs(list) do
    found[index] = item.id
  end
  return found
end

local GROUP = {
  database = "5b0e7a52-8f0c-4a7e-9d53-2f4f3c1e6a01", application = "5b0e7a52-8f0c-4a7e-9d53-2f4f3c1e6a02",
  web = "5b0e7a52-8f0c-4a7e-9d53-2f4f3c1e6a03", reporting = "5b0e7a52-8f0c-4a7e-9d53-2f4f3c1e6a04",
  partner = "5b0e7a52-8f0c-4a7e-9d53-2f4f3c1e6a05",
}
local PLAN = {
  billing = "b7a4c1de-5f20-4c6a-9a51-0d6f2e8c4a01", reporting = "b7a4c1de-5f20-4c6a-9a51-0d6f2e8c4a02",
  partner = "b7a4c1de-5f20-4c6a-9a51-0d6f2e8c4a03",
}

local function group(id, name, given)
  given.groupId, given.groupName, given.accountId = id, name, given.accountId or HUB
  given.region, given.launchConfig = given.region or EAST, json.object {}
  return given
end

local function wave(number, name, group_id, given)
  given = given or {}
  given.waveNumber, given.waveName, given.protectionGroupId = number, name, group_id
  given.serverIds, given.pauseBeforeWave = given.serverIds or json.array {}, given.pauseBeforeWave or false
  given.dependsOnWaves = number == 0 and json.array {} or json.array { number - 1 }
  return given
end

local function plan(id, name, description, waves)
  return { planId = id, planName = name, description = description, waves = json.array(waves) }
end

local function hub_table(name, items)
  return { account = HUB, region = EAST, name = name, items = items }
end

local database_servers, report_servers = databases(), reports()
local partner_servers = {
  server("portal-01", "10.90.4.11", { Application = "portal", Tier = "web" }, { os = LINUX, instanceType = "t3.large" }),
  server("portal-02", "10.90.4.12", { Application = "portal", Tier = "web" }, { os = LINUX, instanceType = "t3.large" }),
}

return {
  accounts = {
    [PARTNER] = { roles = { { roleName = ROLE, trustedAccounts = { HUB }, externalId = EXTERNAL_ID } } },
  },
  places = {
    {
      account = HUB, region = EAST, sourceServers = join(database_servers, report_servers, others(), applications()),
      instances = {
        { name = "bastion-use1", id = "i-0b1c2d3e4f5a60718", instanceType = "t3.micro", privateIp = "10.20.0.10",
          tags = { Role = "bastion" } },
        { name = "build-runner", id = "i-0b1c2d3e4f5a60719", instanceType = "c6i.large", privateIp = "10.20.0.22",
          state = "stopped" },
      },
    },
    {
      account = HUB, region = WEST, sourceServers = webs(),
      instances = {
        { name = "bastion-usw2", id = "i-0c1d2e3f4a5b60728", instanceType = "t3.micro", privateIp = "10.40.0.10",
          tags = { Role = "bastion" } },
      },
    },
    { account = PARTNER, region = EAST, sourceServers = partner_servers },
  },
  tables = {
    hub_table("drsh-protection-groups", {
      group(GROUP.database, "Billing databases", { sourceServerIds = names(database_servers) }),
      group(GROUP.application, "Billing application", { serverSelectionTags = { Application = "billing",
        Tier = "application" } }),
      group(GROUP.web, "Billing web", { region = WEST, serverSelectionTags = { Application = "billing", Tier = "web" } }),
      group(GROUP.reporting, "Legacy reporting", { sourceServerIds = names(report_servers) }),
      group(GROUP.partner, "Partner portal", {
        accountId = PARTNER, assumeRoleName = ROLE, externalId = EXTERNAL_ID, serverSelectionTags = { Application = "portal" },
      }),
    }),
    hub_table("drsh-recovery-plans", {
      plan(PLAN.billing, "Billing", "Databases, then the application, then (after a look) the web servers in the west.", {
        wave(0, "Database", GROUP.database, { serverIds = names(database_servers) }),
        wave(1, "Application", GROUP.application),
        wave(2, "Web", GROUP.web, { pauseBeforeWave = true }),
      }),
      plan(PLAN.reporting, "Legacy reporting", "Three old report servers; one of them does not launch.", {
        wave(0, "Reporting", GROUP.reporting, { serverIds = names(report_servers) }),
      }),
      plan(PLAN.partner, "Partner portal", "In the partner's account, reached by its role.",
        { wave(0, "Portal", GROUP.partner) }),
    }),
    hub_table("drsh-target-accounts", {
      { accountId = PARTNER, accountName = "Partner", assumeRoleName = ROLE, externalId = EXTERNAL_ID },
    }),
  },
}
