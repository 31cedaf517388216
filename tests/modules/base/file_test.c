#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "check.h"

static char folder[] = "/tmp/drsh-file-test-XXXXXX";
static char path[128];

static const char *in_folder(const char *name) {
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_plain(const char *name, const char *content, size_t length) {
    FILE *file = fopen(in_folder(name), "wb");
    CHECK(file != NULL && fwrite(content, 1, length, file) == length);
    CHECK(file != NULL && fclose(file) == 0);
}

static void write_gzip(const char *name, const char *content) {
    gzFile file = gzopen(in_folder(name), "wb");
    CHECK(file != NULL && gzputs(file, content) >= 0);
    CHECK(gzclose(file) == Z_OK);
}

static void reads(const char *name, const char *expected) {
    struct buffer content;
    struct error error;
    buffer_init(&content, 1 << 20);
    CHECK(file_read(&content, in_folder(name), &error));
    CHECK_INT((int)strlen(expected), (int)content.length);
    CHECK_STR(expected, content.length > 0 ? content.data : "");
    buffer_clear(&content);
}

static void refuses(const char *name, size_t limit, const char *code) {
    struct buffer content;
    struct error error = {0};
    buffer_init(&content, limit);
    CHECK(!file_read(&content, in_folder(name), &error));
    CHECK_STR(code, error.code);
    CHECK(strstr(error.message, name) != NULL);
    buffer_clear(&content);
}

static void test_reading(void) {
    write_plain("plain", "hello", 5);
    write_plain("empty", "", 0);
    write_gzip("packed.gz", "packed hello");
    reads("plain", "hello");
    reads("empty", "");
    reads("packed.gz", "packed hello");
}

static void test_large(void) {
    char *large = malloc(200001);
    CHECK(large != NULL);
    if (large != NULL) {
        memset(large, 'x', 200000);
        large[200000] = '\0';
        write_gzip("large.gz", large);
        reads("large.gz", large);
        refuses("large.gz", 199999, "FILE_TOO_LARGE");
        free(large);
    }
}

static void test_refusals(void) {
    struct buffer content;
    struct error error;
    refuses("nothing", 100, "FILE_MISSING");
    write_gzip("whole.gz", "some text that is packed, and long enough to be cut");
    buffer_init(&content, 1000);
    FILE *file = fopen(in_folder("whole.gz"), "rb");
    char bytes[200];
    size_t count = file != NULL ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file != NULL) {
        fclose(file);
    }
    CHECK(count > 20);
    write_plain("cut.gz", bytes, count - 12);
    refuses("cut.gz", 1000, "FILE_DAMAGED");
    bytes[12] ^= 0x55;
    write_plain("broken.gz", bytes, count);
    refuses("broken.gz", 1000, "FILE_DAMAGED");
    CHECK(!file_read(&content, folder, &error)); /* a folder */
    CHECK_STR("FILE_UNREADABLE", error.code);
    buffer_clear(&content);
}

static void test_listing(void) {
    struct file_names names = {0};
    struct error error;
    CHECK(mkdir(in_folder("list"), 0700) == 0);
    const char *made[] = {"list/b", "list/.hidden", "list/a", "list/c", "list/B", "list/d"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        write_plain(made[i], "", 0);
    }
    CHECK(file_list(&names, in_folder("list"), &error));
    CHECK_INT(5, (int)names.count);
    const char *expected[] = {"B", "a", "b", "c", "d"};
    for (size_t i = 0; i < names.count && i < 5; i++) {
        CHECK_STR(expected[i], names.names[i]);
    }
    file_names_clear(&names);
    file_names_clear(&names); /* harmless */
    CHECK(!file_list(&names, in_folder("nowhere"), &error));
    CHECK_STR("FILE_MISSING", error.code);
    CHECK(!file_list(&names, in_folder("plain"), &error)); /* no folder */
    CHECK_STR("FILE_MISSING", error.code);
    file_names_clear(&names);
}

static void clean_up(void) {
    const char *made[] = {"plain",        "empty",  "packed.gz", "large.gz", "whole.gz", "cut.gz", "broken.gz",
                          "list/.hidden", "list/a", "list/b",    "list/B",   "list/c",   "list/d"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        unlink(in_folder(made[i]));
    }
    rmdir(in_folder("list"));
    rmdir(folder);
}

int main(void) {
    CHECK(mkdtemp(folder) != NULL);
    test_reading();
    test_large();
    test_refusals();
    test_listing();
    clean_up();
    return check_report();
}
