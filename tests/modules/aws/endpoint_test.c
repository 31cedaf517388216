#include "aws/endpoint.h"

#include "check.h"

/* What botocore 1.43 answers for its published endpoint rules: plain, dual stack, FIPS, FIPS with dual stack. */
static const struct {
    const char *service, *region, *hosts[4];
} published[] = {
    {"drs",
     "eu-central-1",
     {"drs.eu-central-1.amazonaws.com", "drs.eu-central-1.api.aws", "drs-fips.eu-central-1.amazonaws.com",
      "drs-fips.eu-central-1.api.aws"}},
    {"drs",
     "us-gov-west-1",
     {"drs.us-gov-west-1.amazonaws.com", "drs.us-gov-west-1.api.aws", "drs-fips.us-gov-west-1.amazonaws.com",
      "drs-fips.us-gov-west-1.api.aws"}},
    {"drs",
     "us-gov-east-1",
     {"drs.us-gov-east-1.amazonaws.com", "drs.us-gov-east-1.api.aws", "drs-fips.us-gov-east-1.amazonaws.com",
      "drs-fips.us-gov-east-1.api.aws"}},
    {"drs",
     "cn-north-1",
     {"drs.cn-north-1.amazonaws.com.cn", "drs.cn-north-1.api.amazonwebservices.com.cn", "drs-fips.cn-north-1.amazonaws.com.cn",
      "drs-fips.cn-north-1.api.amazonwebservices.com.cn"}},
    {"drs",
     "us-iso-east-1",
     {"drs.us-iso-east-1.c2s.ic.gov", "drs.us-iso-east-1.api.aws.ic.gov", "drs-fips.us-iso-east-1.c2s.ic.gov",
      "drs-fips.us-iso-east-1.api.aws.ic.gov"}},
    {"drs",
     "us-isob-east-1",
     {"drs.us-isob-east-1.sc2s.sgov.gov", "drs.us-isob-east-1.api.aws.scloud", "drs-fips.us-isob-east-1.sc2s.sgov.gov",
      "drs-fips.us-isob-east-1.api.aws.scloud"}},
    {"drs",
     "eu-isoe-west-1",
     {"drs.eu-isoe-west-1.cloud.adc-e.uk", "drs.eu-isoe-west-1.api.cloud-aws.adc-e.uk",
      "drs-fips.eu-isoe-west-1.cloud.adc-e.uk", "drs-fips.eu-isoe-west-1.api.cloud-aws.adc-e.uk"}},
    {"drs",
     "us-isof-south-1",
     {"drs.us-isof-south-1.csp.hci.ic.gov", "drs.us-isof-south-1.api.aws.hci.ic.gov", "drs-fips.us-isof-south-1.csp.hci.ic.gov",
      "drs-fips.us-isof-south-1.api.aws.hci.ic.gov"}},
    {"drs",
     "eusc-de-east-1",
     {"drs.eusc-de-east-1.amazonaws.eu", "drs.eusc-de-east-1.api.amazonwebservices.eu", "drs-fips.eusc-de-east-1.amazonaws.eu",
      "drs-fips.eusc-de-east-1.api.amazonwebservices.eu"}},
    {"drs",
     "us-future-9",
     {"drs.us-future-9.amazonaws.com", "drs.us-future-9.api.aws", "drs-fips.us-future-9.amazonaws.com",
      "drs-fips.us-future-9.api.aws"}},
    {"states",
     "eu-central-1",
     {"states.eu-central-1.amazonaws.com", "states.eu-central-1.api.aws", "states-fips.eu-central-1.amazonaws.com",
      "states-fips.eu-central-1.api.aws"}},
    {"states",
     "us-gov-west-1",
     {"states.us-gov-west-1.amazonaws.com", "states-fips.us-gov-west-1.api.aws", "states.us-gov-west-1.amazonaws.com",
      "states-fips.us-gov-west-1.api.aws"}},
    {"states",
     "us-gov-east-1",
     {"states.us-gov-east-1.amazonaws.com", "states-fips.us-gov-east-1.api.aws", "states-fips.us-gov-east-1.amazonaws.com",
      "states-fips.us-gov-east-1.api.aws"}},
    {"states",
     "cn-north-1",
     {"states.cn-north-1.amazonaws.com.cn", "states.cn-north-1.api.amazonwebservices.com.cn",
      "states-fips.cn-north-1.amazonaws.com.cn", "states-fips.cn-north-1.api.amazonwebservices.com.cn"}},
    {"states",
     "us-iso-east-1",
     {"states.us-iso-east-1.c2s.ic.gov", "states.us-iso-east-1.api.aws.ic.gov", "states-fips.us-iso-east-1.c2s.ic.gov",
      "states-fips.us-iso-east-1.api.aws.ic.gov"}},
    {"states",
     "us-isob-east-1",
     {"states.us-isob-east-1.sc2s.sgov.gov", "states.us-isob-east-1.api.aws.scloud", "states-fips.us-isob-east-1.sc2s.sgov.gov",
      "states-fips.us-isob-east-1.api.aws.scloud"}},
    {"states",
     "eu-isoe-west-1",
     {"states.eu-isoe-west-1.cloud.adc-e.uk", "states.eu-isoe-west-1.api.cloud-aws.adc-e.uk",
      "states-fips.eu-isoe-west-1.cloud.adc-e.uk", "states-fips.eu-isoe-west-1.api.cloud-aws.adc-e.uk"}},
    {"states",
     "us-isof-south-1",
     {"states.us-isof-south-1.csp.hci.ic.gov", "states.us-isof-south-1.api.aws.hci.ic.gov",
      "states-fips.us-isof-south-1.csp.hci.ic.gov", "states-fips.us-isof-south-1.api.aws.hci.ic.gov"}},
    {"states",
     "eusc-de-east-1",
     {"states.eusc-de-east-1.amazonaws.eu", "states.eusc-de-east-1.api.amazonwebservices.eu",
      "states-fips.eusc-de-east-1.amazonaws.eu", "states-fips.eusc-de-east-1.api.amazonwebservices.eu"}},
    {"states",
     "us-future-9",
     {"states.us-future-9.amazonaws.com", "states.us-future-9.api.aws", "states-fips.us-future-9.amazonaws.com",
      "states-fips.us-future-9.api.aws"}},
    {"dynamodb",
     "eu-central-1",
     {"dynamodb.eu-central-1.amazonaws.com", "dynamodb.eu-central-1.api.aws", "dynamodb-fips.eu-central-1.amazonaws.com",
      "dynamodb-fips.eu-central-1.api.aws"}},
    {"dynamodb",
     "us-gov-west-1",
     {"dynamodb.us-gov-west-1.amazonaws.com", "dynamodb.us-gov-west-1.api.aws", "dynamodb.us-gov-west-1.amazonaws.com",
      "dynamodb-fips.us-gov-west-1.api.aws"}},
    {"dynamodb",
     "us-gov-east-1",
     {"dynamodb.us-gov-east-1.amazonaws.com", "dynamodb.us-gov-east-1.api.aws", "dynamodb.us-gov-east-1.amazonaws.com",
      "dynamodb-fips.us-gov-east-1.api.aws"}},
    {"dynamodb",
     "cn-north-1",
     {"dynamodb.cn-north-1.amazonaws.com.cn", "dynamodb.cn-north-1.api.amazonwebservices.com.cn",
      "dynamodb-fips.cn-north-1.amazonaws.com.cn", "dynamodb-fips.cn-north-1.api.amazonwebservices.com.cn"}},
    {"dynamodb",
     "us-iso-east-1",
     {"dynamodb.us-iso-east-1.c2s.ic.gov", "dynamodb.us-iso-east-1.api.aws.ic.gov", "dynamodb-fips.us-iso-east-1.c2s.ic.gov",
      "dynamodb-fips.us-iso-east-1.api.aws.ic.gov"}},
    {"dynamodb",
     "us-isob-east-1",
     {"dynamodb.us-isob-east-1.sc2s.sgov.gov", "dynamodb.us-isob-east-1.api.aws.scloud",
      "dynamodb-fips.us-isob-east-1.sc2s.sgov.gov", "dynamodb-fips.us-isob-east-1.api.aws.scloud"}},
    {"dynamodb",
     "eu-isoe-west-1",
     {"dynamodb.eu-isoe-west-1.cloud.adc-e.uk", "dynamodb.eu-isoe-west-1.api.cloud-aws.adc-e.uk",
      "dynamodb-fips.eu-isoe-west-1.cloud.adc-e.uk", "dynamodb-fips.eu-isoe-west-1.api.cloud-aws.adc-e.uk"}},
    {"dynamodb",
     "us-isof-south-1",
     {"dynamodb.us-isof-south-1.csp.hci.ic.gov", "dynamodb.us-isof-south-1.api.aws.hci.ic.gov",
      "dynamodb-fips.us-isof-south-1.csp.hci.ic.gov", "dynamodb-fips.us-isof-south-1.api.aws.hci.ic.gov"}},
    {"dynamodb",
     "eusc-de-east-1",
     {"dynamodb.eusc-de-east-1.amazonaws.eu", "dynamodb.eusc-de-east-1.api.amazonwebservices.eu",
      "dynamodb-fips.eusc-de-east-1.amazonaws.eu", "dynamodb-fips.eusc-de-east-1.api.amazonwebservices.eu"}},
    {"dynamodb",
     "us-future-9",
     {"dynamodb.us-future-9.amazonaws.com", "dynamodb.us-future-9.api.aws", "dynamodb-fips.us-future-9.amazonaws.com",
      "dynamodb-fips.us-future-9.api.aws"}},
    {"sts",
     "eu-central-1",
     {"sts.eu-central-1.amazonaws.com", "sts.eu-central-1.api.aws", "sts-fips.eu-central-1.amazonaws.com",
      "sts-fips.eu-central-1.api.aws"}},
    {"sts",
     "us-gov-west-1",
     {"sts.us-gov-west-1.amazonaws.com", "sts.us-gov-west-1.api.aws", "sts.us-gov-west-1.amazonaws.com",
      "sts-fips.us-gov-west-1.api.aws"}},
    {"sts",
     "us-gov-east-1",
     {"sts.us-gov-east-1.amazonaws.com", "sts.us-gov-east-1.api.aws", "sts.us-gov-east-1.amazonaws.com",
      "sts-fips.us-gov-east-1.api.aws"}},
    {"sts",
     "cn-north-1",
     {"sts.cn-north-1.amazonaws.com.cn", "sts.cn-north-1.api.amazonwebservices.com.cn", "sts-fips.cn-north-1.amazonaws.com.cn",
      "sts-fips.cn-north-1.api.amazonwebservices.com.cn"}},
    {"ec2",
     "eu-central-1",
     {"ec2.eu-central-1.amazonaws.com", "ec2.eu-central-1.api.aws", "ec2-fips.eu-central-1.amazonaws.com",
      "ec2-fips.eu-central-1.api.aws"}},
    {"ec2",
     "us-gov-west-1",
     {"ec2.us-gov-west-1.amazonaws.com", "ec2.us-gov-west-1.api.aws", "ec2.us-gov-west-1.amazonaws.com",
      "ec2-fips.us-gov-west-1.api.aws"}},
    {"ec2",
     "us-gov-east-1",
     {"ec2.us-gov-east-1.amazonaws.com", "ec2.us-gov-east-1.api.aws", "ec2.us-gov-east-1.amazonaws.com",
      "ec2-fips.us-gov-east-1.api.aws"}},
    {"ec2",
     "cn-north-1",
     {"ec2.cn-north-1.amazonaws.com.cn", "ec2.cn-north-1.api.amazonwebservices.com.cn", "ec2-fips.cn-north-1.amazonaws.com.cn",
      "ec2-fips.cn-north-1.api.amazonwebservices.com.cn"}},
    {"portal.sso",
     "eu-central-1",
     {"portal.sso.eu-central-1.amazonaws.com", "portal.sso.eu-central-1.api.aws", "portal.sso-fips.eu-central-1.amazonaws.com",
      "portal.sso-fips.eu-central-1.api.aws"}},
    {"portal.sso",
     "us-gov-west-1",
     {"portal.sso.us-gov-west-1.amazonaws.com", "portal.sso.us-gov-west-1.api.aws", "portal.sso.us-gov-west-1.amazonaws.com",
      "portal.sso-fips.us-gov-west-1.api.aws"}},
    {"portal.sso",
     "us-gov-east-1",
     {"portal.sso.us-gov-east-1.amazonaws.com", "portal.sso.us-gov-east-1.api.aws", "portal.sso.us-gov-east-1.amazonaws.com",
      "portal.sso-fips.us-gov-east-1.api.aws"}},
    {"portal.sso",
     "cn-north-1",
     {"portal.sso.cn-north-1.amazonaws.com.cn", "portal.sso.cn-north-1.api.amazonwebservices.com.cn",
      "portal.sso-fips.cn-north-1.amazonaws.com.cn", "portal.sso-fips.cn-north-1.api.amazonwebservices.com.cn"}},
    {"oidc",
     "eu-central-1",
     {"oidc.eu-central-1.amazonaws.com", "oidc.eu-central-1.api.aws", "oidc-fips.eu-central-1.amazonaws.com",
      "oidc-fips.eu-central-1.api.aws"}},
    {"oidc",
     "us-gov-west-1",
     {"oidc.us-gov-west-1.amazonaws.com", "oidc.us-gov-west-1.api.aws", "oidc.us-gov-west-1.amazonaws.com",
      "oidc-fips.us-gov-west-1.api.aws"}},
    {"oidc",
     "us-gov-east-1",
     {"oidc.us-gov-east-1.amazonaws.com", "oidc.us-gov-east-1.api.aws", "oidc.us-gov-east-1.amazonaws.com",
      "oidc-fips.us-gov-east-1.api.aws"}},
    {"oidc",
     "cn-north-1",
     {"oidc.cn-north-1.amazonaws.com.cn", "oidc.cn-north-1.api.amazonwebservices.com.cn",
      "oidc-fips.cn-north-1.amazonaws.com.cn", "oidc-fips.cn-north-1.api.amazonwebservices.com.cn"}},
};

