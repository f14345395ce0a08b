#!/usr/bin/env bash
# Every check of the repository, alone enough on a fresh machine: installs what is missing, then
# runs the steps of ci/steps.py. The last line is "N passed, N failed", and what was skipped.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname -- "$here")
readonly here top

usage() {
    cat <<'END'
usage: scripts/test.sh [--no-install] [--only STEP]... [--list] [--help]

  --no-install  do not install what is missing; a step whose tool is missing is skipped by name
  --only STEP   only this step; may be given several times
  --list        say what the steps are

With CI=true in the environment a missing tool is a failure, and clang-tidy looks at every file
instead of the changed ones. Exit status: 0 nothing failed, 1 something did, 2 the command line is
wrong or something required is missing.
END
}

install=(--dev)
steps=()
while (($# > 0)); do
    case $1 in
        --no-install) install+=(--no-install) ;;
        --list) steps+=("$1") ;;
        --only)
            if (($# < 2)); then
                usage >&2
                exit 2
            fi
            steps+=("$1" "$2")
            shift
            ;;
        --help | -h)
            usage
            exit 0
            ;;
        *)
            printf "test: unknown option '%s'\n" "$1" >&2
            usage >&2
            exit 2
            ;;
    esac
    shift
done

if ! "$here/bootstrap.sh" "${install[@]}"; then
    echo "0 passed, 1 failed"
    exit 2
fi
python=$("$here/find_python.sh")
PYTHONDONTWRITEBYTECODE=1 exec "$python" "$top/ci/check.py" "${steps[@]}"
