# Parts about limits of the system. Sourced by tests/run.

# Address space of 1 GiB: everything that does not itself ask for more must work.
part_limits() {
    build_kind release
    local big='\(region_\)\?aligned_to_one_gigabyte' names name
    names=$(sed -n 's/^case //p' "$top/tests/conformance/cases.txt" | grep -vx "$big")
    # shellcheck disable=SC2086
    (ulimit -v 1048576 &&
        run_program limits.conformance. "$build/tests/conformance/c/conformance_c" "$top/tests/conformance/cases.txt" $names)
    for name in lifetime caps tiered_free stats pool_get pool_batch pool_counts pool_memory; do
        (ulimit -v 1048576 && run_program "limits.$name." "$build/tests/capi/capi_$name")
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
    run_program system.overcommit.conformance. "$build/tests/conformance/c/conformance_c" "$top/tests/conformance/cases.txt"
    run_program system.overcommit.lifetime. "$build/tests/capi/capi_lifetime"
}

huge_pages_when_reserved() {
    local name
    for name in hugetlb huge_config huge_alloc huge_reserved huge_reserved_cache huge_limits huge_system suggest numa stand_on pool_stand_on; do
        run_program "system.$name." "$build/tests/capi/capi_$name"
    done
}

giant_pages_when_reserved() {
    run_program system.giant. "$build/tests/capi/capi_huge_reserved" giant_pages
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
    local giant=/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages
    [ ! -w $giant ] || with_setting $giant 1 giant_pages_when_reserved
}
