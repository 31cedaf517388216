-- The world's clock over restarts. Its time is kept in the database a little ahead of what anybody was shown, so that a world
-- that is started again (after kill -9 too) never shows an earlier time than before.

local clock = require "clock"
local time = require "time"

local world_clock = {}

-- How far ahead (real seconds, times the clock's speed) each write reaches: the most that a restart can jump forward.
local AHEAD = 0.5

local SCHEMA = [[
CREATE TABLE IF NOT EXISTS world (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
]]

local function read(db, name)
  local row = db:first("SELECT value FROM world WHERE name = ?", name)
  return row and row.value
end

local function write(db, name, value)
  db:run("INSERT OR REPLACE INTO world (name, value) VALUES (?, ?)", name, value)
end

-- Opens the clock of a database: sets the world's clock forward if the database has seen a later time.
-- clock.keep(exact): to be called before anything that shows the time is answered. clock.is_new: nobody has furnished it yet (a
-- start that was killed before clock.furnished() leaves it new, so that no world stays half furnished).
function world_clock.open(db)
  db:exec(SCHEMA)
  local kept = read(db, "now_us")
  local self = { is_new = read(db, "furnished") == nil }
  if kept and kept > time.now_us() then
    clock.set(kept / 1e6)
  end
  local kept_at, reserved = 0, 0

  -- Time may also have been set back on purpose (control, tests): what is kept follows.
  function self.keep(exact)
    local now = time.now_us()
    if exact or now > reserved or now < kept_at then
      kept_at, reserved = now, exact and now or now + math.ceil(AHEAD * 1e6 * math.max(1, self.speed()))
      write(db, "now_us", reserved)
    end
  end

  -- Best in the transaction that furnishes it.
  function self.furnished()
    write(db, "furnished", 1)
  end

  function self.speed()
    return clock.speed() or 1
  end

  -- A number that grows with every call, over restarts too: for ids, ports, addresses.
  function self.next(name)
    local value = (read(db, name) or 0) + 1
    write(db, name, value)
    return value
  end

  return self
end

return world_clock
