-- Who may sign: the built-in administrator, the keys of the accounts file, and the sessions that STS gave out (in SQLite).
--
-- The accounts file is JSON (or a Lua file that returns the same table):
--   { "accounts": { "210987654321": {
--       "keys":  [ { "accessKeyId": "AKIA...", "secretAccessKey": "...", "userName": "operator" } ],
--       "roles": [ { "roleName": "DRSOrchestrationCrossAccountRole", "trustedAccounts": ["123456789012"],
--                    "externalId": "...", "maxSessionDuration": 3600 } ] } } }

local crypto = require "crypto"
local json = require "json"
local read_file = require "local_aws.data_file"
local shape = require "local_aws.shape"
local time = require "time"

local accounts = {}

accounts.ADMINISTRATOR = {
  accessKeyId = "AKIADRSHLOCAL0000000",
  secretAccessKey = "local-secret-for-development-only",
  account = "123456789012",
  arn = "arn:aws:iam::123456789012:user/administrator",
  userId = "AIDADRSHLOCAL00000000",
}

accounts.schema = [[
CREATE TABLE IF NOT EXISTS account_roles (
  account TEXT NOT NULL, name TEXT NOT NULL, role_id TEXT NOT NULL, definition TEXT NOT NULL, PRIMARY KEY (account, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS account_keys (
  access_key_id TEXT PRIMARY KEY, secret TEXT NOT NULL, token TEXT, account TEXT NOT NULL, arn TEXT NOT NULL,
  user_id TEXT NOT NULL, expires_at REAL, source TEXT NOT NULL
) WITHOUT ROWID;
]]

local LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

-- An id as IAM makes them: a prefix that says the kind, then capital letters and digits. The same text gives the same id.
function accounts.unique_id(prefix, text, length)
  local digest = crypto.sha256(text or crypto.random_bytes(32))
  local letters = {}
  for index = 1, length or 17 do
    local at = digest:byte(index) % #LETTERS + 1
    letters[index] = LETTERS:sub(at, at)
  end
  return prefix .. table.concat(letters)
end

-- What the accounts of a file, or of an estate, may say of each (shape.lua).
accounts.shape = { keys = "^%d%d%d%d%d%d%d%d%d%d%d%d$", map = { members = {
  keys = { list = {
    members = { accessKeyId = "string", secretAccessKey = "string", userName = "string" },
    needs = { "accessKeyId", "secretAccessKey" },
  } },
  roles = { list = {
    members = {
      roleName = "string", trustedAccounts = { list = "string" }, externalId = "string", maxSessionDuration = "number",
      webIdentity = { members = { issuer = "string", key = "any" } },
    },
    needs = { "roleName" },
  } },
} } }

-- Reads an accounts file.
function accounts.read(path)
  local content = read_file(path)
  shape.check(content, { members = { accounts = accounts.shape }, needs = { "accounts" } }, path)
  return content.accounts
end

local function add_key(db, account, key, source)
  local user = key.userName or key.accessKeyId
  db:run([[INSERT OR REPLACE INTO account_keys (access_key_id, secret, account, arn, user_id, source)
    VALUES (?, ?, ?, ?, ?, ?)]], key.accessKeyId, key.secretAccessKey, account,
      ("arn:aws:iam::%s:user/%s"):format(account, user),
    accounts.unique_id("AIDA", account .. "/" .. user), source)
end

-- A role: {roleName=, trustedAccounts={...}, externalId=, maxSessionDuration= seconds, webIdentity={issuer=, key=}}
-- (sts/web_identity.lua).
function accounts.add_role(db, account, role)
  db:run("INSERT OR REPLACE INTO account_roles (account, name, role_id, definition) VALUES (?, ?, ?, ?)", account,
    role.roleName, accounts.unique_id("AROA", account .. "/" .. role.roleName), json.encode {
      trustedAccounts = json.array(role.trustedAccounts or {}),
      externalId = role.externalId,
      maxSessionDuration = role.maxSessionDuration or 3600,
      webIdentity = role.webIdentity,
    })
end

-- Puts accounts (the shape of the accounts file's "accounts") into the database. `source` is "file" or "estate": keys that went
-- from the file go from the database at the next start.
function accounts.add(db, list, source)
  if source == "file" then
    db:run("DELETE FROM account_keys WHERE source = 'file'")
  end
  for account, entry in pairs(list) do
    for _, key in ipairs(entry.keys or {}) do
      add_key(db, account, key, source)
    end
    for _, role in ipairs(entry.roles or {}) do
      accounts.add_role(db, account, role)
    end
  end
end

function accounts.role(db, account, name)
  local row = db:first("SELECT role_id, definition FROM account_roles WHERE account = ? AND name = ?", account, name)
  local role = row and json.decode(row.definition)
  if role then
    role.roleId = row.role_id
  end
  return role
end

-- A session key of STS: {accessKeyId=, secretAccessKey=, token=, account=, arn=, userId=, expiresAt= wall seconds}.
function accounts.add_session(db, session)
  -- Expired ones are kept for a week, so that whoever still uses one is told that it has expired.
  db:run("DELETE FROM account_keys WHERE expires_at < ?", time.wall() - 7 * 86400)
  db:run([[INSERT INTO account_keys (access_key_id, secret, token, account, arn, user_id, expires_at, source)
    VALUES (?, ?, ?, ?, ?, ?, ?, 'sts')]], session.accessKeyId, session.secretAccessKey, session.token, session.account,
      session.arn,
    session.userId, session.expiresAt)
end

-- The key with this id: {accessKeyId=, secretAccessKey=, token=, account=, arn=, userId=, expiresAt=}, or nil.
function accounts.find(db, access_key_id)
  if access_key_id == accounts.ADMINISTRATOR.accessKeyId then
    return accounts.ADMINISTRATOR
  end
  local row = db:first("SELECT * FROM account_keys WHERE access_key_id = ?", access_key_id)
  return row and {
    accessKeyId = row.access_key_id, secretAccessKey = row.secret, token = row.token, account = row.account, arn = row.arn,
    userId = row.user_id, expiresAt = row.expires_at,
  }
end

return accounts
