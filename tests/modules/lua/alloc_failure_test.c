/* Every allocation fails once: of Lua, and of SQLite. The n-th and all after it fail until the script has given up; then n + 1,
 * until the script succeeds. Each time the error must be one of memory, the state must still work, and nothing may be left
 * behind. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>

#include "check.h"
#include "lua/modules.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

static long blocks;         /* that Lua holds */
static long countdown = -1; /* allocations until the first failure; negative: none fails */

static bool fails(void) {
    if (countdown > 0) {
        countdown--;
    }
    return countdown == 0;
}

static void *allocate(void *data, void *block, size_t old_size, size_t new_size) {
    (void)data;
    if (new_size == 0) {
        blocks -= block != NULL;
        free(block);
        return NULL;
    }
    if ((block == NULL || new_size > old_size) && fails()) {
        return NULL;
    }
    void *result = realloc(block, new_size);
    blocks += block == NULL && result != NULL;
    return result;
}

static sqlite3_mem_methods sqlite_memory; /* SQLite's own */

static void *sqlite_malloc(int size) {
    return fails() ? NULL : sqlite_memory.xMalloc(size);
}

static void *sqlite_realloc(void *block, int size) {
    return fails() ? NULL : sqlite_memory.xRealloc(block, size);
}

static lua_State *new_state(const char *script) {
    lua_State *L = lua_newstate(allocate, NULL);
    *(void **)lua_getextraspace(L) = NULL; /* no task */
    luaL_openlibs(L);
    modules_open(L);
    /* Lua's luaL_Buffer makes its metatable when a text first gets long, and keeps a half-made one if memory ends then (5.4.4):
     * so it is made here. */
    luaL_Buffer buffer;
    luaL_buffinitsize(L, &buffer, 1 << 16);
    luaL_pushresultsize(&buffer, 0);
    lua_pop(L, 1);
    if (luaL_loadstring(L, script) != LUA_OK || lua_pcall(L, 0, 1, 0) != LUA_OK) {
        printf("the script is wrong: %s\n", lua_tostring(L, -1));
        exit(1);
    }
    return L; /* with the function that the script returned on top */
}

/* Whether the error on top of the stack is about memory: Lua's own, a sentence of ours, SQLite's code. */
static bool is_about_memory(lua_State *L, int status) {
    if (status == LUA_ERRMEM) {
        return true;
    }
    const char *message = luaL_tolstring(L, -1, NULL);
    bool good = strstr(message, "not enough memory") != NULL || strstr(message, "SQLITE_NOMEM") != NULL ||
                strstr(message, "NO_MEMORY") != NULL || strstr(message, "SQLITE_CANTOPEN") != NULL;
    if (!good) {
        printf("    another error: %s\n", message);
    }
    lua_pop(L, 1);
    return good;
}

/* `script` returns a function, which is called with failing allocations, and then with good ones. */
static void fail_each(const char *script) {
    int status = LUA_ERRMEM;
    long n = 0;
    while (status != LUA_OK) {
        lua_State *L = new_state(script);
        lua_pushvalue(L, -1);
        countdown = ++n;
        status = lua_pcall(L, 0, 0, 0);
        countdown = -1;
        if (status != LUA_OK) {
            CHECK(is_about_memory(L, status));
            lua_pop(L, 1);
            if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
                printf("    after failure %ld: %s\n%s\n", n, luaL_tolstring(L, -1, NULL), script);
                CHECK(!"the state works on");
            }
        }
        lua_close(L);
        CHECK_INT(blocks, 0);
        CHECK_INT(sqlite3_memory_used(), 0);
    }
    CHECK(n > 10);
}

static void json_decodes(void) {
#if defined(__SANITIZE_ADDRESS__)
    __lsan_disable(); /* lua-cjson's own scratch buffer is lost when Lua raises inside it */
#endif
    fail_each("local json = require 'json'\n"
              "return function()\n"
              "  local value = "
              "json.decode('{\"list\":[1,2.5,[],{},\"a\\\\nb\",null],\"long\":9007199254740993,\"o\":{\"k\":[{}]}}')\n"
              "  assert(value.long == 9007199254740993 and #value.list == 6)\n"
              "  local ok, problem = pcall(json.decode, '[1,}')\n"
              "  if type(problem) == 'string' then error(problem) end\n"
              "  assert(not ok and problem.code == 'INVALID_JSON' and problem.column == 4)\n"
              "end");
#if defined(__SANITIZE_ADDRESS__)
    __lsan_enable();
#endif
}

static void json_encodes(void) {
    fail_each("local json = require 'json'\n"
              "local value = { list = { 1, 2.5, json.array {}, 'a\\nb', json.null }, object = { k = { x = 1 }, l = true } }\n"
              "for index = 1, 200 do value['key' .. index] = { index } end\n"
              "local bad = { a = { { b = print } } }\n"
              "return function()\n"
              "  assert(#json.encode(value) > 100 and #json.encode_pretty(value) > 100)\n"
              "  local ok, problem = pcall(json.encode, bad)\n"
              "  assert(not ok)\n"
              "  if not problem:find('a[1].b: a function', 1, true) then error(problem) end\n"
              "end");
}

