#include "process/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "process/redact.h"

#define LINE_LIMIT 65536

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static enum log_level lowest = LOG_LEVEL_INFO;

void log_set_level(enum log_level level) {
    lowest = level;
}

bool log_level_parse(const char *name, enum log_level *level) {
    for (size_t i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

bool log_enabled(enum log_level level) {
    return level >= lowest;
}

static void append_string(struct buffer *line, const char *text) {
    buffer_append_byte(line, '"');
    for (const char *at = text; *at != '\0' && !line->failed; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte == '"' || byte == '\\') {
            buffer_append_byte(line, '\\');
            buffer_append_byte(line, *at);
        } else if (byte == '\n') {
            buffer_append_string(line, "\\n");
        } else if (byte < 0x20 || byte == 0x7f) {
            buffer_append_format(line, "\\u%04x", byte);
        } else {
            buffer_append_byte(line, *at);
        }
    }
    buffer_append_byte(line, '"');
}

static void append_field(struct buffer *line, const char *name, const char *value) {
    buffer_append_byte(line, ',');
    append_string(line, name);
    buffer_append_byte(line, ':');
    append_string(line, value);
}

static void append_time(struct buffer *line) {
    int64_t now_us = clock_wall_us();
    time_t seconds = (time_t)(now_us / 1000000);
    struct tm parts;
    char text[32] = "";
    if (gmtime_r(&seconds, &parts) != NULL) {
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    }
    buffer_append_format(line, "{\"time\":\"%s.%03dZ\"", text, (int)(now_us / 1000 % 1000));
}

static void begin_line(struct buffer *line, enum log_level level, const char *message) {
    buffer_init(line, LINE_LIMIT);
    append_time(line);
    append_field(line, "level", level_names[level]);
    append_field(line, "message", message);
}

static void end_line(struct buffer *line) {
    buffer_append_string(line, "}\n");
    if (!line->failed) {
        fwrite(line->data, 1, redact(line->data, line->length), stderr);
    } else {
        fprintf(stderr, "{\"level\":\"error\",\"message\":\"a log line was too long\"}\n");
    }
    buffer_clear(line);
}

void log_write(enum log_level level, const char *message, ...) {
    struct buffer line;
    va_list fields;
    if (!log_enabled(level)) {
        return;
    }
    begin_line(&line, level, message);
    va_start(fields, message);
    for (const char *name = va_arg(fields, const char *); name != NULL; name = va_arg(fields, const char *)) {
        const char *value = va_arg(fields, const char *);
        if (value != NULL) {
            append_field(&line, name, value);
        }
    }
    va_end(fields);
    end_line(&line);
}

void log_write_members(int level, const char *message, const char *members) {
    struct buffer line;
    begin_line(&line, (enum log_level)level, message);
    if (*members != '\0') {
        buffer_append_byte(&line, ',');
        buffer_append_string(&line, members);
    }
    end_line(&line);
}

bool log_wants(int level) {
    return log_enabled((enum log_level)level);
}
