#include "aws/profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "base/uri.h"

static const char INVALID[] = "INVALID_PROFILE_FILE";
static const char WHITE[] = " \t\r\n\v\f";

typedef struct uri_span span;

/* What is being read. An entry is kept back until a line that does not go on with it. */
struct reader {
    struct profile_file *file;
    enum profile_format format;
    struct error *error;
    int line;
    size_t indent; /* of the line that began the section or entry */
    bool in_section;
    bool in_entry;
    int entry_line;
    struct buffer key;   /* of the entry */
    struct buffer value; /* its lines, with \n between */
};

static span trim(const char *from, const char *to) {
    while (from < to && *from != '\0' && strchr(WHITE, *from) != NULL) {
        from++;
    }
    while (to > from && to[-1] != '\0' && strchr(WHITE, to[-1]) != NULL) {
        to--;
    }
    return (span){from, (size_t)(to - from)};
}

static bool no_memory(struct reader *reader) {
    return error_set(reader->error, "NO_MEMORY", "no memory for a profile file");
}

static char *copy(span text) {
    return strndup(text.text, text.length);
}

static void wipe(char *text) {
    if (text != NULL) {
        digest_wipe_secure(text, strlen(text));
        free(text);
    }
}

/* ---- sections ---- */

/* The NAME of `[word NAME]`, with quotes and backslashes as in a shell. NULL without one, or if there are several. */
static char *quoted_name(span text, size_t word) {
    struct buffer name;
    const char *at = text.text + word, *end = text.text + text.length;
    char quote = 0;
    char *result = NULL;
    bool good = true, any = false;

    buffer_init(&name, text.length);
    while (at < end && strchr(" \t", *at) != NULL) {
        at++;
    }
    for (; at < end && good; at++) {
        if (quote == 0 && strchr(" \t", *at) != NULL) {
            good = false; /* another word follows: the end was trimmed */
        } else if (quote == 0 && (*at == '"' || *at == '\'')) {
            quote = *at;
            any = true;
        } else if (quote != 0 && *at == quote) {
            quote = 0;
        } else {
            if (*at == '\\' && quote != '\'' && at + 1 < end && (quote == 0 || at[1] == '"' || at[1] == '\\')) {
                at++;
            }
            any = buffer_append_byte(&name, *at);
        }
    }
    if (good && any && quote == 0) {
        result = copy((span){name.length > 0 ? name.data : "", name.length});
    }
    buffer_clear(&name);
    return result;
}

static bool begins_with_word(span text, const char *word) {
    size_t length = strlen(word);
    return text.length > length && memcmp(text.text, word, length) == 0 && strchr(" \t", text.text[length]) != NULL;
}

static void name_section(struct reader *reader, struct profile_section *section, span header) {
    static const struct {
        const char *word;
        enum profile_kind kind;
    } kinds[] = {{"profile", PROFILE_NAMED}, {"sso-session", PROFILE_SSO_SESSION}, {"services", PROFILE_SERVICES}};

    section->kind = PROFILE_OTHER;
    if (reader->format == PROFILE_CREDENTIALS || (header.length == 7 && memcmp(header.text, "default", 7) == 0)) {
        section->kind = PROFILE_NAMED;
    } else {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            if (begins_with_word(header, kinds[i].word)) {
                section->name = quoted_name(header, strlen(kinds[i].word));
                section->kind = section->name != NULL ? kinds[i].kind : PROFILE_OTHER;
            }
        }
    }
    if (section->name == NULL) {
        section->name = copy(header);
    }
}

static bool begin_section(struct reader *reader, span header) {
    struct profile_file *file = reader->file;
    struct profile_section *sections = realloc(file->sections, (file->count + 1) * sizeof *sections);
    struct profile_section *section;
    const struct profile_section *same;

    if (sections == NULL) {
        return no_memory(reader);
    }
    file->sections = sections;
    section = &sections[file->count];
    memset(section, 0, sizeof *section);
    section->line = reader->line;
    name_section(reader, section, header);
    if (section->name == NULL) {
        return no_memory(reader);
    }
    same = profile_find(file, section->kind, section->name);
    if (same != NULL) {
        int first = same->line;
        free(section->name);
        return error_set(reader->error, INVALID, "line %d: the section [%.*s] is there already, since line %d", reader->line,
                         (int)(header.length < 100 ? header.length : 100), header.text, first);
    }
    file->count++;
    reader->in_section = true;
    return true;
}

/* ---- entries ---- */

static bool add_entry(struct reader *reader, const char *parent, span key, span value, int line) {
    struct profile_section *section = &reader->file->sections[reader->file->count - 1];
    struct profile_entry *entries = realloc(section->entries, (section->count + 1) * sizeof *entries);
    struct profile_entry *entry;

    if (entries == NULL) {
        return no_memory(reader);
    }
    section->entries = entries;
    entry = &entries[section->count++]; /* counted at once, so that clearing finds it */
    *entry = (struct profile_entry){parent != NULL ? strdup(parent) : NULL, copy(key), copy(value), line};
    return (entry->key != NULL && entry->value != NULL && (parent == NULL || entry->parent != NULL)) || no_memory(reader);
}

/* An entry whose value begins in the next line holds entries of its own. */
static bool add_nested(struct reader *reader) {
    const char *at = reader->value.data, *end = at + reader->value.length;
    for (int line = reader->entry_line; at < end; line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const char *line_end = stop != NULL ? stop : end;
        span text = trim(at, line_end);
        const char *equals = memchr(text.text, '=', text.length);
        if (text.length > 0 && equals == NULL) {
            return error_set(reader->error, INVALID, "line %d: what is nested under %s is not KEY = VALUE", line,
                             reader->key.data);
        }
        if (text.length > 0 &&
            !add_entry(reader, reader->key.data, trim(text.text, equals), trim(equals + 1, text.text + text.length), line)) {
            return false;
        }
        at = stop != NULL ? stop + 1 : end;
    }
    return true;
}

