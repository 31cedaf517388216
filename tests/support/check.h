/* A unit test in C: CHECK what should hold, end main with `return check_report();`. A failure prints the place and the values.
 */
#ifndef DRSH_TESTS_CHECK_H
#define DRSH_TESTS_CHECK_H

#include <stdio.h>
#include <string.h>

static int check_passed, check_failed;

#define CHECK(condition) check_that((condition) ? 1 : 0, __FILE__, __LINE__, #condition)
#define CHECK_INT(actual, expected) check_integers((long long)(actual), (long long)(expected), __FILE__, __LINE__, #actual)
#define CHECK_STR(actual, expected) check_strings((actual), (expected), __FILE__, __LINE__, #actual)

static inline void check_that(int holds, const char *file, int line, const char *what) {
    if (holds) {
        check_passed++;
        return;
    }
    check_failed++;
    printf("%s:%d: not so: %s\n", file, line, what);
}

static inline void check_integers(long long actual, long long expected, const char *file, int line, const char *what) {
    check_that(actual == expected, file, line, what);
    if (actual != expected) {
        printf("    is %lld, should be %lld\n", actual, expected);
    }
}

static inline void check_strings(const char *actual, const char *expected, const char *file, int line, const char *what) {
    int same = actual != NULL && expected != NULL && strcmp(actual, expected) == 0;
    check_that(same, file, line, what);
    if (!same) {
        printf("    is     \"%s\"\n    should \"%s\"\n", actual ? actual : "(null)", expected ? expected : "(null)");
    }
}

static inline int check_report(void) {
    printf("%d passed, %d failed\n", check_passed, check_failed);
    return check_failed == 0 ? 0 : 1;
}

#endif
