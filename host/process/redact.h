/* Takes secrets out of text that is about to be shown. It looks for the names that AWS and we give to secrets, in JSON
 * ("taskToken":"..."), headers (Authorization: ...), query strings (X-Amz-Signature=...) and assignments, and replaces the
 * value. */
#ifndef DRSH_PROCESS_REDACT_H
#define DRSH_PROCESS_REDACT_H

#include <stddef.h>

/* Changes the text in place; it never grows. Returns its new length. The text need not end in NUL. */
size_t redact(char *text, size_t length);

#endif