static void sqlite_queries(void) {
    fail_each("local sqlite = require 'sqlite'\n"
              "return function()\n"
              "  local db <close> = sqlite.open ':memory:'\n"
              "  db:exec 'CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, bytes)'\n"
              "  for index = 1, 5 do\n"
              "    db:run('INSERT INTO t (name, bytes) VALUES (?, ?)', ('n'):rep(100), sqlite.blob(('b'):rep(100)))\n"
              "  end\n"
              "  db:transaction(function()\n"
              "    db:transaction(function() db:run('UPDATE t SET name = ? WHERE id = 1', 'changed') end)\n"
              "  end)\n"
              "  assert(#db:all 'SELECT * FROM t' == 5)\n"
              "  assert(db:first('SELECT name FROM t WHERE id = ?', 1).name == 'changed')\n"
              "  local count = 0\n"
              "  for row in db:rows 'SELECT * FROM t ORDER BY name' do count = count + #row.bytes // 100 end\n"
              "  assert(count == 5)\n"
              "end");
}

static void a_transaction_is_undone(void) {
    fail_each("local sqlite = require 'sqlite'\n"
              "local db = sqlite.open ':memory:'\n"
              "db:exec 'CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (0)'\n"
              "return function()\n"
              "  local before = db:first('SELECT count(*) AS n FROM t').n\n"
              "  local ok, problem = pcall(db.transaction, db, function()\n"
              "    for _ = 1, 3 do db:run 'INSERT INTO t DEFAULT VALUES' end\n"
              "  end)\n"
              "  if not ok then error(problem) end\n"
              "  assert((before - 1) % 3 == 0, 'a part of a transaction was kept')\n"
              "end");
}

static void others(void) {
    fail_each("local xml, crypto = require 'xml', require 'crypto'\n"
              "return function()\n"
              "  local root = xml.parse '<a b=\"c\">one<d/>two<e>three</e></a>'\n"
              "  assert(root.text == 'onetwo' and root.children[2].text == 'three')\n"
              "  assert(crypto.base64_decode(crypto.base64_encode(('x'):rep(5000))) == ('x'):rep(5000))\n"
              "end");
    fail_each("local cbor = require 'cbor'\n"
              "return function()\n"
              "  local items = {}\n"
              "  for i = 1, 200 do items[i] = cbor.text(('x'):rep(i)) end\n"
              "  assert(#cbor.decode(cbor.map { items[1], cbor.list(items) }).x[200] == 200)\n"
              "  assert(cbor.decode('\\x7f' .. table.concat(items) .. '\\xff'):find '^x+$')\n"
              "end");
    fail_each("local sigv4 = require 'sigv4'\n"
              "return function()\n"
              "  local headers = sigv4.sign { method = 'GET', url = 'https://host/', service = 's', region = 'r', time = 0,\n"
              "    headers = { ['X-A'] = 1, ['X-B'] = 'b' },\n"
              "    credentials = { access_key_id = 'A', secret_access_key = 's', session_token = 't' } }\n"
              "  assert(headers.Authorization)\n"
              "end");
    fail_each(
        "local sigv4, crypto = require 'sigv4', require 'crypto'\n"
        "local key = '-----BEGIN EC PRIVATE KEY-----\\n'\n"
        "  .. 'MHcCAQEEIFiV+BIMkYAyinLR0zMgVd2sGuOdqdaDaCbCN3dEL61xoAoGCCqGSM49\\n'\n"
        "  .. 'AwEHoUQDQgAEaGkCWjX+6cv9KQDayERfO04/A3Uo2rwRZ6vwlwWzCodQRBB/LIcD\\n'\n"
        "  .. 'PIYUVw5zrkXujeSBe70n7OwhG49MeVh08Q==\\n-----END EC PRIVATE KEY-----\\n'\n"
        "return function()\n"
        "  local headers = sigv4.sign { method = 'GET', url = 'https://host/', service = 's', region_set = '*', time = 0,\n"
        "    explain = true, credentials = { access_key_id = 'A', secret_access_key = 's', session_token = 't' } }\n"
        "  assert(headers['X-Amz-Region-Set'] == '*')\n"
        "  local x, y = crypto.es256_public(key)\n"
        "  assert(#x + #y == 64 and #crypto.es256_sign(key, 'text') == 64)\n"
        "end");
}

int main(void) {
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_memory);
    sqlite3_mem_methods failing = sqlite_memory;
    failing.xMalloc = sqlite_malloc;
    failing.xRealloc = sqlite_realloc;
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0); /* else small allocations never get here */
    sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
    json_decodes();
    json_encodes();
    sqlite_queries();
    a_transaction_is_undone();
    others();
    return check_report();
}
