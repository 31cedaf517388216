/* The request of an exchange as the table that handlers get. */
#include <ctype.h>
#include <event2/buffer.h>
#include <event2/keyvalq_struct.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "http/exchange.h"
#include "process/log.h"

static const char *method_name(enum evhttp_cmd_type type) {
    static const struct {
        enum evhttp_cmd_type type;
        const char *name;
    } methods[] = {{EVHTTP_REQ_GET, "GET"},     {EVHTTP_REQ_POST, "POST"},     {EVHTTP_REQ_HEAD, "HEAD"},
                   {EVHTTP_REQ_PUT, "PUT"},     {EVHTTP_REQ_DELETE, "DELETE"}, {EVHTTP_REQ_OPTIONS, "OPTIONS"},
                   {EVHTTP_REQ_PATCH, "PATCH"}, {EVHTTP_REQ_TRACE, "TRACE"},   {EVHTTP_REQ_CONNECT, "CONNECT"}};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (methods[i].type == type) {
            return methods[i].name;
        }
    }
    return "UNKNOWN";
}

/* Pushes the table of headers. */
static void push_headers(lua_State *L, const struct evkeyvalq *headers) {
    lua_newtable(L);
    for (const struct evkeyval *header = headers->tqh_first; header != NULL; header = header->next.tqe_next) {
        luaL_Buffer name;
        size_t length = strlen(header->key);
        char *text = luaL_buffinitsize(L, &name, length);
        for (size_t i = 0; i < length; i++) {
            text[i] = (char)tolower((unsigned char)header->key[i]);
        }
        luaL_pushresultsize(&name, length);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, -3) == LUA_TNIL) {
            lua_pop(L, 1);
            lua_pushstring(L, header->value);
        } else {
            lua_pushfstring(L, "%s, %s", lua_tostring(L, -1), header->value);
            lua_remove(L, -2);
        }
        lua_rawset(L, -3);
    }
}

static void push_body(lua_State *L, struct evbuffer *input) {
    size_t length = evbuffer_get_length(input);
    luaL_Buffer body;
    char *bytes = luaL_buffinitsize(L, &body, length);
    ev_ssize_t copied = evbuffer_copyout(input, bytes, length);
    luaL_pushresultsize(&body, copied > 0 ? (size_t)copied : 0);
}

static void set_string(lua_State *L, const char *name, const char *value) {
    lua_pushstring(L, value);
    lua_setfield(L, -2, name);
}

void exchange_push_request(lua_State *L, const struct exchange *exchange) {
    struct evhttp_request *request = exchange->request;
    const char *target = evhttp_request_get_uri(request);
    const char *question = strchr(target, '?');
    char *remote = NULL;
    ev_uint16_t remote_port = 0;
    evhttp_connection_get_peer(evhttp_request_get_connection(request), &remote, &remote_port);
    lua_createtable(L, 0, 8);
    set_string(L, "id", exchange->id);
    set_string(L, "method", method_name(evhttp_request_get_command(request)));
    set_string(L, "target", target);
    lua_pushlstring(L, target, question == NULL ? strlen(target) : (size_t)(question - target));
    lua_setfield(L, -2, "path");
    if (question != NULL) {
        set_string(L, "query_string", question + 1);
    }
    if (remote != NULL) {
        set_string(L, "remote", remote);
    }
    push_headers(L, evhttp_request_get_input_headers(request));
    lua_setfield(L, -2, "headers");
    push_body(L, evhttp_request_get_input_buffer(request));
    lua_setfield(L, -2, "body");
}

/* A random UUID (RFC 9562, version 4). */
static void make_uuid(char text[37]) {
    unsigned char bytes[16] = {0};
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        log_write(LOG_LEVEL_WARN, "no random bytes for a request id", NULL);
    }
    bytes[6] = (unsigned char)(0x40 | (bytes[6] & 0x0f));
    bytes[8] = (unsigned char)(0x80 | (bytes[8] & 0x3f));
    for (int i = 0, at = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            text[at++] = '-';
        }
        at += snprintf(text + at, 3, "%02x", bytes[i]);
    }
}

/* The client's own id if it is harmless in a log and a header, else a new one. */
void exchange_choose_id(struct exchange *exchange) {
    const char *given = evhttp_find_header(evhttp_request_get_input_headers(exchange->request), "x-request-id");
    size_t length = given == NULL ? 0 : strlen(given);
    bool sane = length > 0 && length < sizeof exchange->id;
    for (size_t i = 0; sane && i < length; i++) {
        sane = isalnum((unsigned char)given[i]) || strchr("-_.:", given[i]) != NULL;
    }
    if (sane) {
        memcpy(exchange->id, given, length + 1);
    } else {
        make_uuid(exchange->id);
    }
}
