//! A guest's calls, in terms of its source.

use bytes::Bytes;
use std::ops::Range;
use trapline::{FrameInfo, WasmBacktrace};
use trapline_symbols::{SourceLocation, Symbols, SymbolsError, demangle};

/// A call as the report shows it.
#[derive(Debug)]
pub(crate) struct Frame {
    /// The function's name, readable but not yet harmless.
    pub(crate) name: String,
    pub(crate) location: Option<SourceLocation>,
    /// Whether the compiler has inlined the call.
    pub(crate) inlined: bool,
    /// The offset in the module file, if it is known.
    pub(crate) wasm_pc: Option<u32>,
}

/// What a report shows instead of a call, or with one.
#[derive(Debug)]
pub(crate) enum Line {
    Frame(Frame),
    /// So many more calls exactly like the last.
    Repeated(usize),
    /// So many calls are left out.
    Omitted(usize),
    /// There are more calls, which the engine has not recorded.
    Beyond,
}

/// All of a backtrace that is worth showing, innermost call first.
pub(crate) struct Calls {
    pub(crate) lines: Vec<Line>,
    /// Why there is less source in it than there could be.
    pub(crate) obstacle: Option<SymbolsError>,
}

/// This many different calls are shown from the inner end, and fewer from the outer: what led to
/// an endless recursion stands there.
const INNER: usize = 32;
const OUTER: usize = 16;

/// Reads a backtrace.
pub(crate) fn read(backtrace: &WasmBacktrace) -> Calls {
    let frames = backtrace.frames();
    let groups = group(frames, |a, b| {
        a.func_index() == b.func_index()
            && a.wasm_pc() == b.wasm_pc()
            && std::ptr::eq(a.module().wasm(), b.module().wasm())
    });
    // The outermost that are known of a cut backtrace are no better than those between.
    let outer = if backtrace.is_truncated() { 0 } else { OUTER };
    let omitted = match groups.len().checked_sub(INNER + outer) {
        None | Some(0 | 1) => 0..0,
        Some(more) => INNER..INNER + more,
    };
    let mut resolver = Resolver::default();
    let mut lines = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        if index == omitted.start && !omitted.is_empty() {
            let last = &groups[omitted.end - 1];
            lines.push(Line::Omitted(last.end - group.start));
        }
        if !omitted.contains(&index) {
            lines.extend(
                resolver
                    .frames(&frames[group.start])
                    .into_iter()
                    .map(Line::Frame),
            );
            if group.len() > 1 {
                lines.push(Line::Repeated(group.len() - 1));
            }
        }
    }
    if backtrace.is_truncated() {
        lines.push(Line::Beyond);
    }
    Calls {
        lines,
        obstacle: resolver.obstacle,
    }
}

/// The runs of equal items.
fn group<T>(items: &[T], equal: impl Fn(&T, &T) -> bool) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match groups.last_mut() {
            Some(group) if equal(&items[group.start], item) => group.end = index + 1,
            _ => groups.push(index..index + 1),
        }
    }
    groups
}

/// Finds the source of calls, and opens the debug information of each module once.
#[derive(Default)]
struct Resolver {
    /// By the address of the module's bytes.
    modules: Vec<(*const u8, Option<Symbols>)>,
    obstacle: Option<SymbolsError>,
}

impl Resolver {
    fn frames(&mut self, frame: &FrameInfo) -> Vec<Frame> {
        let source = self.source_frames(frame);
        let name = || match frame.func_name() {
            Some(name) => demangle(name).into_owned(),
            None => format!("function {}", frame.func_index()),
        };
        if source.is_empty() {
            let wasm_pc = frame.wasm_pc();
            return vec![Frame {
                name: name(),
                location: None,
                inlined: false,
                wasm_pc,
            }];
        }
        let readable = source.into_iter().map(|source| Frame {
            name: source.function.unwrap_or_else(name),
            location: source.location,
            inlined: source.inlined,
            wasm_pc: frame.wasm_pc(),
        });
        readable.collect()
    }

    fn source_frames(&mut self, frame: &FrameInfo) -> Vec<trapline_symbols::SourceFrame> {
        let Some(pc) = frame.wasm_pc() else {
            return Vec::new();
        };
        let Some(symbols) = self.symbols(frame.module().wasm()) else {
            return Vec::new();
        };
        match symbols.frames(pc) {
            Ok(frames) => frames,
            Err(error) => {
                self.obstacle.get_or_insert(error);
                Vec::new()
            }
        }
    }

    fn symbols(&mut self, wasm: &[u8]) -> Option<&Symbols> {
        let key = wasm.as_ptr();
        let known = self.modules.iter().position(|(module, _)| *module == key);
        let index = known.unwrap_or_else(|| {
            let symbols = Symbols::new(Bytes::copy_from_slice(wasm));
            let symbols = symbols.map_err(|error| self.obstacle.get_or_insert(error).clone());
            self.modules.push((key, symbols.ok()));
            self.modules.len() - 1
        });
        self.modules[index].1.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_neighbours_are_one_group() {
        assert_eq!(group(&[1, 1, 2, 1], |a, b| a == b), [0..2, 2..3, 3..4]);
        assert!(group::<u8>(&[], |a, b| a == b).is_empty());
    }
}
