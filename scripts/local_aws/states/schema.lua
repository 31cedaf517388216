-- The tables of the local Step Functions. Times are world microseconds.
--
-- states_branches is the whole state of every execution: one row for the execution itself and one for each branch of a
-- Parallel or iteration of a Map under way. A row is rewritten in the transaction that appends the history of the step, so
-- a process may die at any moment and another one goes on from the rows. Its phases:
--   enter     the state is to be entered              pending   a Map's item that waits for its turn
--   attempt   a retry waits for its backoff           joined    a Parallel or Map waits for its branches
--   waiting   a Wait state                            done      a branch has its output, its siblings have not
--   launch    a task is scheduled, not yet started    failed    why the execution failed (kept for a redrive)
--   queued    an activity waits for a worker          aborted   stopped with its execution or its siblings
--   running   a task is under way                     mapping   a distributed Map runs its child executions
-- due_us is when the row wants to be looked at again; NULL: only when something happens to it.
--
-- A distributed Map is a row of states_map_runs; each of its child executions is one of states_map_items, with the input that
-- it gets and how many of the Map's items are in it. The columns running, unfinished and items_failed of the run are sums over
-- them, so that the end of one child costs the same however many there are. An item's status is PENDING before it is started,
-- PENDING_REDRIVE before it is started again, and then that of its execution.
return [[
CREATE TABLE IF NOT EXISTS states_definitions (id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS states_machines (
  arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
  status TEXT NOT NULL, definition INTEGER NOT NULL, role_arn TEXT NOT NULL, logging TEXT, tracing TEXT, encryption TEXT,
  revision TEXT, created_us INTEGER NOT NULL, updated_us INTEGER NOT NULL, last_version INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS states_machines_place ON states_machines (account, region, name);
CREATE TABLE IF NOT EXISTS states_versions (
  machine_arn TEXT NOT NULL, version INTEGER NOT NULL, definition INTEGER NOT NULL, role_arn TEXT NOT NULL, logging TEXT,
  tracing TEXT, encryption TEXT, revision TEXT, description TEXT, created_us INTEGER NOT NULL,
  PRIMARY KEY (machine_arn, version)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS states_aliases (
  machine_arn TEXT NOT NULL, name TEXT NOT NULL, description TEXT, routing TEXT NOT NULL, created_us INTEGER NOT NULL,
  updated_us INTEGER NOT NULL, PRIMARY KEY (machine_arn, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS states_executions (
  id INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT NOT NULL UNIQUE, machine_arn TEXT NOT NULL, account TEXT NOT NULL,
  region TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL, input TEXT NOT NULL, output TEXT,
  error TEXT, cause TEXT, started_us INTEGER NOT NULL, stopped_us INTEGER, deadline_us INTEGER, events INTEGER NOT NULL,
  definition INTEGER NOT NULL, role_arn TEXT NOT NULL, machine_name TEXT NOT NULL, machine_updated_us INTEGER NOT NULL,
  revision TEXT, logging TEXT, tracing TEXT, trace_header TEXT, redrive_count INTEGER NOT NULL, redriven_us INTEGER,
  parent_branch INTEGER, parent_attempt INTEGER, version_arn TEXT, alias_arn TEXT);
CREATE INDEX IF NOT EXISTS states_executions_machine ON states_executions (machine_arn, id);
CREATE INDEX IF NOT EXISTS states_executions_status ON states_executions (machine_arn, status, id);
CREATE INDEX IF NOT EXISTS states_executions_deadline ON states_executions (deadline_us) WHERE deadline_us IS NOT NULL;
CREATE INDEX IF NOT EXISTS states_executions_version ON states_executions (version_arn, id) WHERE version_arn IS NOT NULL;
CREATE INDEX IF NOT EXISTS states_executions_alias ON states_executions (alias_arn, id) WHERE alias_arn IS NOT NULL;
CREATE INDEX IF NOT EXISTS states_executions_parent ON states_executions (parent_branch) WHERE parent_branch IS NOT NULL;
CREATE TABLE IF NOT EXISTS states_map_runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT NOT NULL UNIQUE, execution INTEGER NOT NULL, branch INTEGER NOT NULL,
  account TEXT NOT NULL, status TEXT NOT NULL, label TEXT NOT NULL, type TEXT NOT NULL, definition INTEGER NOT NULL,
  max_concurrency INTEGER NOT NULL, tolerated_count INTEGER, tolerated_percentage REAL, items INTEGER NOT NULL,
  items_failed INTEGER NOT NULL, running INTEGER NOT NULL, unfinished INTEGER NOT NULL, started_us INTEGER NOT NULL,
  stopped_us INTEGER, redrive_count INTEGER NOT NULL DEFAULT 0, redriven_us INTEGER);
CREATE INDEX IF NOT EXISTS states_map_runs_execution ON states_map_runs (execution, id);
CREATE TABLE IF NOT EXISTS states_map_items (
  map_run INTEGER NOT NULL, position INTEGER NOT NULL, status TEXT NOT NULL, items INTEGER NOT NULL, input TEXT NOT NULL,
  execution INTEGER, PRIMARY KEY (map_run, position)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS states_map_items_status ON states_map_items (map_run, status, position, items);
CREATE INDEX IF NOT EXISTS states_map_items_execution ON states_map_items (execution) WHERE execution IS NOT NULL;
CREATE TABLE IF NOT EXISTS states_branches (
  id INTEGER PRIMARY KEY AUTOINCREMENT, execution INTEGER NOT NULL, parent INTEGER, position INTEGER NOT NULL,
  phase TEXT NOT NULL, due_us INTEGER, activity TEXT, input TEXT, output TEXT, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS states_branches_execution ON states_branches (execution);
CREATE INDEX IF NOT EXISTS states_branches_parent ON states_branches (parent, position);
CREATE INDEX IF NOT EXISTS states_branches_due ON states_branches (due_us, id) WHERE due_us IS NOT NULL;
CREATE INDEX IF NOT EXISTS states_branches_running ON states_branches (id) WHERE phase = 'running';
CREATE INDEX IF NOT EXISTS states_branches_activity ON states_branches (activity, id) WHERE activity IS NOT NULL;
CREATE TABLE IF NOT EXISTS states_events (
  execution INTEGER NOT NULL, id INTEGER NOT NULL, previous INTEGER NOT NULL, time_us INTEGER NOT NULL, type TEXT NOT NULL,
  details TEXT, PRIMARY KEY (execution, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS states_tokens (
  token TEXT PRIMARY KEY, branch INTEGER NOT NULL, attempt INTEGER NOT NULL, status TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS states_tokens_branch ON states_tokens (branch) WHERE status = 'open';
CREATE TABLE IF NOT EXISTS states_activities (
  arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, created_us INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS states_activity_keys (arn TEXT PRIMARY KEY, encryption TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS states_redrives (
  execution INTEGER NOT NULL, client_token TEXT NOT NULL, redriven_us INTEGER NOT NULL,
  PRIMARY KEY (execution, client_token)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS states_tags (
  arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key)) WITHOUT ROWID;
]]
