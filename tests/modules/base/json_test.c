#include "base/json.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "check.h"

static struct buffer out;

static const char *string(const char *bytes, size_t count) {
    buffer_reset(&out);
    CHECK(json_write_string(&out, bytes, count));
    return out.data;
}

static const char *number(double value) {
    buffer_reset(&out);
    CHECK(json_write_double(&out, value));
    CHECK(strtod(out.data, NULL) == value);
    return out.data;
}

static void strings(void) {
    static const struct {
        const char *from, *to;
    } cases[] = {
        {"", "\"\""},
        {"plain /path", "\"plain /path\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
        {"\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\""},
        {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\""},
        {"\xEF\xBF\xBF\xF4\x8F\xBF\xBF\xED\x9F\xBF", "\"\xEF\xBF\xBF\xF4\x8F\xBF\xBF\xED\x9F\xBF\""},
        {"a\x80z", "\"a\xEF\xBF\xBDz\""},                             /* continues nothing */
        {"\xC3", "\"\xEF\xBF\xBD\""},                                 /* cut off */
        {"\xE2\x82z", "\"\xEF\xBF\xBD\xEF\xBF\xBDz\""},               /* cut off before another */
        {"\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},                 /* overlong */
        {"\xE0\x9F\xBF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""}, /* overlong */
        {"\xF0\x8F\xBF\xBF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""}, /* surrogate */
        {"\xF4\x90\x80\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xF5\xFF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_STR(string(cases[i].from, strlen(cases[i].from)), cases[i].to);
    }
    CHECK_STR(string("a\0b", 3), "\"a\\u0000b\"");
    CHECK_STR(string(NULL, 0), "\"\"");
    CHECK_STR(string("\xC3\xA4", 1), "\"\xEF\xBF\xBD\"");
}

static void numbers(void) {
    CHECK_STR(number(0.1), "0.1");
    CHECK_STR(number(0.1 + 0.2), "0.30000000000000004");
    CHECK_STR(number(5), "5");
    CHECK_STR(number(-0.0), "-0");
    CHECK_STR(number(1e300), "1e+300");
    CHECK_STR(number(5e-324), "5e-324");
    CHECK_STR(number(123456789012345680.0), "1.2345678901234568e+17");
    CHECK_STR(number(1.0 / 3), "0.3333333333333333");
    number(DBL_MAX);
    number(DBL_MIN);
    buffer_reset(&out);
    CHECK(!json_write_double(&out, NAN));
    CHECK(!json_write_double(&out, INFINITY));
    CHECK(!json_write_double(&out, -INFINITY));
    CHECK_STR(out.data, "");
    CHECK(!out.failed);

    CHECK(json_write_integer(&out, INT64_MIN) && buffer_append_byte(&out, ',') && json_write_integer(&out, INT64_MAX));
    CHECK_STR(out.data, "-9223372036854775808,9223372036854775807");
}

static void every_random_double_survives(void) {
    srand(7);
    for (int i = 0; i < 20000; i++) {
        union {
            unsigned long long bits;
            double value;
        } any = {.bits = (unsigned long long)rand() << 40 ^ (unsigned long long)rand() << 20 ^ (unsigned long long)rand()};
        if (isfinite(any.value)) {
            number(any.value);
        }
    }
}

int main(void) {
    struct buffer small;
    buffer_init(&out, 1000);
    strings();
    numbers();
    every_random_double_survives();
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8") != NULL) {
        CHECK_STR(number(0.5), "0.5");
        setlocale(LC_NUMERIC, "C");
    }
    buffer_reset(&out);
    CHECK(json_write_boolean(&out, true) && json_write_boolean(&out, false) && json_write_null(&out));
    CHECK_STR(out.data, "truefalsenull");
    buffer_init(&small, 3);
    CHECK(!json_write_string(&small, "abc", 3));
    buffer_clear(&small);
    buffer_clear(&out);
    return check_report();
}
