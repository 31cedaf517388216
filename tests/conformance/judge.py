"""botocore as a judge of single calls: real botocore clients that work on drsh's models and send nothing. An old botocore thereby
judges operations that are newer than itself; only what it does with a model is asked."""

import json
import os

import botocore
import botocore.awsrequest
import botocore.config
import botocore.eventstream
import botocore.exceptions
import botocore.handlers
import botocore.loaders
import botocore.parsers
import botocore.session

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODELS = os.path.join(ROOT, "modules/aws/models")
FOLDERS = {"sfn": "stepfunctions"}  # our name -> botocore's
# Services that are judged in one more protocol of theirs: name -> service, protocol.
SPOKEN_TOO = {"cloudwatch in CBOR": ("cloudwatch", "smithy-rpc-v2-cbor")}
TOKEN = "session/token+with=odd:characters"
KEYS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "aws_session_token": TOKEN}

# What botocore does to a call of its own accord and we leave to the caller. Each is a difference on purpose.
DIFFERENCES = {
    "ec2 RunInstances UserData": "botocore puts it into base64 unasked, which the API asks the caller to do; so do we",
    "ec2 GetConsoleOutput Output": "botocore takes it out of base64 unasked; we give what the API gives",
    "Content-Type of restXml, and of blobs and texts that are a body": "botocore sends none; the other SDKs send application/xml,"
                                     " application/octet-stream and text/plain, and so do we",
    "events PutEvents EndpointId": "it needs signatures of the kind SigV4a; we refuse it clearly",
    "dynamodb SearchVectors host": "an old botocore has no rule for it; endpoints.py judges it",
    "ec2 filters": "botocore also takes the parameter Filter for Filters; we take the API's names only",
}
# The same for botocore's own models, beside those that concern them too.
FOLDER_DIFFERENCES = {
    **{name: DIFFERENCES[name] for name in DIFFERENCES if name.split()[0] in ("Content-Type", "ec2", "events")},
    "autoscaling CreateLaunchConfiguration UserData": DIFFERENCES["ec2 RunInstances UserData"],
    "iam policy documents": "botocore takes them out of their escapes and reads them as JSON unasked; we give what the API gives",
    "cloudformation GetTemplate TemplateBody": "botocore reads it as JSON where it is some; we give the text that the API gives",
    "s3 in us-east-1": "botocore calls the global host unless it is told otherwise, as it is here; we call the region's",
    "s3 PutObject, UploadPart": "botocore sends the checksum of a body behind it, in chunks; we have the body and send a header",
    "s3 ExpiresString": "botocore's name for the text of Expires; we give Expires, as a text where it is no time",
    "s3 fractions of seconds in headers": "botocore cuts them off",
    "operations that are sent events": "they want HTTP/2; botocore leaves them out, too, and we refuse them by name",
}
FOLDER_SINCE = (1, 44)  # botocore's habits change; ours are those of this one
# Services and operations that are not judged, and why.
FOLDER_LEFT_OUT = {
    "sdb": "wants Signature Version 2, which drsh does not make",
    "importexport": "wants Signature Version 2, which drsh does not make",
    "codecatalyst": "wants a bearer token",
    "account-access-runtime": "wants a bearer token",
    "cloudfront-keyvaluestore": "wants signatures of the kind SigV4a",
    "signin.CreateOAuth2TokenWithTokenExchange": "botocore signs it, which the model leaves open, as the endpoint's rules name a"
                                                 " signature; and it says o_auth2 where it says oauth2 elsewhere",
    "machinelearning.Predict": "its host is a parameter; quirks_spec.lua shows it",
    "s3.GetBucketNotification": "in its old shapes a list and a text have one name in XML; use GetBucketNotificationConfiguration",
    "s3.PutBucketNotification": "in its old shapes a list and a text have one name in XML; use PutBucketNotificationConfiguration",
}
LEFT_OUT = {("events", "PutEvents", "EndpointId"), ("sesv2", "SendEmail", "EndpointId"), ("sesv2", "SendBulkEmail", "EndpointId")}
HOST_ELSEWHERE = {("dynamodb", "SearchVectors")}
UNHOOKED = (
    ("before-parameter-build.ec2.RunInstances", "base64_encode_user_data"),
    ("before-parameter-build.autoscaling.CreateLaunchConfiguration", "base64_encode_user_data"),
    ("after-call.ec2.GetConsoleOutput", "decode_console_output"),
    ("before-parse.s3.*", "handle_expires_header"),
    ("after-call.iam", "json_decode_policies"),
    ("after-call.cloudformation.GetTemplate", "json_decode_template_body"),
)


def is_left_out(service, operation):
    return "%s.%s" % (service, operation.name) in FOLDER_LEFT_OUT or operation.has_event_stream_input


def data_folder():
    """botocore's own models: what DRSH_MODEL_PATH may name."""
    return os.path.join(botocore.__path__[0], "data")


def folder_names():
    return sorted(name for name in os.listdir(data_folder()) if os.path.isdir(os.path.join(data_folder(), name))
                  and name not in FOLDER_LEFT_OUT)


