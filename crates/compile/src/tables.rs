//! The tables that lead from machine code back to wasm: trap sites, call sites and points.
//!
//! Each function has one run of bytes a table, read only when something has stopped there. An
//! entry is the distance in code bytes from the entry before (unsigned LEB128, strictly
//! ascending), the distance in the module file from the entry before (signed LEB128), and for a
//! trap site its [`TrapKind`] (one byte). Reading allocates nothing and cannot fail in ways that
//! matter to a signal handler: bytes that make no sense end the table.

use crate::trap::TrapKind;

/// A place in machine code that can trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrapSite {
    /// Why it traps.
    pub kind: TrapKind,
    /// The wasm pc of the operator, or `None` in a trampoline.
    pub wasm_pc: Option<u32>,
}

/// A place in machine code at which the guest can be stopped: a byte that does nothing, and that a
/// breakpoint replaces. Everything that the operators before have done is done, and nothing that
/// those after it do.
///
/// The byte is a prefix that the instruction after it does not need (a segment override, which means
/// nothing in 64-bit code), so that there is no instruction more to be executed. After a breakpoint
/// the guest goes on behind it, at the same instruction without the prefix. Where two points have
/// nothing between them the first is an instruction of its own, for an instruction has room for so
/// many prefixes only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Where the byte stands, as an offset in the text.
    pub text_offset: u32,
    /// The wasm pc of the operator that comes next.
    pub wasm_pc: u32,
}

/// The byte of a point: `ds`, ahead of an instruction.
pub(crate) const PREFIX: u8 = 0x3e;

/// The byte of a point that another one follows: `nop`.
pub(crate) const NOP: u8 = 0x90;

/// Whether a byte of code may be that of a point. It is quicker to ask than the table.
pub fn may_be_point(byte: u8) -> bool {
    matches!(byte, PREFIX | NOP)
}

/// The points of a function can be many, and each stop asks for one. So every so many of them the
/// place before is written down in an index ahead of the table: the code and wasm offsets and the
/// table's bytes so far, 4 bytes each, little endian; and ahead of that, how many there are.
const POINTS_PER_INDEX_ENTRY: u32 = 32;

/// Writes one function's table.
#[derive(Default)]
pub(crate) struct TableWriter {
    bytes: Vec<u8>,
    code: u32,
    wasm: u32,
    count: u32,
    index: Vec<[u32; 3]>,
}

impl TableWriter {
    /// Adds a trap site. `code` counts from the function's first byte.
    pub fn trap(&mut self, code: u32, wasm_pc: u32, kind: TrapKind) {
        self.place(code, wasm_pc);
        self.bytes.push(kind as u8);
    }

    /// Adds a point. `code` counts from the function's first byte.
    pub fn point(&mut self, code: u32, wasm_pc: u32) {
        if self.count > 0 && self.count.is_multiple_of(POINTS_PER_INDEX_ENTRY) {
            self.index
                .push([self.code, self.wasm, self.bytes.len() as u32]);
        }
        self.count += 1;
        self.place(code, wasm_pc);
    }

    /// Takes the bytes of a table of points, leaving an empty writer.
    pub fn finish_points(&mut self) -> Box<[u8]> {
        if self.count == 0 {
            return self.finish();
        }
        let mut table = (self.index.len() as u32).to_le_bytes().to_vec();
        for number in self.index.drain(..).flatten() {
            table.extend(number.to_le_bytes());
        }
        table.append(&mut self.bytes);
        self.finish();
        table.into()
    }

    /// Adds a call by its return address. `code` counts from the function's first byte.
    pub fn call(&mut self, code: u32, wasm_pc: u32) {
        self.place(code, wasm_pc);
    }

    fn place(&mut self, code: u32, wasm_pc: u32) {
        debug_assert!(code >= self.code, "sites come in ascending order");
        write_unsigned(&mut self.bytes, code - self.code);
        let distance = wasm_pc.wrapping_sub(self.wasm) as i32;
        write_unsigned(&mut self.bytes, ((distance << 1) ^ (distance >> 31)) as u32);
        self.code = code;
        self.wasm = wasm_pc;
    }

    /// Takes the bytes, leaving an empty writer.
    pub fn finish(&mut self) -> Box<[u8]> {
        (self.code, self.wasm, self.count) = (0, 0, 0);
        let bytes = self.bytes.as_slice().into();
        self.bytes.clear();
        bytes
    }
}

/// Looks up the trap site at `code` in a function's table.
pub(crate) fn find_trap(table: &[u8], code: u32) -> Option<(u32, TrapKind)> {
    let mut reader = TableReader::new(table);
    while reader.next()? {
        let kind = reader.byte()?;
        if reader.code >= code {
            return (reader.code == code)
                .then(|| Some((reader.wasm, TrapKind::from_u8(kind)?)))
                .flatten();
        }
    }
    None
}

/// Looks up the call that returns to `code` in a function's table: its wasm pc.
pub(crate) fn find_call(table: &[u8], code: u32) -> Option<u32> {
    let mut reader = TableReader::new(table);
    while reader.next()? {
        if reader.code >= code {
            return (reader.code == code).then_some(reader.wasm);
        }
    }
    None
}

