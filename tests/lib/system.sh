# Parts about limits of the system. Sourced by tests/run.

# Address space of 1 GiB: everything that does not itself ask for more must work.
part_limits() {
    build_kind release
    local big="aligned_to_one_gigabyte" names name program
    names=$(sed -n 's/^case //p' "$top/tests/conformance/cases.txt" | grep -vx "$big")
    # shellcheck disable=SC2086
    (ulimit -v 1048576 && exec "$build/tests/conformance/c/conformance_c" "$top/tests/conformance/cases.txt" $names) |
        collect limits.address_space.conformance. || true
    for name in lifetime caps tiered_free stats; do
        program=$build/tests/capi/capi_$name
        (ulimit -v 1048576 && exec "$program") | collect "limits.address_space.$name." || true
    done
}

# Runs a command with a setting of /proc/sys, which is restored whatever happens.
with_setting() { # file, value, command...
    local file=$1 value=$2 before status=0
    shift 2
    before=$(cat "$file")
    # shellcheck disable=SC2064
    trap "echo $before >$file" EXIT
    echo "$value" >"$file"
    "$@" || status=$?
    echo "$before" >"$file"
    trap - EXIT
    return $status
}

conformance_under_strict_overcommit() {
    "$build/tests/conformance/c/conformance_c" "$top/tests/conformance/cases.txt" | collect system.overcommit.conformance. || true
    "$build/tests/capi/capi_lifetime" | collect system.overcommit.lifetime. || true
}

huge_pages_when_reserved() {
    "$build/tests/capi/capi_hugetlb" | collect system.hugetlb. || true
}

part_system() {
    build_kind release
    if [ $system = no ]; then
        skipped system "changes settings of the whole machine; asked for with --system"
        return 0
    fi
    if [ ! -w /proc/sys/vm/nr_hugepages ]; then
        skipped system "the settings in /proc/sys/vm are not writable here"
        return 0
    fi
    with_setting /proc/sys/vm/overcommit_memory 2 conformance_under_strict_overcommit
    with_setting /proc/sys/vm/nr_hugepages 64 huge_pages_when_reserved
}
