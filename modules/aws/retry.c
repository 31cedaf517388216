#include "aws/retry.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { QUOTA = 500, COST = 14, THROTTLING_COST = 5, SUCCESS = 1 };

static const double LONGEST_S = 20, BASE_S = 0.05, DYNAMODB_BASE_S = 0.025, THROTTLING_BASE_S = 1, OVER_HINT_S = 5,
                    LEGACY_DYNAMODB_BASE_S = 0.05;

static bool is_one_of(const char *code, const char *const *codes) {
    for (; *codes != NULL; codes++) {
        if (strcmp(code, *codes) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_dynamodb(const char *service) {
    return strcmp(service, "dynamodb") == 0 || strcmp(service, "streams.dynamodb") == 0;
}

enum retry_kind retry_classify(const struct retry_failure *failure) {
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
                                             "EC2ThrottledException",
                                             NULL};
    static const char *const transient[] = {
        "RequestTimeout", "RequestTimeoutException", "HTTP_CONNECT",  "HTTP_TLS",       "HTTP_RESET",
        "HTTP_TIMEOUT",   "HTTP_TRUNCATED",          "HTTP_PROTOCOL", "CRC32_MISMATCH", NULL};
    const char *code = failure->code != NULL ? failure->code : "";

    if (failure->model_throttling || is_one_of(code, throttling)) {
        return RETRY_THROTTLING;
    }
    if (failure->model_retryable) {
        return RETRY_TRANSIENT; /* the model knows better than the status */
    }
    if (failure->status == 429) {
        return RETRY_THROTTLING;
    }
    if (is_one_of(code, transient) || (strcmp(code, "IDPCommunicationError") == 0 && strcmp(failure->service, "sts") == 0)) {
        return RETRY_TRANSIENT;
    }
    switch (failure->status) {
    case 500:
    case 502:
    case 503:
    case 504:
        return RETRY_TRANSIENT;
    default:
        return RETRY_NONE;
    }
}

int retry_max_attempts(const char *service, enum retry_mode mode) {
    if (mode == RETRY_LEGACY) {
        return strcmp(service, "dynamodb") == 0 ? 10 : 5;
    }
    return is_dynamodb(service) ? 4 : 3;
}

double retry_legacy_delay_s(const char *service, int retry, double random) {
    return ldexp(strcmp(service, "dynamodb") == 0 ? LEGACY_DYNAMODB_BASE_S : random, retry - 1);
}

double retry_delay_s(enum retry_kind kind, const char *service, int retry, double random, double hint_s) {
    double base = kind == RETRY_THROTTLING ? THROTTLING_BASE_S : is_dynamodb(service) ? DYNAMODB_BASE_S : BASE_S;
    double delay = random * fmin(ldexp(base, retry - 1), LONGEST_S);
    return hint_s >= 0 ? fmax(delay, fmin(hint_s, delay + OVER_HINT_S)) : delay;
}

void retry_quota_init(struct retry_quota *quota) {
    quota->available = QUOTA;
}

int retry_quota_take(struct retry_quota *quota, enum retry_kind kind) {
    int cost = kind == RETRY_THROTTLING ? THROTTLING_COST : COST;
    if (cost > quota->available) {
        return 0;
    }
    quota->available -= cost;
    return cost;
}

void retry_quota_give_back(struct retry_quota *quota, int taken) {
    quota->available += taken > 0 ? taken : SUCCESS;
    if (quota->available > QUOTA) {
        quota->available = QUOTA;
    }
}
