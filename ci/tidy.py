"""The rules of the repository that no compiler knows, as functions over its text files.

`python3 ci/tidy.py` prints every breach as `path:line: rule: what is wrong` and exits 1 when there
is one. Each rule takes the tree and yields breaches; `test_tidy.py` breaks each of them on purpose.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

CODE_SUFFIXES = {".cpp", ".hpp", ".py", ".go", ".rs", ".sh", ".cmake", ".js", ".css"}
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50
LINE_COLUMNS_MAX = 100

GENERATED_FOLDERS = {".git", "build", "__pycache__", ".mypy_cache", ".pytest_cache", "runs"}
TOP_LEVEL = {
    *(".ci", ".clang-format", ".clang-tidy", ".flake8", ".gitattributes", ".gitignore"),
    *("ARCHITECTURE.md", "CHANGELOG.md", "CMakeLists.txt", "CMakePresets.json", "CONTRIBUTING.md"),
    *("LICENSE", "METHODOLOGY.md", "README.md", "compile_commands.json", "pyproject.toml"),
    *("baselines", "ci", "docs", "harness", "reports", "runtime", "scripts", "suites"),
}
CODE_FOLDERS = {"baselines", "ci", "harness", "runtime", "scripts", "suites"}
# Names that their tools prescribe.
PRESCRIBED_NAMES = re.compile(
    r"README\.md|CMakeLists\.txt|Cargo\.toml|Cargo\.lock\.in|[\w-]+\.cmake\.in|__\w+__\.py"
)
EMPTY_WORDS = {"utils", "util", "common", "helpers", "helper", "misc"}

# Folders of runtime/src from the lowest up; a folder includes only itself and folders below it.
LAYERS = ("platform", "fiber", "sched", "sync", "net")
READS_ALL = "diag"

# Words of the language, of this project and of the delay server that are also contenders' names.
ORDINARY_NAMES = {"weft", "go", "asio"}
RIVAL_HEADERS = re.compile(r"#include\s*[<\"](?:boost/(?:fiber|context)|tbb|oneapi|weft)/")

RAW_PRIMITIVE = re.compile(
    r"std::(?:atomic\w*|jthread|thread|condition_variable\w*|(?:shared_|timed_|recursive_)?mutex)\b"
    r"|\bsyscall\s*\("
    r"|#include\s*<(?:atomic|thread|condition_variable|pthread\.h|unistd\.h|fcntl\.h|poll\.h"
    r"|semaphore\.h|sys/[\w/]+\.h|linux/[\w/]+\.h)>"
)
SEAM = ("runtime/src/platform/", "runtime/include/weft/detail/atomic.hpp")

# This machine, the names that are reserved for examples, and where names of formats point to.
ALLOWED_HOSTS = {
    *("127.0.0.1", "localhost", "example.com", "example.net", "example.org"),
    *("json-schema.org", "www.apache.org", "www.boost.org", "www.w3.org"),
}
URL_HOST = re.compile(r"\bhttps?://([\w.-]*\w)")
REGISTRY = re.compile(
    r"\b(?:[\w-]+\.)*(?:pypi|pythonhosted|crates|npmjs|golang|debian|ubuntu|docker|conan|vcpkg)"
    r"\.(?:org|io|com|dev)\b"
)
MACHINE_PATH = re.compile(r"(?<![\w.$}\])])/(?:home|root|work|Users)/\w")
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")


@dataclass(frozen=True)
class Source:
    """A text file of the repository; `path` is relative to its top, with forward slashes."""

    path: str
    text: str

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name

    @property
    def is_code(self) -> bool:
        return PurePosixPath(self.path).suffix in CODE_SUFFIXES

    @property
    def is_test(self) -> bool:
        stem = PurePosixPath(self.path).stem
        return stem.endswith("_test") or stem.startswith("test_")

    def lines(self) -> Iterator[tuple[int, str]]:
        return enumerate(self.text.splitlines(), start=1)


@dataclass(frozen=True)
class Breach:
    path: str
    line: int
    rule: str
    words: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.words}"


Tree = tuple[Source, ...]
Rule = Callable[[Tree], Iterable[Breach]]


def read_tree(top: Path) -> Tree:
    """Every text file that is not generated; a file that is not UTF-8 has no text to judge."""
    sources = []
    for folder, subfolders, names in os.walk(top):
        subfolders[:] = sorted(set(subfolders) - GENERATED_FOLDERS)
        for path in (Path(folder, name) for name in sorted(set(names) - GENERATED_FOLDERS)):
            try:
                text = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                text = ""
            sources.append(Source(path.relative_to(top).as_posix(), text))
    return tuple(sources)


def layers(tree: Tree) -> Iterator[Breach]:
    """Inside runtime/src a folder includes only itself and folders below it; tests are outside."""
    for source in tree:
        match = re.match(r"runtime/src/(\w+)/", source.path)
        if not match or source.is_test:
            continue
        folder = match[1]
        if folder not in (*LAYERS, READS_ALL):
            yield Breach(source.path, 1, "layers", f"{folder}/ has no place in the order of layers")
            continue
        for number, line in source.lines():
            include = re.match(r"\s*#include\s*\"([^\"/]+)/", line)
            if include and not _may_include(folder, include[1]):
                yield Breach(
                    source.path, number, "layers", f"{folder}/ may not include {include[1]}/"
                )


def _may_include(folder: str, other: str) -> bool:
    if folder == READS_ALL or other not in (*LAYERS, READS_ALL):
        return True
    return other in LAYERS and LAYERS.index(other) <= LAYERS.index(folder)


def flow(tree: Tree) -> Iterator[Breach]:
    """No stage reaches backwards: the runtime knows no suite, no contender and no harness."""
    forbidden = {
        "runtime/": r"#include\s*[<\"](?:\.\./)*(?:suites|baselines|kit)/|add_subdirectory\(\.\.",
        "suites/": r"#include\s*[<\"](?:\.\./)*(?:baselines|harness)/|\bbaselines/\w+/",
        "baselines/": r"\bharness[./]\w",
    }
    for source in tree:
        for prefix, pattern in forbidden.items():
            if source.path.startswith(prefix) and not source.path.endswith(".md"):
                for number, line in source.lines():
                    if re.search(pattern, line):
                        yield Breach(
                            source.path, number, "flow", f"{prefix} reaches backwards here"
                        )


def neutral_suites(tree: Tree) -> Iterator[Breach]:
    """A suite names no contender, includes none of their headers."""
    folders = (re.match(r"baselines/(\w+)/", source.path) for source in tree)
    names = {match[1] for match in folders if match}
    words = re.compile(rf"\b(?:{'|'.join(sorted(names - ORDINARY_NAMES)) or '(?!)'})\b")
    quoted = re.compile(rf"\"(?:{'|'.join(sorted(names)) or '(?!)'})\"")
    for source in tree:
        # Specs name the floors, which are drawn into their charts; pages and CMake give examples.
        if not re.match(r"suites/.*\.[ch]pp", source.path):
            continue
        for number, line in source.lines():
            if words.search(line) or quoted.search(line) or RIVAL_HEADERS.search(line):
                yield Breach(source.path, number, "neutral-suites", "a suite names no contender")


def file_names(tree: Tree) -> Iterator[Breach]:
    """snake_case, but for what tools prescribe; and a name says something."""
    for source in tree:
        parts = PurePosixPath(source.path).parts
        if parts[0] not in CODE_FOLDERS:
            continue
        if not PRESCRIBED_NAMES.fullmatch(parts[-1]) and not re.fullmatch(
            r"\.?[a-z0-9_]+(?:\.[a-z0-9]+)*", parts[-1]
        ):
            yield Breach(source.path, 1, "file-names", "not snake_case")
        for part in parts:
            if EMPTY_WORDS.intersection(re.split(r"[_.]", part)):
                yield Breach(source.path, 1, "file-names", f"'{part}' says nothing")


def top_level(tree: Tree) -> Iterator[Breach]:
    """The top level is a table of contents: what is new there is a decision."""
    for name in sorted({PurePosixPath(source.path).parts[0] for source in tree} - TOP_LEVEL):
        yield Breach(name, 1, "top-level", "not on the list in ci/tidy.py")


def lengths(tree: Tree) -> Iterator[Breach]:
    """Files, lines and functions have limits; C++ functions are clang-tidy's to measure."""
    for source in tree:
        if not source.is_code:
            continue
        count = len(source.text.splitlines())
        if count > FILE_LINES_MAX:
            yield Breach(
                source.path, count, "lengths", f"{count} lines; the limit is {FILE_LINES_MAX}"
            )
        for number, line in source.lines():
            if len(line.expandtabs(4)) > LINE_COLUMNS_MAX and not source.path.endswith(".css"):
                yield Breach(
                    source.path, number, "lengths", f"longer than {LINE_COLUMNS_MAX} columns"
                )
        for number, name, span in _functions(source):
            if span > FUNCTION_LINES_MAX:
                words = f"{name} has {span} lines; the limit is {FUNCTION_LINES_MAX}"
                yield Breach(source.path, number, "lengths", words)


