#!/usr/bin/env bash
# Runs tests under a sanitizer:
#
#   tests/sanitizers/run.sh thread|address TARGET-FOLDER [ARGUMENTS OF cargo nextest run...]
#
# The target folder is one of its own, because everything is compiled anew in it. docs/testing.md
# says which tests a sanitizer can follow.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
sanitizer=$1
export CARGO_TARGET_DIR=$2/$sanitizer
shift 2

# Sanitizers are not stable in the compiler, but they are in it.
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="-Zsanitizer=$sanitizer -Cunsafe-allow-abi-mismatch=sanitizer"
# Calls of the system are made by the C library: where the sanitizer sees that memory is new.
RUSTFLAGS+=" --cfg rustix_use_libc"
# Signals are the engine's business.
signals="handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0"
case $sanitizer in
thread)
    sysroot=$CARGO_TARGET_DIR/sysroot
    [ -e "$sysroot" ] || "$here/instrument-std.sh" "$sysroot"
    RUSTFLAGS+=" --cfg thread_sanitizer --sysroot $sysroot"
    export TSAN_OPTIONS="suppressions=$here/thread.supp:$signals"
    ;;
address)
    # Variables stay on the stacks that they are on, and signal stacks are the engine's.
    export ASAN_OPTIONS="detect_stack_use_after_return=0:use_sigaltstack=0:$signals"
    # Frames are larger.
    export RUST_MIN_STACK=16777216
    set -- "$@" --features corosensei/sanitizer
    ;;
*)
    echo "there is no sanitizer $sanitizer here" >&2
    exit 2
    ;;
esac
exec cargo nextest run --config-file "$here/nextest.toml" --profile "$sanitizer" \
    --target x86_64-unknown-linux-gnu "$@"
