local accounts = require "lib.accounts"
local estate   = require "tests.support.estate"
local json     = require "json"

describe("The account context", function()
  local here

  setup(function() here = estate.open() end)
  teardown(function() here.close() end)

  local function context(groups, asked) return accounts.context(json.array(groups), asked) end
  local FAR, ELSE = estate.OTHER_ACCOUNT, "333333333333"

  it("is our own account when the groups name none, or ours", function()
    for _, groups in ipairs { {}, { {} }, { { accountId = estate.ACCOUNT } }, { {}, { accountId = estate.ACCOUNT } } } do
      assert.same({ accountId = estate.ACCOUNT, isCurrentAccount = true }, context(groups))
    end
  end)

  it("of another account takes role and external id from its record", function()
    assert.same({ accountId = FAR, isCurrentAccount = false, assumeRoleName = "DRSOrchestrationCrossAccountRole",
                  externalId = "far-secret" }, context { { accountId = FAR } })
  end)

  it("takes them from the group first, and from the caller last", function()
    local group = context({ { accountId = FAR, assumeRoleName = "FromGroup", externalId = "g" } }, { assumeRoleName = "FromCaller" })
    assert.same({ "FromGroup", "g" }, { group.assumeRoleName, group.externalId })
    local caller = context({ { accountId = ELSE } }, { assumeRoleName = "FromCaller", externalId = "c" })
    assert.same({ "FromCaller", "c" }, { caller.assumeRoleName, caller.externalId })
    assert.equal("DRSOrchestrationCrossAccountRole", context({ { accountId = FAR } }, { assumeRoleName = "X" }).assumeRoleName)
  end)

  it("reads the role's name out of an ARN, and has a default", function()
    here.put("TARGET_ACCOUNTS_TABLE", { accountId = ELSE, crossAccountRoleArn = "arn:aws:iam::333333333333:role/team/Recovery" })
    assert.equal("Recovery", context({ { accountId = ELSE } }).assumeRoleName)
    assert.equal("DRSOrchestrationCrossAccountRole", context({ { accountId = "444444444444" } }).assumeRoleName)
  end)

  it("is the caller's account when the groups name none", function()
    assert.equal(FAR, context({ {} }, { accountId = FAR }).accountId)
  end)

  for name, case in pairs {
    ["two accounts"] = { { { accountId = FAR }, { accountId = ELSE } } },
    ["another and ours, unnamed"] = { { { accountId = FAR }, {} } },
    ["another than the caller says"] = { { { accountId = FAR } }, { accountId = ELSE } },
    ["ours by name, and the caller says another"] = { { { accountId = estate.ACCOUNT } }, { accountId = FAR } },
  } do
    it("is refused: " .. name, function()
      local ok, refusal = pcall(context, case[1], case[2])
      assert.is_false(ok)
      assert.equal("MULTIPLE_ACCOUNTS", refusal.error)
    end)
  end

  it("of a record without one is our own; one without the flag is compared", function()
    assert.is_true(accounts.of({}).isCurrentAccount)
    assert.is_false(accounts.of({ accountContext = { accountId = FAR } }).isCurrentAccount)
    assert.is_true(accounts.of({ accountContext = { accountId = estate.ACCOUNT } }).isCurrentAccount)
  end)
end)
