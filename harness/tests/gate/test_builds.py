"""Two revisions built in work trees; a program known by what it does, and linked otherwise."""

from __future__ import annotations

import io
import os
import shutil
import struct
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from harness.gate import builds, programs
from harness.gate.builds import BuildError
from harness.gate.revisions import Revision
from harness.progress import Progress
from harness.tests.gate.repository import Repository

NINJA = """rule link
  command = : && ./ld -o prog b.o a.o c.o && :
build prog: link
"""


class Folder(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="harness-test-"))
        self.addCleanup(shutil.rmtree, self.folder)


class WithoutGitTest(Folder):
    def test_builds_that_were_there_are_compared_all_the_same(self) -> None:
        with mock.patch.dict(os.environ, {"PATH": str(self.folder)}):
            with builds.work_folder(self.folder / "work", self.folder, keep=False) as work:
                self.assertTrue(work.is_dir())
        self.assertFalse(work.exists())


@unittest.skipUnless(shutil.which("cmake") and shutil.which("ninja"), "needs cmake and ninja")
class WorkTreeTest(Folder):
    def setUp(self) -> None:
        super().setUp()
        self.repository = Repository(self.folder / "repository")
        self.root = self.repository.root
        self.revisions = [self.commit("one"), self.commit("two")]

    def commit(self, text: str, more: str = "") -> Revision:
        self.repository.write_build("tiny", "source.txt", more)
        self.repository.write("source.txt", text)
        return self.repository.commit()

    def build(self, work: Path, side: str, revision: Revision) -> builds.Tree:
        progress = Progress(io.StringIO())
        return builds.build(self.root, work, side, revision, "contender_tiny", progress)

    def test_each_revision_is_built_from_its_own_sources_and_goes_afterwards(self) -> None:
        with builds.work_folder(self.folder / "work", self.root, keep=False) as work:
            trees = [
                self.build(work, side, revision)
                for side, revision in zip(("base", "head"), self.revisions)
            ]
            texts = [(tree.build / "contenders" / "tiny").read_text() for tree in trees]
            self.assertEqual(texts, ["one", "two"])
            self.assertEqual(len({len(str(tree.root)) for tree in trees}), 1)
        self.assertEqual(list((self.folder / "work").iterdir()), [])
        self.assertEqual(self.repository.worktrees(), 1)

    def test_a_revision_that_does_not_build_says_why(self) -> None:
        broken = self.commit("broken", 'message(FATAL_ERROR "no such luck")')
        with builds.work_folder(self.folder / "work", self.root, keep=False) as work:
            with self.assertRaisesRegex(BuildError, "no such luck") as raised:
                self.build(work, "head", broken)
        self.assertEqual(raised.exception.exit_status, 3)


class RelinkTest(Folder):
    def link(self, ninja: str = NINJA) -> str | None:
        (self.folder / "build.ninja").write_text(ninja)
        linker = self.folder / "ld"
        linker.write_text('#!/bin/sh\nshift\nout=$1\nshift\necho "$@" > "$out"\n')
        linker.chmod(0o755)
        words = programs.link_command(self.folder, "prog", self.folder / "prog")
        if isinstance(words, str):
            return words
        return programs.link(words, self.folder, self.folder / "relinked", "a seed")

    @unittest.skipUnless(shutil.which("ninja"), "needs ninja")
    def test_the_objects_come_in_another_order(self) -> None:
        self.assertIsNone(self.link())
        words = (self.folder / "relinked").read_text().split()
        self.assertNotEqual(words, ["b.o", "a.o", "c.o"])
        self.assertEqual(sorted(words), ["a.o", "b.o", "c.o"])

    @unittest.skipUnless(shutil.which("ninja"), "needs ninja")
    def test_why_it_cannot_be_done_is_said(self) -> None:
        self.assertIn("no command links", self.link(NINJA.replace("-o prog", "-o other")) or "")
        self.assertIn("not two objects", self.link(NINJA.replace(" a.o c.o", "")) or "")
        (self.folder / "build.ninja").unlink()
        found = programs.link_command(self.folder, "prog", self.folder / "prog")
        self.assertIn("not ninja's", found)


def elf(text: bytes, build_id: bytes, symbols: bytes) -> bytes:
    """A file with three sections and their names."""
    names = b"\0.text\0.note.gnu.build-id\0.symtab\0.shstrtab\0"
    parts = [(b".text", 2, text), (b".note.gnu.build-id", 2, build_id)]
    parts += [(b".symtab", 0, symbols), (b".shstrtab", 0, names)]
    body, headers, offset = b"", b"", 64
    for name, flags, content in parts:
        fields = (names.index(name), 1, flags, 0, offset, len(content), 0, 0, 1, 0)
        headers += struct.pack("<IIQQQQIIQQ", *fields)
        body += content
        offset += len(content)
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    numbers = (2, 62, 1, 0, 0, offset, 0, 64, 0, 0, 64, len(parts), 3)
    return struct.pack("<16sHHIQQQIHHHHHH", ident, *numbers) + body + headers


class DigestTest(Folder):
    def digest(self, data: bytes, tree: str = "/trees/base") -> str:
        path = self.folder / "program"
        path.write_bytes(data)
        return programs.digest(path, Path(tree))

    def test_it_is_of_what_runs_and_not_of_build_id_and_symbols(self) -> None:
        known = self.digest(elf(b"code", b"one", b"symbols"))
        self.assertEqual(known, self.digest(elf(b"code", b"two", b"others!")))
        self.assertNotEqual(known, self.digest(elf(b"edoc", b"one", b"symbols")))

    def test_where_the_sources_lie_does_not_matter(self) -> None:
        base = self.digest(elf(b"at /trees/base/a.cpp", b"", b""))
        head = self.digest(elf(b"at /trees/head/a.cpp", b"", b""), "/trees/head")
        self.assertEqual(base, head)

    def test_another_file_is_compared_whole(self) -> None:
        self.assertNotEqual(self.digest(b"#!/bin/sh\n"), self.digest(b"#!/bin/sh\n#\n"))
