/* Checksums against accidents, not against attackers. */
#ifndef DRSH_BASE_CHECKSUM_H
#define DRSH_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 as in zlib and in DynamoDB's x-amz-crc32 header. */
uint32_t checksum_crc32(const void *bytes, size_t count);

#endif
