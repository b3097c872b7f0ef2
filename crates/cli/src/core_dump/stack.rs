//! The frames of a guest.

use super::THREAD;
use super::items::Items;
use trapline::{Error, Frame, FrameInfo, Frames, Stopped, WasmBacktrace};
use trapline_coredump::{self as dump, Thread, Value};

/// The frames of a guest that stands still, and how many of them could not be read, with the first
/// reason.
pub(super) fn of_frames<T: 'static>(
    guest: &impl Stopped,
    frames: Frames<'_>,
    items: &mut Items<'_, T>,
) -> Result<(Thread, Option<(usize, Error)>), Error> {
    let mut thread = Thread {
        name: THREAD.to_owned(),
        ..Thread::default()
    };
    let mut unread: Option<(usize, Error)> = None;
    for frame in frames {
        if frame.is_host() {
            thread.host_frames.push(thread.frames.len() as u32);
            continue;
        }
        let instance = frame.instance()?.map(|instance| items.instance(instance));
        let Some(mut taken) = place(&frame.info()?, instance, items) else {
            continue;
        };
        match values(guest, &frame, items) {
            Ok((locals, operands)) => {
                taken.locals = locals;
                taken.operands = operands;
                taken.unknown_values = false;
            }
            // There are none, or none are observed.
            Err(Error::NoFrameYet | Error::NotObserved) => {}
            Err(error) => unread.get_or_insert((0, error)).0 += 1,
        }
        thread.frames.push(taken);
    }
    Ok((thread, unread))
}

/// The frames of a backtrace.
pub(super) fn of_backtrace<T: 'static>(
    backtrace: &WasmBacktrace,
    items: &mut Items<'_, T>,
) -> Thread {
    let frames = backtrace.frames().iter();
    Thread {
        name: THREAD.to_owned(),
        frames: frames
            .filter_map(|frame| place(frame, None, items))
            .collect(),
        host_frames: Vec::new(),
        truncated: backtrace.is_truncated(),
    }
}

/// Where a frame is, without its values. If its instance is not known it is some instance of the
/// module; a frame of a module that the store has no instance of is not of this program.
fn place<T: 'static>(
    frame: &FrameInfo,
    instance: Option<u32>,
    items: &mut Items<'_, T>,
) -> Option<dump::Frame> {
    let function = frame.func_index();
    let pc = frame.wasm_pc();
    Some(dump::Frame {
        instance: instance.or_else(|| items.instance_of(frame.module()))?,
        function,
        code_offset: pc.and_then(|pc| items.code_offset(frame.module(), function, pc)),
        unknown_values: true,
        ..dump::Frame::default()
    })
}

/// The locals and operands of a frame.
fn values<T: 'static>(
    guest: &impl Stopped,
    frame: &Frame,
    items: &mut Items<'_, T>,
) -> Result<(Vec<Value>, Vec<Value>), Error> {
    let mut taken = [frame.locals(guest)?, frame.operands(guest)?].map(|values| {
        let values = values.into_iter();
        values.map(|value| items.value(value.into_val())).collect()
    });
    Ok((std::mem::take(&mut taken[0]), std::mem::take(&mut taken[1])))
}
