local sqlite = require "sqlite"
local task = require "task"

local function raised(code, fn, ...)
  local ok, problem = pcall(fn, ...)
  assert.is_false(ok)
  assert.equal(code, type(problem) == "table" and problem.code or problem)
  return problem
end

local function misused(pattern, fn, ...)
  local ok, problem = pcall(fn, ...)
  assert.is_false(ok)
  assert.equal("string", type(problem))
  assert.matches(pattern, problem)
end

describe("sqlite", function()
  local db

  before_each(function()
    db = sqlite.open ":memory:"
    db:exec "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE, value); INSERT INTO item VALUES (1, 'one', 1.5)"
  end)

  after_each(function() db:close() end)

  it("gives every type back as it was bound", function()
    local bytes = "a\0\255"
    local row = db:first("SELECT ? AS i, ? AS f, ? AS s, ? AS b, ? AS t, ? AS n, ? AS e, ? AS z",
      math.maxinteger, 0.1, "é\0x", sqlite.blob(bytes), true, nil, "", sqlite.blob "")
    assert.same({ i = math.maxinteger, f = 0.1, s = "é\0x", b = bytes, t = 1, e = "", z = "" }, row)
    assert.equal("integer", math.type(row.i))
    assert.equal("float", math.type(db:first("SELECT ? AS x", 2.0).x))
  end)

  it("stores strings as TEXT and blobs as BLOB", function()
    assert.same({ a = "text", b = "blob", c = "blob", d = "null", e = "integer" },
      db:first("SELECT typeof(?) AS a, typeof(?) AS b, typeof(?) AS c, typeof(?) AS d, typeof(?) AS e",
        "x", sqlite.blob "x", sqlite.blob "", nil, false))
  end)

  it("counts the rows that a statement changed", function()
    assert.equal(1, db:run("INSERT INTO item (name) VALUES (?)", "two"))
    assert.equal(2, db:last_insert_id())
    assert.equal(2, db:run "UPDATE item SET value = 7")
    assert.equal(0, db:run "UPDATE item SET value = 8 WHERE id = 99")
    assert.equal(0, db:run "SELECT * FROM item")
    assert.equal(0, db:run "CREATE TABLE other (x)")
    assert.equal(2, db:run "DELETE FROM item RETURNING id")
  end)

  it("gives the first row, all rows, or none", function()
    assert.same({ id = 1, name = "one", value = 1.5 }, db:first "SELECT * FROM item")
    assert.is_nil(db:first "SELECT * FROM item WHERE id = 2")
    assert.same({}, db:all "SELECT * FROM item WHERE id = 2")
    db:run "INSERT INTO item (name) VALUES ('two')"
    assert.same({ { id = 1 }, { id = 2 } }, db:all "SELECT id FROM item ORDER BY id")
  end)

  it("iterates, also within its own loop, and stops when the loop is left", function()
    for index = 2, 5 do db:run("INSERT INTO item (id) VALUES (?)", index) end
    local sql, pairs_seen = "SELECT id FROM item ORDER BY id", 0
    for _ in db:rows(sql) do
      for inner in db:rows(sql) do
        pairs_seen = pairs_seen + 1
        if inner.id == 3 then break end
      end
    end
    assert.equal(15, pairs_seen)
    db:exec "DROP TABLE item" -- would be SQLITE_LOCKED while a query is under way
  end)

  it("an iterator that ended stays ended, one that was dropped is collected", function()
    local next_row = db:rows "SELECT id FROM item"
    assert.equal(1, next_row().id)
    assert.is_nil(next_row())
    assert.is_nil(next_row())
    do
      local dropped = db:rows "SELECT id FROM item"
      dropped()
    end
    collectgarbage()
    collectgarbage()
    db:exec "DROP TABLE item"
  end)

  it("lets go of a query when its loop fails", function()
    pcall(function()
      for _ in db:rows "SELECT id FROM item" do error "stop" end
    end)
    db:exec "DROP TABLE item"
  end)

  it("keeps going when a query is the three hundredth", function()
    for round = 1, 2 do
      for index = 1, 300 do
        assert.equal(index, db:first("SELECT ? + " .. index .. " AS x", 0).x, "round " .. round)
      end
    end
  end)

  it("sees a changed schema through a cached statement", function()
    assert.is_nil(db:first("SELECT * FROM item").more)
    db:exec "ALTER TABLE item ADD COLUMN more DEFAULT 3"
    assert.equal(3, db:first("SELECT * FROM item").more)
  end)

  it("names what SQLite refuses", function()
    local problem = raised("SQLITE_CONSTRAINT", db.run, db, "INSERT INTO item (name) VALUES ('one')")
    assert.equal("UNIQUE", problem.constraint)
    assert.matches("item.name", problem.message)
    assert.matches("^SQLITE_CONSTRAINT: ", tostring(problem))
    assert.equal("PRIMARYKEY", raised("SQLITE_CONSTRAINT", db.run, db, "INSERT INTO item (id) VALUES (1)").constraint)
    raised("SQLITE_ERROR", db.run, db, "SELEC 1")
    raised("SQLITE_ERROR", db.exec, db, "DROP TABLE nothing")
    raised("SQLITE_ERROR", db.first, db, 'SELECT "misspelt" FROM item') -- never taken for text
    raised("SQLITE_MISMATCH", db.run, db, "INSERT INTO item (id) VALUES ('x')")
    raised("SQLITE_CANTOPEN", sqlite.open, "/nonexistent/folder/file.db")
    assert.equal(1, db:first("SELECT count(*) AS n FROM item").n) -- and goes on
  end)

  it("fails in the middle of rows without holding the table", function()
    raised("SQLITE_ERROR", db.all, db, "SELECT abs(-9223372036854775807 - id) FROM item")
    db:exec "DROP TABLE item"
  end)

  it("checks foreign keys", function()
    db:exec "CREATE TABLE part (item INTEGER REFERENCES item (id))"
    assert.equal("FOREIGNKEY", raised("SQLITE_CONSTRAINT", db.run, db, "INSERT INTO part VALUES (9)").constraint)
  end)

  it("refuses misuse with a sentence", function()
    misused("1 parameters, but 0 values", db.run, db, "SELECT ?")
    misused("0 parameters, but 1 values", db.run, db, "SELECT 1", nil)
    misused("value 2: .* got table", db.run, db, "SELECT ?, ?", 1, {})
    misused("value 1: .* got userdata", db.run, db, "SELECT ?", io.stdout)
    misused("one SQL statement expected", db.run, db, "SELECT 1; SELECT 2")
    misused("it is empty", db.run, db, " -- nothing\n")
    misused("zero byte", db.run, db, "SELECT 1\0")
    misused("zero byte", db.exec, db, "SELECT 1\0")
    misused("no values expected", db.exec, db, "SELECT ?", 1)
    misused("longer than", db.run, db, ("x"):rep(1000001))
    misused("file name", sqlite.open, "")
    misused("file name", sqlite.open, "a\0b")
    misused("function expected", db.transaction, db, 1)
    assert.equal(0, db:run "SELECT 1; -- a comment may follow\n ;")
  end)

  it("cannot be used once it is closed, and closes twice", function()
    db:close()
    db:close()
    for _, method in ipairs { "exec", "run", "first", "all", "rows", "transaction", "last_insert_id" } do
      misused("the database is closed", db[method], db, "SELECT 1")
    end
  end)

  it("closes at the end of its block, and while a query is under way", function()
    local kept
    do
      local other <close> = sqlite.open ":memory:"
      other:exec "CREATE TABLE t (x); INSERT INTO t VALUES (1), (2)"
      kept = other
      for row in other:rows "SELECT x FROM t" do
        if row.x == 1 then other:close() end
      end
    end
    misused("closed", kept.run, kept, "SELECT 1")
  end)

  it("does not show its metatable", function()
    assert.is_false(getmetatable(db))
    assert.is_false(getmetatable(sqlite.blob "x"))
  end)

  it("is collected in any order with its iterators", function()
    for _ = 1, 20 do
      local other = sqlite.open ":memory:"
      local rows = other:rows "SELECT 1 AS x UNION SELECT 2"
      rows()
    end
    collectgarbage()
    collectgarbage()
  end)

  describe("copy_to", function()
    it("replaces all that the target held", function()
      local target <close> = sqlite.open ":memory:"
      target:exec "CREATE TABLE other (x); CREATE TABLE item (id); INSERT INTO item VALUES (9)"
      assert.equal(9, target:first("SELECT id FROM item").id)
      db:copy_to(target)
      assert.same({ { id = 1, name = "one", value = 1.5 } }, target:all "SELECT * FROM item")
      assert.is_nil(target:first "SELECT 1 AS yes FROM sqlite_master WHERE name = 'other'")
      target:run "DELETE FROM item"
      assert.equal(1, #db:all "SELECT * FROM item")
    end)

    it("leaves a target alone that is in use, and refuses what is no other database", function()
      local target <close> = sqlite.open ":memory:"
      target:exec "CREATE TABLE other (x)"
      target:transaction(function()
        assert.is_false((pcall(db.copy_to, db, target)))
        target:run "INSERT INTO other VALUES (1)"
      end)
      assert.equal(1, target:first("SELECT x FROM other").x)
      misused("another database", db.copy_to, db, db)
      misused("expected", db.copy_to, db, 7)
      local closed = sqlite.open ":memory:"
      closed:close()
      misused("closed", db.copy_to, db, closed)
    end)
  end)

  describe("transaction", function()
    it("commits and gives the results", function()
      assert.same({ 1, 2, "x" }, { db:transaction(function(a, b)
        db:run("INSERT INTO item (name) VALUES ('kept')")
        return a, b, "x"
      end, 1, 2) })
      assert.is_truthy(db:first "SELECT 1 FROM item WHERE name = 'kept'")
    end)

    it("undoes everything when the function raises, and raises the same", function()
      local problem = { code = "MINE" }
      local ok, got = pcall(db.transaction, db, function()
        db:run "DELETE FROM item"
        error(problem)
      end)
      assert.is_false(ok)
      assert.equal(problem, got)
      assert.equal(1, db:first("SELECT count(*) AS n FROM item").n)
    end)

    it("nested, is a savepoint", function()
      db:transaction(function()
        db:run "INSERT INTO item (id) VALUES (2)"
        pcall(db.transaction, db, function()
          db:run "INSERT INTO item (id) VALUES (3)"
          db:transaction(function() db:run "INSERT INTO item (id) VALUES (4)" end)
          error "inner"
        end)
        db:transaction(function() db:run "INSERT INTO item (id) VALUES (5)" end)
      end)
      assert.same({ { id = 1 }, { id = 2 }, { id = 5 } }, db:all "SELECT id FROM item ORDER BY id")
    end)

    it("refuses a wait, by sleep or by yield, and undoes it", function()
      misused("a transaction must not wait", db.transaction, db, function()
        db:run "DELETE FROM item"
        task.sleep(1)
      end)
      local thread = coroutine.create(function() db:transaction(coroutine.yield) end)
      local ok, problem = coroutine.resume(thread)
      assert.is_false(ok)
      assert.matches("a transaction must not wait", problem)
      assert.equal(1, db:first("SELECT count(*) AS n FROM item").n)
      db:transaction(function() end) -- and is over
    end)

    it("undoes what a deferred check refuses at its end", function()
      db:exec "CREATE TABLE part (item INTEGER REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED)"
      local problem = raised("SQLITE_CONSTRAINT", db.transaction, db, function() db:run "INSERT INTO part VALUES (9)" end)
      assert.equal("FOREIGNKEY", problem.constraint)
      assert.equal(0, db:first("SELECT count(*) AS n FROM part").n)
      db:transaction(function() end)
    end)

    it("survives that SQLite itself, or the function, ended it", function()
      raised("SQLITE_CONSTRAINT", db.transaction, db, function() db:run "INSERT OR ROLLBACK INTO item (id) VALUES (1)" end)
      raised("SQLITE_ERROR", db.transaction, db, function() db:exec "ROLLBACK" end)
      db:transaction(function() db:run "INSERT INTO item (id) VALUES (2)" end)
      assert.equal(2, db:first("SELECT count(*) AS n FROM item").n)
    end)

    it("says so when the database is closed inside", function()
      misused("closed inside its transaction", db.transaction, db, function() db:close() end)
    end)

    it("lets nobody else's rows in: two tasks, one after the other", function()
      local seen = task.map({ 1, 2, 3 }, function(index)
        return db:transaction(function()
          db:run("INSERT INTO item (id) VALUES (?)", 10 + index)
          return db:first("SELECT count(*) AS n FROM item").n
        end)
      end)
      assert.same({ 2, 3, 4 }, { table.unpack(seen) })
    end)
  end)

  describe("in a file", function()
    local path

    before_each(function() path = os.tmpname() end)
    after_each(function()
      for _, ending in ipairs { "", "-wal", "-shm" } do os.remove(path .. ending) end
    end)

    it("keeps what was committed, in WAL mode", function()
      local first <close> = sqlite.open(path)
      assert.equal("wal", first:first("PRAGMA journal_mode").journal_mode)
      assert.equal(1, first:first("PRAGMA synchronous").synchronous)
      assert.equal(1, first:first("PRAGMA foreign_keys").foreign_keys)
      assert.equal(5000, first:first("PRAGMA busy_timeout").timeout)
      first:exec "CREATE TABLE t (x); INSERT INTO t VALUES (1)"
      local second <close> = sqlite.open(path)
      assert.equal(1, second:first("SELECT x FROM t").x)
    end)

    it("is SQLITE_BUSY while another one writes", function()
      local first <close> = sqlite.open(path)
      local second <close> = sqlite.open(path)
      first:exec "CREATE TABLE t (x)"
      second:exec "PRAGMA busy_timeout = 1"
      first:transaction(function()
        raised("SQLITE_BUSY", second.transaction, second, function() end)
      end)
      second:transaction(function() second:run "INSERT INTO t VALUES (1)" end)
    end)

    it("refuses a file that is no database", function()
      local file = assert(io.open(path, "w"))
      file:write(("no database "):rep(100))
      file:close()
      raised("SQLITE_NOTADB", sqlite.open, path)
    end)
  end)
end)
