#include "process/prompt_completion.h"

#include <editline/readline.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

enum { CANDIDATES_MAX = 2000 };

static const char completer_key = 0; /* its address is the key in the registry */
static lua_State *main_state;
static char word_breaks[] = " \t\n\"\\'`@$><=;|&{}()[].:,#+-*/^%~!?";

/* The letters that all candidates begin with. */
static size_t common_length(char **candidates, size_t count) {
    size_t length = strlen(candidates[0]);
    for (size_t i = 1; i < count; i++) {
        size_t same = 0;
        while (same < length && candidates[i][same] == candidates[0][same]) {
            same++;
        }
        length = same;
    }
    return length;
}

static void free_all(char **list) {
    for (char **entry = list; entry != NULL && *entry != NULL; entry++) {
        free(*entry);
    }
    free(list);
}

/* As libedit wants it: first what the word becomes, then the candidates, then NULL; all of it malloc'ed. NULL: no memory. */
static char **list_of(lua_State *L, int index, size_t count) {
    char **list = calloc(count + 2, sizeof *list);
    if (list == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        list[i] = strdup(lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "");
        lua_pop(L, 1);
        if (list[i] == NULL) {
            free_all(list);
            return NULL;
        }
    }
    char *begins = strndup(list[0], common_length(list, count));
    if (begins == NULL) {
        free_all(list);
        return NULL;
    }
    memmove(list + 1, list, count * sizeof *list);
    list[0] = begins;
    return list;
}

/* Protected -> a light userdata with the list. Nothing is malloc'ed before the last call that may raise. */
static int ask(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &completer_key);
    lua_pushlstring(L, rl_line_buffer, (size_t)rl_point);
    lua_call(L, 1, 1);
    luaL_checktype(L, -1, LUA_TTABLE);
    size_t count = lua_rawlen(L, -1);
    luaL_checkstack(L, 4, NULL);
    lua_pushlightuserdata(L, count == 0 || count > CANDIDATES_MAX ? NULL : list_of(L, lua_gettop(L), count));
    return 1;
}

static char **complete(const char *word, int start, int end) {
    (void)word;
    (void)start;
    (void)end;
    char **list = NULL;
    rl_attempted_completion_over = 1; /* no names of files */
    lua_pushcfunction(main_state, ask);
    if (lua_pcall(main_state, 0, 1, 0) == LUA_OK) {
        list = lua_touserdata(main_state, -1);
    }
    lua_pop(main_state, 1);
    return list;
}

void prompt_completion_set(lua_State *L) {
    lua_rawsetp(L, LUA_REGISTRYINDEX, &completer_key);
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    main_state = lua_tothread(L, -1); /* no task runs while the loop hands us a key */
    lua_pop(L, 1);
    rl_attempted_completion_function = complete;
    rl_basic_word_break_characters = word_breaks;
    rl_completion_append_character = '\0';
}
