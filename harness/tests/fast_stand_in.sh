#!/bin/sh
# A well-behaved contender that costs a test almost nothing: stand_in.py's answers without Python.
#     fast_stand_in.sh BED NAME {describe|list|run} ...
# BED has what `describe` and `list` print; an operation is said to take a little over 1000 ns, and
# another time in each process.
set -eu
bed=$1 name=$2 verb=$3
shift 3
if [ "$verb" != run ]; then
    read -r answer <"$bed/$name.$verb"
    echo "$answer"
    exit
fi
effective=
while [ $# -gt 0 ]; do
    case $1 in
        --workload) workload=$2 ;;
        --profile) profile=$2 ;;
        --param) effective="$effective, \"effective.${2%%=*}\": \"${2#*=}\"" ;;
        --operations | --repetitions | --warmup | --workers)
            effective="$effective, \"effective.${1#--}\": \"$2\""
            [ "$1" != --operations ] || operations=$2
            [ "$1" != --repetitions ] || repetitions=$2
            ;;
    esac
    shift 2
done
printf '{"context": {"schema": "weft.record/1", "contender": "%s", "workload": "%s",' \
    "$name" "$workload"
printf '"workload_version": "1", "profile": "%s", "form": "shared", "check": "ok"%s},' \
    "$profile" "$effective"
printf '"benchmarks": ['
index=0
padding=${PADDING-}
while [ "$index" -lt "$repetitions" ]; do
    [ "$index" -eq 0 ] || printf ', '
    printf '{"repetition_index": %d, "iterations": %d, "real_time": 1000.%d, "cpu_time": 1000.0,' \
        "$index" "$operations" "$$"
    printf '"padding_bytes": %d, "time_unit": "ns"}' "${#padding}"
    index=$((index + 1))
done
printf ']}\n'
