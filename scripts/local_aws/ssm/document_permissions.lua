-- With whom documents are shared, and their versions.

local documents = require "local_aws.ssm.documents"
local fault = require "local_aws.fault"
local json = require "json"
local paging = require "local_aws.ssm.paging"

local SCHEMA = [[
CREATE TABLE IF NOT EXISTS ssm_document_shares (
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, shared_with TEXT NOT NULL, version TEXT NOT NULL,
  PRIMARY KEY (account, region, name, shared_with)
) WITHOUT ROWID;
]]

local function check_own(call)
  local document = documents.find(call, call.input.Name)
  if not document or document.owner == "Amazon" then
    fault.raise("InvalidDocument", "The specified document does not exist.")
  end
end

local function check_accounts(list)
  for _, id in ipairs(list or {}) do
    if id:lower() == "all" and list[2] then
      fault.raise("DocumentPermissionLimit", "Accounts can either be all or a group of AWS accounts")
    end
  end
end

local operations = {}

function operations.ModifyDocumentPermission(call)
  local input, db = call.input, call.world.db
  check_own(call)
  check_accounts(input.AccountIdsToAdd)
  check_accounts(input.AccountIdsToRemove)
  for _, id in ipairs(input.AccountIdsToAdd or {}) do
    db:run([[INSERT OR REPLACE INTO ssm_document_shares (account, region, name, shared_with, version)
      VALUES (?, ?, ?, ?, ?)]], call.account, call.region, input.Name, id, input.SharedDocumentVersion or "$DEFAULT")
  end
  for _, id in ipairs(input.AccountIdsToRemove or {}) do
    db:run("DELETE FROM ssm_document_shares WHERE account = ? AND region = ? AND name = ? AND lower(shared_with) = lower(?)",
      call.account, call.region, input.Name, id)
  end
end

function operations.DescribeDocumentPermission(call)
  check_own(call)
  local list, ids = {}, json.array {}
  for row in call.world.db:rows([[SELECT shared_with, version FROM ssm_document_shares WHERE account = ? AND region = ?
    AND name = ? ORDER BY shared_with]], call.account, call.region, call.input.Name) do
    list[#list + 1] = { AccountId = row.shared_with, SharedDocumentVersion = row.version }
  end
  local items, token = paging.cut(list, call.input, 20)
  for index, item in ipairs(items) do
    ids[index] = item.AccountId
  end
  return { AccountIds = ids, AccountSharingInfoList = items, NextToken = token }
end

function operations.ListDocumentVersions(call)
  local list = documents.versions(call, call.input.Name)
  local items, token = paging.cut(list, call.input, 50)
  return { DocumentVersions = items, NextToken = token }
end

return { schema = SCHEMA, operations = operations }
