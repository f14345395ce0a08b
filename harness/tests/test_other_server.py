"""A server of somebody else's is used only if it answers as the delay server does."""

from __future__ import annotations

import socket
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock
from urllib.parse import parse_qs, urlsplit

from harness import other_server
from harness.errors import InputError
from harness.other_server import find, parse
from harness.tests.bed import Bed


class Delaying(BaseHTTPRequestHandler):
    """Answers well, or with the one fault that its class is made with."""

    fault = ""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        delay_ms = int(parts.path.removeprefix("/delay/"))
        if self.fault != "hasty":
            time.sleep(delay_ms * 1e-3)
        token = parse_qs(parts.query)["token"][0]
        body = f"waited {delay_ms + (self.fault == 'body')} ms\n".encode()
        self.send_response(503 if self.fault == "status" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Delay-Server-Token", "mine" if self.fault == "token" else token)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *words: object) -> None:
        """Says nothing."""


def serve(test: unittest.TestCase, fault: str = "") -> str:
    """The URL of a server that is gone when the test has ended."""
    handler = type("Faulty", (Delaying,), {"fault": fault})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    test.addCleanup(server.server_close)
    test.addCleanup(thread.join)
    test.addCleanup(server.shutdown)
    return f"http://127.0.0.1:{server.server_port}"


class OtherServerTest(unittest.TestCase):
    def test_one_that_waits_is_found_and_has_a_token_of_its_own(self) -> None:
        url = serve(self)
        first, second = find(url), find(url + "/")
        self.assertEqual("http://" + first.address, url)
        self.assertNotEqual(first.token, second.token)

    def test_one_that_does_something_else_is_refused_in_words(self) -> None:
        faults = {
            "status": "has status 503",
            "token": "no header Delay-Server-Token",
            "body": "has the body 'waited 51 ms",
        }
        for fault, words in faults.items():
            with self.subTest(fault), self.assertRaisesRegex(InputError, words):
                find(serve(self, fault))

    def test_one_that_does_not_wait_is_refused(self) -> None:
        # However slow this machine is, the answer is there before a minute has passed.
        with mock.patch.object(other_server, "PROBE_DELAY_MS", 60_000):
            with self.assertRaisesRegex(InputError, "the server does not wait"):
                find(serve(self, "hasty"))

    def test_one_that_is_not_there_is_said(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with self.assertRaisesRegex(InputError, "gives no answer"):
            find(f"http://127.0.0.1:{port}")

    def test_only_loopback_is_talked_to(self) -> None:
        self.assertEqual(parse("http://localhost"), ("127.0.0.1", 80))
        self.assertEqual(parse("http://127.0.0.1:8080/"), ("127.0.0.1", 8080))
        for host in ("192.0.2.1:80", "example.com", "[::1]:80", "1"):
            with self.subTest(host), self.assertRaisesRegex(InputError, "nobody else"):
                parse(f"http://{host}")

    def test_what_is_no_such_url_is_refused(self) -> None:
        for url in (
            *("127.0.0.1:80", "https://127.0.0.1", "http://127.0.0.1/path", "http://", ""),
            *("http://127.0.0.1:0", "http://127.0.0.1:99999", "http://127.0.0.1?x=1"),
        ):
            with self.subTest(url), self.assertRaises(InputError):
                parse(url)


class CampaignTest(Bed):
    def test_it_stands_in_for_the_delay_server_and_is_in_the_record(self) -> None:
        self.add_spec("alpha/served", sizes=None, run='operations = 1\nservice = "delay_server"')
        self.add_contender("good")
        url = serve(self)
        output = self.call(self.words("--rounds", "1", "--server", url))
        self.assertEqual(output.status, 0, output.stderr)
        self.assertIn(f"fanout/urls talked to {url}", output.stderr)
        (run,) = self.runs()
        self.assertIn(url.removeprefix("http://"), run["command"])
        self.assertEqual(self.call(["run", "--resume", str(self.out), "--no-report"]).status, 0)

    def test_one_that_cannot_be_used_ends_the_run_before_it_begins(self) -> None:
        self.add_spec()
        self.add_contender("good")
        output = self.call(self.words("--server", "http://example.com"))
        self.assertEqual(output.status, 2)
        self.assertFalse(self.out.exists())