static bool finish_entry(struct reader *reader) {
    span value;
    if (!reader->in_entry) {
        return true;
    }
    reader->in_entry = false;
    if (reader->key.failed || reader->value.failed) {
        return no_memory(reader);
    }
    value = trim(reader->value.data, reader->value.data + reader->value.length);
    if (reader->value.data[0] == '\n' && value.length > 0) {
        return add_nested(reader);
    }
    return add_entry(reader, NULL, (span){reader->key.data, reader->key.length}, value, reader->entry_line);
}

static bool begin_entry(struct reader *reader, span text) {
    const char *end = text.text + text.length;
    const char *mark = text.text;
    const struct profile_section *section;
    span key, value;

    while (mark < end && *mark != '=' && *mark != ':') {
        mark++;
    }
    key = trim(text.text, mark);
    if (!reader->in_section) {
        return error_set(reader->error, INVALID, "line %d: stands before the first [section]", reader->line);
    }
    if (mark == end || key.length == 0) {
        return error_set(reader->error, INVALID, "line %d: neither [SECTION] nor KEY = VALUE nor a comment", reader->line);
    }
    buffer_reset(&reader->key);
    buffer_reset(&reader->value);
    for (size_t i = 0; i < key.length; i++) {
        char c = key.text[i];
        buffer_append_byte(&reader->key, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
    }
    if (reader->key.failed) {
        return no_memory(reader);
    }
    section = &reader->file->sections[reader->file->count - 1];
    for (size_t i = 0; i < section->count; i++) {
        const struct profile_entry *entry = &section->entries[i];
        if (strcmp(entry->parent != NULL ? entry->parent : entry->key, reader->key.data) == 0) {
            return error_set(reader->error, INVALID, "line %d: %.100s is there already, since line %d", reader->line,
                             reader->key.data, entry->line);
        }
    }
    value = trim(mark + 1, end);
    buffer_append(&reader->value, value.text, value.length);
    reader->entry_line = reader->line;
    reader->in_entry = true;
    return true;
}

/* ---- lines ---- */

static bool read_line(struct reader *reader, const char *from, const char *to) {
    span text = trim(from, to);
    size_t indent = (size_t)(text.text - from);
    const char *bracket;

    if (text.length == 0) {
        return !reader->in_entry || buffer_append_byte(&reader->value, '\n') || no_memory(reader);
    }
    if (*text.text == '#' || *text.text == ';') {
        /* No line of the value; but where entries may be nested an empty one does no harm and keeps the numbers right. */
        bool nests = reader->in_entry && (reader->value.length == 0 || reader->value.data[0] == '\n');
        return !nests || buffer_append_byte(&reader->value, '\n') || no_memory(reader);
    }
    if (reader->in_entry && indent > reader->indent) {
        buffer_append_byte(&reader->value, '\n');
        return buffer_append(&reader->value, text.text, text.length) || no_memory(reader);
    }
    if (!finish_entry(reader)) {
        return false;
    }
    reader->indent = indent;
    bracket = memrchr(text.text, ']', text.length);
    if (*text.text == '[' && bracket != NULL && bracket > text.text + 1) {
        return begin_section(reader, trim(text.text + 1, bracket));
    }
    return begin_entry(reader, text);
}

bool profile_parse(struct profile_file *file, enum profile_format format, const char *text, size_t length,
                   struct error *error) {
    struct reader reader = {.file = file, .format = format, .error = error};
    const char *end = text + length;
    bool good = true;

    memset(file, 0, sizeof *file);
    buffer_init(&reader.key, length);
    buffer_init_secure(&reader.value, 2 * length + 1);
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3; /* a byte order mark, as some editors leave it */
    }
    if (memchr(text, '\0', (size_t)(end - text)) != NULL) {
        good = error_set(error, INVALID, "line 1: a zero byte, so that this is no text file");
    }
    while (good && text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        reader.line++;
        good = read_line(&reader, text, stop != NULL ? stop : end);
        text = stop != NULL ? stop + 1 : end;
    }
    good = good && finish_entry(&reader);
    buffer_clear(&reader.key);
    buffer_clear(&reader.value);
    return good;
}

void profile_clear(struct profile_file *file) {
    for (size_t i = 0; i < file->count; i++) {
        struct profile_section *section = &file->sections[i];
        for (size_t j = 0; j < section->count; j++) {
            free(section->entries[j].parent);
            free(section->entries[j].key);
            wipe(section->entries[j].value);
        }
        free(section->entries);
        free(section->name);
    }
    free(file->sections);
    memset(file, 0, sizeof *file);
}

const struct profile_section *profile_find(const struct profile_file *file, enum profile_kind kind, const char *name) {
    for (size_t i = 0; i < file->count; i++) {
        if (file->sections[i].kind == kind && strcmp(file->sections[i].name, name) == 0) {
            return &file->sections[i];
        }
    }
    return NULL;
}

const char *profile_value(const struct profile_section *section, const char *parent, const char *key) {
    for (size_t i = section->count; i-- > 0;) { /* of nested ones the last counts */
        const struct profile_entry *entry = &section->entries[i];
        bool same_parent = parent == NULL ? entry->parent == NULL : entry->parent != NULL && strcmp(entry->parent, parent) == 0;
        if (same_parent && strcmp(entry->key, key) == 0) {
            return entry->value;
        }
    }
    return NULL;
}
