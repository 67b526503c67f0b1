#!/usr/bin/env bash
# Builds programs outside the source tree against an installed library, with pkg-config only, and runs them.
#   run.sh PREFIX [BUILD]      BUILD: the build folder it was installed from, for the staged install
# Prints `ok NAME`, `FAIL NAME: ...` or `skip NAME: ...` per consumer.
set -euo pipefail
prefix=$(cd "$1" && pwd)
build=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pc=$(dirname "$(find "$prefix" -name allockit.pc | head -n 1)")
libdir=$(dirname "$pc")
export PKG_CONFIG_PATH=$pc
words="6 words, 3 at most, 6 blocks"
failed=0

consumer() { # name, function: its output is shown when it fails
    local log=$work/$1.log status=0
    set +e # inside a condition bash would ignore the function's own set -e
    (set -e; cd "$work"; "$2") >"$log" 2>&1
    status=$?
    set -e
    if [ $status -eq 0 ]; then
        echo "ok consumer_$1"
    elif grep -q '^skipped: ' "$log"; then
        echo "skip consumer_$1: $(sed -n 's/^skipped: //p' "$log" | head -n 1)"
    else
        echo "FAIL consumer_$1: $(grep -v '^$' "$log" | tail -n 3 | tr '\n' ' ' | cut -c1-300)"
        failed=1
    fi
}
skipped() { echo "skipped: $1"; exit 1; }
need() { command -v "$1" >/dev/null || skipped "$1 is not installed"; }
prints_words() { [ "$(LD_LIBRARY_PATH=${library_path-$libdir} "$@")" = "$words" ]; }

for_c() { cc -std=c11 -Wall -Werror "$here/c/words.c" $(pkg-config --cflags --libs allockit) -o words_c; prints_words ./words_c; }
for_cpp() { c++ -std=c++17 -Wall -Werror "$here/cpp/words.cc" $(pkg-config --cflags --libs allockit) -o words_cpp; prints_words ./words_cpp; }
for_clang() { need clang; clang -std=c11 -Wall -Werror "$here/c/words.c" $(pkg-config --cflags --libs allockit) -o words_clang; prints_words ./words_clang; }

for_static() {
    cc -std=c11 -static "$here/c/words.c" $(pkg-config --static --cflags --libs allockit) -o words_static
    library_path='' prints_words ./words_static
}
for_archive() { # the archive in an otherwise dynamic program: nothing of it is exported
    cc -std=c11 -rdynamic "$here/c/words.c" $(pkg-config --cflags allockit) -Wl,-Bstatic -lallockit -Wl,-Bdynamic \
        -L"$libdir" -pthread -o words_archive
    library_path='' prints_words ./words_archive
    [ "$(nm -D words_archive | grep -c akit_)" -eq 0 ]
}
for_musl_static() {
    need musl-gcc
    musl-gcc -std=c11 -static "$here/c/words.c" $(pkg-config --static --cflags --libs allockit) -o words_musl
    library_path='' prints_words ./words_musl
}
for_sysroot() {
    mkdir -p "$work/sysroot$prefix"
    cp -r "$prefix/include" "$libdir" "$work/sysroot$prefix/"
    export PKG_CONFIG_SYSROOT_DIR=$work/sysroot PKG_CONFIG_PATH= PKG_CONFIG_LIBDIR=$work/sysroot$pc
    pkg-config --cflags allockit | grep -q -- "-I$work/sysroot$prefix/include"
    pkg-config --libs allockit | grep -q -- "-L$work/sysroot$libdir"
    cc -std=c11 "$here/c/words.c" $(pkg-config --cflags --libs allockit) -o words_sysroot
    library_path=$work/sysroot$libdir prints_words ./words_sysroot
}
for_staged_install() {
    [ -n "$build" ] || skipped "no build folder given"
    DESTDIR=$work/stage meson install -C "$build" --no-rebuild --quiet
    cmp "$work/stage$libdir/liballockit.a" "$libdir/liballockit.a"
    cmp "$work/stage$pc/allockit.pc" "$pc/allockit.pc"
    [ "$(cd "$work/stage$prefix" && find . ! -type d | sort)" = "$(cd "$prefix" && find . ! -type d | sort)" ]
}
as_subproject() { # kind of library
    need meson
    mkdir -p "$1/subprojects"
    cp "$here/subproject/meson.build" "$here/c/words.c" "$1/"
    ln -sfn "$root" "$1/subprojects/allockit"
    PKG_CONFIG_PATH= PKG_CONFIG_LIBDIR=/nonexistent meson setup "$1/build" "$1" --default-library "$1"
    meson compile -C "$1/build" words
    library_path='' prints_words "$1/build/words"
}
for_subproject_shared() { as_subproject shared; }
for_subproject_static() { as_subproject static; }

for_pkg_config_version() {
    [ "$(pkg-config --modversion allockit)" = "$(sed -n 's/^#define AKIT_VERSION_STRING "\(.*\)"/\1/p' "$prefix/include/allockit/base.h")" ]
}
sanitized() { # sanitizer, options
    cc -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize="$1" "$here/sanitized/handover.c" $(pkg-config --cflags --libs allockit) -pthread -o "handover_$1"
    LD_LIBRARY_PATH=$libdir "./handover_$1"
}
for_address_sanitizer() { ASAN_OPTIONS=detect_leaks=1 sanitized address; }
for_thread_sanitizer() { TSAN_OPTIONS=halt_on_error=1 sanitized thread; }
for_use_after_free_report() {
    sanitized address
    LD_LIBRARY_PATH=$libdir ./handover_address use-after-free 2>uaf.log && return 1
    grep -q 'AddressSanitizer: use-after-poison' uaf.log
}

