#!/bin/sh
# Builds the guests whose values the tests look at. Called by ../build.sh, from the top of the
# repository, with what it knows about flags in $flags; with `clang`, `zig` or `rust` only those are
# built.
#
# Rust needs these packages of Debian besides, and a cargo that is not much older:
#
#   apt-get install --no-install-recommends rustc-web rust-web-src llvm-22
#
# Each source is built in some of the ways in which its language has values, as LANGUAGE-LEVEL-DWARF:
# without optimization, with such as leaves debugging be, and with all of it, in DWARF 4 and 5. The
# libraries' own debug information is left out, but in c-O2-5: there it makes the module one of DWARF
# 4 and 5 mixed.
set -eu
folder=tests/guests/values
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

# parts: what is compiled alike for all programs: how they print, the function that the tests stop in,
# and for C a type that is declared elsewhere.
parts() {
    # shellcheck disable=SC2086  # the flags are words
    clang-22 $flags -g0 -O2 -c "$folder/show.c" -o "$work/show.o"
    # shellcheck disable=SC2086
    clang-22 $flags -O1 -gdwarf-4 -c "$folder/mark.c" -o "$work/mark.o"
    # shellcheck disable=SC2086
    clang-22 $flags -O1 -gdwarf-5 -c "$folder/hidden.c" -o "$work/hidden.o"
}

# clang LANGUAGE LEVEL DWARF FLAGS...
clang() {
    language=$1
    level=$2
    dwarf=$3
    name=$language-$level-$dwarf
    shift 3
    case $language in
    c) compiler=clang-22 source=$folder/values.c ;;
    cpp) compiler=clang++-22 source=$folder/values.cc ;;
    types) compiler=clang++-22 source=$folder/types.cc ;;
    esac
    parts
    # shellcheck disable=SC2086
    "$compiler" $flags "-$level" "-gdwarf-$dwarf" "$@" -c "$source" -o "$work/values.o"
    # shellcheck disable=SC2086
    "$compiler" $flags "$work"/*.o -stdlib=libc++ -Wno-unused-command-line-argument ${libraries:-} -o "$folder/$name.wasm"
    llvm-objcopy-22 --remove-section=name "$folder/$name.wasm"
    rm "$work"/*.o
    chmod 644 "$folder/$name.wasm"
    echo "$folder/$name.wasm"
}

# The same as c-O0-5, with most of the debug information in a file of its own, alone and in a package.
clang_split() {
    # The compiler notes the name that it is given.
    # shellcheck disable=SC2086
    clang-22 $flags -O0 -gdwarf-5 -gsplit-dwarf -c "$folder/values.c" -o "$folder/c-split.o"
    parts
    # shellcheck disable=SC2086
    clang-22 $flags "$folder/c-split.o" "$work"/*.o $libraries -o "$folder/c-split.wasm"
    llvm-objcopy-22 --remove-section=name "$folder/c-split.wasm"
    llvm-dwp-22 "$folder/c-split.dwo" -o "$folder/c-split.dwp"
    rm "$work"/*.o "$folder/c-split.o"
    chmod 644 "$folder"/c-split.*
    echo "$folder/c-split.wasm"
}

# without_debug LIBRARY...: copies of libraries of the system that have no debug information, in a
# folder to be looked in first.
without_debug() {
    mkdir -p "$work/lib"
    for library in "$@"; do
        llvm-objcopy-22 --strip-debug "$library" "$work/lib/$(basename "$library")"
    done
}

build_clang() {
    libraries=
    clang c O2 5
    strip_libraries
    libraries="-L$work/lib"
    clang c O0 4
    clang c O0 5
    clang c Og 5
    clang_split
    clang c O2 4
    clang types O0 4 -fdebug-types-section
    clang types O0 5 -fdebug-types-section
    # The mangled names of templates take more room than all else.
    set -- -std=c++20 -stdlib=libc++ -fno-exceptions -mllvm -dwarf-linkage-names=Abstract
    clang cpp O0 5 "$@"
    clang cpp Og 4 "$@"
    clang cpp O2 5 "$@"
}

strip_libraries() {
    for library in /usr/lib/wasm32-wasi/crt1-command.o /usr/lib/wasm32-wasi/libc.a \
        /usr/lib/wasm32-wasi/libc++.a /usr/lib/wasm32-wasi/libc++abi.a; do
        without_debug "$library"
    done
}

# The standard library is built along, as Debian has it as source only. Without its messages of
# panics a program is half as large.
#
# rust LEVEL DWARF
rust() {
    level=$1
    name=rust-O$level-$2
    export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/rust-$level"
    export CARGO_PROFILE_DEV_OPT_LEVEL="$level"
    export RUSTFLAGS="-Cdwarf-version=$2 -Cpanic=immediate-abort -Zunstable-options
        -Clinker=$PWD/$folder/link-rust.sh -Clinker-flavor=gcc -Clink-self-contained=no
        --remap-path-prefix=$PWD/= --remap-path-prefix=$PWD=.
        --remap-path-prefix=/usr/lib/rustlib/src/rust=rust
        --remap-path-prefix=$(echo "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*)=registry
        --remap-path-prefix=$("$RUSTC" --print sysroot)=rust"
    LIBRARY_PATH_FOR_RUST="$work/lib" cargo build --quiet --manifest-path "$folder/rust/Cargo.toml" --target wasm32-wasip1 \
        -Zbuild-std=std,panic_abort -Zbuild-std-features=
    rm -f "$folder/rust/Cargo.lock"
    llvm-objcopy-22 --remove-section=name "$CARGO_TARGET_DIR/wasm32-wasip1/debug/values.wasm" \
        "$folder/$name.wasm"
    chmod 644 "$folder/$name.wasm"
    echo "$folder/$name.wasm"
}

# Zig writes the debug information of WebAssembly in DWARF 4 only, and names files by where they
# really are. So it is given all it needs in one place.
#
# zig MODE LEVEL
zig() {
    name=zig-$2-4
    place=/tmp/trapline-guests
    rm -rf "$place"
    mkdir -p "$place"
    cp "$folder/values.zig" "$place"
    cp -r "$(python3 -c 'import os, ziglang; print(os.path.dirname(ziglang.__file__) + "/lib")')" \
        "$place/lib"
    (
        cd "$place"
        export ZIG_LOCAL_CACHE_DIR="$place/cache" ZIG_GLOBAL_CACHE_DIR="$place/cache"
        python3 -m ziglang build-exe values.zig --zig-lib-dir "$place/lib" \
            -target wasm32-wasi -O "$1" -fllvm -fno-strip -fno-ubsan-rt -fno-compiler-rt \
            -femit-bin="$work/$name.wasm"
    )
    rm -r "$place"
    llvm-objcopy-22 --remove-section=name "$work/$name.wasm" "$folder/$name.wasm"
    chmod 644 "$folder/$name.wasm"
    echo "$folder/$name.wasm"
}

for language in "${@:-all}"; do
    case $language in
    all | clang) build_clang ;;
    esac
    case $language in
    all | zig)
        zig Debug O0
        zig ReleaseSafe O3
        ;;
    esac
    case $language in
    all | rust)
        strip_libraries
        rust 0 4
        rust 1 5
        rust 3 5
        ;;
    esac
done
