/* Reads the vectors under tests/modules/aws/sigv4 and sigv4a (their format: generate.py in sigv4). */
#ifndef DRSH_TESTS_VECTOR_H
#define DRSH_TESTS_VECTOR_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/http.h"

struct vector {
    char *files[5]; /* request, scope, canonical, string-to-sign, authorization */
    char *method, *url, *body;
    struct http_header headers[16];
    size_t header_count;
};

static inline char *vector_read_file(const char *folder, const char *name) {
    char path[400];
    char *text = calloc(1, 65536);
    FILE *file;
    snprintf(path, sizeof path, "tests/modules/aws/%s/%s", folder, name);
    file = fopen(path, "r");
    if (file == NULL || text == NULL) {
        printf("cannot read %s: run the test at the top of the tree\n", path);
        exit(1);
    }
    text[fread(text, 1, 65535, file)] = '\0';
    fclose(file);
    return text;
}

/* The value of NAME=value in the scope file, NULL if it is not there. Lasts until 64 more are asked for. */
static inline const char *vector_scope(const struct vector *vector, const char *name) {
    static char values[64][1024];
    static int next;
    size_t length = strlen(name);
    for (const char *line = vector->files[1]; *line != '\0'; line += strcspn(line, "\n") + 1) {
        if (strncmp(line, name, length) == 0 && line[length] == '=') {
            char *value = values[next++ % 64];
            snprintf(value, 1024, "%.*s", (int)strcspn(line + length + 1, "\n"), line + length + 1);
            return value;
        }
    }
    return NULL;
}

static inline void vector_load(struct vector *vector, const char *name) {
    static const char *const names[] = {"request", "scope", "canonical", "string-to-sign", "authorization"};
    char *line;
    memset(vector, 0, sizeof *vector);
    for (int i = 0; i < 5; i++) {
        vector->files[i] = vector_read_file(name, names[i]);
    }
    vector->method = line = vector->files[0];
    vector->url = strchr(line, ' ') + 1;
    vector->url[-1] = '\0';
    line = strchr(vector->url, '\n');
    for (*line++ = '\0'; *line != '\n'; *line++ = '\0') {
        struct http_header *header = &vector->headers[vector->header_count++];
        char *value = strstr(line, ": ");
        *value = '\0';
        header->name = line;
        header->value = value + 2;
        line = strchr(value + 2, '\n');
    }
    vector->body = line + 1;
}

static inline void vector_clear(struct vector *vector) {
    for (int i = 0; i < 5; i++) {
        free(vector->files[i]);
    }
}

#endif
