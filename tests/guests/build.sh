#!/bin/sh
# Builds the guest programs: tests/guests/NAME/*.{c,cc} becomes tests/guests/NAME/NAME.wasm.
#
#   tests/guests/build.sh            all of them
#   tests/guests/build.sh NAME...    some
#
# The results are kept in the repository, so that the tests need no compiler for WebAssembly.
# Needed to build them are these packages of Debian:
#
#   apt-get install --no-install-recommends \
#       clang-22 lld-22 wasi-libc libclang-rt-22-dev-wasm32 libc++-22-dev-wasm32
#
# Programs that throw need a C++ runtime built for that, which none of these packages has. They
# are built by zig's clang out of the sources that come with it, in a package of PyPI:
#
#   pip install ziglang==0.17.1
#
# The same sources give the same bytes wherever the repository lies: sources are named relative
# to its top, and the maps below keep the places of the system's headers out of the debug
# information.
# The values of variables are tested with programs in C, C++, Rust and Zig; values/build.sh says what
# that takes.
set -eu
cd "$(dirname "$0")/../.."

flags="--target=wasm32-wasi -Wno-deprecated -Wall -Wextra -Werror -g
    -fdebug-compilation-dir=.
    -ffile-prefix-map=/usr/include/wasm32-wasi=wasi-libc/include
    -ffile-prefix-map=$(clang-22 --print-resource-dir)=clang"

# build NAME COMPILER FLAGS...
build() {
    name=$1
    compiler=$2
    shift 2
    set -- "$@" tests/guests/"$name"/*.c*
    # shellcheck disable=SC2086  # the flags are words
    "$compiler" $flags "$@" -o "tests/guests/$name/$name.wasm"
    chmod 644 "tests/guests/$name/$name.wasm"
    echo "tests/guests/$name/$name.wasm"
}

# Where zig keeps its sources.
zig_lib() {
    python3 -c 'import os, ziglang; print(os.path.dirname(ziglang.__file__) + "/lib")'
}

# zig_object SOURCE OBJECT FLAGS...
zig_object() {
    source=$1
    object=$2
    shift 2
    # shellcheck disable=SC2086  # the flags are words
    python3 -m ziglang c++ $zig_flags "$@" -c "$source" -o "$object"
}

# The tag of exceptions of a kind, which each program has one of.
tag() {
    printf '\t.tagtype\t%s i32\n\t.globl\t%s\n%s:\n' "$1" "$1" "$1"
}

# build_with_zig NAME FLAGS...
#
# What comes with zig has debug information that names the places where it lies here, unless the
# whole program is without. So zig is asked how it would link that, and then that is done, with the
# debug information of our own.
build_with_zig() (
    name=$1
    shift
    lib=$(zig_lib)
    work=$(mktemp -d)
    trap 'rm -r "$work"' EXIT
    export ZIG_LOCAL_CACHE_DIR="$work/cache"
    zig_flags="--target=wasm32-wasi -mcpu=generic+exception_handling -fwasm-exceptions
        -mllvm -wasm-use-legacy-eh=false -Wno-unused-command-line-argument"
    set -- "$@" -Wall -Wextra -Werror -g -fdebug-compilation-dir=. \
        -ffile-prefix-map="$lib"=zig
    for source in tests/guests/"$name"/*.c*; do
        zig_object "$source" "$work/$(basename "$source").o" "$@"
    done
    runtime="-O2 -g0 -I$lib/libunwind/include -I$lib/libunwind/src"
    case $name in
    longjmp)
        # The C library has the rest.
        tag __c_longjmp >"$work/tag.s"
        ;;
    *)
        tag __cpp_exception >"$work/tag.s"
        # shellcheck disable=SC2086
        zig_object "$lib/libunwind/src/Unwind-wasm.c" "$work/unwind.o" \
            -xc -std=c23 -D_LIBUNWIND_HIDE_SYMBOLS $runtime
        for part in cxa_exception cxa_personality; do
            # shellcheck disable=SC2086
            zig_object "$lib/libcxxabi/src/$part.cpp" "$work/$part.o" -std=c++23 \
                -D_LIBCXXABI_BUILDING_LIBRARY -D_LIBCPP_BUILDING_LIBRARY \
                -I"$lib/libcxxabi/include" -I"$lib/libcxxabi/src" -I"$lib/libcxx/src" $runtime
        done
        ;;
    esac
    zig_object "$work/tag.s" "$work/tag.o" -g0
    # shellcheck disable=SC2086
    link=$(ZIG_VERBOSE_LINK=1 python3 -m ziglang c++ $zig_flags -s -O2 "$work"/*.o \
        -o "$work/stripped.wasm" 2>&1 | sed -n 's/^wasm-ld //p')
    # shellcheck disable=SC2086
    python3 -m ziglang wasm-ld $(echo " $link " | sed 's/ -s / /; s/ -o [^ ]* / /') \
        -o "tests/guests/$name/$name.wasm"
    chmod 644 "tests/guests/$name/$name.wasm"
    echo "tests/guests/$name/$name.wasm"
)

guest() {
    case $1 in
    exceptions) build_with_zig exceptions -O1 -std=c++20 ;;
    values) flags=$flags tests/guests/values/build.sh ;;
    longjmp) build_with_zig longjmp -xc -O1 -mllvm -wasm-enable-sjlj ;;
    # -O1, so that functions are inlined and the values still have places.
    crash) build crash clang-22 -O1 ;;
    # DWARF 5, the others being 4; the compiler's default for WebAssembly.
    stock) build stock clang++-22 -O1 -gdwarf-5 -std=c++20 -stdlib=libc++ -fno-exceptions ;;
    calculator) build calculator clang-22 -O1 -mexec-model=reactor ;;
    recursion | indirect) build "$1" clang-22 -O1 ;;
    assertion | divide | steps) build "$1" clang-22 -O0 ;;
    *) build "$1" clang-22 -O2 ;;
    esac
}

if [ $# -eq 0 ]; then
    for folder in tests/guests/*/; do
        guest "$(basename "$folder")"
    done
else
    for name in "$@"; do guest "$name"; done
fi
