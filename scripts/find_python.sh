#!/usr/bin/env bash
# Prints the Python that the harness runs with: 3.11 or newer, able to import what a report needs.
# A shell's first `python3` is often a bare one; the system's own, with the packages, comes next.
# Exit status 1, and nothing on stdout, when there is none.
set -euo pipefail

readonly probe='
import importlib.util as u, sys
modules = ("jinja2", "matplotlib", "numpy")
sys.exit(sys.version_info < (3, 11) or any(u.find_spec(m) is None for m in modules))'

candidates=("${WEFT_PYTHON:-python3}" python3 /usr/bin/python3)
for minor in 14 13 12 11; do
    candidates+=("python3.$minor")
done
for candidate in "${candidates[@]}"; do
    path=$(command -v -- "$candidate") || continue
    if "$path" -c "$probe" 2>/dev/null; then
        echo "$path"
        exit 0
    fi
done
exit 1
