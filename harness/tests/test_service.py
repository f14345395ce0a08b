"""A service is used only if it is ours, and is gone afterwards however it behaves."""

from __future__ import annotations

import socket
from pathlib import Path
from unittest import mock

from harness import process, service
from harness.service import Service, ServiceError, find_program
from harness.tests.bed import PYTHON, Bed

STAND_IN = Path(__file__).parent / "service_stand_in.py"


class ServiceTest(Bed):
    def setUp(self) -> None:
        super().setUp()
        process.become_reaper()
        self.addCleanup(lambda: self.assertEqual(process.children(), set()))

    def service(self, *words: str) -> Service:
        program = self.build / "suites" / "late"
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\nexec " + " ".join([*PYTHON, str(STAND_IN), *words]) + "\n")
        program.chmod(0o755)
        return Service(find_program(self.build, "late"))

    def test_a_good_one_is_handed_out_and_ends(self) -> None:
        with self.service("good") as endpoint:
            host, port = endpoint.address.split(":")
            socket.create_connection((host, int(port))).close()
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection((host, int(port)))

    def test_one_that_stays_and_leaves_a_daemon_is_killed(self) -> None:
        with mock.patch.object(service, "END_LIMIT_S", 0.2):
            with self.service("stays"):
                pass

    def test_a_listener_of_somebody_else_is_refused(self) -> None:
        with socket.create_server(("127.0.0.1", 0), reuse_port=True) as other:
            port = str(other.getsockname()[1])
            for behaviour in ("stranger", "shared"):
                with self.subTest(behaviour), self.assertRaisesRegex(ServiceError, "is not the"):
                    self.service(behaviour, port).__enter__()

    def test_what_cannot_be_used_is_said(self) -> None:
        cases = {
            "mute": "not ready within",
            "garbage": "first line is not usable",
            "dies": "ended before it was ready: there is no port left",
        }
        for behaviour, words in cases.items():
            limits = mock.patch.multiple(service, READY_LIMIT_S=0.5, END_LIMIT_S=0.2)
            with self.subTest(behaviour), limits:
                with self.assertRaisesRegex(ServiceError, words):
                    self.service(behaviour).__enter__()

    def test_one_that_was_not_built_is_said(self) -> None:
        with self.assertRaisesRegex(ServiceError, "'late' has not been built"):
            find_program(self.build, "late")
