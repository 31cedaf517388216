/* The AWS config and credentials files, read as botocore reads them: INI with `=` or `:`, comments only on lines of their own
 * (# or ;), keys in any case, values that go on in indented lines, and one level of nesting:
 *     s3 =
 *       addressing_style = path
 * In the config file `[default]`, `[profile NAME]`, `[sso-session NAME]` and `[services NAME]` mean something; in the
 * credentials file every section is a profile. */
#ifndef DRSH_AWS_PROFILE_H
#define DRSH_AWS_PROFILE_H

#include <stddef.h>

#include "base/error.h"

enum profile_format { PROFILE_CONFIG, PROFILE_CREDENTIALS };
enum profile_kind { PROFILE_NAMED, PROFILE_SSO_SESSION, PROFILE_SERVICES, PROFILE_OTHER };

struct profile_entry {
    char *parent; /* "s3" for a nested entry, NULL for others */
    char *key;    /* lower case, but nested ones as written */
    char *value;
    int line;
};

struct profile_section {
    enum profile_kind kind;
    char *name; /* without "profile ", quotes resolved; of PROFILE_OTHER all that stands in the brackets */
    int line;
    struct profile_entry *entries;
    size_t count;
};

struct profile_file {
    struct profile_section *sections;
    size_t count;
};

/* Reads a file's text into `file` (clear it afterwards in any case). False with INVALID_PROFILE_FILE, whose message begins with
 * "line N: ", or NO_MEMORY. A message never holds a value: it may be a secret. */
bool profile_parse(struct profile_file *file, enum profile_format format, const char *text, size_t length, struct error *error);
void profile_clear(struct profile_file *file); /* wipes all values; on zeros and twice, harmless */

/* NULL if there is none. */
const struct profile_section *profile_find(const struct profile_file *file, enum profile_kind kind, const char *name);
/* The value of a key, of a nested one where `parent` is not NULL; NULL if there is none. */
const char *profile_value(const struct profile_section *section, const char *parent, const char *key);

#endif
