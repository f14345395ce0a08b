"""Whatever a program does, it ends within its limits and nothing of it stays behind."""

from __future__ import annotations

import os
import signal
import threading
import time
import unittest
from typing import Any
from unittest import mock

from harness import process
from harness.tests.bed import PYTHON


def python(code: str, limit_s: float = 5.0, **options: Any) -> process.Finished:
    return process.run([*PYTHON, "-c", code], limit_s, **options)


class ProcessTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        process.become_reaper()

    def tearDown(self) -> None:
        self.assertEqual(process.children(), set())

    def test_output_status_and_usage_come_back(self) -> None:
        found = python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(4)")
        self.assertEqual((found.exit_status, found.signal), (4, None))
        self.assertEqual((found.stdout, found.stderr), (b"out\n", b"err\n"))
        assert found.usage is not None
        self.assertGreater(found.usage.max_rss_bytes, 1 << 20)

    def test_a_program_that_is_not_there_is_an_error_in_words(self) -> None:
        found = process.run(["/nonexistent/program"], 1.0)
        self.assertIn("cannot be started", found.error or "")

    def test_a_signal_is_told_from_a_status(self) -> None:
        found = python("import os; os.abort()")
        self.assertEqual((found.exit_status, found.signal), (None, signal.SIGABRT))

    def test_the_limit_ends_a_sleeper(self) -> None:
        began = time.monotonic()
        found = python("import time; time.sleep(60)", limit_s=0.3)
        self.assertTrue(found.timed_out)
        self.assertEqual(found.signal, signal.SIGTERM)
        self.assertLess(time.monotonic() - began, 2.0)

    def test_one_that_ignores_sigterm_is_killed_after_the_grace(self) -> None:
        code = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
        with mock.patch.object(process, "GRACE_S", 0.2):
            found = python(code, limit_s=0.4)
        self.assertTrue(found.timed_out)
        self.assertEqual(found.signal, signal.SIGKILL)

    def test_one_that_stopped_itself_ends_too(self) -> None:
        found = python("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", limit_s=0.3)
        self.assertTrue(found.timed_out)

    def test_a_flood_is_cut_off_and_named(self) -> None:
        code = "import sys\nwhile True: sys.std{}.write('x' * 65536)"
        for stream in ("out", "err"):
            found = python(code.format(stream), stream_limit_bytes=1 << 20)
            self.assertEqual(found.flooded, f"std{stream}")
            self.assertEqual(len(getattr(found, f"std{stream}")), 1 << 20)

    def test_a_grandchild_in_the_group_is_killed_and_not_awaited(self) -> None:
        began = time.monotonic()
        code = "import os, time\nif os.fork() == 0: time.sleep(60)\nprint('done')"
        found = python(code)
        self.assertEqual((found.exit_status, found.stdout), (0, b"done\n"))
        self.assertEqual(found.left_behind, 1)
        self.assertLess(time.monotonic() - began, 3.0)

    def test_a_daemon_that_left_the_group_is_killed(self) -> None:
        code = (
            "import os, time\n"
            "if os.fork() == 0:\n"
            "    os.setsid()\n"
            "    if os.fork() == 0: time.sleep(60)\n"
            "    os._exit(0)\n"
            "os.wait(); print('done')"
        )
        found = python(code)
        self.assertEqual(found.stdout, b"done\n")
        self.assertEqual(found.left_behind, 1)

    def test_output_that_is_still_in_the_pipe_at_the_end_is_kept(self) -> None:
        found = python("import os; os.write(1, b'x' * 60000); os._exit(0)")
        self.assertEqual(len(found.stdout), 60000)

    def test_an_abort_wakes_a_sleeping_run(self) -> None:
        abort = process.Abort()
        self.addCleanup(abort.close)
        timer = threading.Timer(0.2, abort.set)
        timer.start()
        began = time.monotonic()
        found = python("import time; time.sleep(60)", limit_s=30.0, abort=abort)
        timer.join()
        self.assertTrue(found.aborted)
        self.assertFalse(found.timed_out)
        self.assertLess(time.monotonic() - began, 3.0)

    def test_the_environment_is_a_fixed_minimum(self) -> None:
        leaking = {**os.environ, "WEFT_TRACE": "1", "GOGC": "off", "LD_PRELOAD": "/x.so"}
        kept = process.environment(leaking)
        self.assertLessEqual(kept.keys(), {"PATH", "HOME", "LANG"})
        with mock.patch.dict(os.environ, {"WEFT_TRACE": "1"}):
            found = python("import os; print(sorted(os.environ))")
        self.assertNotIn(b"WEFT_TRACE", found.stdout)

    def test_the_program_has_a_session_of_its_own(self) -> None:
        found = python("import os; print(os.getsid(0) == os.getpid())")
        self.assertEqual(found.stdout, b"True\n")
