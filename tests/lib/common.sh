# What all parts share: folders, progress, results. Sourced by tests/run.

cache=$top/.cache
results=$cache/tests
prefix=$cache/prefix
jobs=$(nproc)
export PATH="$cache/venv/bin:$PATH:$cache/bin"
export PYTHONDONTWRITEBYTECODE=1
started=$SECONDS

say() { printf '== %s\n' "$*"; }

# Why a tool that tests/setup looked for is not there; empty when it is.
missing() { # name...
    local name
    for name in "$@"; do
        if [ -e "$cache/missing/$name" ]; then
            head -n 1 "$cache/missing/$name"
            return 0
        fi
    done
}

# A part is a function part_NAME. It runs with errexit, on its own, and writes result lines through these.
ok() { echo "ok $1" >>"$results/$part.txt"; }
failed() { echo "FAIL $1: $2" >>"$results/$part.txt"; }
skipped() { echo "skip $1: $2" >>"$results/$part.txt"; }
# Result lines on the standard input; other lines are only logged. What they stand for is put in front of the name.
collect() { # [prefix]
    tee -a /dev/stderr | sed -nE "s/^(ok|FAIL|skip) (.*)/\1 ${1:-}\2/p" >>"$results/$part.txt"
}

# Runs a program of ours; how it ends counts as well as what it prints.
run_program() { # prefix, command...
    local before=$1 status=0
    shift
    "$@" >"$results/.output" || status=$?
    collect "$before" <"$results/.output"
    [ $status -le 1 ] || [ $status -eq 77 ] || failed "${before}end" "$1 ended with code $status"
}

count() { grep -c "^$2 " "$results/$1.txt" || true; }

run_part() { # name, number, of
    local part=$1 before=$SECONDS status=0
    say "$part ($2 of $3)"
    : >"$results/$part.txt"
    set +e # inside a condition bash would ignore the part's own errexit
    (set -euo pipefail; part_"$part") >>"$results/$part.log" 2>&1 </dev/null
    status=$?
    set -e
    if [ $status -ne 0 ]; then
        failed "$part" "the part ended with code $status: $(grep -v '^$' "$results/$part.log" | tail -n 1 | cut -c1-200)"
    fi
    grep -E '^(FAIL|skip) ' "$results/$part.txt" | sed 's/^/   /' || true
    printf '   %d passed, %d failed, %d skipped (%d s)\n' "$(count "$part" ok)" "$(count "$part" FAIL)" "$(count "$part" skip)" \
        $((SECONDS - before))
}

finish() {
    local passed failures skips
    passed=$(cat "$results"/*.txt | grep -c '^ok ' || true)
    failures=$(cat "$results"/*.txt | grep -c '^FAIL ' || true)
    skips=$(cat "$results"/*.txt | grep -c '^skip ' || true)
    say "all parts took $((SECONDS - started)) s"
    if [ "$failures" -gt 0 ]; then
        say "failed:"
        grep -h '^FAIL ' "$results"/*.txt | sed 's/^/   /'
    fi
    echo "$passed passed, $failures failed, $skips skipped"
    [ "$failures" -eq 0 ]
}
