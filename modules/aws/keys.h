/* Resolved credentials: who signs. They live here, in C, so that no script can read the secret, and are wiped when cleared. */
#ifndef DRSH_AWS_KEYS_H
#define DRSH_AWS_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct keys {
    char *access_key_id;
    char *secret_access_key;
    char *session_token; /* NULL: long-term keys */
    char *account_id;    /* NULL: not known */
    char *source;        /* which provider gave them, for people: "environment", "profile drill" */
    int64_t expires_at;  /* epoch seconds, 0: never */
};

/* Copies `from` into `keys`, which is cleared first. False with INVALID_CREDENTIALS when the id or the secret is missing or one
 * of the values holds white space or a control character (a line break would end the header that it goes into), NO_MEMORY when
 * there is none. */
bool keys_copy(struct keys *keys, const struct keys *from, struct error *error);
/* Wipes and frees; may be called twice, and on zeros. */
void keys_clear(struct keys *keys);
/* Whether they end within `seconds` of `now` (epoch seconds). */
bool keys_expire_within(const struct keys *keys, int64_t now, int64_t seconds);

#endif
