-- Executions and their branches in SQLite (schema.lua says what the rows mean).
--
-- A branch in Lua: {id, execution, parent, position, phase, due_us, activity, input, output} as in the row, and from its body
--   scope, state        where it is in the definition
--   previous            id of the last event of this branch
--   entered_id, entered_us   of the current state; absent before it is entered
--   attempt             counts task attempts; what arrives for an earlier one is thrown away
--   retries, retry_count     retries used, by the retrier's number, and in all
--   task                {input, timeout, heartbeat, token, deadline_us, heartbeat_us} of a Task's attempt
--   index, item         of a Map's iteration; variables: what Assign has set, as JSON text
local definition = require "local_aws.states.definition"
local json       = require "json"

local store = {}

local COLUMNS = { "id", "execution", "parent", "position", "phase", "due_us", "activity", "input", "output" }
local is_column = {}
for _, name in ipairs(COLUMNS) do
  is_column[name] = true
end

local function body_of(branch)
  local body = json.object {}
  for name, value in pairs(branch) do
    if not is_column[name] then
      body[name] = value
    end
  end
  return json.encode(body)
end

local function branch_of(row)
  if not row then
    return nil
  end
  local branch = {}
  for name, value in pairs(json.decode(row.body)) do
    branch[name] = value
  end
  for _, name in ipairs(COLUMNS) do
    branch[name] = row[name]
  end
  return branch
end

function store.branch(db, id)
  return branch_of(db:first("SELECT * FROM states_branches WHERE id = ?", id))
end

function store.root(db, execution_id)
  return branch_of(db:first("SELECT * FROM states_branches WHERE execution = ? AND parent IS NULL", execution_id))
end

local function list(rows)
  for index, row in ipairs(rows) do
    rows[index] = branch_of(row)
  end
  return rows
end

function store.children(db, parent_id)
  return list(db:all("SELECT * FROM states_branches WHERE parent = ? ORDER BY position", parent_id))
end

function store.branches(db, execution_id)
  return list(db:all("SELECT * FROM states_branches WHERE execution = ? ORDER BY id", execution_id))
end

-- Inserts and sets branch.id.
function store.add_branch(db, branch)
  branch.attempt = branch.attempt or 0
  branch.retry_count = branch.retry_count or 0
  db:run([[INSERT INTO states_branches (execution, parent, position, phase, due_us, input, body) VALUES (?, ?, ?, ?, ?, ?, ?)]],
    branch.execution, branch.parent, branch.position, branch.phase, branch.due_us, branch.input, body_of(branch))
  branch.id = db:last_insert_id()
  return branch
end

function store.save_branch(db, branch)
  db:run([[UPDATE states_branches SET phase = ?, due_us = ?, activity = ?, input = ?, output = ?, body = ? WHERE id = ?]],
    branch.phase, branch.due_us, branch.activity, branch.input, branch.output, body_of(branch), branch.id)
end

function store.remove_branch(db, id)
  db:run("DELETE FROM states_branches WHERE id = ?", id)
end

local NEW_EXECUTION = { "arn", "machine_arn", "account", "region", "name", "type", "status", "input", "started_us",
  "deadline_us", "events", "definition", "role_arn", "machine_name", "machine_updated_us", "revision", "logging", "tracing",
  "trace_header", "redrive_count", "version_arn", "alias_arn" }
local INSERT_EXECUTION = ("INSERT INTO states_executions (%s) VALUES (%s)"):format(table.concat(NEW_EXECUTION, ", "),
  ("?, "):rep(#NEW_EXECUTION - 1) .. "?")

-- Inserts an execution that is RUNNING and has no events yet. -> its id
function store.add_execution(db, execution)
  execution.status, execution.events, execution.redrive_count = "RUNNING", 0, 0
  local values = {}
  for index, column in ipairs(NEW_EXECUTION) do
    values[index] = execution[column]
  end
  db:run(INSERT_EXECUTION, table.unpack(values, 1, #NEW_EXECUTION))
  return db:last_insert_id()
end

function store.execution(db, id)
  return db:first("SELECT * FROM states_executions WHERE id = ?", id)
end

function store.execution_by_arn(db, arn)
  return db:first("SELECT * FROM states_executions WHERE arn = ?", arn)
end

function store.save_execution(db, execution)
  db:run([[UPDATE states_executions SET status = ?, output = ?, error = ?, cause = ?, stopped_us = ?, deadline_us = ?,
    events = ?,
    redrive_count = ?, redriven_us = ? WHERE id = ?]], execution.status, execution.output, execution.error, execution.cause,
    execution.stopped_us, execution.deadline_us, execution.events, execution.redrive_count, execution.redriven_us, execution.id)
end

-- The number under which a definition's text is kept; the same text has one number.
function store.add_definition(db, body)
  local row = db:first("SELECT id FROM states_definitions WHERE body = ?", body)
  if row then
    return row.id
  end
  db:run("INSERT INTO states_definitions (body) VALUES (?)", body)
  return db:last_insert_id()
end

function store.definition(db, id)
  return db:first("SELECT body FROM states_definitions WHERE id = ?", id).body
end

-- Loaded definitions by their text, so that two databases in one process cannot mix them up.
local loaded = setmetatable({}, { __mode = "v" })

function store.machine(db, definition_id)
  local body = store.definition(db, definition_id)
  local machine = loaded[body]
  if not machine then
    machine = definition.load(body)
    loaded[body] = machine
  end
  return machine
end

function store.tags(db, arn)
  local tags = json.array {}
  for row in db:rows("SELECT key, value FROM states_tags WHERE arn = ? ORDER BY key", arn) do
    tags[#tags + 1] = { key = row.key, value = row.value }
  end
  return tags
end

return store
