//! Calls of a program's functions while it stands still.

use super::FrameTarget;
use super::target::{val, wasm_value};
use crate::modules::DebugModule;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use trapline::{DebugSession, DebugStepResult, Func, Global, Instance, Ref, Val};
use trapline_symbols::{CallTarget, Calls, WasmValue};

/// Calls functions of the program that a frame belongs to, on a stack of their own. Breakpoints are
/// not stopped at meanwhile. Made by [`Debuggee::calls`](crate::Debuggee::calls).
///
/// A function that does not return keeps its caller waiting; the front end can have it interrupted
/// ([`FrameCalls::on_begin`]).
pub struct FrameCalls<'g, 's, T: 'static> {
    target: FrameTarget<'g, 's, T>,
    module: Option<&'g DebugModule>,
    begin: Option<Box<dyn FnMut(trapline::InterruptHandle) + 'g>>,
}

impl<'g, 's, T: 'static> FrameCalls<'g, 's, T> {
    pub(crate) fn new(
        target: FrameTarget<'g, 's, T>,
        module: Option<&'g DebugModule>,
    ) -> FrameCalls<'g, 's, T> {
        FrameCalls {
            target,
            module,
            begin: None,
        }
    }

    /// Has `begin` be given what stops a function from another thread, whenever one is about to be
    /// called.
    pub fn on_begin(mut self, begin: impl FnMut(trapline::InterruptHandle) + 'g) -> Self {
        self.begin = Some(Box::new(begin));
        self
    }

    fn run(
        &mut self,
        session: &mut DebugSession<'s, T>,
        function: Func,
        arguments: &[Val],
    ) -> Result<Vec<Val>, String> {
        let nested = session.nested(function, arguments);
        let mut nested = nested.map_err(|error| error.to_string())?;
        if let (Some(begin), Ok(handle)) = (&mut self.begin, nested.interrupt_handle()) {
            begin(handle);
        }
        run(&mut nested)
    }

    fn find(
        &self,
        session: &mut DebugSession<'s, T>,
        instance: &Instance,
        target: &CallTarget,
    ) -> Option<Func> {
        if let Some(index) = target.table_index {
            let store = session.store().ok()?;
            return match instance.debug_table(store, 0)?.get(store, index)? {
                Ref::Func(function) => function,
                _ => None,
            };
        }
        let (index, _) = self.module?.layout().function_at(target.wasm_pc?)?;
        instance.debug_function(session.store_mut().ok()?, index)
    }
}

impl<T: 'static> Calls for FrameCalls<'_, '_, T> {
    fn call(
        &mut self,
        function: &CallTarget,
        arguments: &[WasmValue],
    ) -> Result<Option<WasmValue>, String> {
        let name = function.name.as_deref().unwrap_or("the function");
        let instance = self.target.instance();
        let instance = instance.ok_or("it is not known which instance this is")?;
        let arguments = arguments.iter().map(|argument| val(*argument));
        let arguments: Result<Vec<Val>, _> = arguments.collect();
        let arguments = arguments.map_err(|error| error.to_string())?;
        let session = self.target.session().try_borrow_mut();
        let mut session = session.map_err(|error| error.to_string())?;
        let found = self.find(&mut session, instance, function);
        let found = found.ok_or_else(|| format!("there is no function for {name}"))?;
        let stack_pointer = StackPointer::lower(&mut session, instance);
        let results = self.run(&mut session, found, &arguments);
        if let Some(stack_pointer) = stack_pointer {
            stack_pointer.put_back(&mut session);
        }
        let results = results.map_err(|problem| format!("{name} {problem}"))?;
        Ok(results.first().map(wasm_value))
    }
}

/// Programs have the stack of their memory by a global, the first one by convention. A function that calls
/// nothing does not lower it for what it has on the stack, up to so many bytes below.
const RED_ZONE: u64 = 128;

/// The pointer to the stack in memory, which a call of the debugger's own must leave room below.
struct StackPointer {
    global: Global,
    before: Val,
}

impl StackPointer {
    /// Leaves room for what the function has on the stack that stands still.
    fn lower<T: 'static>(
        session: &mut DebugSession<'_, T>,
        instance: &Instance,
    ) -> Option<StackPointer> {
        let store = session.store().ok()?;
        let global = instance.debug_global(store, 0)?;
        let before = global.get(store);
        let below = match before {
            Val::I32(pointer) => {
                let below = (pointer as u32).checked_sub(RED_ZONE as u32)?;
                Val::I32((below & !15) as i32)
            }
            Val::I64(pointer) => {
                let below = (pointer as u64).checked_sub(RED_ZONE)?;
                Val::I64((below & !15) as i64)
            }
            _ => return None,
        };
        // One that does not change is no stack pointer.
        global.set(session.store_mut().ok()?, below).ok()?;
        Some(StackPointer { global, before })
    }

    /// A function that has failed did not put it back itself.
    fn put_back<T: 'static>(self, session: &mut DebugSession<'_, T>) {
        if let Ok(store) = session.store_mut() {
            // It could be set before.
            let _ = self.global.set(store, self.before);
        }
    }
}

/// Runs a call to its end.
fn run<T: 'static>(session: &mut DebugSession<'_, T>) -> Result<Vec<Val>, String> {
    loop {
        let step = {
            let mut next = pin!(session.next());
            next.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        };
        match step {
            Poll::Pending => return Err("waits for the host, and was abandoned".to_owned()),
            Poll::Ready(Some(DebugStepResult::Finished(Ok(results)))) => return Ok(results),
            Poll::Ready(Some(DebugStepResult::Finished(Err(error)))) => {
                return Err(format!("has failed: {error}"));
            }
            Poll::Ready(Some(DebugStepResult::Trap(info))) => {
                return Err(format!("has trapped: {info}"));
            }
            Poll::Ready(Some(DebugStepResult::Refused(error))) => {
                return Err(format!("could not go on: {error}"));
            }
            Poll::Ready(Some(DebugStepResult::Interrupted)) => {
                return Err("was interrupted".to_owned());
            }
            Poll::Ready(Some(_)) => {}
            Poll::Ready(None) => return Err("was over already".to_owned()),
        }
    }
}
