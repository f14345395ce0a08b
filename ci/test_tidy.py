"""Each rule is broken on purpose, and kept on purpose."""

from __future__ import annotations

import unittest
from pathlib import Path

import tidy

CLEAN = {
    "README.md": "[runtime](runtime/)\n",
    "runtime/src/platform/futex.cpp": "#include <sys/syscall.h>\nvoid f() { syscall(0); }\n",
    "runtime/src/fiber/stack.hpp": '#include "platform/futex.hpp"\n#include "fiber/guard.hpp"\n',
    "runtime/src/diag/dump.cpp": '#include "net/poller.hpp"\n',
    "runtime/src/sync/mutex_test.cpp": "#include <thread>\nstd::atomic<int> n;\n",
    "runtime/include/weft/detail/atomic.hpp": "#include <atomic>\nusing a = std::atomic<int>;\n",
    "suites/channel/ping_pong.hpp": '#include "suites/kit/meter.hpp"\n',
    "suites/channel/ping_pong.toml": 'floor = "floors"\n',
    "baselines/tbb/main.cpp": "#include <tbb/task_arena.h>\n",
    "baselines/go/main.go": "package main\n\nfunc main() {\n}\n",
    "harness/plan.py": "def plan() -> None:\n    pass\n",
    "scripts/test.sh": "run() {\n    true\n}\n",
}


def rules_broken(files: dict[str, str]) -> set[str]:
    tree = tuple(tidy.Source(path, text) for path, text in {**CLEAN, **files}.items())
    return {breach.rule for breach in tidy.breaches(tree)}


def function_of(lines: int) -> str:
    return "def f() -> None:\n" + "    pass\n" * (lines - 1)


