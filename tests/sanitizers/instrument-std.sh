#!/usr/bin/env bash
# Makes a copy of the toolchain's sysroot in which the standard library is instrumented for
# ThreadSanitizer:
#
#   tests/sanitizers/instrument-std.sh FOLDER
#
# Without that, the sanitizer does not see how threads synchronize in there, and takes what is in
# order for races. Rust's own way is to compile the library again, which takes its sources. This one
# takes the toolchain alone: what it ships has, for link time optimization, LLVM's bitcode in it.
#
# Needed is LLVM of the compiler's version, here 22 (Debian: llvm-22).
set -euo pipefail

to=$1
llvm=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
from=$(rustc --print sysroot)
libs=lib/rustlib/x86_64-unknown-linux-gnu/lib
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

mkdir -p "$to"
cp -as "$from/." "$to/"
for rlib in "$from/$libs"/*.rlib; do
    case ${rlib##*/} in
    # What the instrumented code itself is made of.
    libcompiler_builtins-* | libpanic_abort-*) continue ;;
    esac
    rm -f "$work"/*
    (cd "$work" && "llvm-ar-$llvm" x "$rlib")
    for object in "$work"/*.o; do
        [ -e "$object" ] || continue
        "llvm-objcopy-$llvm" --dump-section .llvmbc="$work/code.bc" "$object" /dev/null 2>/dev/null || continue
        "opt-$llvm" -passes='forceattrs,function(tsan),tsan-module' \
            -force-attribute=sanitize_thread "$work/code.bc" -o "$work/instrumented.bc"
        "llc-$llvm" -O2 -relocation-model=pic -filetype=obj -function-sections -data-sections \
            "$work/instrumented.bc" -o "$object"
    done
    rm -f "$work"/*.bc
    copy=$to/$libs/${rlib##*/}
    rm -f "$copy"
    "llvm-ar-$llvm" rcs "$copy" "$work"/*
done
echo "$to"
