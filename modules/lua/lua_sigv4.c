/* require "sigv4": AWS Signature Version 4, both sides of it. Nothing is sent and nothing waits.
 *
 * sigv4.sign{ method, url, service, region | region_set="*", credentials [, headers={name -> string}] [, body=""] [, payload_hash=hex digits]
 *             [, unsigned_payload=false] [, path_normalize=true] [, double_encode=true]   both false for S3
 *             [, time= epoch seconds, now if absent] [, explain=false] }
 *   |-> {["Authorization"]=, ["X-Amz-Date"]=, ["X-Amz-Security-Token"]= where there is one,
 *   |    ["X-Amz-Region-Set"]= with a region set}: to be sent with the headers given
 *   |       `explain` adds two results: the canonical request and the string to sign
 *   |-> raises              {code=, message=}: SIGV4_URL, SIGV4_SCOPE, INVALID_CREDENTIALS
 *   `-> raises a string     a wrong or unknown field
 * sigv4.presign{ the same [, expires=900 seconds, 604800 at most] }
 *   `-> the signed URL; SIGV4_EXPIRES is raised too. The headers given must be sent with it; `explain` as above
 * sigv4.parse{ method, target= raw path?query, headers [, body] }
 *   |-> {access_key_id, day, region, service, date, time, signed_headers= "host;x-amz-date", signature, presigned= boolean
 *   |    [, expires] [, session_token]}: what the request says of itself, not yet believed
 *   `-> nil, code, message  MissingAuthenticationToken, IncompleteSignature
 * sigv4.verify{ method, target, headers [, body], secret_access_key [, time= now] [, max_skew=300] }
 *   |-> true
 *   `-> false, code, message [, canonical request, string to sign]
 *                           those of parse, and SignatureDoesNotMatch, RequestExpired
 * A region_set ("*", "us-east-1,eu-west-1") signs by SigV4a. credentials: an object of require "credentials", or a table as
 * credentials.new takes it.
 */
#include <lauxlib.h>
#include <string.h>

#include "aws/sigv4.h"
#include "aws/sigv4_verify.h"
#include "base/clock.h"
#include "lua/binding.h"
#include "lua/fields.h"
#include "lua/lua_credentials.h"
#include "lua/modules.h"

#define RESULT "drsh.sigv4.result"
#define KEY_CACHE "drsh.sigv4.key_cache"

static const lua_Number year_9999 = 253402300799.0;

/* What a call holds in C, as a userdata that is closed when the call ends. */
struct work {
    struct sigv4_result result;
    struct sigv4_claim claim;
};

static int work_close(lua_State *L) {
    struct work *work = luaL_checkudata(L, 1, RESULT);
    sigv4_result_clear(&work->result);
    sigv4_verify_clear(&work->claim);
    return 0;
}

static struct work *push_work(lua_State *L) {
    struct work *work = lua_newuserdatauv(L, sizeof *work, 0);
    memset(work, 0, sizeof *work);
    luaL_setmetatable(L, RESULT);
    lua_toclose(L, -1);
    return work;
}

/* The signing keys that were derived lately, for all functions of the module: their upvalue. */
static struct sigv4_key_cache *key_cache(lua_State *L) {
    return lua_touserdata(L, lua_upvalueindex(1));
}

static int key_cache_close(lua_State *L) {
    sigv4_key_cache_clear(luaL_checkudata(L, 1, KEY_CACHE));
    return 0;
}

static int64_t take_time(const struct fields *fields) {
    int64_t now = clock_wall_us() / 1000000;
    return (int64_t)fields_number(fields, "time", (lua_Number)now, 0, year_9999);
}

static bool is_hash(const char *text) {
    return strlen(text) == 64 && text[strspn(text, "0123456789abcdefABCDEF")] == '\0';
}

static void take_request(const struct fields *fields, struct sigv4_request *request) {
    request->method = fields_need_text(fields, "method");
    request->url = fields_need_text(fields, "url");
    request->service = fields_need_text(fields, "service");
    request->region_set = fields_text(fields, "region_set");
    request->region = request->region_set != NULL ? fields_text(fields, "region") : fields_need_text(fields, "region");
    request->headers = fields_headers(fields, &request->header_count);
    request->body = fields_string(fields, "body", &request->body_length);
    request->payload_hash = fields_text(fields, "payload_hash");
    request->unsigned_payload = fields_boolean(fields, "unsigned_payload", false);
    request->keep_path = !fields_boolean(fields, "path_normalize", true);
    request->encode_once = !fields_boolean(fields, "double_encode", true);
    request->time_s = take_time(fields);
    if (request->payload_hash != NULL && !is_hash(request->payload_hash)) {
        luaL_error(fields->L, "%s: field 'payload_hash' must be 64 hexadecimal digits", fields->function);
    }
}

static const struct keys *take_credentials(const struct fields *fields) {
    lua_getfield(fields->L, fields->table, "credentials");
    return lua_credentials_check(fields->L, lua_gettop(fields->L), fields->function);
}

static void push_buffer(lua_State *L, const struct buffer *buffer) {
    lua_pushlstring(L, buffer->length > 0 ? buffer->data : "", buffer->length);
}

/* With `explain`, what was signed; gives how many results that is. */
static int push_work_shown(const struct fields *fields, const struct sigv4_result *result) {
    if (!fields_boolean(fields, "explain", false)) {
        return 0;
    }
    push_buffer(fields->L, &result->canonical_request);
    push_buffer(fields->L, &result->string_to_sign);
    return 2;
}

