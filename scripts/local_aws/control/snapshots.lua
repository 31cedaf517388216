-- Snapshots: all that the local AWS holds at one moment, to come back to. That is the data of every service, the accounts,
-- the clock with its speed, the settings and the faults that are set; not the list of calls.
--
-- A world in memory keeps its snapshots in memory. One with a data file keeps each in a file beside it, FILE.snapshot-NAME:
-- an SQLite database that outlives the process, and that `--data` takes as well.
--
-- Restoring is what happens after kill -9, without the kill: what works in the background is stopped, the data is exchanged
-- in one write, and the services begin anew with what they find.

local clock = require "clock"
local folder = require "folder"
local json = require "json"
local refuse = require "local_aws.control.refusal"
local sqlite = require "sqlite"
local time = require "time"

local snapshots = {}

local SCHEMA = "CREATE TABLE IF NOT EXISTS snapshot (state TEXT NOT NULL)"
local INFIX = ".snapshot-"

local function check_name(name)
  if type(name) ~= "string" or not name:find("^[%w_-]+$") or #name > 64 then
    refuse(400, "INVALID_NAME", "name: letters, digits, - and _, at most 64, and not " .. json.encode(name or json.null))
  end
  return name
end

local function names_beside(path)
  local parent, base = path:match("^(.*/)([^/]*)$")
  local prefix, names = (base or path) .. INFIX, {}
  for _, name in ipairs(folder.list(parent or ".")) do
    if name:sub(1, #prefix) == prefix and name:find("^[%w_-]+$", #prefix + 1) then
      names[#names + 1] = name:sub(#prefix + 1)
    end
  end
  return names
end

local function names_of(self)
  if self.path then
    return names_beside(self.path)
  end
  local names = {}
  for name in pairs(self.kept) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local function check_known(self, name)
  for _, known in ipairs(names_of(self)) do
    if known == name then
      return
    end
  end
  refuse(404, "NO_SUCH_SNAPSHOT", ("no snapshot %s; GET /_drsh/snapshots lists them"):format(name))
end

-- Runs fn(db) on a snapshot's database.
local function with(self, name, fn)
  if not self.path then
    self.kept[name] = self.kept[name] or sqlite.open ":memory:"
    return fn(self.kept[name])
  end
  local db <close> = sqlite.open(self.path .. INFIX .. name)
  return fn(db)
end

-- Settings and faults, as a snapshot keeps them; the clock's time is in the data.
local function state_of(world)
  return { settings = require("local_aws.world").settings(world), faults = world.faults.list(), speed = clock.speed() }
end

-- path: the world's data file; nil for one in memory.
function snapshots.new(path)
  return { path = path, kept = {} }
end

function snapshots.list(world)
  return { snapshots = json.array(names_of(world.snapshots)) }
end

-- Keeps the world as it is; a snapshot of that name is replaced.
function snapshots.keep(world, name)
  check_name(name)
  world.clock.keep(true)
  with(world.snapshots, name, function(db)
    world.db:copy_to(db)
    db:transaction(function()
      db:exec(SCHEMA)
      db:run("INSERT INTO snapshot (state) VALUES (?)", json.encode(state_of(world)))
    end)
  end)
  return { name = name, now = time.now_us() / 1e6 }
end

local function set_clock(now_us, speed)
  if speed == 0 then
    clock.freeze(now_us / 1e6)
  else
    clock.set(now_us / 1e6)
    clock.speed(speed)
  end
end

-- A snapshot whose making was cut off has no state, and is none.
local function read(db, name)
  local there = db:first "SELECT 1 AS yes FROM sqlite_master WHERE name = 'snapshot'"
  local row = there and db:first "SELECT state FROM snapshot"
  if not row then
    refuse(409, "SNAPSHOT_INCOMPLETE", ("snapshot %s is not whole; make it again"):format(name))
  end
  return json.decode(row.state)
end

-- Lets the world be again what it was when the snapshot was made.
function snapshots.restore(world, name)
  check_known(world.snapshots, check_name(name))
  local worlds = require "local_aws.world"
  with(world.snapshots, name, function(db)
    local state = read(db, name)
    worlds.halt(world)
    local copied, problem = pcall(db.copy_to, db, world.db)
    if copied then
      world.db:exec "DROP TABLE snapshot"
      set_clock(db:first("SELECT value FROM world WHERE name = 'now_us'").value, state.speed)
      for service, values in pairs(state.settings) do
        worlds.change_settings(world, service, values)
      end
      world.faults.replace(state.faults)
    end
    worlds.start(world)
    if not copied then
      error(problem, 0)
    end
  end)
  return { name = name, now = time.now_us() / 1e6 }
end

function snapshots.remove(world, name)
  local self = world.snapshots
  check_known(self, check_name(name))
  if self.path then
    os.remove(self.path .. INFIX .. name)
  else
    self.kept[name]:close()
    self.kept[name] = nil
  end
  return snapshots.list(world)
end

return snapshots
