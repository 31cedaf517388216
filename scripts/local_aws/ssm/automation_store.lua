-- Automations as rows: what the operations list and what the runner goes on with, saved after every step.

local fault = require "local_aws.fault"
local json = require "json"

local store = {}

store.schema = [[
CREATE TABLE IF NOT EXISTS ssm_automations (
  number INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL UNIQUE, token TEXT,
  due_us INTEGER, state TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ssm_automations_of_place ON ssm_automations (account, region, number);
CREATE INDEX IF NOT EXISTS ssm_automations_due ON ssm_automations (due_us) WHERE due_us IS NOT NULL;
]]

function store.insert(db, automation, token)
  db:run("INSERT INTO ssm_automations (account, region, id, token, due_us, state) VALUES (?, ?, ?, ?, ?, ?)",
    automation.account, automation.region, automation.id, token, automation.startedUs, json.encode(automation))
end

-- due_us: when the runner is to look at it again; nil for never (it has ended, or waits for a signal).
function store.save(db, automation, due_us)
  db:run("UPDATE ssm_automations SET due_us = ?, state = ? WHERE id = ?", due_us, json.encode(automation), automation.id)
end

-- The next one to look at, and when.
function store.next_due(db)
  local row = db:first("SELECT id, due_us FROM ssm_automations WHERE due_us IS NOT NULL ORDER BY due_us LIMIT 1")
  if row then
    return row.id, row.due_us
  end
end

function store.load(db, id)
  local row = db:first("SELECT state FROM ssm_automations WHERE id = ?", id)
  return row and json.decode(row.state)
end

function store.by_token(db, account, region, token)
  local row = db:first("SELECT state FROM ssm_automations WHERE account = ? AND region = ? AND token = ?", account, region,
    token)
  return row and json.decode(row.state)
end

-- The automation that a call names; raises as SSM does.
function store.get(call)
  local automation = store.load(call.world.db, call.input.AutomationExecutionId)
  if not automation or automation.account ~= call.account or automation.region ~= call.region then
    fault.raise("AutomationExecutionNotFoundException", ("Automation execution with ID %s not found."):format(
      call.input.AutomationExecutionId))
  end
  return automation
end

return store
