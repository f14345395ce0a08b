#!/usr/bin/env bash
# The main job, alone enough on a fresh machine: installs what is missing, builds every contender,
# measures them and prints where the report is.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname -- "$here")
readonly here top

usage() {
    cat <<'END'
usage: scripts/run_all.sh [--quick | --standard | --full] [option...]

  --quick, --standard, --full  about 5 minutes, 30 minutes (the default), or as long as it takes;
                               the build comes on top
  --suite S                    only this suite; may be given several times
  --contender C                only this contender; may be given several times
  --filter REGEX               only cells whose id matches
  --time-budget T              as 90s, 30m or 2h
  --rounds N                   so many of each cell, instead of what fits
  --seed N                     the seed of the order in which runs are made
  --resume DIR                 go on with an interrupted run
  --out DIR                    the run's folder; by default a new one under reports/runs
  --server URL                 fanout/urls talks to this server on loopback instead of its own; what
                               it has to answer is in baselines/README.md
  --no-install                 do not install what is missing: say it, and stop if it is required
  --help                       this

The report's path is the last line on stdout; everything else is on stderr. Exit status: the
harness's, or 2 when this command line is wrong or something required is missing, 1 when the build
failed. Ctrl-C once keeps what was measured and reports it.
END
}

say() { printf 'run_all: %s\n' "$*" >&2; }

usage_error() {
    say "$1"
    usage >&2
    exit 2
}

install=()
selection=()
while (($# > 0)); do
    case $1 in
        --quick | --standard | --full) selection+=("$1") ;;
        --suite | --contender | --filter | --time-budget | --rounds | --seed | --resume | --out | \
            --server)
            (($# > 1)) || usage_error "$1 wants a value"
            selection+=("$1" "$2")
            shift
            ;;
        --no-install) install=(--no-install) ;;
        --help | -h)
            usage
            exit 0
            ;;
        *) usage_error "unknown option '$1'" ;;
    esac
    shift
done

"$here/bootstrap.sh" "${install[@]}"
python=$("$here/find_python.sh")

say "building every contender that can be built here"
(
    cd -- "$top"
    cmake --preset release && cmake --build --preset release --target measured
) >&2 || {
    say "the build failed"
    exit 1
}

# From the caller's folder, to which --out and --resume may be relative; -P keeps that folder from
# being looked at for modules.
PYTHONPATH=$top exec "$python" -P -m harness run "${selection[@]}"
