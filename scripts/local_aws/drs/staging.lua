-- Extended source servers: servers that replicate into a staging account and are recovered in another one. Their launch begins
-- with a job of its own in the staging account, which makes converted snapshots for the target.

local elsewhere = require "local_aws.drs.elsewhere"
local failures = require "local_aws.drs.failures"
local jobs = require "local_aws.drs.jobs"
local json = require "json"
local pages = require "local_aws.drs.pages"
local source_servers = require "local_aws.drs.source_servers"
local timeline = require "local_aws.drs.timeline"

local staging = {}

-- Starts, at `now`, the jobs in the staging accounts of those servers that are extended; answers the second after it at which
-- the last one ends (0: none).
function staging.convert(call, servers, now)
  local by_account, ends_at = {}, 0
  for _, server in ipairs(servers) do
    local account = server.row.staging_account
    if account and not server.row.is_source_lost then
      by_account[account] = by_account[account] or {}
      table.insert(by_account[account], { id = server.row.staging_server, conversion_server = server.conversion_server })
    end
  end
  for account, list in pairs(by_account) do
    local there, ids, participants = elsewhere(call, { account = account }), {}, {}
    for index, server in ipairs(list) do
      ids[index], participants[index] = server.id, { server = server.id, key = server.id }
    end
    source_servers.refuse_busy(there, ids, now)
    local plan = timeline.convert(call.world.settings.drs, jobs.next_number(call), list)
    jobs.insert(there, now, "CREATE_CONVERTED_SNAPSHOT", "TARGET_ACCOUNT", nil, plan, participants)
    ends_at = math.max(ends_at, plan.ends_at)
  end
  return ends_at
end

local operations = {}

-- One search in the index for each account, however many servers are extended from it.
function operations.ListStagingAccounts(call)
  local list, last = {}, ""
  while last do
    list[#list + 1] = last ~= "" and { accountID = last } or nil
    last = call.world.db:first([[SELECT min(staging_account) AS id FROM drs_source_servers WHERE account = ? AND region = ?
      AND staging_account > ?]], call.account, call.region, last).id
  end
  local items, token = pages.of_list(call, list)
  return { accounts = items, nextToken = token }
end

-- Servers of the staging account that are no extensions themselves and not extended into this one yet.
function operations.ListExtensibleSourceServers(call)
  local there = elsewhere(call, { account = call.input.stagingAccountID })
  local rows, token = pages.of_table(there, {
    from = "drs_source_servers AS source", order = { "number" }, where = {
      { [[staging_account IS NULL AND NOT EXISTS (SELECT 1 FROM drs_source_servers WHERE account = ? AND region = source.region
        AND staging_account = source.account AND staging_server = source.id)]], call.account },
    },
  })
  local items = json.array {}
  for index, row in ipairs(rows) do
    items[index] = {
      hostname = json.decode(row.properties).hostname, arn = source_servers.arn(row), tags = json.decode(row.tags),
    }
  end
  return { items = items, nextToken = token }
end

local function find_extension(call, account, server_id)
  return call.world.db:first([[SELECT 1 AS yes FROM drs_source_servers WHERE account = ? AND region = ? AND staging_account = ?
    AND staging_server = ?]], call.account, call.region, account, server_id)
end

function operations.CreateExtendedSourceServer(call)
  local arn = call.input.sourceServerArn
  local region, account, id = arn:match("^arn:aws[%w-]*:drs:([%w-]+):(%d+):source%-server/(.+)$")
  local server = region == call.region and source_servers.find(elsewhere(call, { account = account }), id)
  if not server then
    failures.not_found("SourceServer", arn)
  elseif account == call.account then
    failures.invalid("The Source Server is in this account: only those of another account can be extended.")
  elseif server.replication_configuration.ebsEncryption ~= "CUSTOM" then
    failures.invalid("The Source Server's staging disks are encrypted with the default key: ebsEncryption must be CUSTOM, with "
      .. "a key that is shared with this account.")
  elseif find_extension(call, account, id) then
    failures.invalid("The Source Server is extended into this account already.")
  end
  local most = call.world.settings.drs.maxSourceServers
  local count = call.world.db:first("SELECT count(*) AS n FROM drs_source_servers WHERE account = ? AND region = ?",
    call.account, call.region).n
  if count >= most then
    failures.quota(("The maximum number of source servers (%d) was reached"):format(most), "L-E28BE5E0")
  end
  local extended = source_servers.insert(call.world.db, call.account, call.region, {
    tags = call.input.tags or {}, properties = server.properties, replication = server.replication, stagingAccount = account,
    stagingServer = id,
  })
  return { sourceServer = source_servers.describe_one(call, extended) }
end

staging.operations = operations

return staging
