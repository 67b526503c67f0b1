# Parts in C and C++. Sourced by tests/run.

part_unit() { meson_suites release "" unit; }
part_capi() { meson_suites release "" capi; }
part_abi() { meson_suites release "" abi; }
part_conformance() { meson_suites release "" conformance; }
part_stress() { meson_suites release "" stress; }
part_fuzz() { meson_suites release "" fuzz; }
part_checks() { timeout_multiplier=3 meson_suites checks checks. capi conformance stress; }

part_consumers() {
    use_prefix
    "$top/tests/consumer/run.sh" "$prefix" "$build" | collect || true
}

# One program stands for a sanitizer whose runtime is not there.
compiles_with() { # flags
    echo 'int main(void) { return 0; }' | cc -x c - "$@" -o "$results/.try" && "$results/.try"
}

part_asan() {
    compiles_with -fsanitize=address,undefined || { skipped asan "this compiler has no address sanitizer"; return 0; }
    export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1:handle_segv=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    timeout_multiplier=4 meson_suites asan asan. unit capi conformance stress fuzz
}

part_tsan() {
    compiles_with -fsanitize=thread || { skipped tsan "this compiler has no thread sanitizer"; return 0; }
    export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
    timeout_multiplier=6 meson_suites tsan tsan. stress conformance
}

part_cross() { "$top/tests/cross/run" | collect cross. || true; }

part_valgrind() {
    local reason
    reason=$(missing valgrind libc6-dbg)
    [ -z "$reason" ] || { skipped valgrind "$reason"; return 0; }
    build_kind release
    if valgrind --quiet --error-exitcode=9 --leak-check=no "$build/tests/conformance/c/conformance_c" "$top/tests/conformance/cases.txt" \
        alloc_one_block every_route_holds_its_payload realloc_keeps_the_bytes batch_holds_its_payload other_thread_frees; then
        ok valgrind_smoke
    else
        failed valgrind_smoke "see the log"
    fi
}