class Rules(unittest.TestCase):
    def assert_breaks(self, rule: str, path: str, text: str) -> None:
        self.assertEqual(rules_broken({path: text}), {rule}, msg=f"{path}: {text[:80]!r}")

    def assert_clean(self, path: str, text: str) -> None:
        self.assertEqual(rules_broken({path: text}), set(), msg=f"{path}: {text[:80]!r}")

    def test_the_clean_tree_is_clean(self) -> None:
        self.assertEqual(rules_broken({}), set())

    def test_a_lower_layer_may_not_include_a_higher_one(self) -> None:
        self.assert_breaks("layers", "runtime/src/fiber/a.cpp", '#include "sched/park.hpp"\n')
        self.assert_breaks("layers", "runtime/src/sync/a.hpp", '#include "net/poller.hpp"\n')
        self.assert_clean("runtime/src/net/a.hpp", '#include "sync/channel.hpp"\n')

    def test_diagnostics_are_included_by_none(self) -> None:
        self.assert_breaks("layers", "runtime/src/net/a.cpp", '#include "diag/dump.hpp"\n')

    def test_a_new_folder_of_the_runtime_needs_its_place(self) -> None:
        self.assert_breaks("layers", "runtime/src/extra/a.cpp", "int a;\n")

    def test_no_stage_reaches_backwards(self) -> None:
        self.assert_breaks("flow", "runtime/src/sync/a.cpp", '#include "suites/kit/meter.hpp"\n')
        self.assert_breaks("flow", "suites/kit/a.hpp", '#include "baselines/go/a.hpp"\n')
        self.assert_breaks("flow", "baselines/go/run.go", "package main // harness/model.py\n")

    def test_a_suite_names_no_contender(self) -> None:
        self.assert_breaks("neutral-suites", "suites/kit/a.hpp", "// as in tbb\n")
        self.assert_breaks("neutral-suites", "suites/kit/a.cpp", 'bool home = name == "go";\n')
        self.assert_breaks("neutral-suites", "suites/kit/a.cpp", "#include <weft/chan.hpp>\n")
        self.assert_breaks("neutral-suites", "suites/kit/a.cpp", "#include <boost/fiber/all.hpp>\n")
        self.assert_clean("suites/kit/a.hpp", "task.go(f);  // go is a verb here\n")

    def test_files_are_snake_case(self) -> None:
        self.assert_breaks("file-names", "runtime/src/sync/WaitGroup.cpp", "int a;\n")
        self.assert_breaks("file-names", "harness/run-cell.py", "a = 1\n")
        self.assert_clean("runtime/weft-config.cmake.in", "include(x)\n")
        self.assert_clean("harness/__init__.py", "")

    def test_a_name_says_something(self) -> None:
        for name in ("utils", "common", "string_helpers", "misc"):
            self.assert_breaks("file-names", f"harness/{name}.py", "a = 1\n")
        self.assert_breaks("file-names", "suites/common/a.hpp", "int a;\n")

    def test_the_top_level_is_a_list(self) -> None:
        self.assert_breaks("top-level", "notes.txt", "a\n")
        self.assert_breaks("top-level", "tools/a.py", "a = 1\n")

    def test_a_file_has_400_lines(self) -> None:
        self.assert_breaks("lengths", "runtime/src/sync/a.cpp", "int a;\n" * 401)
        self.assert_clean("runtime/src/sync/a.cpp", "int a;\n" * 400)

    def test_a_line_has_100_columns(self) -> None:
        self.assert_breaks("lengths", "runtime/src/sync/a.cpp", "a" * 101 + "\n")
        self.assert_clean("runtime/src/sync/a.cpp", "a" * 100 + "\n")

    def test_a_function_has_50_lines(self) -> None:
        self.assert_breaks("lengths", "harness/a.py", function_of(51))
        self.assert_clean("harness/a.py", function_of(50))
        self.assert_breaks(
            "lengths", "baselines/go/a.go", "func (a *b) f() {\n" + "\ta()\n" * 49 + "}\n"
        )
        self.assert_breaks("lengths", "scripts/a.sh", "f() {\n" + "    true\n" * 49 + "}\n")

    def test_no_condition_awaits(self) -> None:
        for lines in (
            "if (co_await ready()) {\n",
            "while (const auto m = co_await get(f(1))) {\n",
            "if (open_ &&\n    !(co_await ready())) {\n",
        ):
            self.assert_breaks("conditions", "baselines/asio/a.hpp", lines)
        self.assert_clean("baselines/asio/a.hpp", "if (ready(1)) {\n    co_await next();\n}\n")
        self.assert_clean("baselines/asio/a.hpp", "if (ready(  // no co_await\n        1)) {\n")

    def test_primitives_stay_behind_the_seam(self) -> None:
        for line in (
            "std::atomic<int> a;",
            "std::atomic_thread_fence(o);",
            "std::thread t;",
            "std::mutex m;",
            "#include <atomic>",
            "#include <sys/epoll.h>",
            "syscall(1);",
        ):
            self.assert_breaks("raw-primitives", "runtime/src/sched/a.cpp", line + "\n")
            self.assert_breaks("raw-primitives", "runtime/include/weft/a.hpp", line + "\n")
        self.assert_clean("runtime/src/sched/a.cpp", "// std::atomic would not do\n")

    def test_a_macro_has_the_project_s_name(self) -> None:
        self.assert_breaks("macros", "suites/kit/a.hpp", "#define CHECK(x) (x)\n")
        self.assert_breaks("macros", "runtime/src/sched/a.cpp", "#  define weft_x\n")
        self.assert_clean("suites/kit/a.hpp", "#define WEFT_CHECK(x) (x)\n#undef CHECK\n")

    def test_nothing_is_unfinished(self) -> None:
        for word in ("TO" + "DO", "FIX" + "ME"):
            self.assert_breaks("words", "harness/a.py", f"# {word}: later\n")

    def test_no_path_of_a_machine(self) -> None:
        for folder in ("home", "root", "Users"):
            self.assert_breaks("words", "scripts/a.sh", f"cd /{folder}/someone\n")
        self.assert_clean("scripts/a.sh", "cd /usr/bin; cd $top/root/a\n")

    def test_no_host_but_the_allowed_ones(self) -> None:
        self.assert_breaks("words", "README.md", "https" + "://elsewhere.test/a\n")
        self.assert_breaks("words", "scripts/a.sh", "curl files.py" + "pi.org\n")
        self.assert_clean("README.md", "http://127.0.0.1:80 http://www.w3.org/2000/svg\n")

    def test_links_live(self) -> None:
        self.assert_breaks("links", "README.md", "[gone](harness/gone.py)\n")
        self.assert_clean("harness/README.md", "[up](../README.md) [suite](../suites/channel/)\n")

    def test_the_conformance_table_names_tests_that_exist(self) -> None:
        table = "| Go | here | tests |\n|---|---|---|\n| `select` | {} | {} |\n"
        test = "[`mutex_test.it_locks`](../src/sync/mutex_test.cpp)"

        def broken(how: str, tests: str) -> set[str]:
            return rules_broken(
                {
                    "runtime/docs/conformance.md": table.format(how, tests),
                    "runtime/src/sync/mutex_test.cpp": "TEST_P(mutex_test,\n       it_locks) {\n",
                }
            )

        self.assertEqual(broken("same", test), set())
        self.assertEqual(broken("same", test.replace("it_locks", "it_lock")), {"conformance"})
        self.assertEqual(broken("same", test.replace("mutex_test.it", "test.it")), {"conformance"})
        self.assertEqual(broken("same", "-"), {"conformance"})
        self.assertEqual(broken("not applicable: no such thing", "-"), set())


class Coverage(unittest.TestCase):
    def test_every_rule_is_broken_above(self) -> None:
        text = Path(__file__).read_text(encoding="utf-8")
        for rule in tidy.RULES:
            self.assertIn(f'"{rule.__name__.replace("_", "-")}"', text)


if __name__ == "__main__":
    unittest.main()
