"""The check against nginx believes no run that was wrong, elsewhere, or not answered by nginx."""

from __future__ import annotations

import socket
import subprocess
import sys
import unittest

import nginx

RIGHT: dict[str, object] = {
    "status": "ok",
    "reason": None,
    "command": ["weft", "--server", "127.0.0.1:4711"],
}


class Check(unittest.TestCase):
    def test_right_runs_pass(self) -> None:
        nginx.check([RIGHT, RIGHT], 4711, 2 * nginx.URLS)

    def test_whatever_is_wrong_is_said(self) -> None:
        cases: list[tuple[list[dict[str, object]], int, str]] = [
            ([], 0, "nothing was run"),
            ([{**RIGHT, "status": "wrong result"}], 100, "wrong result"),
            ([{**RIGHT, "command": ["weft", "--server", "127.0.0.1:1"]}], 100, "127.0.0.1:1"),
            ([RIGHT], 99, "answered 99 fetches of at least 100"),
        ]
        for runs, fetches, words in cases:
            with self.subTest(words), self.assertRaisesRegex(nginx.Unusable, words):
                nginx.check(runs, 4711, fetches)


class Listener(unittest.TestCase):
    def test_a_server_that_ends_at_once_is_not_waited_for(self) -> None:
        with subprocess.Popen([sys.executable, "-c", ""]) as process:
            process.wait()
            self.assertFalse(nginx.await_listener(process, nginx.free_port()))

    def test_one_that_listens_is_found(self) -> None:
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
            with socket.create_server(("127.0.0.1", 0)) as listener:
                self.assertTrue(nginx.await_listener(process, listener.getsockname()[1]))
            process.kill()


if __name__ == "__main__":
    unittest.main()