/// The points in a function's table, for code that begins at `start`, in ascending order.
pub(crate) fn points(table: &[u8], start: u32) -> impl Iterator<Item = Point> {
    let (_, table) = split_points(table).unwrap_or_default();
    points_from(TableReader::new(table), start)
}

/// The point at `code` in a function's table.
pub(crate) fn find_point(table: &[u8], start: u32, code: u32) -> Option<Point> {
    let (index, table) = split_points(table)?;
    let before = index.partition_point(|entry| number(entry, 0) < code);
    let reader = match before.checked_sub(1) {
        None => TableReader::new(table),
        Some(entry) => TableReader {
            bytes: table.get(number(&index[entry], 2) as usize..)?,
            code: number(&index[entry], 0),
            wasm: number(&index[entry], 1),
        },
    };
    let wanted = start.checked_add(code)?;
    points_from(reader, start)
        .take_while(|point| point.text_offset <= wanted)
        .find(|point| point.text_offset == wanted)
}

/// The index and the table of a function's points.
fn split_points(table: &[u8]) -> Option<(&[[u8; 12]], &[u8])> {
    let (count, rest) = table.split_first_chunk()?;
    let bytes = (u32::from_le_bytes(*count) as usize).checked_mul(12)?;
    let (index, table) = rest.split_at_checked(bytes)?;
    Some((index.as_chunks().0, table))
}

/// One of the three numbers of an index entry.
fn number(entry: &[u8; 12], which: usize) -> u32 {
    let bytes = entry.as_chunks().0[which];
    u32::from_le_bytes(bytes)
}

fn points_from(mut reader: TableReader<'_>, start: u32) -> impl Iterator<Item = Point> {
    std::iter::from_fn(move || {
        reader.next().filter(|&more| more)?;
        Some(Point {
            text_offset: start.checked_add(reader.code)?,
            wasm_pc: reader.wasm,
        })
    })
}

struct TableReader<'a> {
    bytes: &'a [u8],
    code: u32,
    wasm: u32,
}

impl<'a> TableReader<'a> {
    fn new(bytes: &'a [u8]) -> TableReader<'a> {
        TableReader {
            bytes,
            code: 0,
            wasm: 0,
        }
    }

    /// Reads the places of the next entry. `Some(false)` at the end, `None` if it is damaged.
    fn next(&mut self) -> Option<bool> {
        if self.bytes.is_empty() {
            return Some(false);
        }
        self.code = self.code.checked_add(self.unsigned()?)?;
        let zigzag = self.unsigned()?;
        let distance = (zigzag >> 1) as i32 ^ -((zigzag & 1) as i32);
        self.wasm = self.wasm.wrapping_add(distance as u32);
        Some(true)
    }

    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(byte)
    }

    fn unsigned(&mut self) -> Option<u32> {
        read_unsigned(&mut self.bytes)
    }
}

/// Reads an unsigned LEB128 number off the front of some bytes.
pub(crate) fn read_unsigned(bytes: &mut &[u8]) -> Option<u32> {
    let mut value = 0;
    for shift in (0..32).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Writes an unsigned LEB128 number.
pub(crate) fn write_unsigned(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_found_at_their_exact_offset_only() {
        let sites = [
            (0, 70, TrapKind::Unreachable),
            (3, 5, TrapKind::StackOverflow),
        ];
        let far = (70_000, u32::MAX, TrapKind::MemoryOutOfBounds);
        let mut writer = TableWriter::default();
        for (code, wasm, kind) in sites.into_iter().chain([far]) {
            writer.trap(code, wasm, kind);
        }
        let table = writer.finish();
        for (code, wasm, kind) in sites.into_iter().chain([far]) {
            assert_eq!(find_trap(&table, code), Some((wasm, kind)));
            assert_eq!(find_trap(&table, code + 1), None);
        }
    }

    #[test]
    fn points_are_found_at_their_exact_offset_only() {
        for count in [0, 1, 31, 32, 33, 64, 65, 1000] {
            let place = |n: u32| (3 + n * 7, 900 + (n % 5) * 11);
            let mut writer = TableWriter::default();
            for (code, wasm) in (0..count).map(place) {
                writer.point(code, wasm);
            }
            let table = writer.finish_points();
            assert_eq!(points(&table, 50).count(), count as usize);
            for (code, wasm_pc) in (0..count).map(place) {
                let text_offset = 50 + code;
                let point = Point {
                    text_offset,
                    wasm_pc,
                };
                assert_eq!(find_point(&table, 50, code), Some(point));
                assert_eq!(find_point(&table, 50, code + 1), None);
                assert_eq!(find_point(&table, 50, code - 1), None);
            }
            for end in 0..table.len().min(300) {
                // Whatever is there, it is read or refused.
                find_point(&table[..end], 50, 3);
                find_point(&table[end..], 50, 3);
            }
        }
    }

    #[test]
    fn a_damaged_table_ends_early() {
        let mut writer = TableWriter::default();
        writer.call(5, 1000);
        writer.call(900, 2000);
        let table = writer.finish();
        assert_eq!(find_call(&table, 900), Some(2000));
        for end in 0..table.len() {
            assert_eq!(find_call(&table[..end], 900), None);
        }
        assert_eq!(find_call(&[0xff; 64], 900), None);
    }
}
