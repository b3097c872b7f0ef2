//! The tables that lead from a call to the handlers of what it may throw.
//!
//! Each function has one run of bytes, empty if it catches nothing, read only when something is
//! thrown. All numbers are unsigned LEB128. It begins with the size of the frame: the distance
//! from the stack pointer, as it is at every call, up to the frame pointer. For each call with
//! handlers, in the order of return addresses, follow:
//!
//! - the distance in code bytes from the return address before;
//! - the number of handlers, or 0 if all is as at the call before, and the entry ends here;
//! - where the frame keeps its vmctx, in bytes above the stack pointer, plus 1; or 0 if it need
//!   not, since nothing is caught by tag;
//! - for each handler, in the order in which they are tried: what it catches, as the number of a
//!   [`Catch`]; and its offset in the function.
//!
//! Bytes that make no sense end the table.

use crate::tables::write_unsigned;
use crate::types::TagIndex;
use cranelift_codegen::ir::ExceptionTag;
use cranelift_codegen::{
    ExceptionContextLoc, FinalizedMachCallSite, FinalizedMachExceptionHandler,
};

/// What catches exceptions that come out of a call.
#[derive(Clone, Debug)]
pub struct CallHandlers<'a> {
    bytes: Reader<'a>,
    left: u32,
    frame_size: u32,
    vmctx: u32,
    /// First byte of the function in the text, and its length.
    function: (u32, u32),
}

/// A place where an exception can be caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// The tag of the exceptions that it catches, by the number that it has in the frame's
    /// module; `None` is all exceptions.
    pub tag: Option<TagIndex>,
    /// Whether it makes a reference to the exception.
    pub with_reference: bool,
    /// Where it begins in the text.
    pub text_offset: u32,
}

impl CallHandlers<'_> {
    /// The distance from the stack pointer that handlers expect, which is also the one at the
    /// call, up to the frame pointer.
    pub fn frame_size(&self) -> u32 {
        self.frame_size
    }

    /// Where the frame keeps the vmctx of its instance, in bytes above the stack pointer. There is
    /// one if any handler has a tag.
    pub fn vmctx_offset(&self) -> Option<u32> {
        self.vmctx.checked_sub(1)
    }
}

impl Iterator for CallHandlers<'_> {
    type Item = Handler;

    fn next(&mut self) -> Option<Handler> {
        self.left = self.left.checked_sub(1)?;
        let catch = Catch::from_number(self.bytes.unsigned()?);
        let offset = self.bytes.unsigned()?;
        let (start, len) = self.function;
        (offset < len).then_some(())?;
        Some(Handler {
            tag: catch.tag,
            with_reference: catch.with_reference,
            text_offset: start.checked_add(offset)?,
        })
    }
}

/// What a handler catches and what it does with it, as one number: twice the tag plus 2, or 0 for
/// all exceptions; and 1 more if it makes a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Catch {
    pub tag: Option<TagIndex>,
    pub with_reference: bool,
}

impl Catch {
    fn from_number(number: u32) -> Catch {
        Catch {
            tag: (number >> 1).checked_sub(1).map(TagIndex::from_u32),
            with_reference: number & 1 != 0,
        }
    }

    /// The number under which the code generator carries it.
    pub fn number(self) -> ExceptionTag {
        let tag = self.tag.map_or(0, |tag| tag.as_u32() + 1);
        ExceptionTag::from_u32(tag << 1 | u32::from(self.with_reference))
    }
}

/// Looks up the handlers of the call that returns to `code`, an offset in the function, in the
/// function's table.
pub(crate) fn find_handlers(
    table: &[u8],
    code: u32,
    function: (u32, u32),
) -> Option<CallHandlers<'_>> {
    let mut bytes = Reader(table);
    let frame_size = bytes.unsigned()?;
    let mut found = CallHandlers {
        bytes: bytes.clone(),
        left: 0,
        frame_size,
        vmctx: 0,
        function,
    };
    let mut at = 0_u32;
    while at < code {
        at = at.checked_add(bytes.unsigned()?)?;
        let count = bytes.unsigned()?;
        if count == 0 {
            continue;
        }
        let vmctx = bytes.unsigned()?;
        (found.bytes, found.left, found.vmctx) = (bytes.clone(), count, vmctx);
        for _ in 0..count {
            bytes.unsigned()?;
            bytes.unsigned()?;
        }
    }
    (at == code && found.left > 0).then_some(found)
}

/// Writes one function's table.
#[derive(Default)]
pub(crate) struct HandlerWriter {
    bytes: Vec<u8>,
    code: u32,
    /// The last list that was written.
    last: Vec<u8>,
    list: Vec<u8>,
}

