"""What a build folder says about its compiler, and what follows for its figures."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from harness import build, doctor

CACHE = """\
CMAKE_BUILD_TYPE:STRING=Release
CMAKE_CXX_FLAGS:STRING=-march=native
CMAKE_CXX_FLAGS_RELEASE:STRING=-O3 -DNDEBUG
CMAKE_CXX_FLAGS_DEBUG:STRING=-g
SOMETHING_ELSE:STRING=x
WEFT_SANITIZE:STRING=
"""


class BuildTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.build = Path(folder.name)
        self.write("CMakeCache.txt", CACHE)

    def write(self, name: str, text: str) -> None:
        (self.build / name).parent.mkdir(parents=True, exist_ok=True)
        (self.build / name).write_text(text)

    def levels(self) -> list[str]:
        return [finding.level.value for finding in doctor.build_findings(self.build)]

    def test_the_settings_that_decide_on_figures_are_read(self) -> None:
        found = build.settings(self.build)
        self.assertEqual(found["CMAKE_BUILD_TYPE"], "Release")
        self.assertNotIn("SOMETHING_ELSE", found)

    def test_the_compiler_is_named_with_its_version_and_flags(self) -> None:
        lines = 'set(CMAKE_CXX_COMPILER_ID "GNU")\nset(CMAKE_CXX_COMPILER_VERSION "12.2.0")\n'
        self.write("CMakeFiles/3.25.1/CMakeCXXCompiler.cmake", lines)
        wanted = {"id": "GNU", "version": "12.2.0", "flags": "-march=native -O3 -DNDEBUG"}
        self.assertEqual(build.compiler(self.build), wanted)

    def test_without_a_build_nothing_is_known(self) -> None:
        nowhere = self.build / "nowhere"
        self.assertEqual(build.settings(nowhere), {})
        unknown = {"id": None, "version": None, "flags": None}
        self.assertEqual(build.compiler(nowhere), unknown)
        self.assertEqual(list(doctor.build_findings(nowhere)), [])

    def test_a_build_whose_figures_mislead_is_an_error(self) -> None:
        self.assertEqual(self.levels(), [])
        self.write("CMakeCache.txt", CACHE.replace("Release", "Debug"))
        self.assertEqual(self.levels(), ["error"])
        self.write("CMakeCache.txt", CACHE + "WEFT_SANITIZE:STRING=thread\n")
        self.assertEqual(self.levels(), ["error"])
