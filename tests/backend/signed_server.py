# SPDX-License-Identifier: GPL-2.0-or-later
"""A small store that speaks as S3 does, for tests: it believes no signature that it has not made itself.

Signatures are those of AWS Signature Version 4 for single requests, from its public specification. The first part of a
key below the bucket may name a fault, which is then made: see FAULTS.
"""
import datetime
import hashlib
import hmac
import http.server
import re
import sys
import threading
import urllib.parse

SKEW = datetime.timedelta(minutes=15)
SIGNED = {"host", "x-amz-date", "x-amz-content-sha256"}  # what has to be in a signature


class Refused(Exception):
    """Why a request is not believed: the code that S3 has for it."""


def canonical_query(query):
    """The query's parts, encoded anew and sorted."""
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    return "&".join(sorted("%s=%s" % (urllib.parse.quote(name, safe="-_.~"), urllib.parse.quote(value, safe="-_.~")) for name, value in pairs))


def signature(request, signed, scope, secret):
    """The signature that the owner of a secret makes of a request: (method, target, headers)."""
    method, target, headers = request
    path, _, query = target.partition("?")
    lines = ["%s:%s\n" % (name, re.sub(" +", " ", ",".join(headers.get_all(name, [])).strip())) for name in signed]
    canonical = "\n".join([method, urllib.parse.quote(urllib.parse.unquote(path), safe="/-_.~"), canonical_query(query),
                           "".join(lines), ";".join(signed), headers["x-amz-content-sha256"]])
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], "/".join(scope), hashlib.sha256(canonical.encode()).hexdigest()])
    key = b"AWS4" + secret.encode()
    for part in [*scope, text]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


def check(request, body, keys, region, now=None):
    """Raises Refused unless one of the keys signed this request, for this region, now and with this body."""
    headers = request[2]
    found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=(?P<id>[^/,]+)/(?P<scope>[^,]+), ?SignedHeaders=(?P<signed>[^,]+), ?"
                         r"Signature=(?P<signature>[0-9a-f]{64})", headers.get("Authorization", ""))
    if not found:
        raise Refused("AccessDenied")
    scope, signed = found["scope"].split("/"), found["signed"].split(";")
    if signed != sorted(signed) or not SIGNED <= set(signed) or any(name not in headers for name in signed):
        raise Refused("AuthorizationHeaderMalformed")
    date = datetime.datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    if abs((now or datetime.datetime.now(datetime.timezone.utc)) - date) > SKEW:
        raise Refused("RequestTimeTooSkewed")
    if scope != [headers["x-amz-date"][:8], region, "s3", "aws4_request"]:
        raise Refused("AuthorizationHeaderMalformed")
    if found["id"] not in keys:
        raise Refused("InvalidAccessKeyId")
    if not hmac.compare_digest(signature(request, signed, scope, keys[found["id"]]), found["signature"]):
        raise Refused("SignatureDoesNotMatch")
    if headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
        raise Refused("XAmzContentSHA256Mismatch")


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.count("connections")

    def log_message(self, *_):
        """Nothing is said of what goes right."""

    def answer(self, status, body=b"", **headers):
        """Sends one answer; of HEAD its headers alone."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status, code):
        """An error as S3 spells it."""
        self.answer(status, b"<?xml version=\"1.0\"?>\n<Error><Code>%s</Code></Error>" % code.encode())

    def is_first(self):
        """Is it the first request of this method for this object?"""
        with self.server.lock:
            seen = (self.command, self.path) in self.server.seen
            self.server.seen.add((self.command, self.path))
        return not seen

    def make_fault(self, fault):
        """True if it was made, and nothing more is to be answered."""
        if fault == "broken":
            self.refuse(500, "InternalError")
        elif fault == "moved":
            self.answer(301, Location=self.path.replace("/moved/", "/plain/"))
        elif fault == "busy" and self.is_first():
            self.refuse(503, "SlowDown")
        elif fault == "drop" and self.is_first():
            self.close_connection = True
        elif fault == "cut" and self.command == "GET" and self.is_first():
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\ncut off here")
            self.close_connection = True
        elif fault == "huge" and self.command == "GET":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n")
            self.close_connection = True
        else:
            return False
        return True

    def handle_request(self):
        """Any request: believed, then a fault or what was asked for."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.count("requests")
        try:
            check((self.command, self.path, self.headers), body, self.server.keys, self.server.region)
        except Refused as why:
            self.server.count("refused")
            self.refuse(403, str(why))
            return
        fault = self.path.split("/")[2]
        if not self.make_fault(fault):
            self.do_object(fault, body)

    def do_object(self, fault, body):
        """Puts, gives or deletes one."""
        objects = self.server.objects
        if self.command == "PUT":
            objects[self.path] = body[:-1] + bytes([body[-1] ^ 1]) if fault == "wrong" else body
            self.answer(200)
        elif self.path not in objects:
            self.refuse(404, "NoSuchKey")
        elif self.command == "DELETE":
            del objects[self.path]
            self.answer(204)
        else:
            self.answer(200, objects[self.path])

    do_GET = do_HEAD = do_PUT = do_DELETE = handle_request  # noqa: N815 - names that http.server looks for


class Server(http.server.ThreadingHTTPServer):
    """The store, on a port of its own of this machine alone; `with` runs and ends it."""
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, keys, region):
        super().__init__(("127.0.0.1", 0), Handler)
        self.keys, self.region = keys, region
        self.objects, self.seen, self.counts = {}, set(), {}
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.serve_forever)

    @property
    def url(self):
        """Where it is."""
        return "http://127.0.0.1:%d" % self.server_port

    def count(self, what):
        """One more of these."""
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def handle_error(self, request, client_address):
        """A client that goes away is no error of the server."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.thread.join()
        self.server_close()
