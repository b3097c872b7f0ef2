//! Places where values are, and reading from them.

use super::evaluate::wrongly;
use super::{Target, TargetError, ValueError, WasmValue};
use crate::types::TypeId;
use std::sync::Arc;

/// No value that is shown as one thing has more bytes than this. Arrays are read by element.
const MOST_BYTES: u64 = 1 << 20;

/// Where a value is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Place {
    /// At an address of the guest's memory.
    Memory(u64),
    /// In the machine of WebAssembly, outside of memory.
    Machine(MachinePlace),
    /// Nowhere, but it is known: the compiler has computed it, or an expression has.
    Bytes(Arc<[u8]>),
    /// In pieces, one after the other.
    Pieces(Arc<[Piece]>),
    /// A pointer that is not there, to something that is known all the same.
    ImplicitPointer(ImplicitPointer),
}

/// A place outside of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachinePlace {
    /// A local of the frame's function, by its index.
    Local(u32),
    /// A global of the instance, by its index.
    Global(u32),
    /// An operand of the frame's function, 0 being the bottom one.
    Operand(u32),
}

/// A part of a value that has a place of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// How many bits it has.
    pub bits: u64,
    /// Where they are.
    pub source: PieceSource,
}

/// Where a piece of a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum PieceSource {
    /// At a place, so many bits from its beginning.
    At(Place, u64),
    /// The compiler does not say.
    Missing,
}

/// A pointer that the compiler has dropped, but not what it points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImplicitPointer {
    /// The variable that it points to.
    pub(crate) target: TypeId,
    /// How many bytes into that.
    pub(crate) offset: i64,
}

impl MachinePlace {
    pub(crate) fn read(self, target: &dyn Target) -> Result<WasmValue, TargetError> {
        match self {
            MachinePlace::Local(index) => target.local(index),
            MachinePlace::Global(index) => target.global(index),
            MachinePlace::Operand(index) => target.operand(index),
        }
    }
}

impl Place {
    /// Reads bytes that lie so many bytes from the beginning of the place.
    ///
    /// # Errors
    ///
    /// If some of them are not there.
    pub fn load(&self, target: &dyn Target, offset: u64, len: u64) -> Result<Vec<u8>, ValueError> {
        if len > MOST_BYTES {
            return Err(ValueError::corrupt(format!("it has {len} bytes")));
        }
        match self {
            Place::Memory(address) => {
                let address = address
                    .checked_add(offset)
                    .ok_or_else(|| ValueError::corrupt("its address is too large"))?;
                if len > target.memory_size() {
                    return Err(ValueError::corrupt(format!(
                        "it has {len} bytes, more than the memory"
                    )));
                }
                let mut bytes = vec![0; len as usize];
                target.read_memory(address, &mut bytes)?;
                Ok(bytes)
            }
            Place::Machine(place) => {
                let value = place.read(target).map_err(wrongly)?;
                if value == WasmValue::Reference {
                    let what = "the bytes of a reference, which has none";
                    return Err(ValueError::Unsupported(what.to_string()));
                }
                part(&value.to_bytes(), offset, len)
            }
            Place::Bytes(bytes) => part(bytes, offset, len),
            Place::Pieces(pieces) => load_pieces(pieces, target, offset, len),
            Place::ImplicitPointer(_) => Err(ValueError::Unsupported(
                "the address of a variable that the compiler keeps no address of".to_string(),
            )),
        }
    }
}

fn part(bytes: &[u8], offset: u64, len: u64) -> Result<Vec<u8>, ValueError> {
    let end = offset.saturating_add(len);
    let range =
        usize::try_from(offset).unwrap_or(usize::MAX)..usize::try_from(end).unwrap_or(usize::MAX);
    match bytes.get(range) {
        Some(part) => Ok(part.to_vec()),
        None => Err(ValueError::TooShort {
            needed: end,
            found: bytes.len() as u64,
        }),
    }
}

fn load_pieces(
    pieces: &[Piece],
    target: &dyn Target,
    offset: u64,
    len: u64,
) -> Result<Vec<u8>, ValueError> {
    let (begin, end) = (
        offset.saturating_mul(8),
        offset.saturating_add(len).saturating_mul(8),
    );
    let mut bytes = vec![0; len as usize];
    let mut position: u64 = 0;
    for piece in pieces {
        let piece_end = position.saturating_add(piece.bits);
        let (from, to) = (begin.max(position), end.min(piece_end));
        if from < to {
            let skip = from - position;
            let bits = load_bits(&piece.source, target, skip, to - from)?;
            put_bits(&mut bytes, from - begin, &bits, to - from);
        }
        position = piece_end;
    }
    if position < end {
        return Err(ValueError::PartNotDescribed);
    }
    Ok(bytes)
}

/// Reads `count` bits of a piece, from its bit `skip` on. The first is the lowest bit of the first
/// byte.
fn load_bits(
    source: &PieceSource,
    target: &dyn Target,
    skip: u64,
    count: u64,
) -> Result<Vec<u8>, ValueError> {
    let PieceSource::At(place, first) = source else {
        return Err(ValueError::PartNotDescribed);
    };
    if matches!(place, Place::Pieces(_)) {
        // Expressions make none of these.
        return Err(ValueError::PartNotDescribed);
    }
    let first = first.saturating_add(skip);
    let offset = first / 8;
    let shift = first % 8;
    let bytes = place.load(target, offset, (shift + count).div_ceil(8))?;
    Ok(take_bits(&bytes, shift, count))
}

/// The `count` bits from bit `first` of `bytes` on, as bytes; the bits that are left of the last
/// one are zero.
pub(crate) fn take_bits(bytes: &[u8], first: u64, count: u64) -> Vec<u8> {
    let mut taken = vec![0; count.div_ceil(8) as usize];
    put_shifted(&mut taken, 0, bytes, first, count);
    taken
}

fn put_bits(into: &mut [u8], at: u64, bits: &[u8], count: u64) {
    put_shifted(into, at, bits, 0, count);
}

fn put_shifted(into: &mut [u8], at: u64, from: &[u8], first: u64, count: u64) {
    if [at, first, count].iter().all(|bits| bits % 8 == 0) {
        let (at, first, count) = (
            (at / 8) as usize,
            (first / 8) as usize,
            (count / 8) as usize,
        );
        into[at..at + count].copy_from_slice(&from[first..first + count]);
        return;
    }
    for bit in 0..count {
        let source = first + bit;
        if from[(source / 8) as usize] >> (source % 8) & 1 == 1 {
            into[((at + bit) / 8) as usize] |= 1 << ((at + bit) % 8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_taken_from_the_lowest_on() {
        assert_eq!(take_bits(&[0b1010_0000, 0b0000_0001], 5, 4), [0b1101]);
        assert_eq!(take_bits(&[1, 2, 3], 8, 16), [2, 3]);
        assert_eq!(take_bits(&[0xff], 0, 3), [7]);
    }
}
