#!/bin/sh
# Builds the guests in C of this folder; tests/guests/build.sh says where the compiler is from. The text
# files need no build.
set -eu
cd "$(dirname "$0")/../../.."

# build NAME FLAGS...
build() {
    name=$1
    shift
    clang-22 --target=wasm32 -nostdlib -Wl,--export-memory -O0 -g -Wall -Wextra -Werror \
        -fdebug-compilation-dir=. "$@" "tests/dap/guests/$name.c" -o "tests/dap/guests/$name.wasm"
    chmod 644 "tests/dap/guests/$name.wasm"
    echo "tests/dap/guests/$name.wasm"
}

build loop
build many
build unicode
build embedded -gdwarf-5 -gembed-source -fdebug-prefix-map=tests/dap/guests=/nowhere
