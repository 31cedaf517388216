/* Checksums against accidents, not against attackers. */
#ifndef DRSH_BASE_CHECKSUM_H
#define DRSH_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 as in zlib and in DynamoDB's x-amz-crc32 header. */
uint32_t checksum_crc32(const void *bytes, size_t count);
/* S3's others: CRC-32C (RFC 3720, appendix B) and CRC-64/NVME (NVM Express command set specification). */
uint32_t checksum_crc32c(const void *bytes, size_t count);
uint64_t checksum_crc64nvme(const void *bytes, size_t count);

#endif
