#include "aws/keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

static bool is_one_word(const char *text) {
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text <= ' ' || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool check(const char *what, const char *value, bool needed, struct error *error) {
    if (value == NULL || *value == '\0') {
        return !needed || error_set(error, "INVALID_CREDENTIALS", "the %s is missing", what);
    }
    return is_one_word(value) ||
           error_set(error, "INVALID_CREDENTIALS", "the %s holds white space or a control character", what);
}

static bool copy(char **to, const char *from) {
    *to = from != NULL && *from != '\0' ? strdup(from) : NULL;
    return *to != NULL || from == NULL || *from == '\0';
}

bool keys_copy(struct keys *keys, const struct keys *from, struct error *error) {
    keys_clear(keys);
    if (!check("access key id", from->access_key_id, true, error) ||
        !check("secret access key", from->secret_access_key, true, error) ||
        !check("session token", from->session_token, false, error) || !check("account id", from->account_id, false, error)) {
        return false;
    }
    keys->expires_at = from->expires_at;
    if (!copy(&keys->access_key_id, from->access_key_id) || !copy(&keys->secret_access_key, from->secret_access_key) ||
        !copy(&keys->session_token, from->session_token) || !copy(&keys->account_id, from->account_id) ||
        !copy(&keys->source, from->source)) {
        keys_clear(keys);
        return error_set(error, "NO_MEMORY", "no memory for credentials");
    }
    return true;
}

static void wipe(char **secret) {
    if (*secret != NULL) {
        digest_wipe_secure(*secret, strlen(*secret));
        free(*secret);
        *secret = NULL;
    }
}

void keys_clear(struct keys *keys) {
    wipe(&keys->access_key_id);
    wipe(&keys->secret_access_key);
    wipe(&keys->session_token);
    wipe(&keys->account_id);
    wipe(&keys->source);
    keys->expires_at = 0;
}

bool keys_expire_within(const struct keys *keys, int64_t now, int64_t seconds) {
    return keys->expires_at != 0 && keys->expires_at - now <= seconds;
}
