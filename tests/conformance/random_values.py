"""Random valid values of a model's shapes, from a seeded generator: what may be sent, and what a service may answer."""

import base64
import datetime
import math
import string

# Letters that protocols are tempted to get wrong, beside plain ones. XML 1.0 holds no control characters but tab and newline.
ODD = ' /+&<>"\'é%:=?#;,@~*()[]{}|\\^`$!_.-漢😀\t\n'
PLAIN = string.ascii_letters + string.digits
HEADER = PLAIN + '/+&<>"\'%:=?#;@~*()[]{}|^$!_.-'
ACCOUNT = "123456789012"
# What decides the host must be true to its kind: the name of a context parameter -> its value.
KINESIS = "arn:aws:kinesis:us-east-1:%s:" % ACCOUNT
CONTEXT = {"Bucket": "a-bucket-7", "AccountId": ACCOUNT, "OutpostId": "op-01ac5d28a6a232904", "AccessPointName": "a-point",
           "SpaceId": "sp-0123456789ab", "StreamId": "abcdefghij0123456789-abc", "StreamARN": KINESIS + "stream/one",
           "QueueARN": KINESIS + "queue/one", "ChannelARN": KINESIS + "channel/one", "ResourceARN": KINESIS + "stream/one",
           "ConsumerARN": KINESIS + "stream/one/consumer/c:1", "KvsARN": "arn:aws:cloudfront::%s:key-value-store/one" % ACCOUNT}
S3_ARN = "arn:aws:s3:us-east-1:%s:accesspoint/one" % ACCOUNT
BUDGET = 150  # values in one input or answer
DEPTH = 9