def _functions(source: Source) -> Iterator[tuple[int, str, int]]:
    """(first line, name, lines) of each Python, Go and shell function."""
    if source.path.endswith(".py"):
        for node in ast.walk(ast.parse(source.text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield node.lineno, node.name, (node.end_lineno or node.lineno) - node.lineno + 1
        return
    head = {".go": r"func .*?(\w+)\(", ".sh": r"(\w+)\(\) [{(]"}.get(
        PurePosixPath(source.path).suffix
    )
    opened: tuple[int, str] | None = None
    for number, line in source.lines() if head else ():
        if head and (match := re.match(head, line)):
            opened = number, match[1]
        if opened and re.match(r"[})]", line):
            yield *opened, number - opened[0] + 1
            opened = None


def raw_primitives(tree: Tree) -> Iterator[Breach]:
    """Atomics, threads, system calls come through the seam, where a test can replace them."""
    for source in tree:
        if source.is_test or not source.path.startswith(("runtime/src/", "runtime/include/")):
            continue
        if source.path.startswith(SEAM) or not source.is_code:
            continue
        for number, line in source.lines():
            if match := RAW_PRIMITIVE.search(line.split("//")[0]):
                words = f"'{match[0]}' outside the platform seam"
                yield Breach(source.path, number, "raw-primitives", words)


def macros(tree: Tree) -> Iterator[Breach]:
    """A macro's name is the project's; clang-tidy sees those of main files alone."""
    for source in tree:
        if PurePosixPath(source.path).suffix not in {".cpp", ".hpp"}:
            continue
        for number, line in source.lines():
            match = re.match(r"\s*#\s*define\s+(?!WEFT_[A-Z])(\w+)", line)
            if match:
                yield Breach(source.path, number, "macros", f"{match[1]} does not begin with WEFT_")


def conditions(tree: Tree) -> Iterator[Breach]:
    """No condition awaits: GCC 12 loses the coroutine's frame by it (baselines/asio/README.md)."""
    for source in tree:
        if PurePosixPath(source.path).suffix not in {".cpp", ".hpp"}:
            continue
        text = re.sub(r"//.*", "", source.text)
        for match in re.finditer(r"\b(?:if|while|switch)\s*(?=\()", text):
            if "co_await" in _parenthesised(text, match.end()):
                number = text.count("\n", 0, match.start()) + 1
                yield Breach(source.path, number, "conditions", "co_await in a condition")


def _parenthesised(text: str, start: int) -> str:
    """From the parenthesis that opens at `start` to the one that closes it."""
    depth = 0
    for match in re.compile(r"[()]").finditer(text, start):
        depth += 1 if match[0] == "(" else -1
        if depth == 0:
            return text[start : match.end()]
    return text[start:]


def words(tree: Tree) -> Iterator[Breach]:
    """Nothing unfinished, nothing of one machine, no host that a build would have to reach."""
    for source in tree:
        for number, line in source.lines():
            if UNFINISHED.search(line):
                yield Breach(
                    source.path, number, "words", "an unfinished thing is an issue, not a comment"
                )
            if match := MACHINE_PATH.search(line):
                yield Breach(
                    source.path, number, "words", f"'{match[0]}…' is a path of one machine"
                )
            hosts = {host for host in URL_HOST.findall(line) if host not in ALLOWED_HOSTS}
            if hosts or REGISTRY.search(line):
                yield Breach(source.path, number, "words", "a host that is not in ALLOWED_HOSTS")


def links(tree: Tree) -> Iterator[Breach]:
    """What a page links to is there."""
    files = {source.path for source in tree}
    known = files | {parent.as_posix() for f in files for parent in PurePosixPath(f).parents}
    for source in tree:
        if not source.path.endswith(".md"):
            continue
        for number, line in source.lines():
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", line):
                if re.match(r"\w+:", target):
                    continue
                if _resolve(PurePosixPath(source.path).parent, target) not in known:
                    yield Breach(source.path, number, "links", f"{target} is not there")


def _resolve(folder: PurePosixPath, target: str) -> str:
    parts: list[str] = []
    for part in (folder / target).parts:
        if part == ".." and parts:
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts) or "."


def conformance(tree: Tree) -> Iterator[Breach]:
    """A row of the conformance table names tests that exist, or says why there are none."""
    texts = {source.path: source.text for source in tree}
    for source in tree:
        if not source.path.endswith("/conformance.md"):
            continue
        for number, line in source.lines():
            if not line.startswith("| ") or line.startswith("| Go |"):
                continue
            tests = re.findall(r"\[`(\w+)\.(\w+)`\]\(([^)]+)\)", line)
            for suite, name, target in tests:
                text = texts.get(_resolve(PurePosixPath(source.path).parent, target), "")
                if not re.search(rf"^TEST\w*\({suite},\s*{name}\)", text, re.MULTILINE):
                    words = f"{suite}.{name} is not in {target}"
                    yield Breach(source.path, number, "conformance", words)
            if not tests and "| not applicable" not in line:
                yield Breach(source.path, number, "conformance", "no test, and no reason why not")


RULES: tuple[Rule, ...] = (
    *(layers, flow, neutral_suites, file_names, top_level),
    *(lengths, raw_primitives, macros, conditions, words, links, conformance),
)


def breaches(tree: Tree) -> list[Breach]:
    return [breach for rule in RULES for breach in rule(tree)]


def main() -> int:
    found = breaches(read_tree(Path(__file__).resolve().parent.parent))
    for breach in found:
        print(breach)
    print(f"tidy: {len(found)} breaches" if found else "tidy: clean", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
