#!/usr/bin/env bash
# Compares the library with the recorded baseline: additions are fine, anything else is not.
#   abidiff.sh LIBRARY INCLUDE BASELINE            compare
#   abidiff.sh --record LIBRARY INCLUDE BASELINE   write the baseline (once per release step)
set -euo pipefail
record=no
[ "$1" = --record ] && { record=yes; shift; }
library=$1 include=$2 baseline=$3
here=$(cd "$(dirname "$0")" && pwd)

finish() { # word, reason
    echo "$1 abidiff_against_the_baseline${2:+: $2}"
    case $1 in
    ok) echo "1 passed, 0 failed, 0 skipped"; exit 0 ;;
    skip) echo "0 passed, 0 failed, 1 skipped"; exit 77 ;;
    *) echo "0 passed, 1 failed, 0 skipped"; exit 1 ;;
    esac
}
describe() { # to a file
    abidw --headers-dir "$include" --drop-private-types --no-corpus-path --no-comp-dir-path --no-show-locs \
        --no-elf-needed --exported-interfaces-only "$library" | sed -E "s# path='[./]*[^']*/(capi|src)/# path='\1/#" >"$1"
}

command -v abidw >/dev/null && command -v abidiff >/dev/null || finish skip "abidw is not installed"
[[ $(readelf -S "$library") == *.debug_info* ]] || finish skip "the library was built without debug information"
if [ $record = yes ]; then
    describe "$baseline"
    echo "recorded $baseline"
    exit 0
fi
[ "$(uname -m)" = x86_64 ] || finish skip "the baseline is of x86_64"
now=$(mktemp)
trap 'rm -f "$now"' EXIT
describe "$now"
status=0
report=$(abidiff --no-added-syms --suppressions "$here/abidiff.ignore" "$baseline" "$now") || status=$?
[ $status -eq 0 ] && finish ok
printf '%s\n' "$report" | sed 's/^/# /'
finish FAIL "abidiff exit code $status"
