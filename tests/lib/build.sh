# Configures and builds the library and its test programs, each kind once per run. Sourced by tests/run.

# Answers the folder in `build`. Kinds: release (also installed into .cache/prefix), checks, asan, tsan.
build_kind() { # kind
    local kind=$1 options
    build=$cache/build/tests-$kind
    [ ! -e "$results/.built-$kind" ] || return 0
    case $kind in
    release) options="--buildtype=release -Ddebug=true" ;;
    checks) options="--buildtype=debugoptimized -Dchecks=true" ;;
    asan) options="--buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false" ;;
    tsan) options="--buildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false" ;;
    esac
    options="$options --prefix=$prefix --libdir=lib -Dtests=true"
    if [ ! -e "$build/build.ninja" ] || [ "$(cat "$build/options" 2>/dev/null)" != "$options" ]; then
        rm -rf "$build"
        # shellcheck disable=SC2086
        meson setup "$build" "$top" $options
        echo "$options" >"$build/options"
    fi
    ninja -C "$build" -j "$jobs"
    if [ "$kind" = release ]; then
        rm -rf "$prefix"
        meson install -C "$build" --no-rebuild --quiet
    fi
    touch "$results/.built-$kind"
}

# For everything that stands outside the tree: the installed library and nothing else.
use_prefix() {
    build_kind release
    export PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib
}

# Runs suites of a build; every case of every program becomes a result line.
meson_suites() { # kind, name prefix, suite...
    local kind=$1 before=$2 suites=() suite
    shift 2
    build_kind "$kind"
    for suite in "$@"; do
        if [ -n "$(meson test -C "$build" --no-rebuild --list --suite "$suite" 2>/dev/null)" ]; then
            suites+=(--suite "$suite")
        else
            skipped "$before$suite" "no such tests in this build"
        fi
    done
    [ ${#suites[@]} -gt 0 ] || return 0
    rm -f "$build/meson-logs/testlog.json"
    meson test -C "$build" --no-rebuild --num-processes "$jobs" --timeout-multiplier "${timeout_multiplier:-1}" "${suites[@]}" || true
    python3 "$lib/lines.py" meson <"$build/meson-logs/testlog.json" | collect "$before"
}