class Values:
    """`random` is a random.Random. `answers`: make what services send, not what they are sent."""

    def __init__(self, random, answers=False, service=None):
        self.random = random
        self.service = service
        self.answers = answers
        self.left = BUDGET

    def top(self, shape, density):
        """A value of an operation's input or output; `density` is the chance of each optional member."""
        self.left = BUDGET
        self.density = density
        return self.structure(shape, ()) if shape is not None else {}

    def value(self, shape, stack):
        self.left -= 1
        if getattr(shape, "is_document_type", False):
            return self.document(0)
        if shape.serialization.get("jsonvalue") and shape.serialization.get("location") == "header":
            return {"key": [1, "two", None, {"deep": True}]}
        method = getattr(self, shape.type_name)
        if shape.type_name in ("structure", "list", "map"):
            return method(shape, stack + (shape.name,))
        return method(shape)

    # Scalars --------------------------------------------------------------------------------------------------------------------

    def text(self, alphabet, shape, least=0):
        low = max(int(shape.metadata.get("min", 0)), least)
        high = min(int(shape.metadata.get("max", low + 24)), low + self.random.choice((3, 24)))
        return "".join(self.random.choice(alphabet) for _ in range(self.random.randint(low, max(low, high))))

    def string(self, shape):
        if shape.name == "ChecksumAlgorithm" and self.service == "s3":  # those that botocore can do without help
            return self.random.choice(("CRC32", "SHA1", "SHA256", "SHA512"))
        if getattr(shape, "enum", None) and self.random.random() < 0.9:  # enums are open: services add values
            return self.random.choice(shape.enum)
        context = shape.metadata.get("contextParam", {}).get("name", "")
        if context in CONTEXT:
            return CONTEXT[context]
        if context == "ResourceArn" and self.service == "s3control":
            return S3_ARN
        place = shape.serialization.get("location")
        if shape.serialization.get("hostLabel"):
            return self.text(PLAIN, shape, 1)
        if place in ("header", "headers"):
            return self.text(HEADER, shape, 1)
        if place == "uri":
            # Route 53's ids lose what is before their last slash, and must not be empty then.
            text = self.text(PLAIN + ODD.replace("\n", "").replace("\t", ""), shape, 1)
            return text[:-1] + "x" if text.endswith("/") else text
        return self.text(self.random.choice((PLAIN, PLAIN + ODD)), shape)

    character = string

    def blob(self, shape):
        low = shape.metadata.get("min", 0)
        count = min(low + self.random.randint(0, 40), shape.metadata.get("max", low + 40))
        return bytes(self.random.randrange(256) for _ in range(count))

    def boolean(self, _):
        return self.random.random() < 0.5

    def number(self, shape, low, high):
        low = max(low, shape.metadata.get("min", low))
        return low, max(low, min(high, shape.metadata.get("max", high)))

    def integer(self, shape):
        return self.random.randint(*self.number(shape, -2**31, 2**31 - 1))

    def long(self, shape):
        return self.random.randint(*self.number(shape, -2**63, 2**63 - 1))

    def double(self, shape):
        # Never whole: Lua has one spelling for 1.0 and 1, Python has two.
        low, high = self.number(shape, -1e6, 1e6)
        whole = self.random.randint(math.ceil(low), max(math.ceil(low), int(high) - 1))
        value = whole + self.random.choice((0.5, 0.25, 0.1, 0.123456789))
        return value if low <= value <= high else (low + high) / 2

    float = double

    def timestamp(self, shape):
        moment = datetime.datetime.fromtimestamp(self.random.randint(0, 4102444800), datetime.timezone.utc)
        # botocore cuts the fraction off epoch times and off headers, and HTTP dates have none; we, as other SDKs, send it.
        style, place = shape.serialization.get("timestampFormat"), shape.serialization.get("location")
        if style == "iso8601" and place is None and self.random.random() < 0.3:
            moment = moment.replace(microsecond=self.random.randrange(1000) * 1000)
        return moment

    def document(self, depth):
        kind = self.random.randrange(6 if depth < 3 else 4)
        if kind < 4:
            return ("text", True, 17, "é")[kind]
        if kind == 4:
            return [self.document(depth + 1) for _ in range(self.random.randint(1, 3))]
        return {self.text(PLAIN, EMPTY, 1): self.document(depth + 1) for _ in range(self.random.randint(1, 3))}

    # Containers -----------------------------------------------------------------------------------------------------------------

    def count(self, shape):
        low = shape.metadata.get("min", 0)
        extra = 0 if self.left <= 0 else self.random.choice((0, 1, 1, 2, 3))
        return max(low, min(low + extra, shape.metadata.get("max", low + extra)))

    def list(self, shape, stack):
        count = shape.metadata.get("min", 0) if self.too_deep(shape.member, stack) else self.count(shape)
        place = shape.serialization.get("location")
        if place == "header" and count == 0:
            count = 1
        return [self.value(shape.member, stack) for _ in range(count)]

    def map(self, shape, stack):
        if self.too_deep(shape.value, stack):
            return {}
        count, value = self.count(shape), {}
        header = shape.serialization.get("location") == "headers"
        for _ in range(count * 3):
            if len(value) < count:
                key = self.text(PLAIN, EMPTY, 1).lower() if header else self.string(shape.key) or "k"
                value[key] = self.text(HEADER, EMPTY, 1) if header else self.value(shape.value, stack)
        # Lua's tables have no order: we send maps sorted, botocore as they come.
        return {key: value[key] for key in sorted(value, key=lambda text: text.encode())}

    def events(self, shape, stack):
        names = [name for name, member in shape.members.items() if not member.metadata.get("exception")]
        return [{name: self.value(shape.members[name], stack)} for name in self.random.choices(names, k=self.random.randint(0, 4))]

    def structure(self, shape, stack):
        if shape.serialization.get("eventstream"):
            return self.events(shape, stack)
        names = list(shape.members)
        if shape.metadata.get("union") or getattr(shape, "is_tagged_union", False) or shape.name == "AttributeValue":
            names = [name for name in names if not self.too_deep(shape.members[name], stack)] or names
            return self.members(shape, [self.random.choice(names)], stack)
        chosen = []
        for name in names:
            member = shape.members[name]
            needed = name in shape.required_members or member.serialization.get("location") == "uri"
            needed = needed or member.serialization.get("eventstream") or member.metadata.get("idempotencyToken")
            wanted = self.random.random() < self.density and self.left > 0 and not self.too_deep(member, stack)
            if needed or wanted:
                chosen.append(name)
        return self.members(shape, chosen, stack)

    def members(self, shape, names, stack):
        value = {name: self.value(shape.members[name], stack) for name in names}
        if "SourceRegion" in value and not self.answers:
            value["SourceRegion"] = self.random.choice(("us-west-2", "eu-central-1"))
        return value

    @staticmethod
    def too_deep(shape, stack):
        return stack.count(shape.name) > 1 or len(stack) > DEPTH


class _Empty:
    metadata = {}


EMPTY = _Empty()


def plain(value):
    """What JSON can hold: bytes as {"$bytes": base64} unless they are text, times as epoch seconds; no members that are null."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (bytes, bytearray)):
        try:
            return bytes(value).decode()
        except UnicodeDecodeError:
            return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime.datetime):
        seconds = value.timestamp()
        return int(seconds) if seconds == int(seconds) else round(seconds, 6)
    return value
