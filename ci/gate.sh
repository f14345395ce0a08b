#!/usr/bin/env bash
# Whether a change made a cell slower: builds base and head, measures them in turns on this machine,
# and ends with a status that says which (harness/README.md has them all).
set -euo pipefail

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
readonly top

usage() {
    cat <<'END'
usage: ci/gate.sh --base REV [--head REV] [option...]

  --base REV, --head REV   the revisions; head is HEAD if it is not given, and --head . is the
                           work tree with all that is not committed and not ignored
  --cells REGEX            only cells of the family in ci/gate.toml whose id this finds
  --pairs N,N              so many pairs to route and to decide, instead of the config's
  --time-budget T          of the runs, as 90s, 30m or 2h; status 124 where it does not suffice
  --config FILE            instead of ci/gate.toml
  --out DIR                where gate.json, gate.md, gate.html, junit.xml and the raw data go
  --seed N                 of the order
  --allow-inconclusive     status 0 where it would be 4
  --help                   this; `python3 -m harness gate --help` has the rest

Exit status: 0 pass, 1 a confirmed regression and nothing else, 2 the command line or the config is
wrong or the plan can decide nothing, 3 broken or missing, 4 inconclusive, blind or contaminated, 5
not comparable, 70 internal error, 124 out of time, 130 interrupted.
END
}

case ${1:---help} in
    --help | -h)
        usage
        exit 0
        ;;
esac

# The verdict needs the standard library alone, so the first Python that is new enough will do.
for python in "${WEFT_PYTHON:-python3}" python3 /usr/bin/python3 python3.{14,13,12,11}; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        PYTHONPATH=$top exec "$python" -P -m harness gate "$@"
    fi
done
echo "gate: no Python of at least 3.11 here" >&2
exit 2
