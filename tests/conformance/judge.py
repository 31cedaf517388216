"""botocore as a judge of single calls: real botocore clients that work on drsh's models and send nothing. An old botocore thereby
judges operations that are newer than itself; only what it does with a model is asked."""

import json
import os

import botocore
import botocore.awsrequest
import botocore.config
import botocore.exceptions
import botocore.handlers
import botocore.loaders
import botocore.session

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODELS = os.path.join(ROOT, "modules/aws/models")
FOLDERS = {"sfn": "stepfunctions"}  # our name -> botocore's
TOKEN = "session/token+with=odd:characters"
KEYS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "aws_session_token": TOKEN}

# What botocore does to a call of its own accord and we leave to the caller. Each is a difference on purpose.
DIFFERENCES = {
    "ec2 RunInstances UserData": "botocore puts it into base64 unasked, which the API asks the caller to do; so do we",
    "ec2 GetConsoleOutput Output": "botocore takes it out of base64 unasked; we give what the API gives",
    "ec2 CopySnapshot PresignedUrl": "botocore signs a second request into the parameters; AWS needs it no more for most copies,"
                                     " and a caller who does can give PresignedUrl",
    "Content-Type of restXml, and of blobs and texts that are a body": "botocore sends none; the other SDKs send application/xml,"
                                     " application/octet-stream and text/plain, and so do we",
    "events PutEvents EndpointId": "it needs signatures of the kind SigV4a; we refuse it clearly",
    "dynamodb SearchVectors host": "an old botocore has no rule for it; endpoints.py judges it",
    "ec2 filters": "botocore also takes the parameter Filter for Filters; we take the API's names only",
}
LEFT_OUT = {("events", "PutEvents", "EndpointId")}
HOST_ELSEWHERE = {("dynamodb", "SearchVectors")}
UNHOOKED = (
    ("before-parameter-build.ec2.RunInstances", "base64_encode_user_data"),
    ("after-call.ec2.GetConsoleOutput", "decode_console_output"),
    ("before-call.ec2.CopySnapshot", "inject_presigned_url_ec2"),
)


def data_folder():
    """botocore's own models: what DRSH_MODEL_PATH may name."""
    return os.path.join(botocore.__path__[0], "data")


def service_names():
    return sorted(name[:-len(".json")] for name in os.listdir(MODELS) if name.endswith(".json"))


def model_of(service):
    with open(os.path.join(MODELS, service + ".json"), encoding="utf-8") as file:
        return json.load(file)


# Calls go to AWS's own hosts, and nowhere. drsh is started with the same environment.
for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_REGION", "DRSH_MODEL_PATH"):
    os.environ.pop(name, None)

# Older botocores do not know these habits of the newest one.
os.environ["AWS_STS_REGIONAL_ENDPOINTS"] = "regional"
CHECKSUMS = {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"} if hasattr(
    botocore.config, "VALID_REQUEST_CHECKSUM") or "request_checksum_calculation" in botocore.config.Config.OPTION_DEFAULTS else {}
VERSION = tuple(int(part) for part in botocore.__version__.split(".")[:2])
QUERY_MODE_SINCE = (1, 39)  # x-amzn-query-mode, for the services that once spoke query


class OurLoader(botocore.loaders.Loader):
    """botocore's own data, but API models of ours."""

    def load_service_model(self, service_name, type_name, api_version=None):
        names = {folder: name for name, folder in FOLDERS.items()}
        name = names.get(service_name, service_name)
        if type_name != "service-2" or name not in service_names():
            return super().load_service_model(service_name, type_name, api_version)
        return model_of(name)


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

    def __init__(self, service, region, own_models=True):
        session = botocore.session.Session()
        if own_models:
            session.register_component("data_loader", OurLoader())
        config = botocore.config.Config(retries={"max_attempts": 0}, parameter_validation=True, s3={"addressing_style": "path"},
                                        **CHECKSUMS)
        self.client = session.create_client(FOLDERS.get(service, service), region_name=region, config=config, **KEYS)
        self.service = self.client.meta.service_model
        self.methods = {operation: method for method, operation in self.client.meta.method_to_api_mapping.items()}
        for event, name in UNHOOKED:
            handler = getattr(botocore.handlers, name, None)
            if handler is not None:
                self.client.meta.events.unregister(event, handler)
        self.client.meta.events.register("before-send", self._instead_of_sending)
        self.request, self.answer = None, None

    def _instead_of_sending(self, request, **_):
        self.request = request
        headers = botocore.awsrequest.HeadersDict(self.answer["headers"])
        return botocore.awsrequest.AWSResponse(request.url, self.answer["status"], headers, _Body(self.answer["body"]))

    def call(self, operation, value, answer):
        """-> (prepared request, output or None, {"Error": ...} or None)"""
        self.answer = answer
        method = getattr(self.client, self.methods[operation])
        try:
            output = method(**value)
        except botocore.exceptions.ClientError as error:
            return self.request, None, error.response
        output.pop("ResponseMetadata", None)
        return self.request, {key: item.read() if hasattr(item, "read") else item for key, item in output.items()}, None
