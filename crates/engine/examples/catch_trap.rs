//! Catches a trap, and shows the frames with their locals.

use std::{future::Future, pin::pin, task::Context, task::Poll, task::Waker};
use trapline::{
    Config, DebugSession, DebugStepResult, Engine, Instance, Module, Observe, Store, Val,
};

const GUEST: &str = r#"(module
    (func $mean (param $sum i32) (param $count i32) (result i32)
        (i32.div_u (local.get $sum) (local.get $count)))
    (func $report (export "report") (param $day i32) (result i32) (local $total i32)
        (local.set $total (i32.mul (local.get $day) (i32.const 10)))
        (call $mean (local.get $total) (i32.const 0))))"#;

/// Runs the guest, and tells what happened.
pub async fn catch() -> trapline::Result<Vec<String>> {
    let engine = Engine::new(Config::new().observe(Observe::State))?;
    let module = Module::new(&engine, GUEST)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let report = instance
        .get_func(&mut store, "report")
        .expect("it is exported");
    let mut session = DebugSession::call(&mut store, report, &[Val::I32(3)])?;
    let mut lines = Vec::new();
    while let Some(step) = session.next().await {
        match step {
            DebugStepResult::Trap(info) => {
                lines.push(format!("trap: {info}"));
                for frame in session.frames() {
                    let locals: Vec<Val> = frame
                        .locals(&session)?
                        .into_iter()
                        .map(|local| local.into_val())
                        .collect();
                    lines.push(format!("  {} {locals:?}", frame.info()?));
                }
            }
            DebugStepResult::Finished(result) => lines.push(format!("failed: {}", result.is_err())),
            other => lines.push(format!("{other:?}")),
        }
    }
    Ok(lines)
}

#[allow(dead_code, reason = "the tests call what it calls")]
fn main() -> trapline::Result<()> {
    // Nothing in this guest waits: any executor will do, or none.
    match pin!(catch()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(lines) => lines?.iter().for_each(|line| println!("{line}")),
        Poll::Pending => unreachable!("nothing waits"),
    }
    Ok(())
}
