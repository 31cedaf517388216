/* http.open: an answer that is read while it comes. The exchange lives as long as the stream; each wait for more of it is an
 * operation of its own, which a cancelled task drops without harm to the stream. */
#include <lauxlib.h>
#include <stddef.h>
#include <string.h>

#include "lua/binding.h"
#include "lua/lua_http.h"

#define STREAM "drsh.http.stream"
#define WAIT "drsh.http.stream.wait"

struct wait;

struct stream {
    struct http_exchange exchange;
    struct waiter listener; /* the exchange's */
    struct wait *wait;      /* of the task that waits, NULL: nobody does */
};

/* Until there is something new in the stream. Its user value is the stream, so that it lives. */
struct wait {
    struct binding_operation operation;
    struct stream *stream;
};

/* Is there nothing to wait for? */
static bool is_ready(const struct stream *stream) {
    return stream->exchange.body.length > 0 || stream->exchange.pending.done || stream->exchange.transfer == NULL;
}

static void heard(struct waiter *listener) {
    struct stream *stream = (struct stream *)((char *)listener - offsetof(struct stream, listener));
    if (stream->wait != NULL && !stream->wait->operation.pending.done) {
        pending_finish(&stream->wait->operation.pending);
    }
}

static int wait_close(lua_State *L) {
    struct wait *wait = luaL_checkudata(L, 1, WAIT);
    if (wait->stream != NULL && wait->stream->wait == wait) {
        wait->stream->wait = NULL;
    }
    wait->stream = NULL;
    return 0;
}

/* Waits for the stream at stack index 1. */
static int await(lua_State *L, struct stream *stream, int (*finish)(lua_State *L, struct binding_operation *operation)) {
    if (stream->wait != NULL) {
        return luaL_error(L, "stream:read: another task reads this stream already");
    }
    struct wait *wait = lua_newuserdatauv(L, sizeof *wait, 1);
    memset(wait, 0, sizeof *wait);
    luaL_setmetatable(L, WAIT);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    wait->stream = stream;
    wait->operation.pending.done = is_ready(stream);
    stream->wait = wait;
    return binding_await(L, &wait->operation, finish);
}

static int finish_read(lua_State *L, struct binding_operation *operation) {
    struct http_exchange *exchange = &((struct wait *)operation)->stream->exchange;
    if (exchange->body.length > 0) {
        lua_pushlstring(L, exchange->body.data, exchange->body.length);
        http_exchange_drain(exchange);
        return 1;
    }
    if (exchange->error.code[0] != '\0') {
        return binding_raise(L, &exchange->error);
    }
    lua_pushnil(L);
    return 1;
}

static int stream_read(lua_State *L) {
    struct stream *stream = luaL_checkudata(L, 1, STREAM);
    lua_settop(L, 1);
    return await(L, stream, finish_read);
}

static int stream_close(lua_State *L) {
    struct stream *stream = luaL_checkudata(L, 1, STREAM);
    http_exchange_clear(&stream->exchange);
    heard(&stream->listener); /* who waits finds the end */
    return 0;
}

static int finish_open(lua_State *L, struct binding_operation *operation) {
    struct http_exchange *exchange = &((struct wait *)operation)->stream->exchange;
    if (exchange->body.length == 0 && exchange->error.code[0] != '\0') {
        return binding_raise(L, &exchange->error);
    }
    lua_http_push_answer(L, exchange);
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, "body");
    return 1;
}

int lua_http_open(lua_State *L) {
    struct http_request request = {0};
    struct http_client *client = lua_http_take_request(L, "http.open", &request);
    struct stream *stream = lua_newuserdatauv(L, sizeof *stream, 0);
    memset(stream, 0, sizeof *stream);
    luaL_setmetatable(L, STREAM);
    lua_replace(L, 1); /* the fields' strings stay above it, alive until the exchange has copied them */
    stream->listener.wake = heard;
    stream->exchange.pending.waiter = &stream->listener;
    request.listener = &stream->listener;
    http_exchange_start(client, &stream->exchange, &request);
    return await(L, stream, finish_open);
}

static void make_metatable(lua_State *L, const char *name, lua_CFunction close) {
    luaL_newmetatable(L, name);
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "__close");
}

void lua_http_make_stream(lua_State *L) {
    static const luaL_Reg methods[] = {{"read", stream_read}, {"close", stream_close}, {NULL, NULL}};
    make_metatable(L, WAIT, wait_close);
    make_metatable(L, STREAM, stream_close);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "http.stream");
    lua_setfield(L, -2, "__metatable"); /* no script may change what all streams share */
    lua_pop(L, 2);
}
