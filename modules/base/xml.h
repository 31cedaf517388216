/* A thin face of expat. What makes XML dangerous is refused: document types (and with them entities of one's own), elements
 * nested too deep, texts over a limit. */
#ifndef DRSH_BASE_XML_H
#define DRSH_BASE_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

struct xml_limits {
    size_t bytes; /* of the text, 0 = 64 MiB */
    int depth;    /* elements in elements, 0 = 200 */
};

/* Where a problem is: from 1, the column in bytes. */
struct xml_place {
    size_t line;
    size_t column;
};

/* Reads one whole document and appends to `tape` what is in it, in order, so that the caller can walk it in peace (a Lua error
 * must not leave expat by longjmp: expat 2.5 would not be freed). The tape is a row of events, each a kind and its strings,
 * each string ended by a NUL:
 *   XML_START       name\0
 *   XML_ATTRIBUTE   name\0 value\0     (directly behind their XML_START)
 *   XML_TEXT        text\0             (in one piece up to the next tag)
 *   XML_END
 * Names are as written, with their prefix.
 * False with INVALID_XML, XML_TOO_LARGE, XML_TOO_DEEP, XML_DOCTYPE or NO_MEMORY; `place` (may be NULL) then says where. */
enum xml_event { XML_START = '<', XML_ATTRIBUTE = '=', XML_TEXT = 't', XML_END = '>' };

bool xml_read(struct buffer *tape, const char *text, size_t length, const struct xml_limits *limits, struct xml_place *place,
              struct error *error);

/* Appends `text` so that it can stand between tags or in an attribute's quotes. A byte that XML cannot hold (a control
 * character) becomes U+FFFD. */
bool xml_write_text(struct buffer *out, const char *text, size_t length);

#endif
