"""The steps of `scripts/test.sh`: what is built, tested and looked at, and with which tool."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import unit_tests
from runner import NOTHING, Counts, Failed, Shell, Skip, Step
from tidy import GENERATED_FOLDERS
from together import Unit, units

CPUS = len(os.sched_getaffinity(0))
IN_CI = os.environ.get("CI") == "true"
LAUNCHER = "CMAKE_CXX_COMPILER_LAUNCHER"
BUILD_LIMIT_S = 3600  # against a compiler that hangs; a busy machine takes half of it
SERVICES_START = Path("/run/systemd/system")

# Formatters and linters change their minds with every version; the rules are those of Debian 12's.
REFERENCE = {
    **{"clang-format": "14.", "clang-tidy": "14.", "black": "23.", "mypy": "1.0."},
    "doxygen": "1.9.",
}


def tool(name: str) -> str:
    """The path of a tool that may be used; `Skip` or, in CI, `Failed` when it is not there."""
    path = shutil.which(name)
    if path is None:
        words = f"{name} is not installed: scripts/bootstrap.sh --dev installs it"
        raise Failed(words) if IN_CI else Skip(words)
    return path


def reference_tool(shell: Shell, name: str) -> str:
    """As `tool`, but only in the version that the rules were made with."""
    path, wanted = tool(name), REFERENCE[name]
    found = re.search(r"(\d+\.\d[\w.]*)", shell.run(path, "--version"))
    if found is None or not found[1].startswith(wanted):
        version = found[1] if found else "unknown"
        raise Skip(f"{name} here is version {version}; the rules are those of {wanted}*")
    return path


def files(top: Path, *suffixes: str) -> list[Path]:
    """The repository's files with one of these suffixes, generated ones left out."""
    found = []
    for folder, subfolders, names in os.walk(top):
        subfolders[:] = sorted(set(subfolders) - GENERATED_FOLDERS)
        found += [Path(folder, name) for name in sorted(names) if name.endswith(suffixes)]
    return found


# --- builds and their tests ----------------------------------------------------------------------


def configure(shell: Shell, preset: str) -> None:
    """What a build folder compiles with stays as it is.

    A folder that `scripts/run_all.sh` made before there was a compiler cache has no launcher in its
    own settings; CMake would take up the environment's and compile everything again.
    """
    settings = shell.top / "build" / preset / "CMakeCache.txt"
    words = ["cmake", "--preset", preset]
    if settings.exists() and LAUNCHER not in settings.read_text(encoding="utf-8"):
        words.append(f"-D{LAUNCHER}=")
    shell.run(*words)


def build(preset: str) -> Step:
    def run(shell: Shell) -> Counts:
        configure(shell, preset)
        words = ("cmake", "--build", "--preset", preset, "--parallel", str(CPUS))
        shell.run(*words, timeout_s=BUILD_LIMIT_S)
        return ctest(shell, preset)

    return Step(preset, f"does the {preset} build pass its tests?", run)


def ctest(shell: Shell, preset: str) -> Counts:
    with tempfile.TemporaryDirectory() as scratch:
        results = Path(scratch, "ctest.xml")
        _, status = shell.attempt(
            *no_randomisation(shell),
            *("ctest", "--preset", preset, "--parallel", str(CPUS), "--timeout", "300"),
            *("--no-tests=error", "--output-junit", results),
        )
        counts = junit_counts(results.read_text(encoding="utf-8")) if results.exists() else NOTHING
    if status != 0 and not counts.failed:
        raise Failed(f"ctest ended with status {status}")
    return counts


def junit_counts(text: str) -> Counts:
    suite = ElementTree.fromstring(text)
    total, failed = int(suite.get("tests", "0")), int(suite.get("failures", "0"))
    skipped = int(suite.get("skipped", "0")) + int(suite.get("disabled", "0"))
    return Counts(total - failed - skipped, failed, skipped)


def no_randomisation(shell: Shell) -> tuple[str, ...]:
    """GCC 12's thread sanitizer cannot place its shadow where a kernel randomises by 32 bits."""
    prefix = ("setarch", "--addr-no-randomize")
    if shutil.which("setarch") and shell.attempt(*prefix, "true")[1] == 0:
        return prefix
    return ()


def consumer(shell: Shell) -> Counts:
    """The library alone, static and shared, as somebody else would use it."""
    passed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for kind, shared in (("static", "OFF"), ("shared", "ON")):
            prefix = Path(scratch, kind)
            install_library(shell, Path(scratch, f"{kind}-library"), prefix, shared)
            uses = [build_by_cmake]
            if IN_CI or shutil.which("pkg-config"):
                uses.append(build_by_pkg_config)
            for use in uses:
                program = use(shell, prefix, Path(scratch, f"{kind}-{use.__name__}"))
                found_at_run_time = {"LD_LIBRARY_PATH": str(weft_pc(prefix).parent.parent)}
                output = shell.run(program, env=found_at_run_time, timeout_s=60)
                if output.strip() != "338350":
                    raise Failed(f"the outside program printed {output.strip()!r}, not 338350")
                passed += 1
    return Counts(passed)


