#include "aws/retry.h"

#include <math.h>

#include "check.h"

static enum retry_kind classify(const char *service, long status, const char *code) {
    return retry_classify(&(struct retry_failure){.service = service, .status = status, .code = code});
}

static void kinds_of_failure(void) {
    static const char *const throttling[] = {"Throttling",
                                             "ThrottlingException",
                                             "ThrottledException",
                                             "RequestThrottledException",
                                             "RequestThrottled",
                                             "TooManyRequestsException",
                                             "ProvisionedThroughputExceededException",
                                             "TransactionInProgressException",
                                             "RequestLimitExceeded",
                                             "BandwidthLimitExceeded",
                                             "LimitExceededException",
                                             "SlowDown",
                                             "PriorRequestNotComplete",
                                             "EC2ThrottledException"};
    static const char *const transient[] = {
        "RequestTimeout", "RequestTimeoutException", "HTTP_CONNECT",  "HTTP_TLS",      "HTTP_RESET",
        "HTTP_TIMEOUT",   "HTTP_TRUNCATED",          "HTTP_PROTOCOL", "CRC32_MISMATCH"};
    static const long passing[] = {500, 502, 503, 504}, lasting[] = {0, 200, 400, 402, 403, 404, 409, 413, 501, 505};

    for (size_t i = 0; i < sizeof throttling / sizeof *throttling; i++) {
        CHECK_INT(classify("drs", 400, throttling[i]), RETRY_THROTTLING);
    }
    for (size_t i = 0; i < sizeof transient / sizeof *transient; i++) {
        CHECK_INT(classify("drs", 0, transient[i]), RETRY_TRANSIENT);
    }
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++) {
        CHECK_INT(classify("drs", passing[i], "InternalServerException"), RETRY_TRANSIENT);
        CHECK_INT(classify("drs", passing[i], NULL), RETRY_TRANSIENT);
    }
    for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++) {
        CHECK_INT(classify("drs", lasting[i], "ConflictException"), RETRY_NONE);
    }
    CHECK_INT(classify("drs", 429, NULL), RETRY_THROTTLING);
    CHECK_INT(classify("drs", 503, "SlowDown"), RETRY_THROTTLING);
    CHECK_INT(classify("drs", 0, "HTTP_URL"), RETRY_NONE);
    CHECK_INT(classify("drs", 200, "HTTP_RESPONSE_TOO_LARGE"), RETRY_NONE);
    CHECK_INT(classify("sts", 400, "IDPCommunicationError"), RETRY_TRANSIENT);
    CHECK_INT(classify("drs", 400, "IDPCommunicationError"), RETRY_NONE);
    CHECK_INT(retry_classify(&(struct retry_failure){.service = "x", .status = 400, .code = "Own", .model_retryable = true}),
              RETRY_TRANSIENT);
    CHECK_INT(retry_classify(&(struct retry_failure){.service = "x", .status = 400, .code = "Own", .model_throttling = true}),
              RETRY_THROTTLING);
}

static void close_to(double actual, double expected) {
    CHECK(fabs(actual - expected) < 1e-9);
}

static void delays(void) {
    close_to(retry_delay_s(RETRY_TRANSIENT, "drs", 1, 1, -1), 0.05);
    close_to(retry_delay_s(RETRY_TRANSIENT, "drs", 2, 1, -1), 0.1);
    close_to(retry_delay_s(RETRY_TRANSIENT, "drs", 3, 0.5, -1), 0.1);
    close_to(retry_delay_s(RETRY_TRANSIENT, "drs", 3, 0, -1), 0);
    close_to(retry_delay_s(RETRY_TRANSIENT, "dynamodb", 1, 1, -1), 0.025);
    close_to(retry_delay_s(RETRY_TRANSIENT, "streams.dynamodb", 1, 1, -1), 0.025);
    close_to(retry_delay_s(RETRY_THROTTLING, "dynamodb", 1, 1, -1), 1);
    close_to(retry_delay_s(RETRY_THROTTLING, "drs", 5, 1, -1), 16);
    close_to(retry_delay_s(RETRY_THROTTLING, "drs", 6, 1, -1), 20);
    close_to(retry_delay_s(RETRY_THROTTLING, "drs", 5000, 1, -1), 20);
    /* the server's hint: never less than our own delay, never more than five seconds over it */
    close_to(retry_delay_s(RETRY_TRANSIENT, "drs", 1, 1, 3), 3);
    close_to(retry_delay_s(RETRY_TRANSIENT, "drs", 1, 1, 0), 0.05);
    close_to(retry_delay_s(RETRY_TRANSIENT, "drs", 1, 1, 600), 5.05);
    close_to(retry_delay_s(RETRY_THROTTLING, "drs", 4, 1, 2), 8);
}

static void legacy_delays(void) {
    close_to(retry_legacy_delay_s("drs", 1, 0.5), 0.5);
    close_to(retry_legacy_delay_s("drs", 4, 0.5), 4);
    close_to(retry_legacy_delay_s("dynamodb", 1, 0.9), 0.05);
    close_to(retry_legacy_delay_s("dynamodb", 9, 0.9), 12.8);
}

static void quota(void) {
    struct retry_quota quota;
    int retries = 0, taken;
    retry_quota_init(&quota);
    CHECK_INT(quota.available, 500);
    retry_quota_give_back(&quota, 0);
    CHECK_INT(quota.available, 500);
    taken = retry_quota_take(&quota, RETRY_TRANSIENT);
    CHECK_INT(taken, 14);
    CHECK_INT(quota.available, 486);
    retry_quota_give_back(&quota, 0);
    CHECK_INT(quota.available, 487);
    retry_quota_give_back(&quota, taken);
    CHECK_INT(quota.available, 500);
    while (retry_quota_take(&quota, RETRY_TRANSIENT) > 0) {
        retries++;
    }
    CHECK_INT(retries, 35);
    CHECK_INT(quota.available, 10);
    CHECK_INT(retry_quota_take(&quota, RETRY_THROTTLING), 5);
    CHECK_INT(retry_quota_take(&quota, RETRY_THROTTLING), 5);
    CHECK_INT(retry_quota_take(&quota, RETRY_THROTTLING), 0);
}

int main(void) {
    kinds_of_failure();
    CHECK_INT(retry_max_attempts("drs", RETRY_STANDARD), 3);
    CHECK_INT(retry_max_attempts("dynamodb", RETRY_STANDARD), 4);
    CHECK_INT(retry_max_attempts("streams.dynamodb", RETRY_STANDARD), 4);
    CHECK_INT(retry_max_attempts("drs", RETRY_LEGACY), 5);
    CHECK_INT(retry_max_attempts("dynamodb", RETRY_LEGACY), 10);
    delays();
    legacy_delays();
    quota();
    return check_report();
}
