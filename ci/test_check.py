"""A compiler cache is used where there is one, and nobody's own choice is overruled."""

from __future__ import annotations

import unittest
from pathlib import Path
from unittest import mock

import check

TOP = Path("/a/clone")


class CompilerCache(unittest.TestCase):
    def environment(self, installed: bool, **chosen: str) -> dict[str, str]:
        with mock.patch("shutil.which", return_value="/usr/bin/ccache" if installed else None):
            check.remember_compilations(TOP, chosen)
        return chosen

    def test_clones_share_what_was_compiled(self) -> None:
        found = self.environment(installed=True)
        self.assertEqual(found["CMAKE_CXX_COMPILER_LAUNCHER"], "ccache")
        self.assertEqual(found["CCACHE_BASEDIR"], str(TOP))
        self.assertEqual(found["CCACHE_NOHASHDIR"], "true")

    def test_nothing_is_asked_for_where_it_is_not_installed(self) -> None:
        self.assertEqual(self.environment(installed=False), {})

    def test_another_launcher_stays(self) -> None:
        found = self.environment(installed=True, CMAKE_CXX_COMPILER_LAUNCHER="sccache")
        self.assertEqual(found["CMAKE_CXX_COMPILER_LAUNCHER"], "sccache")


if __name__ == "__main__":
    unittest.main()
