local RAISES = "{code=\"SQLITE_...\", message, constraint}; a string for wrong values or a closed database"

return {
  name = "sqlite", source = "sqlite.org",
  summary = "SQLite databases. Rows are tables by column name; NULL is absent.",
  functions = {
    { "open(path: string): sqlite.database", "Opens or makes it; \":memory:\" is a database of its own. WAL, foreign keys checked.",
      raises = RAISES },
    { "blob(bytes: string): any", "A value that binds as BLOB; plain strings bind as TEXT." },
  },
  classes = {
    ["sqlite.database"] = { "An open database; statements are kept prepared.", methods = {
      { "exec(sql: string)", "Several statements without values.", raises = RAISES },
      { "run(sql: string, ...: any): integer", "One statement; the number of rows that it changed.", raises = RAISES },
      { "first(sql: string, ...: any): table|nil", "The first row.", raises = RAISES },
      { "all(sql: string, ...: any): table[]", "All rows.", raises = RAISES },
      { "rows(sql: string, ...: any): fun(): table|nil", "Iterator for `for row in`; leaving the loop ends the query.", raises = RAISES },
      { "transaction(fn: function, ...: any): any ...", "fn(...) in a transaction, a savepoint inside another; fn must not wait.",
        raises = "what fn raised, after ROLLBACK; " .. RAISES },
      { "copy_to(target: sqlite.database)", "What the target held is replaced by all that this one holds, in one write.",
        raises = RAISES },
      { "last_insert_id(): integer", "The rowid of the last insert." },
      { "close()", "Idempotent; also at the end of a <close> variable." },
    } },
  },
}