static int sign(lua_State *L) {
    static const char *const known[] = {"method",         "url",           "service",      "region",           "credentials",
                                        "headers",        "body",          "payload_hash", "unsigned_payload", "time",
                                        "path_normalize", "double_encode", "explain",      "region_set",       NULL};
    struct fields fields = fields_open(L, 1, "sigv4.sign", known);
    struct sigv4_request request = {0};
    struct error error;
    take_request(&fields, &request);
    const struct keys *keys = take_credentials(&fields);
    struct sigv4_result *result = &push_work(L)->result;
    if (!sigv4_sign(&request, keys, key_cache(L), result, &error)) {
        return binding_raise(L, &error);
    }
    lua_createtable(L, 0, 4);
    push_buffer(L, &result->authorization);
    lua_setfield(L, -2, "Authorization");
    lua_pushstring(L, result->date);
    lua_setfield(L, -2, "X-Amz-Date");
    if (keys->session_token != NULL) {
        lua_pushstring(L, keys->session_token);
        lua_setfield(L, -2, "X-Amz-Security-Token");
    }
    if (request.region_set != NULL) {
        lua_pushstring(L, request.region_set);
        lua_setfield(L, -2, "X-Amz-Region-Set");
    }
    return 1 + push_work_shown(&fields, result);
}

static int presign(lua_State *L) {
    static const char *const known[] = {
        "method",           "url",  "service",        "region",        "credentials", "headers",    "body",    "payload_hash",
        "unsigned_payload", "time", "path_normalize", "double_encode", "explain",     "region_set", "expires", NULL};
    struct fields fields = fields_open(L, 1, "sigv4.presign", known);
    struct sigv4_request request = {0};
    struct error error;
    take_request(&fields, &request);
    const struct keys *keys = take_credentials(&fields);
    int64_t expires_s = (int64_t)fields_number(&fields, "expires", 900, 1, year_9999);
    struct sigv4_result *result = &push_work(L)->result;
    if (!sigv4_presign(&request, keys, expires_s, key_cache(L), result, &error)) {
        return binding_raise(L, &error);
    }
    push_buffer(L, &result->authorization);
    return 1 + push_work_shown(&fields, result);
}

/* The table may be a request of the server's, which has more fields. */
static void take_incoming(const struct fields *fields, struct sigv4_incoming *incoming) {
    incoming->method = fields_need_text(fields, "method");
    incoming->target = fields_need_text(fields, "target");
    incoming->headers = fields_headers(fields, &incoming->header_count);
    incoming->body = fields_string(fields, "body", &incoming->body_length);
}

static void set_text(lua_State *L, const char *name, const char *text) {
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

static int push_refusal(lua_State *L, const struct error *error) {
    lua_pushstring(L, error->code);
    lua_pushstring(L, error->message);
    return 2;
}

static int parse(lua_State *L) {
    struct fields fields = fields_open(L, 1, "sigv4.parse", NULL);
    struct sigv4_incoming incoming = {0};
    struct error error;
    take_incoming(&fields, &incoming);
    struct sigv4_claim *claim = &push_work(L)->claim;
    if (!sigv4_verify_parse(&incoming, claim, &error)) {
        lua_pushnil(L);
        return 1 + push_refusal(L, &error);
    }
    lua_createtable(L, 0, 12);
    set_text(L, "access_key_id", claim->access_key_id);
    set_text(L, "day", claim->day);
    set_text(L, "region", claim->region);
    set_text(L, "service", claim->service);
    set_text(L, "date", claim->date);
    set_text(L, "signature", claim->signature);
    lua_pushinteger(L, claim->time_s);
    lua_setfield(L, -2, "time");
    lua_pushboolean(L, claim->presigned);
    lua_setfield(L, -2, "presigned");
    push_buffer(L, &claim->signed_headers);
    lua_setfield(L, -2, "signed_headers");
    if (claim->presigned) {
        lua_pushinteger(L, claim->expires_s);
        lua_setfield(L, -2, "expires");
    }
    if (claim->session_token.length > 0) {
        push_buffer(L, &claim->session_token);
        lua_setfield(L, -2, "session_token");
    }
    return 1;
}

static int verify(lua_State *L) {
    struct fields fields = fields_open(L, 1, "sigv4.verify", NULL);
    struct sigv4_incoming incoming = {0};
    struct error error;
    take_incoming(&fields, &incoming);
    const char *secret = fields_need_text(&fields, "secret_access_key");
    int64_t now_s = take_time(&fields), max_skew_s = (int64_t)fields_number(&fields, "max_skew", 300, 0, year_9999);
    struct work *work = push_work(L);
    if (!sigv4_verify_parse(&incoming, &work->claim, &error)) {
        lua_pushboolean(L, 0);
        return 1 + push_refusal(L, &error);
    }
    if (sigv4_verify(&incoming, &work->claim, secret, now_s, max_skew_s, key_cache(L), &work->result, &error)) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushboolean(L, 0);
    push_refusal(L, &error);
    push_buffer(L, &work->result.canonical_request);
    push_buffer(L, &work->result.string_to_sign);
    return 5;
}

static void make_metatable(lua_State *L, const char *name, lua_CFunction close) {
    luaL_newmetatable(L, name);
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "__close");
    lua_pop(L, 1);
}

int luaopen_sigv4(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"sign", sign}, {"presign", presign}, {"parse", parse}, {"verify", verify}, {NULL, NULL}};
    make_metatable(L, RESULT, work_close);
    make_metatable(L, KEY_CACHE, key_cache_close);
    luaL_newlibtable(L, functions);
    struct sigv4_key_cache *cache = lua_newuserdatauv(L, sizeof *cache, 0);
    memset(cache, 0, sizeof *cache);
    luaL_setmetatable(L, KEY_CACHE);
    luaL_setfuncs(L, functions, 1);
    return 1;
}
