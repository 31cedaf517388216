#include "process/redact.h"

#include "check.h"

static const char *redacted(const char *text) {
    static char copy[512];
    size_t length = strlen(text);
    memcpy(copy, text, length);
    copy[redact(copy, length)] = '\0';
    return copy;
}

int main(void) {
    CHECK_STR(redacted("nothing to hide: status=RUNNING"), "nothing to hide: status=RUNNING");
    CHECK_STR(redacted("{\"taskToken\":\"AQCEAAAAKgAAA\",\"status\":\"PAUSED\"}"),
              "{\"taskToken\":\"***\",\"status\":\"PAUSED\"}");
    CHECK_STR(redacted("{\"message\":\"{\\\"taskToken\\\":\\\"AQCE\\\"}\"}"),
              "{\"message\":\"{\\\"taskToken\\\":\\\"***\\\"}\"}");
    CHECK_STR(redacted("GET /?X-Amz-Signature=0123456789abcdef&a=b"), "GET /?X-Amz-Signature=***&a=b");
    CHECK_STR(redacted("X-Amz-Security-Token=IQoJb3JpZ2lu"), "X-Amz-Security-Token=***");
    CHECK_STR(redacted("Authorization: AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=abc\nHost: h"),
              "Authorization: ***\nHost: h");
    CHECK_STR(redacted("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG next"), "aws_secret_access_key = *** next");
    CHECK_STR(redacted("SecretAccessKey: \"two words\" end"), "SecretAccessKey: \"***\" end");
    CHECK_STR(redacted("the taskToken was refused"), "the taskToken was refused");
    CHECK_STR(redacted("password="), "password=");
    CHECK_STR(redacted("password=x"), "password=*");
    CHECK_STR(redacted("{\"sessionToken\":\"a\\\\b\\nc\",\"k\":1}"), "{\"sessionToken\":\"***\",\"k\":1}");
    return check_report();
}
