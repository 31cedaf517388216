#!/usr/bin/env python3
"""A login session (`aws login`) renewed by drsh and by botocore in turn, from one cache file, at one AWS Sign-In of ours, which
checks each proof (RFC 9449) with cryptography: signature, key, method, address, time, and that no proof comes twice. Each refresh
token is good once.

    login_session.py      make conformance
"""

import base64
import datetime
import hashlib
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

try:
    import awscrt.crypto  # noqa: F401  botocore needs it for this
    import botocore.credentials
    import botocore.session
    from botocore.utils import JSONFileCache
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    botocore.credentials.LoginProvider
except (ImportError, AttributeError) as missing:
    print("skipped: %s; a botocore of 2026 with awscrt, and cryptography, come from PyPI" % missing)
    sys.exit(0)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SESSION = "arn:aws:iam::123456789012:user/ops"
FORMATS = {"EC PRIVATE KEY": serialization.PrivateFormat.TraditionalOpenSSL, "PRIVATE KEY": serialization.PrivateFormat.PKCS8}


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class SignIn(http.server.BaseHTTPRequestHandler):
    key, refresh_token, proofs, count = None, "refresh-0", set(), 0

    def log_message(self, *_):
        pass

    def check(self, body):
        head, payload, signature = self.headers["DPoP"].split(".")
        header, claims, halves = json.loads(decoded(head)), json.loads(decoded(payload)), decoded(signature)
        point = ec.EllipticCurvePublicNumbers(*(int.from_bytes(decoded(header["jwk"][name]), "big") for name in "xy"),
                                              ec.SECP256R1()).public_key()
        assert (header["typ"], header["alg"], header["jwk"]["crv"]) == ("dpop+jwt", "ES256", "P-256") and set(header["jwk"]) == {
            "kty", "crv", "x", "y"}, header
        assert point.public_numbers() == SignIn.key.public_key().public_numbers(), "another key"
        point.verify(encode_dss_signature(int.from_bytes(halves[:32], "big"), int.from_bytes(halves[32:], "big")),
                     ("%s.%s" % (head, payload)).encode(), ec.ECDSA(hashes.SHA256()))
        assert claims["htm"] == "POST" and claims["htu"] == "http://%s/v1/token" % self.headers["Host"], claims
        assert abs(claims["iat"] - time.time()) < 60 and claims["jti"] not in SignIn.proofs, claims
        SignIn.proofs.add(claims["jti"])
        assert self.path == "/v1/token" and body == {
            "clientId": "arn:aws:signin:::devtools/same-device", "grantType": "refresh_token",
            "refreshToken": SignIn.refresh_token}, body

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            self.check(body)
        except Exception as problem:
            print("AWS Sign-In refuses:", repr(problem))
            return self.answer(400, {"error": "invalid_request", "message": "no"})
        SignIn.count += 1
        SignIn.refresh_token = "refresh-%d" % SignIn.count
        self.answer(200, {"accessToken": {"accessKeyId": "ASIALOGIN%d" % SignIn.count, "secretAccessKey": "secret", "sessionToken": "t"},
                          "tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": SignIn.refresh_token})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status != 200:
            self.send_header("x-amzn-ErrorType", "ValidationException")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class Home:
    """A person's home folder after `aws login`, whose keys have just ended."""

    def __init__(self, path, port, key_format):
        self.path = os.path.join(path, hashlib.sha256(SESSION.encode()).hexdigest() + ".json")
        config = os.path.join(path, "config")
        with open(config, "w", encoding="utf-8") as file:
            file.write("[profile p]\nlogin_session = %s\nregion = eu-west-1\n" % SESSION)
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": path, "AWS_CONFIG_FILE": config, "AWS_LOGIN_CACHE_DIRECTORY": path,
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_ENDPOINT_URL_SIGNIN": "http://127.0.0.1:%d" % port}
        SignIn.key = ec.generate_private_key(ec.SECP256R1())
        text = SignIn.key.private_bytes(serialization.Encoding.PEM, key_format, serialization.NoEncryption()).decode()
        self.write({"accessToken": {"accessKeyId": "ASIALOGINOLD", "secretAccessKey": "s", "sessionToken": "t",
                                    "accountId": "123456789012", "expiresAt": ""}, "tokenType": "aws_sigv4",
                    "refreshToken": SignIn.refresh_token, "dpopKey": text, "clientId": "arn:aws:signin:::devtools/same-device"})
        self.end()

    def read(self):
        with open(self.path, encoding="utf-8") as file:
            return json.load(file)

    def write(self, token):
        with open(self.path, "w", encoding="utf-8") as file:
            json.dump(token, file)

    def end(self):
        token = self.read()
        past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=5)
        token["accessToken"]["expiresAt"] = past.strftime("%Y-%m-%dT%H:%M:%SZ")
        self.write(token)

    def by_drsh(self):
        program = os.environ.get("DRSH", os.path.join(ROOT, "build/drsh"))
        answer = subprocess.run([program, "auth", "explain", "--json", "--offline", "--profile", "p"], env=self.environment,
                                stdout=subprocess.PIPE, check=False)
        report = json.loads(answer.stdout)
        return report.get("credentials", {}).get("accessKeyId") or report["problem"]

    def by_botocore(self):
        os.environ.update(self.environment)
        session = botocore.session.Session(profile="p")
        session.get_component("credential_provider").get_provider("login")._token_cache = JSONFileCache(os.path.dirname(self.path))
        return session.get_credentials().get_frozen_credentials().access_key


def main():
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), SignIn)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    passed = failed = 0
    for name, key_format in FORMATS.items():
        with tempfile.TemporaryDirectory() as path:
            home = Home(path, server.server_port, key_format)
            # Debian's botocore reads no PKCS #8, and `aws login` writes none; we read both.
            clients = ("drsh", "drsh", "botocore", "drsh")
            for client in clients:
                before = SignIn.count
                got = home.by_drsh() if client == "drsh" else home.by_botocore()
                good = got == "ASIALOGIN%d" % (before + 1) == home.read()["accessToken"]["accessKeyId"]
                passed, failed = passed + good, failed + (not good)
                if not good:
                    print("%s with an %s: %s" % (client, name, got))
                home.end()
    print("login sessions judged by botocore %s and cryptography: %d passed, %d failed" % (botocore.__version__, passed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
