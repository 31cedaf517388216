#include "process/redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Compared without regard to case; a longer name that begins like one of these is one too. */
static const char *const secret_names[] = {
    "taskToken",     "claimedTaskToken", "secretAccessKey",      "secret_access_key", "aws_secret_access_key", "sessionToken",
    "session_token", "securityToken",    "x-amz-security-token", "x-amz-signature",   "authorization",         "password",
    "secretKey",     "accessToken",      "refreshToken",         "clientSecret",      "x-amz-credential",
};

static size_t secret_name_at(const char *text, size_t length) {
    for (size_t i = 0; i < sizeof secret_names / sizeof secret_names[0]; i++) {
        size_t size = strlen(secret_names[i]);
        if (size <= length && strncasecmp(text, secret_names[i], size) == 0) {
            return size;
        }
    }
    return 0;
}

/* Where the value after a name begins: behind quotes, blanks and one of : or =. The length if there is none. */
static size_t value_start(const char *text, size_t length, size_t position, char *quote) {
    *quote = '\0';
    while (position < length && (text[position] == '"' || text[position] == '\\' || text[position] == ' ')) {
        position++;
    }
    if (position >= length || (text[position] != ':' && text[position] != '=')) {
        return length;
    }
    position++;
    while (position < length && (text[position] == ' ' || text[position] == '\\')) {
        position++;
    }
    if (position < length && text[position] == '"') {
        *quote = '"';
        position++;
    }
    return position;
}

/* A quoted value ends at its quote, an authorization header's at the end of the line, any other at the next blank or separator.
 */
static size_t value_end(const char *text, size_t length, size_t position, char quote, bool whole_line) {
    while (position < length) {
        char c = text[position];
        if (quote != '\0') {
            if (c == '\\' && position + 1 < length && text[position + 1] != '"') {
                position++;
            } else if (c == quote || c == '\\') {
                break;
            }
        } else if (c == '\n' || c == '\r' || c == '"' || (!whole_line && (isspace((unsigned char)c) || strchr("&,;}", c)))) {
            break;
        }
        position++;
    }
    return position;
}

size_t redact(char *text, size_t length) {
    static const char mark[] = "***";
    size_t written = 0;
    size_t position = 0;
    while (position < length) {
        size_t name = secret_name_at(text + position, length - position);
        char quote;
        size_t start = name == 0 ? length : value_start(text, length, position + name, &quote);
        if (start >= length) {
            text[written++] = text[position++];
            continue;
        }
        size_t end = value_end(text, length, start, quote, strncasecmp(text + position, "authorization", 13) == 0);
        memmove(text + written, text + position, start - position);
        written += start - position;
        size_t shown = end - start < sizeof mark - 1 ? end - start : sizeof mark - 1;
        memcpy(text + written, mark, shown);
        written += shown;
        position = end;
    }
    return written;
}
