/* Where a service is: the hosts of all partitions, with their FIPS and dual-stack forms, as the published endpoint rules have
 * them. Which endpoint goes before which (code, environment, profile) is decided above. */
#ifndef DRSH_AWS_ENDPOINT_H
#define DRSH_AWS_ENDPOINT_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

struct endpoint_partition {
    const char *name;              /* "aws", "aws-cn", "aws-us-gov": as in ARNs */
    const char *suffix;            /* "amazonaws.com" */
    const char *dual_stack_suffix; /* "api.aws" */
    const char *global_region;     /* which region signs for global services */
};

/* The partition of a region, by the form of its name; "aws" for one that fits none. */
const struct endpoint_partition *endpoint_partition(const char *region);

struct endpoint {
    const char *service;    /* the model's endpointPrefix: "drs", "states", "dynamodb", "sts", "ec2", "portal.sso" */
    const char *region;     /* "eu-west-1" */
    const char *account_id; /* DynamoDB's own host for an account; NULL: not wanted */
    bool fips;
    bool dual_stack;
};

/* Appends "https://HOST". False with ENDPOINT_REGION, ENDPOINT_SERVICE or ENDPOINT_ACCOUNT when one is no part of a host name:
 * so no region can lead a signed request elsewhere. */
bool endpoint_write_url(struct buffer *out, const struct endpoint *endpoint, struct error *error);

#endif
