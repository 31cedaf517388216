#include "base/cbor.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* What the low five bits say of the bytes behind them: from here on, an argument of 1, 2, 4 or 8 bytes. */
enum { ARGUMENT_FOLLOWS = 24, RESERVED = 28 };

size_t cbor_read_head(const unsigned char *at, size_t left, struct cbor_head *head) {
    if (left == 0) {
        return 0;
    }
    head->major = (enum cbor_major)(at[0] >> 5);
    head->info = at[0] & 31;
    head->argument = 0;
    if (head->info == CBOR_INDEFINITE) {
        bool has_no_length = head->major == CBOR_UNSIGNED || head->major == CBOR_NEGATIVE || head->major == CBOR_TAG;
        return has_no_length ? 0 : 1;
    }
    if (head->info < ARGUMENT_FOLLOWS) {
        head->argument = head->info;
        return 1;
    }
    size_t count = (size_t)1 << (head->info - ARGUMENT_FOLLOWS);
    if (head->info >= RESERVED || left <= count) {
        return 0;
    }
    for (size_t i = 1; i <= count; i++) {
        head->argument = head->argument << 8 | at[i];
    }
    return 1 + count;
}

static double half_float(unsigned bits) {
    int exponent = (bits >> 10) & 31;
    unsigned fraction = bits & 1023;
    double value;
    if (exponent == 0) {
        value = ldexp(fraction, -24);
    } else if (exponent < 31) {
        value = ldexp(fraction + 1024, exponent - 25);
    } else {
        value = fraction == 0 ? INFINITY : NAN;
    }
    return bits & 0x8000 ? -value : value;
}

double cbor_float(const struct cbor_head *head) {
    uint32_t bits = (uint32_t)head->argument;
    float single;
    double value;
    if (head->info == CBOR_HALF) {
        return half_float(bits);
    }
    if (head->info == CBOR_SINGLE) {
        memcpy(&single, &bits, sizeof single);
        return single;
    }
    memcpy(&value, &head->argument, sizeof value);
    return value;
}

/* The argument in 1 << (info - ARGUMENT_FOLLOWS) bytes. */
static size_t write_wide(unsigned char *head, enum cbor_major major, unsigned info, uint64_t argument) {
    size_t count = (size_t)1 << (info - ARGUMENT_FOLLOWS);
    head[0] = (unsigned char)((unsigned)major << 5 | info);
    for (size_t i = count; i > 0; i--, argument >>= 8) {
        head[i] = (unsigned char)argument;
    }
    return 1 + count;
}

size_t cbor_write_head(unsigned char head[CBOR_HEAD_MAX], enum cbor_major major, uint64_t argument) {
    if (argument < ARGUMENT_FOLLOWS) {
        head[0] = (unsigned char)((unsigned)major << 5 | (unsigned)argument);
        return 1;
    }
    unsigned wider = (unsigned)(argument > UINT8_MAX) + (argument > UINT16_MAX) + (argument > UINT32_MAX);
    return write_wide(head, major, ARGUMENT_FOLLOWS + wider, argument);
}

size_t cbor_write_integer(unsigned char head[CBOR_HEAD_MAX], int64_t number) {
    return number >= 0 ? cbor_write_head(head, CBOR_UNSIGNED, (uint64_t)number)
                       : cbor_write_head(head, CBOR_NEGATIVE, (uint64_t)(-1 - number));
}

size_t cbor_write_double(unsigned char head[CBOR_HEAD_MAX], double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return write_wide(head, CBOR_SIMPLE, CBOR_DOUBLE, bits);
}

size_t cbor_write_float(unsigned char head[CBOR_HEAD_MAX], float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return write_wide(head, CBOR_SIMPLE, CBOR_SINGLE, bits);
}
