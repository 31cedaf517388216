#include "base/checksum.h"

#include "check.h"

int main(void) {
    CHECK_INT(checksum_crc32("123456789", 9), 0xcbf43926);
    CHECK_INT(checksum_crc32("", 0), 0);
    CHECK_INT(checksum_crc32(NULL, 0), 0);
    CHECK_INT(checksum_crc32("{}", 2), 2745614147);
    CHECK_INT(checksum_crc32c("123456789", 9), 0xe3069283);
    CHECK_INT(checksum_crc32c(NULL, 0), 0);
    CHECK(checksum_crc64nvme("123456789", 9) == 0xae8b14860a799888);
    CHECK(checksum_crc64nvme(NULL, 0) == 0);
    return check_report();
}
