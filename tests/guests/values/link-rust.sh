#!/bin/sh
# The linker for Rust: clang, for the name under which Debian has the libraries of WASI.
for argument in "$@"; do
    shift
    case $argument in
    --target=*) ;;
    *) set -- "$@" "$argument" ;;
    esac
done
exec clang-22 -L"$LIBRARY_PATH_FOR_RUST" --target=wasm32-wasi -Wno-deprecated -Wno-unused-command-line-argument "$@"
