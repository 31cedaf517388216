/* Whether and when to try again: the SDKs' standard mode as of November 2026 (botocore retries/standard.py, quota.py). Pure:
 * the random number is an argument, and nobody sleeps here. */
#ifndef DRSH_AWS_RETRY_H
#define DRSH_AWS_RETRY_H

#include <stdbool.h>

enum retry_kind {
    RETRY_NONE,       /* it would fail again */
    RETRY_TRANSIENT,  /* a fault of the network or of the server */
    RETRY_THROTTLING, /* too much at once: wait longer */
};

/* A failed attempt. */
struct retry_failure {
    const char *service;   /* the model's endpointPrefix */
    long status;           /* of the HTTP answer, 0 if none came */
    const char *code;      /* AWS's error code, or that of http.h; NULL if there is none. "CRC32_MISMATCH": a damaged answer */
    bool model_retryable;  /* the model says retryable */
    bool model_throttling; /* the model says retryable by throttling */
};

enum retry_kind retry_classify(const struct retry_failure *failure);

/* RETRY_STANDARD is the adaptive mode's arithmetic too. RETRY_LEGACY: what botocore did before, and does where it is asked to
 * (_retry.json): no quota, no hint, no limit to a delay. */
enum retry_mode { RETRY_STANDARD, RETRY_LEGACY };

/* How many attempts there are, the first one counted, where nobody has set it. */
int retry_max_attempts(const char *service, enum retry_mode mode);
/* Seconds to wait before retry number `retry` (1 is the first). `random` is from 0 to 1; `hint_s` what the server asked for,
 * negative if nothing: it is obeyed up to five seconds over our own delay. */
double retry_delay_s(enum retry_kind kind, const char *service, int retry, double random, double hint_s);
/* The same for the legacy mode; DynamoDB's have no random part. */
double retry_legacy_delay_s(const char *service, int retry, double random);

/* So that a service in trouble is not buried under retries: one per client. */
struct retry_quota {
    int available;
};

void retry_quota_init(struct retry_quota *quota);
/* Takes what a retry of this kind costs and returns it; 0 if there is not enough: do not retry. */
int retry_quota_take(struct retry_quota *quota, enum retry_kind kind);
/* After a success: gives back what the last retry of this call took (0: there was none). */
void retry_quota_give_back(struct retry_quota *quota, int taken);

#endif
