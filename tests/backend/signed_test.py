#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""A store in a bucket against a server that checks signatures and makes faults: signed_test.py STORE_S3_TEST."""
import datetime
import email.message
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import signed_server

PROGRAM = None
KEYS = {"test:tester": "se/cret+key", "AKIDEXAMPLE": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def signed(secret, path="/bucket/plain/x", **changed):
    """A request that was signed with this secret, and then changed."""
    headers = email.message.Message()
    headers["Host"], headers["x-amz-date"], headers["x-amz-content-sha256"] = "h:80", "20260102T030405Z", EMPTY
    scope, names = ["20260102", "here", "s3", "aws4_request"], ["host", "x-amz-content-sha256", "x-amz-date"]
    made = signed_server.signature(("GET", path, headers), names, scope, secret)
    headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/%s, SignedHeaders=%s, Signature=%s" % (
        "/".join(scope), ";".join(names), made)
    for name, value in changed.items():
        headers.replace_header(name.replace("_", "-"), value)
    return "GET", path, headers


class Signatures(unittest.TestCase):
    """The server itself: it would be no proof if it believed everything."""
    now = datetime.datetime(2026, 1, 2, 3, 5, tzinfo=datetime.timezone.utc)

    def refused(self, request, body=b"", region="here", now=None):
        """The code of the refusal, None where it is believed."""
        try:
            signed_server.check(request, body, KEYS, region, now or self.now)
        except signed_server.Refused as why:
            return str(why)
        return None

    def test_the_example_of_the_specification(self):
        headers = email.message.Message()
        headers["Host"], headers["Range"] = "examplebucket.s3.amazonaws.com", "bytes=0-9"
        headers["x-amz-content-sha256"], headers["x-amz-date"] = EMPTY, "20130524T000000Z"
        made = signed_server.signature(("GET", "/test.txt", headers), ["host", "range", "x-amz-content-sha256", "x-amz-date"],
                                       ["20130524", "us-east-1", "s3", "aws4_request"], "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        self.assertEqual(made, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")

    def test_what_is_changed_is_refused(self):
        secret = KEYS["AKIDEXAMPLE"]
        self.assertIsNone(self.refused(signed(secret)))
        self.assertEqual(self.refused(signed(secret + "x")), "SignatureDoesNotMatch")
        self.assertEqual(self.refused(signed(secret, Host="h:81")), "SignatureDoesNotMatch")
        self.assertEqual(self.refused(("GET", "/bucket/other", signed(secret)[2])), "SignatureDoesNotMatch")
        self.assertEqual(self.refused(("PUT", *signed(secret)[1:])), "SignatureDoesNotMatch")
        self.assertEqual(self.refused(signed(secret), b"body"), "XAmzContentSHA256Mismatch")
        self.assertEqual(self.refused(signed(secret), region="there"), "AuthorizationHeaderMalformed")
        self.assertEqual(self.refused(signed(secret), now=self.now + datetime.timedelta(hours=1)), "RequestTimeTooSkewed")
        self.assertEqual(self.refused(signed(secret, Authorization="AWS4-HMAC-SHA256 Credential=x")), "AccessDenied")
        headers = signed(secret)[2]
        headers.replace_header("Authorization", headers["Authorization"].replace("AKIDEXAMPLE", "AKIDOTHER"))
        self.assertEqual(self.refused(("GET", "/bucket/plain/x", headers)), "InvalidAccessKeyId")


class Store(unittest.TestCase):
    """whittled's own store."""

    def test_all(self):
        with tempfile.TemporaryDirectory() as folder, signed_server.Server(KEYS, "mid-west-7") as server:
            key = pathlib.Path(folder, "key")
            key.touch(0o600)
            key.write_text("test:tester\n%s\n" % KEYS["test:tester"])
            environment = dict(os.environ, WHITTLE_TEST_BUCKET=server.url + "/bucket", WHITTLE_TEST_KEY=str(key),
                               WHITTLE_TEST_REGION=server.region, WHITTLE_TEST_FAULTS="1", no_proxy="*")
            done = subprocess.run([PROGRAM], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertNotIn("SKIPPED", done.stdout)
            # Two requests with another key, of which one is a HEAD: a third asks for an object.
            self.assertEqual(server.counts["refused"], 3)
            # Far more requests than connections: eight threads, and eight processes.
            self.assertGreater(server.counts["requests"], 250)
            self.assertLess(server.counts["connections"], 60)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