static struct buffer out;
static struct error error;

static const char *url(const struct endpoint *endpoint) {
    buffer_reset(&out);
    memset(&error, 0, sizeof error);
    return endpoint_write_url(&out, endpoint, &error) ? out.data : NULL;
}

static void hosts_are_as_published(void) {
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        for (int form = 0; form < 4; form++) {
            char expected[200];
            snprintf(expected, sizeof expected, "https://%s", published[i].hosts[form]);
            CHECK_STR(
                url(&(struct endpoint){
                    .service = published[i].service, .region = published[i].region, .dual_stack = form & 1, .fips = form >> 1}),
                expected);
        }
    }
}

static void dynamodb_has_a_host_for_each_account(void) {
    struct endpoint endpoint = {.service = "dynamodb", .region = "us-east-1", .account_id = "123456789012"};
    CHECK_STR(url(&endpoint), "https://123456789012.ddb.us-east-1.amazonaws.com");
    endpoint.dual_stack = true;
    CHECK_STR(url(&endpoint), "https://123456789012.ddb.us-east-1.api.aws");
    endpoint.fips = true;
    CHECK_STR(url(&endpoint), "https://dynamodb-fips.us-east-1.api.aws");
    endpoint.fips = endpoint.dual_stack = false;
    endpoint.region = "cn-north-1";
    CHECK_STR(url(&endpoint), "https://dynamodb.cn-north-1.amazonaws.com.cn");
    endpoint.region = "us-east-1";
    endpoint.service = "drs";
    CHECK_STR(url(&endpoint), "https://drs.us-east-1.amazonaws.com");
    endpoint.service = "dynamodb";
    endpoint.account_id = "evil.com/1234";
    CHECK(url(&endpoint) == NULL);
    CHECK_STR(error.code, "ENDPOINT_ACCOUNT");
    endpoint.account_id = "12345678901x";
    CHECK(url(&endpoint) == NULL);
}

