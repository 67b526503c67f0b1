# The bindings: their own tests, the conformance cases through them, and a program outside the tree. Sourced by tests/run.

# Each runner prints result lines; one that dies on the way is a failure of its own.
conform() { # language, command...
    local language=$1
    shift
    if ! "$@" "$top/tests/conformance/cases.txt" >"$results/.$language-cases"; then
        grep -q '^FAIL ' "$results/.$language-cases" || failed "$language.conformance" "the runner ended with an error"
    fi
    collect "$language.conformance." <"$results/.$language-cases"
}

part_rust() {
    local reason
    reason=$(missing rust)
    [ -z "$reason" ] || { skipped rust "$reason"; return 0; }
    use_prefix
    export CARGO_TARGET_DIR=$cache/build/cargo
    local features=allockit/io-uring
    if pkg-config --exists allockit_io; then
        features=$features,allockit/io,allockit-sys/io
    else
        skipped rust.io "this build has no liballockit_io"
    fi
    (cd "$top/bindings/rust" && cargo test --locked --workspace --features "$features" 2>&1) | python3 "$lib/lines.py" cargo | collect rust. || true
    (cd "$top/tests/conformance/rust" && cargo build --locked --release)
    conform rust "$CARGO_TARGET_DIR/release/conformance"
    if (cd "$top/tests/consumer/rust" && cargo run --locked --release); then ok rust.consumer; else failed rust.consumer "see the log"; fi
    rust_uring
}

# Programs that use io_uring: a crate outside of the tree with the crate io-uring, and the example with tokio-uring, which
# copies a file.
rust_uring() {
    local from=$top/bindings/rust/Cargo.lock to=$results/.copied
    if ! (cd "$top/tests/consumer/rust" && cargo run --locked --release --bin uring) >"$results/.uring"; then
        failed rust.consumer_uring "see the log"
    elif grep -q '^skipped: ' "$results/.uring"; then
        skipped rust.consumer_uring "$(sed -n 's/^skipped: //p' "$results/.uring")"
        skipped rust.tokio_uring "as consumer_uring"
        return 0
    else
        ok rust.consumer_uring
    fi
    if (cd "$top/bindings/rust" && cargo run --locked -p allockit --features tokio-uring --example tokio_uring "$from" "$to") &&
        cmp "$from" "$to"; then
        ok rust.tokio_uring
    else
        failed rust.tokio_uring "see the log"
    fi
}

# A consumer that reads a file with fixed buffers and compares it.
reads_file() { # result, command...
    local result=$1 said
    shift
    said=$("$@" "$top/tests/conformance/cases.txt" | tail -n 1) || said="it ended with an error: see the log"
    case $said in
        "file read") ok "$result" ;;
        "skipped: "*) skipped "$result" "${said#skipped: }" ;;
        *) failed "$result" "$said" ;;
    esac
}

part_go() {
    local reason
    reason=$(missing go)
    [ -z "$reason" ] || { skipped go "$reason"; return 0; }
    use_prefix
    export GOFLAGS=-mod=mod GOTOOLCHAIN=local GOCACHE=$cache/build/go
    local packages=./... with_io=yes
    pkg-config --exists allockit_io || { packages='. ./metrics' with_io=no; }
    # The race detector replaces what pools do to their processors by locks, so both ways count.
    (cd "$top/bindings/go/allockit" && go vet $packages && go test -count=1 -v $packages 2>&1) | python3 "$lib/lines.py" go | collect go. || true
    (cd "$top/bindings/go/allockit" && go test -race -count=1 -v $packages 2>&1) | python3 "$lib/lines.py" go | collect go.race. || true
    if (cd "$top/bindings/go/allockit" && go test -run '^$' -fuzz '^FuzzPool$' -fuzztime 5s -fuzzminimizetime 1x .); then ok go.fuzz_pool; else failed go.fuzz_pool "see the log"; fi
    (cd "$top/tests/conformance/go" && go build -o "$cache/build/conformance-go" .)
    conform go "$cache/build/conformance-go"
    if (cd "$top/tests/consumer/go" && go vet . && go run .); then ok go.consumer; else failed go.consumer "see the log"; fi
    if [ $with_io = no ]; then
        skipped go.consumer_io "liballockit_io was not built"
    else
        reads_file go.consumer_io go -C "$top/tests/consumer/go" run ./io
    fi
    echo 'package main; func main() {}' >"$results/race.go"
    if ! go run -race "$results/race.go"; then
        skipped go.consumer_race "Go has no race detector here"
    elif (cd "$top/tests/consumer/go" && go run -race .); then
        ok go.consumer_race
    else
        failed go.consumer_race "see the log"
    fi
}

part_mojo() {
    local reason
    reason=$(missing mojo)
    [ -z "$reason" ] || { skipped mojo "$reason"; return 0; }
    use_prefix
    export PATH="$cache/mojo/bin:$PATH" MODULAR_HOME=$cache/modular
    export MODULAR_TELEMETRY_ENABLED=false MODULAR_CRASH_REPORTING_ENABLED=false
    local linked linked_io sources=$top/tests/conformance/mojo
    linked=$(pkg-config --libs allockit | sed 's/[^ ][^ ]*/-Xlinker &/g')
    linked_io=$(pkg-config --libs allockit_io 2>/dev/null | sed 's/[^ ][^ ]*/-Xlinker &/g')
    local program
    for program in "$sources"/test_*.mojo; do
        case $program in */test_io.mojo) pkg-config --exists allockit_io || { skipped mojo.test_io "liballockit_io was not built"; continue; } ;; esac
        mojo run -I "$top/bindings/mojo" "$program" 2>&1 | python3 "$lib/lines.py" mojo | collect mojo. || true
    done
    mojo build -I "$top/bindings/mojo" -I "$sources" "$sources/main.mojo" -o "$cache/build/conformance-mojo"
    conform mojo "$cache/build/conformance-mojo"
    for how in opened linked; do
        # shellcheck disable=SC2046,SC2086
        if mojo build -I "$top/bindings/mojo" $([ $how = opened ] || echo "-D AKIT_LINKED $linked") \
            "$top/tests/consumer/mojo/main.mojo" -o "$cache/build/consumer-mojo-$how" && "$cache/build/consumer-mojo-$how"; then
            ok "mojo.consumer_$how"
        else
            failed "mojo.consumer_$how" "see the log"
        fi
        # shellcheck disable=SC2046,SC2086
        if ! pkg-config --exists allockit_io; then
            skipped "mojo.consumer_io_$how" "liballockit_io was not built"
        elif mojo build -I "$top/bindings/mojo" $([ $how = opened ] || echo "-D AKIT_LINKED $linked_io") \
            "$top/tests/consumer/mojo/io.mojo" -o "$cache/build/consumer-mojo-io-$how"; then
            reads_file "mojo.consumer_io_$how" "$cache/build/consumer-mojo-io-$how"
        else
            failed "mojo.consumer_io_$how" "see the log"
        fi
    done
}
