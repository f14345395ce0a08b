"""What CMake knows about a build: the compiler, its flags, the kind of build."""

from __future__ import annotations

import re
from pathlib import Path

_SETTINGS = re.compile(
    r"^(CMAKE_BUILD_TYPE|CMAKE_CXX_COMPILER|CMAKE_CXX_FLAGS|CMAKE_CXX_FLAGS_RELEASE"
    r"|CMAKE_INTERPROCEDURAL_OPTIMIZATION|WEFT_\w+):[A-Z]+=(.*)$",
    re.MULTILINE,
)
_COMPILER = re.compile(r'^set\(CMAKE_CXX_COMPILER_(ID|VERSION) "(.*)"\)$', re.MULTILINE)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def settings(build: Path) -> dict[str, str]:
    """What CMake's cache says about compiler, flags and build type; empty without a cache."""
    return dict(_SETTINGS.findall(_text(build / "CMakeCache.txt")))


def compiler(build: Path) -> dict[str, str | None]:
    """The C++ compiler's name, version and flags; each None where the build does not say."""
    found: dict[str, str] = {}
    for path in sorted(build.glob("CMakeFiles/*/CMakeCXXCompiler.cmake")):
        found.update(_COMPILER.findall(_text(path)))
    cache = settings(build)
    kind = cache.get("CMAKE_BUILD_TYPE", "").upper()
    flags = [cache.get("CMAKE_CXX_FLAGS"), cache.get(f"CMAKE_CXX_FLAGS_{kind}")]
    return {
        "id": found.get("ID"),
        "version": found.get("VERSION"),
        "flags": " ".join(flag for flag in flags if flag) if cache else None,
    }
