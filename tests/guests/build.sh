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
# The same sources give the same bytes wherever the repository lies: sources are named relative
# to its top, and the maps below keep the places of the system's headers out of the debug
# information.
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

guest() {
    case $1 in
    # -O1, so that functions are inlined and the values still have places.
    crash) build crash clang-22 -O1 ;;
    # DWARF 5, the others being 4; the compiler's default for WebAssembly.
    stock) build stock clang++-22 -O1 -gdwarf-5 -std=c++20 -stdlib=libc++ -fno-exceptions ;;
    calculator) build calculator clang-22 -O1 -mexec-model=reactor ;;
    recursion | indirect) build "$1" clang-22 -O1 ;;
    assertion | divide) build "$1" clang-22 -O0 ;;
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
