#include "base/checksum.h"

#include <zlib.h>

uint32_t checksum_crc32(const void *bytes, size_t count) {
    return (uint32_t)crc32_z(0, bytes, bytes != NULL ? count : 0);
}

/* A CRC whose bits go from the lowest up, as all of AWS's do. A polynomial has them in that order, and is never 0. */
struct crc {
    uint64_t polynomial;
    uint64_t ones; /* as many as the checksum has bits: where it begins, and what its end is turned over with */
    uint64_t table[256];
};

static void make_table(struct crc *crc) {
    for (unsigned byte = 0; byte < 256; byte++) {
        uint64_t value = byte;
        for (int bit = 0; bit < 8; bit++) {
            value = value & 1 ? value >> 1 ^ crc->polynomial : value >> 1;
        }
        crc->table[byte] = value;
    }
}

static uint64_t checksum(struct crc *crc, const unsigned char *bytes, size_t count) {
    uint64_t value = crc->ones;
    if (crc->table[1] == 0) {
        make_table(crc);
    }
    for (size_t i = 0; i < count; i++) {
        value = value >> 8 ^ crc->table[(value ^ bytes[i]) & 0xFF];
    }
    return value ^ crc->ones;
}

uint32_t checksum_crc32c(const void *bytes, size_t count) {
    static struct crc crc32c = {.polynomial = 0x82F63B78, .ones = UINT32_MAX};
    return (uint32_t)checksum(&crc32c, bytes, count);
}

uint64_t checksum_crc64nvme(const void *bytes, size_t count) {
    static struct crc crc64nvme = {.polynomial = 0x9A6C9329AC4BC9B5, .ones = UINT64_MAX};
    return checksum(&crc64nvme, bytes, count);
}
