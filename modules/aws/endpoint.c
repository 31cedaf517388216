#include "aws/endpoint.h"

#include <string.h>

/* By what a region's name begins with; the longer one first. */
static const struct {
    const char *prefix;
    struct endpoint_partition partition;
} partitions[] = {
    {"us-gov-", {"aws-us-gov", "amazonaws.com", "api.aws", "us-gov-west-1"}},
    {"us-iso-", {"aws-iso", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1"}},
    {"us-isob-", {"aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1"}},
    {"us-isof-", {"aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1"}},
    {"eu-isoe-", {"aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-west-1"}},
    {"eusc-", {"aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1"}},
    {"cn-", {"aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-northwest-1"}},
    {"", {"aws", "amazonaws.com", "api.aws", "us-east-1"}},
};

const struct endpoint_partition *endpoint_partition(const char *region) {
    size_t i = 0;
    while (strncmp(region, partitions[i].prefix, strlen(partitions[i].prefix)) != 0) {
        i++; /* the last prefix is empty and fits all */
    }
    return &partitions[i].partition;
}

/* In the US government's regions the usual hosts of these services are the FIPS ones. */
static bool is_fips_anyway(const struct endpoint *endpoint) {
    static const struct {
        const char *service;
        const char *region; /* NULL: all of the partition */
    } hosts[] = {
        {"dynamodb", NULL},          {"sts", NULL}, {"ec2", NULL}, {"sqs", NULL}, {"portal.sso", NULL}, {"oidc", NULL},
        {"states", "us-gov-west-1"},
    };
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        if (strcmp(hosts[i].service, endpoint->service) == 0 &&
            (hosts[i].region == NULL || strcmp(hosts[i].region, endpoint->region) == 0)) {
            return true;
        }
    }
    return false;
}

static bool has_fips_in_name(const struct endpoint *endpoint, const struct endpoint_partition *partition) {
    if (strcmp(partition->name, "aws-us-gov") != 0) {
        return endpoint->fips;
    }
    if (endpoint->dual_stack) { /* Step Functions has only FIPS hosts with dual stack there */
        return endpoint->fips || strcmp(endpoint->service, "states") == 0;
    }
    return endpoint->fips && !is_fips_anyway(endpoint);
}

static bool is_label(const char *text, const char *also) {
    size_t length = strlen(text);
    if (length == 0 || length > 63 || strchr("-.", text[0]) != NULL || strchr("-.", text[length - 1]) != NULL) {
        return false;
    }
    for (; *text != '\0'; text++) {
        bool plain = (*text >= 'a' && *text <= 'z') || (*text >= '0' && *text <= '9') || *text == '-';
        if (!plain && strchr(also, *text) == NULL) {
            return false;
        }
    }
    return true;
}

bool endpoint_write_url(struct buffer *out, const struct endpoint *endpoint, struct error *error) {
    const struct endpoint_partition *partition;
    const char *suffix;

    if (!is_label(endpoint->region, "")) {
        return error_set(error, "ENDPOINT_REGION", "\"%.64s\" is not the name of a region", endpoint->region);
    }
    if (!is_label(endpoint->service, ".")) {
        return error_set(error, "ENDPOINT_SERVICE", "\"%.64s\" is not the name of a service's host", endpoint->service);
    }
    partition = endpoint_partition(endpoint->region);
    suffix = endpoint->dual_stack ? partition->dual_stack_suffix : partition->suffix;
    if (endpoint->account_id != NULL && strcmp(endpoint->service, "dynamodb") == 0 && strcmp(partition->name, "aws") == 0 &&
        !endpoint->fips) {
        if (strlen(endpoint->account_id) != 12 || endpoint->account_id[strspn(endpoint->account_id, "0123456789")] != '\0') {
            return error_set(error, "ENDPOINT_ACCOUNT", "an account id has 12 digits, unlike \"%.64s\"", endpoint->account_id);
        }
        buffer_append_format(out, "https://%s.ddb.%s.%s", endpoint->account_id, endpoint->region, suffix);
    } else {
        buffer_append_format(out, "https://%s%s.%s.%s", endpoint->service, has_fips_in_name(endpoint, partition) ? "-fips" : "",
                             endpoint->region, suffix);
    }
    return !out->failed || error_set(error, "NO_MEMORY", "no memory for an endpoint");
}