routed_library() {
    [ -e shim.so ] || cc -std=c11 -D_GNU_SOURCE -O2 -fno-builtin -fPIC -shared "$here/malloc_routed/shim.c" \
        $(pkg-config --cflags --libs allockit) -o shim.so
}
for_malloc_routed_with_40_keys() {
    routed_library
    cc -std=c11 -D_GNU_SOURCE "$here/malloc_routed/host.c" -ldl -pthread -o routed_host
    [ "$(LD_LIBRARY_PATH=$libdir LD_PRELOAD=$work/shim.so timeout 120 ./routed_host)" = routed ]
}
for_malloc_routed_python() {
    routed_library
    [ "$(PYTHONMALLOC=malloc LD_LIBRARY_PATH=$libdir LD_PRELOAD=$work/shim.so timeout 120 \
        python3 -c 'import json, re, threading; print(len(json.dumps([list(range(n)) for n in range(300)])))')" = 196957 ]
}

# The examples of README.md, as they stand there: the command, and what it prints.
readme_programs() { # -e: those with liballockit_io, -v: the others
    mkdir -p "readme$1"
    cd "readme$1"
    python3 "$here/readme.py" "$root/README.md" . | grep $1 allockit_io >programs
    while IFS=$'\t' read -r name command printed; do
        echo "$name: $command"
        [ "$(export LD_LIBRARY_PATH=$libdir; eval "$command")" = "$printed" ]
    done <programs
}
for_readme() { readme_programs -v; }
io_uring_allowed() {
    python3 - "$libdir/liballockit.so.0" <<'PROBE' || skipped "io_uring cannot be used here"
import ctypes, sys
info = (ctypes.c_uint64 * 10)(80)
sys.exit(ctypes.CDLL(sys.argv[1]).akit_uring_probe(info) != 0 or info[1] != 1)
PROBE
}
for_readme_io() { has_io; io_uring_allowed; readme_programs -e; }

# Programs with an io_uring: of liballockit_io, of liburing, of their own.
reads_a_file() { # program
    local line
    line=$(LD_LIBRARY_PATH=${library_path-$libdir} timeout 60 "./$1") || { echo "$line"; return 1; }
    case $line in "65536 bytes verified, "*) ;; *) echo "$line"; return 1 ;; esac
}
has_io() { pkg-config --exists allockit_io || skipped "liballockit_io was not built: no liburing"; }
has_liburing() { pkg-config --exists 'liburing >= 2.3' || skipped "liburing 2.3 is not installed"; }
io_shared() { # program, packages
    cc -std=gnu11 -Wall -Wextra -Werror "$here/io/$1.c" $(pkg-config --cflags --libs $2) -o "$1"
    reads_a_file "$1"
}
io_static() { # program, packages
    cc -std=gnu11 -static "$here/io/$1.c" $(pkg-config --static --cflags --libs $2) -o "$1_static"
    library_path='' reads_a_file "$1_static"
}
for_io() { has_io; io_shared own_io allockit_io; }
for_io_static() { has_io; io_static own_io allockit_io; }
for_io_archive() { # both archives in an otherwise dynamic program: nothing of them is exported
    has_io
    cc -std=gnu11 -rdynamic "$here/io/own_io.c" $(pkg-config --cflags allockit_io) -L"$libdir" -Wl,-Bstatic -lallockit_io -lallockit \
        -Wl,-Bdynamic $(pkg-config --libs liburing) -pthread -o own_io_archive
    library_path='' reads_a_file own_io_archive
    [ "$(nm -D own_io_archive | grep -c akit_)" -eq 0 ]
}
for_own_liburing() { has_liburing; io_shared own_liburing 'allockit liburing'; }
for_own_liburing_static() { has_liburing; io_static own_liburing 'allockit liburing'; }
for_own_liburing_cpp() {
    has_liburing
    c++ -std=c++17 -Wall -Werror -x c++ "$here/io/own_liburing.c" $(pkg-config --cflags --libs allockit liburing) -o own_liburing_cpp
    reads_a_file own_liburing_cpp
}
for_own_ring() { io_shared own_ring allockit; }
for_own_ring_static() { io_static own_ring allockit; }

for name in readme readme_io c cpp clang static archive musl_static sysroot staged_install subproject_shared subproject_static \
    pkg_config_version address_sanitizer use_after_free_report thread_sanitizer \
    malloc_routed_with_40_keys malloc_routed_python \
    io io_static io_archive own_liburing own_liburing_static own_liburing_cpp own_ring own_ring_static; do
    consumer "$name" "for_$name"
done

# Several copies of the library in one process; the program reports its own cases.
cc -std=c11 -D_GNU_SOURCE -fPIC -shared -fvisibility=hidden "$here/copies/plugin.c" $(pkg-config --cflags allockit) \
    "$libdir/liballockit.a" -pthread -o "$work/plugin.so"
cc -std=c11 -D_GNU_SOURCE "$here/copies/host.c" $(pkg-config --cflags --libs allockit) -ldl -pthread -o "$work/host"
mkdir "$work/second"
cp "$libdir/liballockit.so.0" "$work/second/libsecond.so"
LD_LIBRARY_PATH=$libdir PLUGIN=$work/plugin.so SECOND_COPY=$work/second/libsecond.so "$work/host" | grep -v ' passed, ' || true
exported=$(nm -D --defined-only "$work/plugin.so" | grep -c akit_ || true)
if [ "$exported" -eq 0 ]; then echo "ok plugin_exports_no_akit_name"; else echo "FAIL plugin_exports_no_akit_name: $exported"; failed=1; fi
exit $failed
