#include "base/error.h"

#include "check.h"

int main(void) {
    struct error error;
    char longer[600];

    CHECK(!error_set(&error, "HTTP_TIMEOUT", "no answer from %s after %d ms", "host", 60));
    CHECK_STR(error.code, "HTTP_TIMEOUT");
    CHECK_STR(error.message, "no answer from host after 60 ms");

    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    error_set(&error, longer, "%s", longer);
    CHECK_INT(strlen(error.code), sizeof error.code - 1);
    CHECK_INT(strlen(error.message), sizeof error.message - 1);

    CHECK(!error_set(NULL, "CODE", "nobody wants it"));
    return check_report();
}
