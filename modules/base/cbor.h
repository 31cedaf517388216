/* The heads of CBOR's items (RFC 8949, 3): what follows them is the reader's and the writer's business. */
#ifndef DRSH_BASE_CBOR_H
#define DRSH_BASE_CBOR_H

#include <stddef.h>
#include <stdint.h>

enum cbor_major { CBOR_UNSIGNED, CBOR_NEGATIVE, CBOR_BYTES, CBOR_TEXT, CBOR_LIST, CBOR_MAP, CBOR_TAG, CBOR_SIMPLE };

/* The low five bits of a head's first byte, where they mean something special. */
enum cbor_info {
    CBOR_FALSE = 20,
    CBOR_TRUE = 21,
    CBOR_NULL = 22,
    CBOR_UNDEFINED = 23,
    CBOR_HALF = 25,
    CBOR_SINGLE = 26,
    CBOR_DOUBLE = 27,
    CBOR_INDEFINITE = 31,
};

enum { CBOR_BREAK = 0xFF, CBOR_HEAD_MAX = 9 };

struct cbor_head {
    enum cbor_major major;
    unsigned info;
    uint64_t argument; /* 0 where the length is indefinite */
};

/* Reads the head at `at`, of `left` bytes: how many it takes, 0 if the text ends within it or it is not one. A break is a head
 * of CBOR_SIMPLE with CBOR_INDEFINITE. */
size_t cbor_read_head(const unsigned char *at, size_t left, struct cbor_head *head);
/* The number that the head of a float stands for: CBOR_HALF, CBOR_SINGLE or CBOR_DOUBLE. */
double cbor_float(const struct cbor_head *head);

/* These write a head and give its length. The argument takes the fewest bytes. */
size_t cbor_write_head(unsigned char head[CBOR_HEAD_MAX], enum cbor_major major, uint64_t argument);
size_t cbor_write_integer(unsigned char head[CBOR_HEAD_MAX], int64_t number);
size_t cbor_write_double(unsigned char head[CBOR_HEAD_MAX], double value);
size_t cbor_write_float(unsigned char head[CBOR_HEAD_MAX], float value);

#endif
