"""Files are put together where one compiler's command would do for all of them, and only there."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path

from together import options_of, units


class Options(unittest.TestCase):
    def test_what_names_one_file_is_left_out(self) -> None:
        command = "ccache /usr/bin/c++ -DA=b -I/x -O3 -MD -MT a.o -MF a.d -o a.o -c /x/a.cpp"
        self.assertEqual(options_of(command), ("-DA=b", "-I/x", "-O3"))


class Units(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.top = Path(scratch.name)
        self.sources: dict[Path, str] = {}

    def add(self, name: str, options: str = "-O3", text: str = "int a;\n") -> None:
        path = self.top / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.sources[path] = f"c++ {options} -o {name}.o -c {path}"

    def groups(self) -> list[list[str]]:
        entries = [{"file": str(f), "command": command} for f, command in self.sources.items()]
        database = self.top / "compile_commands.json"
        database.write_text(json.dumps(entries), encoding="utf-8")
        found = units(self.top, list(self.sources))
        for unit in found:
            text = unit.path.read_text(encoding="utf-8")
            self.assertEqual(text, "".join(f'#include "{f}"\n' for f in unit.sources))
        return [[f.relative_to(self.top).as_posix() for f in unit.sources] for unit in found]

    def test_files_of_a_folder_with_the_same_options_are_one(self) -> None:
        self.add("b/alone.cpp")
        self.add("a/one.cpp")
        self.add("a/two.cpp")
        self.assertEqual(self.groups(), [["a/one.cpp", "a/two.cpp"], ["b/alone.cpp"]])

    def test_other_options_and_programs_stay_apart(self) -> None:
        self.add("a/one.cpp")
        self.add("a/two.cpp", options="-O3 -g")
        self.add("a/program.cpp", text="#include <a>\nint main() {}\n")
        self.assertEqual(len(self.groups()), 3)


if __name__ == "__main__":
    unittest.main()