static void nothing_leads_elsewhere(void) {
    static const char *const bad[] = {"",
                                      "evil.com/",
                                      "a b",
                                      "US-EAST-1",
                                      "-us",
                                      "us-",
                                      "x@y",
                                      "us-east-1\n",
                                      "a#",
                                      "a:1",
                                      "0123456789012345678901234567890123456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(url(&(struct endpoint){.service = "drs", .region = bad[i]}) == NULL);
        CHECK_STR(error.code, "ENDPOINT_REGION");
        CHECK(url(&(struct endpoint){.service = bad[i], .region = "us-east-1"}) == NULL);
        CHECK_STR(error.code, "ENDPOINT_SERVICE");
    }
    CHECK(url(&(struct endpoint){.service = "drs", .region = "us.east"}) == NULL);
    CHECK(url(&(struct endpoint){.service = "drs.", .region = "us-east-1"}) == NULL);
}

int main(void) {
    struct buffer small;
    buffer_init(&out, 1000);
    hosts_are_as_published();
    dynamodb_has_a_host_for_each_account();
    nothing_leads_elsewhere();
    CHECK_STR(endpoint_partition("us-gov-west-1")->name, "aws-us-gov");
    CHECK_STR(endpoint_partition("cn-north-1")->name, "aws-cn");
    CHECK_STR(endpoint_partition("us-isof-south-1")->global_region, "us-isof-south-1");
    CHECK_STR(endpoint_partition("somewhere")->name, "aws");
    buffer_init(&small, 10);
    CHECK(!endpoint_write_url(&small, &(struct endpoint){.service = "drs", .region = "us-east-1"}, &error));
    CHECK_STR(error.code, "NO_MEMORY");
    buffer_clear(&small);
    buffer_clear(&out);
    return check_report();
}