impl HandlerWriter {
    /// Adds a call, unless it has no handlers.
    pub fn call(&mut self, site: &FinalizedMachCallSite<'_>) -> Result<(), String> {
        let mut vmctx = 0;
        let mut count = 0;
        self.list.clear();
        for handler in site.exception_handlers {
            let (catch, offset) = match *handler {
                FinalizedMachExceptionHandler::Tag(catch, offset) => (catch.as_u32(), offset),
                FinalizedMachExceptionHandler::Default(_) => {
                    return Err("a handler does not tell what it catches".to_owned());
                }
                FinalizedMachExceptionHandler::Context(ExceptionContextLoc::SPOffset(offset)) => {
                    vmctx = offset + 1;
                    continue;
                }
                FinalizedMachExceptionHandler::Context(other) => {
                    return Err(format!("a frame keeps its vmctx in {other:?}"));
                }
            };
            write_unsigned(&mut self.list, catch);
            write_unsigned(&mut self.list, offset);
            count += 1;
        }
        if count == 0 {
            return Ok(());
        }
        let mut head = Vec::with_capacity(10);
        write_unsigned(&mut head, count);
        write_unsigned(&mut head, vmctx);
        self.list.splice(0..0, head);
        if self.bytes.is_empty() {
            let size = site.frame_offset;
            let size = size.ok_or("the size of a frame that catches is unknown")?;
            write_unsigned(&mut self.bytes, size);
        }
        write_unsigned(&mut self.bytes, site.ret_addr - self.code);
        self.code = site.ret_addr;
        if self.list == self.last {
            self.bytes.push(0);
        } else {
            self.bytes.extend_from_slice(&self.list);
            std::mem::swap(&mut self.last, &mut self.list);
        }
        Ok(())
    }

    /// Takes the bytes, leaving an empty writer.
    pub fn finish(&mut self) -> Box<[u8]> {
        let bytes = self.bytes.as_slice().into();
        self.bytes.clear();
        self.last.clear();
        self.code = 0;
        bytes
    }
}

#[derive(Clone, Debug)]
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn unsigned(&mut self) -> Option<u32> {
        crate::tables::read_unsigned(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catch(tag: Option<u32>, with_reference: bool, offset: u32) -> FinalizedMachExceptionHandler {
        let tag = tag.map(TagIndex::from_u32);
        let catch = Catch {
            tag,
            with_reference,
        };
        FinalizedMachExceptionHandler::Tag(catch.number(), offset)
    }

    fn site(
        ret_addr: u32,
        handlers: &[FinalizedMachExceptionHandler],
    ) -> FinalizedMachCallSite<'_> {
        FinalizedMachCallSite {
            ret_addr,
            frame_offset: Some(96),
            exception_handlers: handlers,
        }
    }

    fn table() -> Box<[u8]> {
        let by_tag = [
            FinalizedMachExceptionHandler::Context(ExceptionContextLoc::SPOffset(24)),
            catch(Some(3), true, 500),
            catch(None, false, 600),
        ];
        let all = [catch(None, true, 700)];
        let mut writer = HandlerWriter::default();
        for site in [
            site(10, &by_tag),
            site(20, &[]),
            site(300, &by_tag),
            site(310, &all),
        ] {
            writer.call(&site).unwrap();
        }
        writer.finish()
    }

    /// Where the vmctx is, and the handlers.
    type Found = (Option<u32>, Vec<Handler>);

    fn handlers(table: &[u8], code: u32) -> Option<Found> {
        let found = find_handlers(table, code, (1000, 701))?;
        assert_eq!(found.frame_size(), 96);
        Some((found.vmctx_offset(), found.collect()))
    }

    fn handler(tag: Option<u32>, with_reference: bool, text_offset: u32) -> Handler {
        Handler {
            tag: tag.map(TagIndex::from_u32),
            with_reference,
            text_offset,
        }
    }

    #[test]
    fn handlers_are_found_by_the_exact_return_address_only() {
        let table = table();
        let by_tag = (
            Some(24),
            vec![handler(Some(3), true, 1500), handler(None, false, 1600)],
        );
        assert_eq!(handlers(&table, 10), Some(by_tag.clone()));
        assert_eq!(handlers(&table, 300), Some(by_tag));
        assert_eq!(
            handlers(&table, 310),
            Some((None, vec![handler(None, true, 1700)]))
        );
        for other in [0, 9, 11, 20, 299, 301, 311, u32::MAX] {
            assert_eq!(handlers(&table, other), None, "{other}");
        }
    }

    #[test]
    fn a_damaged_table_ends_early_and_no_handler_lies_outside_of_its_function() {
        let table = table();
        for end in 0..table.len() {
            for code in [10, 300, 310] {
                if let Some(found) = find_handlers(&table[..end], code, (0, 701)) {
                    assert!(found.count() <= 2);
                }
            }
        }
        for byte in 0..table.len() {
            let mut damaged = table.clone();
            damaged[byte] ^= 0xff;
            for code in [10, 300, 310] {
                if let Some(mut found) = find_handlers(&damaged, code, (0, 701)) {
                    assert!(found.all(|handler| handler.text_offset < 701));
                }
            }
        }
        assert!(find_handlers(&[0xff; 64], 10, (0, 701)).is_none());
        assert!(find_handlers(&[], 0, (0, 701)).is_none());
    }
}