def install_library(shell: Shell, folder: Path, prefix: Path, shared: str) -> None:
    # The prefix is chosen last, as who packages it does.
    shell.run(
        *("cmake", "-G", "Ninja", "-S", ".", "-B", folder, "-DCMAKE_BUILD_TYPE=Release"),
        *("-DWEFT_DEV=OFF", f"-DBUILD_SHARED_LIBS={shared}"),
    )
    shell.run("cmake", "--build", folder, "--parallel", str(CPUS))
    shell.run("cmake", "--install", folder, "--prefix", prefix)


def weft_pc(prefix: Path) -> Path:
    return next(prefix.rglob("weft.pc"))


def build_by_cmake(shell: Shell, prefix: Path, folder: Path) -> Path:
    shell.run(
        *("cmake", "-G", "Ninja", "-S", "ci/consumer", "-B", folder),
        *("-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_PREFIX_PATH={prefix}"),
    )
    shell.run("cmake", "--build", folder)
    return folder / "consumer"


def build_by_pkg_config(shell: Shell, prefix: Path, folder: Path) -> Path:
    flags = shell.run(
        *(tool("pkg-config"), "--cflags", "--libs", "weft >= 0.1"),
        env={"PKG_CONFIG_PATH": str(weft_pc(prefix).parent)},
    ).split()
    folder.mkdir()
    program = folder / "consumer"
    compiler = os.environ.get("CXX", "c++")
    shell.run(compiler, "-std=c++20", "ci/consumer/main.cpp", "-o", program, *flags)
    return program


def end_to_end(shell: Shell) -> Counts:
    """The main job and the report it ends in: as users run it in CI, each cell once by hand."""
    shortened = () if IN_CI else ("--rounds", "1")
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch, "run")
        shell.run(
            *("scripts/run_all.sh", "--quick", *shortened, "--seed", "1"),
            *("--no-install", "--out", out),
        )
        check = (sys.executable, "-m", "harness.report.check", out / "report.html")
        shell.run(*check, "--run", out)
    return Counts()


def other_server(shell: Shell) -> Counts:
    """fanout/urls against nginx, which is what `--server` is for."""
    path = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if path is None:
        words = "nginx is not installed"
        # Where services are started, bootstrap leaves a package that is one to the user.
        if IN_CI and not SERVICES_START.exists():
            raise Failed(f"{words}: scripts/bootstrap.sh --dev installs it")
        raise Skip(f"{words}: apt-get install nginx, which also starts it where systemd runs")
    shell.run(sys.executable, "ci/nginx.py", path)
    return Counts()


# --- looking at the object code ------------------------------------------------------------------


def thread_locals(shell: Shell) -> Counts:
    library = shell.top / "build" / "release" / "runtime" / "libweft.a"
    if not library.exists():
        raise Failed("build/release/runtime/libweft.a is not there: run the step release first")
    shell.run(sys.executable, "ci/thread_locals.py", library)
    return Counts()


