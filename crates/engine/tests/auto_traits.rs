//! What can be sent to other threads and shared between them.

use trapline::*;

fn send_and_sync<T: Send + Sync>() {}

fn send<T: Send>() {}

#[test]
fn everything_can_be_sent_and_shared_if_the_embedders_value_can() {
    send_and_sync::<Engine>();
    send_and_sync::<Config>();
    send_and_sync::<Module>();
    send_and_sync::<Store<u8>>();
    send_and_sync::<StoreContext<'static, u8>>();
    send_and_sync::<StoreContextMut<'static, u8>>();
    send_and_sync::<Caller<'static, u8>>();
    send_and_sync::<Linker<*const u8>>();
    send_and_sync::<InstancePre<*const u8>>();
    send_and_sync::<Instance>();
    send_and_sync::<Extern>();
    send_and_sync::<TypedFunc<i32, i32>>();
    send_and_sync::<Val>();
    send_and_sync::<Error>();
    send_and_sync::<WasmBacktrace>();
    send_and_sync::<DebugSession<'static, u8>>();
    send_and_sync::<DebugStepResult>();
    send_and_sync::<Frame>();
    send::<Store<std::cell::Cell<u8>>>();
}
