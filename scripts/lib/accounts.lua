-- Which account a plan's servers live in, and clients that work there.

local aws    = require "aws"
local config = require "config"
local json   = require "json"
local lists  = require "lib.lists"
local reply  = require "lib.reply"
local store  = require "lib.store"

local accounts = {}

local DEFAULT_ROLE = "DRSOrchestrationCrossAccountRole"

--- Our own account: that of the state machine.
function accounts.hub()
  return config.require("STATE_MACHINE_ARN"):match("^arn:[^:]*:states:[^:]*:(%d+):")
end

-- The first that states it: the groups, the target account's record, the caller.
local function stated(name, groups, target, asked)
  local group = lists.first(groups, function(one) return lists.given(one[name]) ~= nil end)
  return group and group[name] or target and lists.given(target[name]) or asked and lists.given(asked[name])
end

local function role_of(groups, target, asked)
  local by_arn = target and lists.given(target.crossAccountRoleArn)
  return stated("assumeRoleName", groups, target, nil) or by_arn and by_arn:match("/([^/]+)$")
    or stated("assumeRoleName", {}, nil, asked) or DEFAULT_ROLE
end

--- The account context of a plan's groups. Several accounts: 400. `asked` is what the caller said about it: it may name the
-- account where the groups do not, and must not contradict them.
function accounts.context(groups, asked)
  local named = lists.unique(lists.filter(lists.map(groups, function(group)
    return lists.given(group.accountId) or accounts.hub()
  end), function(id) return id end))
  local wanted = asked and lists.given(asked.accountId)
  if wanted and not stated("accountId", groups) then named = json.array { wanted } end
  if wanted and #named == 1 and named[1] ~= wanted then named[2] = wanted end
  if #named > 1 then
    reply.fail(400, "MULTIPLE_ACCOUNTS", "a plan runs in one account; this one names " .. table.concat(named, ", "),
      { accountIds = named })
  end
  local account = named[1] or accounts.hub()
  if account == accounts.hub() then return json.object { accountId = account, isCurrentAccount = true } end
  local target = config.get("TARGET_ACCOUNTS_TABLE") and store.get("TARGET_ACCOUNTS_TABLE", { accountId = account })
  return json.object {
    accountId = account, isCurrentAccount = false,
    assumeRoleName = role_of(groups, target, asked), externalId = stated("externalId", groups, target, asked),
  }
end

--- The account context of an execution; a record without one ran in our own account.
function accounts.of(execution)
  local context = lists.given(execution.accountContext)
  if not context or not lists.given(context.accountId) then
    return json.object { accountId = accounts.hub(), isCurrentAccount = true }
  end
  if lists.given(context.isCurrentAccount) == nil then
    context = lists.merged(context, { isCurrentAccount = context.accountId == accounts.hub() })
  end
  return context
end

--- A client in that account and region.
function accounts.client(service, region, context)
  local account = nil
  if not context.isCurrentAccount then
    account = { accountId = context.accountId, assumeRoleName = lists.given(context.assumeRoleName) or DEFAULT_ROLE,
                externalId = lists.given(context.externalId), isCurrentAccount = false }
  end
  return aws.client(service, { region = region, account = account })
end

return accounts