def folder_size(service):
    """Of its models, in bytes: a measure for the work that they make."""
    return sum(os.path.getsize(os.path.join(path, name)) for path, _, names in os.walk(os.path.join(data_folder(), service))
               for name in names if name.startswith("service-2"))


def service_names():
    """Those that we have models of, and those that are spoken in one more protocol if this botocore knows it."""
    names = [name[:-len(".json")] for name in os.listdir(MODELS) if name.endswith(".json")]
    return sorted(names + [name for name, (_, protocol) in SPOKEN_TOO.items() if protocol in botocore.parsers.PROTOCOL_PARSERS])


def model_of(service):
    service = SPOKEN_TOO.get(service, (service,))[0]
    with open(os.path.join(MODELS, service + ".json"), encoding="utf-8") as file:
        return json.load(file)


# Calls go to AWS's own hosts, and nowhere. drsh is started with the same environment.
for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_REGION", "DRSH_MODEL_PATH"):
    os.environ.pop(name, None)

# Older botocores do not know these habits of the newest one.
os.environ["AWS_STS_REGIONAL_ENDPOINTS"] = "regional"
# A signature of SigV4a is another each time; sigv4a.py judges them.
os.environ["AWS_AUTH_SCHEME_PREFERENCE"] = "sigv4"
CHECKSUMS = {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"} if hasattr(
    botocore.config, "VALID_REQUEST_CHECKSUM") or "request_checksum_calculation" in botocore.config.Config.OPTION_DEFAULTS else {}
VERSION = tuple(int(part) for part in botocore.__version__.split(".")[:2])
QUERY_MODE_SINCE = (1, 39)  # x-amzn-query-mode, for the services that once spoke query


class OurLoader(botocore.loaders.Loader):
    """botocore's own data, but API models of ours, spoken in the given protocol."""

    def __init__(self, protocol):
        super().__init__()
        self.protocol = protocol

    def load_service_model(self, service_name, type_name, api_version=None):
        names = {folder: name for name, folder in FOLDERS.items()}
        name = names.get(service_name, service_name)
        if type_name != "service-2" or name not in service_names():
            return super().load_service_model(service_name, type_name, api_version)
        model = model_of(name)
        if self.protocol:
            model["metadata"].update(protocol=self.protocol, protocols=[self.protocol])
        return model


# Where to call a service that has to be asked so first; tests/support/botocore_vectors.lua answers the same.
DISCOVERED = b'{"Endpoints":[{"Address":"discovered.example.com","CachePeriodInMinutes":1440}]}'


class _Body:
    """What botocore reads an answer's bytes from."""

    def __init__(self, content):
        self.content = content

    def stream(self, *_, **__):
        yield self.content

    def read(self, *_, **__):
        content, self.content = self.content, b""
        return content


class Judge:
    """A client of one service in one region. `call` gives what would be sent, and what is made of the answer."""

    refused = 0  # operations that botocore itself did not call

    def __init__(self, service, region, folder=False):
        session = botocore.session.Session()
        service, protocol = SPOKEN_TOO.get(service, (service, None))
        if not folder:
            session.register_component("data_loader", OurLoader(protocol))
        config = botocore.config.Config(retries={"max_attempts": 0}, s3={"us_east_1_regional_endpoint": "regional"},
                                        **({} if folder else CHECKSUMS))
        self.client = session.create_client(FOLDERS.get(service, service), region_name=region, config=config, **KEYS)
        self.service = self.client.meta.service_model
        self.methods = {operation: method for method, operation in self.client.meta.method_to_api_mapping.items()}
        for event, name in UNHOOKED:
            handler = getattr(botocore.handlers, name, None)
            if handler is not None:
                self.client.meta.events.unregister(event, handler)
        self.client.meta.events.register("before-send", self._instead_of_sending)
        self.operation, self.request, self.answer = None, None, None

    def _instead_of_sending(self, request, **_):
        if b"DescribeEndpoints" in request.headers.get("X-Amz-Target", b"") and self.operation != "DescribeEndpoints":
            return botocore.awsrequest.AWSResponse(request.url, 200, {}, _Body(DISCOVERED))
        self.request = request
        headers = botocore.awsrequest.HeadersDict(self.answer["headers"])
        return botocore.awsrequest.AWSResponse(request.url, self.answer["status"], headers, _Body(self.answer["body"]))

    def call(self, operation, value, answer):
        """-> (prepared request, output or None, {"Error": ...} or None)"""
        self.operation, self.answer = operation, answer
        method = getattr(self.client, self.methods[operation])
        try:
            output = method(**value)
        except botocore.exceptions.ClientError as error:
            return self.request, None, error.response
        output.pop("ResponseMetadata", None)
        return self.request, {key: _whole(item) for key, item in output.items()}, None


def _whole(item):
    """A body that is read, a stream of events as a list."""
    if isinstance(item, botocore.eventstream.EventStream):
        return list(item)
    return item.read() if hasattr(item, "read") else item
