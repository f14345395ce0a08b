"""What carries a thread's address along is found, and what every thread has alike is not."""

from __future__ import annotations

import contextlib
import io
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import thread_locals

CANARY = """
0000000000000000 <weft::park()>:
   0:\tmov    %fs:0x28,%rax
   9:\tret
"""
X86 = """
0000000000000000 <weft::park()>:
   0:\tmov    %fs:0x0,%rax
   9:\tlea    0x0(%rax),%rbx
\t\t\tc: R_X86_64_TPOFF32\tweft::word
"""
AARCH64 = """
0000000000000000 <weft::park()>:
   0:\tmrs    x19, tpidr_el0
"""
ERRNO = """
0000000000000000 <weft::park()>:
   0:\tcall   5 <weft::park()+0x5>
\t\t\t1: R_X86_64_PLT32\t__errno_location-0x4
"""
SEAM = ERRNO.replace("weft::park", "weft::platform::accept_from")

SOURCE = """
thread_local int word;
void switch_away();
int body(int value) { word = value; switch_away(); return word; }
"""


def found_in(text: str) -> list[str]:
    return [each.function for each in thread_locals.findings(text.splitlines())]


class Findings(unittest.TestCase):
    def test_what_every_thread_has_alike_is_let_through(self) -> None:
        self.assertEqual(found_in(CANARY), [])

    def test_each_way_to_a_threads_address_is_found(self) -> None:
        for text in (X86, AARCH64, ERRNO):
            self.assertEqual(found_in(text), ["weft::park()"])

    def test_a_function_is_told_once_and_the_next_one_too(self) -> None:
        self.assertEqual(found_in(X86 + ERRNO), ["weft::park()", "weft::park()"])

    def test_the_seam_may_have_them(self) -> None:
        self.assertEqual(found_in(SEAM), [])


class Program(unittest.TestCase):
    def run_on(self, path: str) -> tuple[int, str]:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            return thread_locals.main([path]), said.getvalue()

    @unittest.skipUnless(shutil.which("c++") and shutil.which("objdump"), "no compiler here")
    def test_a_compiler_s_own_work_is_seen_through(self) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            output = str(Path(scratch, "body.o"))
            command = ("c++", "-x", "c++", "-O2", "-fPIC", "-c", "-", "-o", output)
            subprocess.run(command, input=SOURCE, text=True, check=True)
            status, said = self.run_on(output)
        self.assertEqual(status, 1)
        self.assertIn("body(int)", said)

    def test_what_is_no_object_code_is_an_error(self) -> None:
        self.assertEqual(self.run_on("/no/such/file")[0], 2)
        self.assertEqual(self.run_on(__file__)[0], 2)


if __name__ == "__main__":
    unittest.main()
