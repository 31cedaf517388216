#include "base/checksum.h"

#include "check.h"

int main(void) {
    CHECK_INT(checksum_crc32("123456789", 9), 0xcbf43926);
    CHECK_INT(checksum_crc32("", 0), 0);
    CHECK_INT(checksum_crc32(NULL, 0), 0);
    CHECK_INT(checksum_crc32("{}", 2), 2745614147);
    return check_report();
}