def aarch64(shell: Shell) -> Counts:
    """Compiled and looked at, not linked: Boost's libraries for it are seldom there."""
    prefix, boost = "aarch64-linux-gnu-", Path("/usr/include/boost")
    compiler = tool(f"{prefix}g++")
    if not boost.exists():
        raise Skip("Boost's headers are not where another architecture's compiler could use them")
    listed = (shell.top / "runtime" / "CMakeLists.txt").read_text(encoding="utf-8")
    sources = library_sources(listed)
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, "include").mkdir()
        Path(scratch, "include", "boost").symlink_to(boost)
        flags = ("-std=c++20", "-O2", "-fno-lto", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
        headers = ("-Iruntime/include", "-Iruntime/src", "-isystem", f"{scratch}/include")

        def compile_one(source: str) -> int:
            output = Path(scratch, source.replace("/", "-")).with_suffix(".o")
            _, status = Shell(shell.top, shell.log).attempt(
                compiler, *flags, *headers, "-c", f"runtime/{source}", "-o", output
            )
            return status

        with ThreadPoolExecutor(CPUS) as pool:
            faults = [s for s, status in zip(sources, pool.map(compile_one, sources)) if status]
        if faults:
            raise Failed(f"these do not compile: {', '.join(faults)}")
        library = Path(scratch, "libweft.a")
        shell.run(f"{prefix}ar", "rcs", library, *sorted(Path(scratch).glob("*.o")))
        look = (sys.executable, "ci/thread_locals.py", library)
        shell.run(*look, "--objdump", f"{prefix}objdump")
    return Counts(len(sources))


def library_sources(listed: str) -> list[str]:
    """The files of `add_library(weft …)` in the library's CMakeLists.txt."""
    found = re.search(r"add_library\(weft\s(.*?)\)", listed, re.DOTALL)
    if found is None:
        raise Failed("runtime/CMakeLists.txt has no add_library(weft …)")
    return found[1].split()


# --- looking at the text -------------------------------------------------------------------------


def tidy(shell: Shell) -> Counts:
    shell.run(sys.executable, "ci/tidy.py")
    return Counts()


def black(shell: Shell) -> Counts:
    shell.run(reference_tool(shell, "black"), "--check", "--diff", "--quiet", "harness", "ci")
    return Counts()


def mypy(shell: Shell) -> Counts:
    path = reference_tool(shell, "mypy")
    shell.run(path, "--strict", "harness", env={"MYPYPATH": "."})
    shell.run(path, "--strict", *sorted((shell.top / "ci").glob("*.py")))
    return Counts()


def flake8(shell: Shell) -> Counts:
    shell.run(tool("flake8"), "harness", "ci")
    return Counts()


def shellcheck(shell: Shell) -> Counts:
    shell.run(tool("shellcheck"), *files(shell.top, ".sh"), ".ci/run")
    return Counts()


def gofmt(shell: Shell) -> Counts:
    if shutil.which("gofmt") is None:
        raise Skip("gofmt is not in PATH: it comes with Go, which is optional")
    if unformatted := shell.run("gofmt", "-l", "baselines/go", "runtime").strip():
        raise Failed(f"gofmt would change {unformatted}")
    shell.run("go", "vet", "./...", cwd=shell.top / "baselines" / "go", env=GO_OFFLINE)
    return Counts()


GO_OFFLINE = {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}


def clang_format(shell: Shell) -> Counts:
    path = reference_tool(shell, "clang-format")
    shell.run(path, "--dry-run", "--Werror", *files(shell.top, ".cpp", ".hpp"))
    return Counts()


def clang_tidy(shell: Shell) -> Counts:
    """Everything in CI; what a developer changed otherwise, because it takes seconds a folder."""
    path = reference_tool(shell, "clang-tidy")
    database = shell.top / "build" / "release"
    if not (database / "compile_commands.json").exists():
        raise Failed("build/release/compile_commands.json is not there: run the step release first")
    built = (database / "compile_commands.json").read_text(encoding="utf-8")
    # Not the tests: they break rules on purpose (moves that throw, uses after a move). Nor the
    # examples, small programs of the public interface, which would be half of the work.
    examples = shell.top / "runtime" / "examples"
    sources = [
        f
        for f in files(shell.top, ".cpp")
        if f'"{f}"' in built and not f.stem.endswith("_test") and examples not in f.parents
    ]
    if IN_CI:
        sources += generated_sources(database)
    else:
        sources = changed(shell, sources)
    if not sources:
        raise Skip("no C++ file was changed")

    def look(unit: Unit) -> int:
        # The one thing that a unit does and no file may.
        checks = "--checks=-bugprone-suspicious-include"
        _, status = shell.attempt(path, "--quiet", checks, unit.path, "--", *unit.options)
        return status

    found = units(database, sources)
    with ThreadPoolExecutor(CPUS) as pool:
        faults = [unit for unit, status in zip(found, pool.map(look, found)) if status != 0]
    return Counts(len(found) - len(faults), len(faults))


def generated_sources(database: Path) -> list[Path]:
    """The suites as contenders do them: once for the shared bodies, and each form of their own."""
    return [
        path
        for path in sorted(database.glob("baselines/*/suites/*.cpp"))
        if path.parent.parent.name == "weft" or "_idioms.hpp" in path.read_text(encoding="utf-8")
    ]


def docs(shell: Shell) -> Counts:
    reference_tool(shell, "doxygen")
    configure(shell, "release")
    shell.run("cmake", "--build", "--preset", "release", "--target", "docs")
    return Counts()


def changed(shell: Shell, sources: list[Path]) -> list[Path]:
    """Those that differ from the main branch, themselves or by the header of the same stem."""
    base, status = shell.attempt("git", "merge-base", "HEAD", "main")
    if status != 0:
        raise Skip("git cannot tell what was changed; with CI=true every file is looked at")
    differing = shell.run("git", "diff", "--name-only", base.strip())
    untracked = shell.run("git", "ls-files", "--others", "--exclude-standard")
    stems = {
        (shell.top / name).with_suffix("") for name in (differing + untracked).splitlines() if name
    }
    return [source for source in sources if source.with_suffix("") in stems]


STEPS = (
    Step("tidy", "are the repository's own rules kept?", tidy),
    Step("black", "is the Python formatted?", black),
    Step("flake8", "is the Python clean?", flake8),
    Step("mypy", "do the Python types agree?", mypy),
    Step("shellcheck", "are the scripts clean?", shellcheck),
    Step("gofmt", "is the Go formatted and vetted?", gofmt),
    Step("clang-format", "is the C++ formatted?", clang_format),
    build("release"),
    Step("thread-locals", "does no goroutine carry a thread's address along?", thread_locals),
    Step("aarch64", "does the library compile for aarch64, with the same care?", aarch64),
    Step("clang-tidy", "is the C++ clean?", clang_tidy),
    Step("docs", "does every public declaration say what it does?", docs),
    Step("python", "do the harness and the rules pass their tests?", unit_tests.run),
    build("asan"),
    build("tsan"),
    Step("consumer", "does a program outside find and use the installed library?", consumer),
    Step("other-server", "does fanout/urls work against somebody else's server?", other_server),
    Step("end-to-end", "does the one command measure and report?", end_to_end),
)
