-- The services of the local AWS: this list, and nothing else. `name` is what signatures are scoped to, `module` what serves it,
-- `model` its API model. The rest tells a call's service where the signature does not (or is missing), and how to answer it.
return {
  { name = "dynamodb", module = "local_aws.dynamodb", model = "dynamodb", protocol = "json", target = "DynamoDB_20120810" },
  { name = "states", module = "local_aws.states", model = "sfn", protocol = "json", target = "AWSStepFunctions" },
  { name = "drs", module = "local_aws.drs", model = "drs", protocol = "rest_json" },
  { name = "ec2", module = "local_aws.ec2", model = "ec2", protocol = "ec2", version = "2016-11-15" },
  { name = "sts", module = "local_aws.sts", model = "sts", protocol = "query", version = "2011-06-15",
    namespace = "https://sts.amazonaws.com/doc/2011-06-15/" },
  { name = "route53", module = "local_aws.route53", model = "route53", protocol = "rest_xml", path = "/2013-04-01",
    namespace = "https://route53.amazonaws.com/doc/2013-04-01/" },
  { name = "ssm", module = "local_aws.ssm", model = "ssm", protocol = "json", target = "AmazonSSM" },
  { name = "sns", module = "local_aws.sns", model = "sns", protocol = "query", version = "2010-03-31",
    namespace = "http://sns.amazonaws.com/doc/2010-03-31/" },
  -- CloudWatch speaks the query protocol with older SDKs, JSON or CBOR with newer ones.
  { name = "monitoring", module = "local_aws.cloudwatch", model = "cloudwatch", protocol = "query", version = "2010-08-01",
    namespace = "http://monitoring.amazonaws.com/doc/2010-08-01/", json_target = "GraniteServiceVersion20100801" },
  { name = "events", module = "local_aws.events", model = "events", protocol = "json", target = "AWSEvents" },
}
