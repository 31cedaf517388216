"""boto3 on STS, and the refusals of keys in every protocol. Expects run.sh's environment."""
import datetime
import os
import unittest
import urllib.error
import urllib.request

from botocore.exceptions import ClientError

from boto3_scenario import client

ROLE = "arn:aws:iam::210987654321:role/DRSOrchestrationCrossAccountRole"
EXTERNAL_ID = "drsh-sample-7c1f"

# One harmless call a protocol, and what it says of a wrong secret, an unknown key, a wrong token.
CALLS = {
    "sts": ("get_caller_identity", {}, ("SignatureDoesNotMatch", "InvalidClientTokenId")),
    "route53": ("list_hosted_zones", {}, ("SignatureDoesNotMatch", "InvalidClientTokenId")),
    "dynamodb": ("list_tables", {}, ("InvalidSignatureException", "UnrecognizedClientException")),
    "ssm": ("describe_parameters", {}, ("InvalidSignatureException", "UnrecognizedClientException")),
    "drs": ("describe_jobs", {}, ("InvalidSignatureException", "UnrecognizedClientException")),
    "ec2": ("describe_regions", {}, ("AuthFailure", "AuthFailure")),
}


def keys(credentials):
    return {"aws_access_key_id": credentials["AccessKeyId"], "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials["SessionToken"]}


class Sts(unittest.TestCase):
    def refusal(self, call, **parameters):
        with self.assertRaises(ClientError) as caught:
            call(**parameters)
        return caught.exception.response["Error"]["Code"], caught.exception.response["Error"]["Message"]

    def test_a_role_in_a_role(self):
        sts = client("sts")
        self.assertEqual(sts.get_caller_identity()["Account"], "123456789012")
        assumed = sts.assume_role(RoleArn=ROLE, RoleSessionName="boto3", ExternalId=EXTERNAL_ID, DurationSeconds=900,
                                  Tags=[{"Key": "drill", "Value": "yes"}])
        left = assumed["Credentials"]["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
        self.assertTrue(0 < left.total_seconds() <= 900)
        inside = client("sts", **keys(assumed["Credentials"]))
        me = inside.get_caller_identity()
        self.assertEqual((me["Account"], me["Arn"], me["UserId"]),
                         ("210987654321", assumed["AssumedRoleUser"]["Arn"], assumed["AssumedRoleUser"]["AssumedRoleId"]))
        self.assertEqual(client("dynamodb", **keys(assumed["Credentials"])).list_tables()["ResponseMetadata"]["HTTPStatusCode"], 200)
        for wrong in ({"ExternalId": "wrong"}, {"RoleArn": ROLE + "X"}):
            code, message = self.refusal(sts.assume_role, **{"RoleArn": ROLE, "RoleSessionName": "bb", "ExternalId": EXTERNAL_ID, **wrong})
            self.assertEqual(code, "AccessDenied")
            self.assertIn("is not authorized to perform: sts:AssumeRole on resource: " + wrong.get("RoleArn", ROLE), message)
        self.assertEqual(self.refusal(sts.assume_role, RoleArn=ROLE, RoleSessionName="bb", ExternalId=EXTERNAL_ID,
                                      DurationSeconds=43200)[0], "ValidationError")

    def test_sessions(self):
        sts = client("sts")
        session = sts.get_session_token(DurationSeconds=900)["Credentials"]
        inside = client("sts", **keys(session))
        self.assertEqual(inside.get_caller_identity()["Arn"], sts.get_caller_identity()["Arn"])
        self.assertEqual(self.refusal(inside.get_session_token)[0], "AccessDenied")
        user = sts.get_federation_token(Name="drill")["FederatedUser"]
        self.assertEqual(user, {"FederatedUserId": "123456789012:drill", "Arn": "arn:aws:sts::123456789012:federated-user/drill"})
        self.assertEqual(sts.get_access_key_info(AccessKeyId=session["AccessKeyId"])["Account"], "123456789012")

    def test_refused_keys(self):
        own = {"aws_access_key_id": os.environ["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": os.environ["AWS_SECRET_ACCESS_KEY"]}
        for service, (call, parameters, (mismatch, unknown)) in CALLS.items():
            for expected, wrong in ((mismatch, {**own, "aws_secret_access_key": "wrong"}),
                                    (unknown, {**own, "aws_access_key_id": "AKIAUNKNOWN000000000"}),
                                    (unknown, {**own, "aws_session_token": "another's"})):
                with self.subTest(service=service, expected=expected):
                    self.assertEqual(self.refusal(getattr(client(service, **wrong), call), **parameters)[0], expected)

    def test_a_presigned_call(self):
        url = client("sts").generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
        with urllib.request.urlopen(url) as answer:
            self.assertIn(b"<Account>123456789012</Account>", answer.read())
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url[:-1] + ("0" if url[-1] != "0" else "1"))
        self.assertEqual(caught.exception.code, 403)
        self.assertIn(b"SignatureDoesNotMatch", caught.exception.read())


if __name__ == "__main__":
    unittest.main(verbosity=1, warnings="ignore")
