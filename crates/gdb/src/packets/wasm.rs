//! `qWasmCallStack`, `qWasmLocal`, `qWasmStackValue`, `qWasmGlobal`: what LLDB asks of WebAssembly.

use super::{Result, split, threads};
use crate::client::{Client, WireFrame};
use crate::reply::{PacketError, Reply};
use crate::wire::decimal;
use trapline::{FrameValue, Instance, Val};

/// `qWasmCallStack`: the pcs of all frames, eight bytes each.
pub(super) fn call_stack<T: 'static>(client: &Client<'_, '_, '_, T>, rest: &[u8]) -> Result {
    threads::check(rest)?;
    let frames = client.frames().iter();
    let pcs: Vec<u8> = frames.flat_map(|frame| frame.pc.to_le_bytes()).collect();
    Ok(Reply::hex(&pcs))
}

/// `qWasmLocal`.
pub(super) fn local<T: 'static>(client: &Client<'_, '_, '_, T>, rest: &[u8]) -> Result {
    let (frame, index) = frame_and_index(client, rest)?;
    nth(frame.frame.locals(&*client.session())?, index, "local")
}

/// `qWasmStackValue`, of which 0 is the bottom one.
pub(super) fn stack_value<T: 'static>(client: &Client<'_, '_, '_, T>, rest: &[u8]) -> Result {
    let (frame, index) = frame_and_index(client, rest)?;
    nth(frame.frame.operands(&*client.session())?, index, "operand")
}

/// `qWasmGlobal`: of a frame, or of an instance, whose number is its module's. Of several instances of a
/// module the one is meant that is further in on the stack.
pub(super) fn global<T: 'static>(client: &Client<'_, '_, '_, T>, rest: &[u8]) -> Result {
    let (first, second) = split(rest, b';', "there is no index")?;
    let (index, instance) = match second.strip_prefix(b"instance:") {
        Some(id) => {
            let id = id.strip_suffix(b";").unwrap_or(id);
            let id = decimal(id).ok_or(PacketError::Malformed("an instance is a number"))?;
            (first, instance(client, id))
        }
        None => {
            let (frame, _) = frame_and_index(client, rest)?;
            (second, frame.frame.instance()?)
        }
    };
    let index = decimal(index).ok_or(PacketError::Malformed("an index is a number"))?;
    let unknown = "it is not known which instance of the module this is";
    let instance = instance.ok_or(PacketError::Debugger(unknown.to_owned()))?;
    let session = client.session();
    let store = session.store()?;
    let global = instance.debug_global(store, index);
    let global = global.ok_or_else(|| missing("global", index))?;
    value(&global.get(store))
}

/// The instance of the module with a number.
fn instance<T: 'static>(client: &Client<'_, '_, '_, T>, id: u32) -> Option<Instance> {
    let mut frames = client.frames().iter();
    let frame = frames.find(|frame| frame.module.index() == id);
    if let Some(instance) = frame.and_then(|frame| frame.frame.instance().ok()?) {
        return Some(instance);
    }
    let session = client.session();
    let store = session.store().ok()?;
    let modules = client.debuggee.debugger().modules();
    store.debug_instances().into_iter().find(|instance| {
        let module = modules.find(&instance.module(store));
        module.is_some_and(|module| module.index() == id)
    })
}

/// The number of a frame, and that of something in it.
fn frame_and_index<'c, T: 'static>(
    client: &'c Client<'_, '_, '_, T>,
    rest: &[u8],
) -> Result<(&'c WireFrame, u32)> {
    let (frame, index) = split(rest, b';', "there is no index")?;
    let numbers = decimal(frame).zip(decimal(index));
    let (frame, index) = numbers.ok_or(PacketError::Malformed("frames and indices are numbers"))?;
    Ok((client.frame(frame)?, index))
}

fn nth(values: Vec<FrameValue>, index: u32, what: &str) -> Result {
    let found = values.get(index as usize);
    value(found.ok_or_else(|| missing(what, index))?.val())
}

fn missing(what: &str, index: u32) -> PacketError {
    PacketError::Debugger(format!("there is no {what} {index}"))
}

/// A value as it would be in memory.
fn value(val: &Val) -> Result {
    let reference = "references have no bytes";
    Ok(match val {
        Val::I32(number) => Reply::hex(&number.to_le_bytes()),
        Val::I64(number) => Reply::hex(&number.to_le_bytes()),
        Val::F32(bits) => Reply::hex(&bits.to_le_bytes()),
        Val::F64(bits) => Reply::hex(&bits.to_le_bytes()),
        Val::V128(bits) => Reply::hex(&bits.as_u128().to_le_bytes()),
        _ => return Err(PacketError::Debugger(reference.to_owned())),
    })
}
