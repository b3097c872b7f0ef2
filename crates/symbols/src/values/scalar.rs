//! Numbers, characters and truth values.

use super::string::escape;
use super::view::View;
use super::{Inspector, Radix, Value};
use crate::ValueError;
use crate::types::{Encoding, Type};

impl Inspector<'_> {
    pub(crate) fn scalar(
        &self,
        value: &Value,
        type_: &Type,
        encoding: Encoding,
    ) -> Result<View, ValueError> {
        // Rust's `()` and Zig's `void` have no bytes.
        if type_.size == Some(0) {
            return Ok(View::scalar(type_.name.clone().unwrap_or_default()));
        }
        let text = match encoding {
            Encoding::Float => float(&self.bytes(value)?)?,
            Encoding::ComplexFloat => {
                let bytes = self.bytes(value)?;
                let (real, imaginary) = bytes.split_at(bytes.len() / 2);
                format!("{} + {}i", float(real)?, float(imaginary)?)
            }
            Encoding::Boolean => match self.bits(value)? {
                0 => "false".to_string(),
                1 => "true".to_string(),
                other => format!("true ({other})"),
            },
            Encoding::SignedCharacter | Encoding::UnsignedCharacter => {
                let number = self.integer(value)?;
                let code = number as u8;
                let is_text = type_.name.as_deref() == Some("char")
                    || code.is_ascii_graphic()
                    || code == b' ';
                let number_text = self.number(number, type_);
                if is_text {
                    format!("{number_text} '{}'", escape_byte(code))
                } else {
                    number_text
                }
            }
            Encoding::Utf => {
                let code = self.integer(value)?;
                match u32::try_from(code).ok().and_then(char::from_u32) {
                    Some(character) => format!("{code} '{}'", escape(character, '\'')),
                    None => format!("{code} (no character)"),
                }
            }
            Encoding::Address => format!("{:#x}", self.bits(value)?),
            Encoding::Signed | Encoding::Unsigned | Encoding::Other(_) => {
                self.number(self.integer(value)?, type_)
            }
        };
        Ok(View::scalar(text))
    }

    /// An integer in the radix that is asked for. In others than the decimal one, it is the bits of
    /// the type that are written.
    pub(crate) fn number(&self, number: i128, type_: &Type) -> String {
        let bits = type_.size.unwrap_or(16).saturating_mul(8).min(128);
        let pattern = if bits == 128 {
            number as u128
        } else {
            number as u128 & ((1 << bits) - 1)
        };
        match self.format().radix {
            Radix::Binary => format!("{pattern:#b}"),
            Radix::Octal => format!("{pattern:#o}"),
            Radix::Decimal if bits == 128 && number < 0 && !is_signed(type_) => pattern.to_string(),
            Radix::Decimal => number.to_string(),
            Radix::Hexadecimal => format!("{pattern:#x}"),
        }
    }
}

fn is_signed(type_: &Type) -> bool {
    matches!(
        type_.kind,
        crate::types::TypeKind::Base(Encoding::Signed | Encoding::SignedCharacter)
    )
}

/// The number that up to 16 bytes are, the first the lowest.
pub(crate) fn to_number(bytes: &[u8]) -> u128 {
    let mut all = [0; 16];
    let len = bytes.len().min(16);
    all[..len].copy_from_slice(&bytes[..len]);
    u128::from_le_bytes(all)
}

/// The number that so many bits are if the highest is a sign.
pub(crate) fn sign_extend(number: u128, bits: u64) -> i128 {
    if bits == 0 || bits >= 128 {
        return number as i128;
    }
    let unused = 128 - bits as u32;
    ((number << unused) as i128) >> unused
}

/// A floating point number, with as many digits as tell it from all others.
fn float(bytes: &[u8]) -> Result<String, ValueError> {
    Ok(match bytes.len() {
        4 => show(f32::from_bits(to_number(bytes) as u32)),
        8 => show(f64::from_bits(to_number(bytes) as u64)),
        2 => show(from_half(to_number(bytes) as u16)),
        16 => quadruple(to_number(bytes)),
        len => {
            let what = format!("floating point numbers of {len} bytes, which are not known");
            return Err(ValueError::Unsupported(what));
        }
    })
}

fn show(number: impl std::fmt::Debug) -> String {
    format!("{number:?}")
}

fn from_half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let fraction = f32::from(bits & 0x3ff);
    match bits >> 10 & 0x1f {
        0 => sign * fraction * 2f32.powi(-24),
        0x1f if fraction == 0.0 => sign * f32::INFINITY,
        0x1f => f32::NAN,
        exponent => sign * (1.0 + fraction / 1024.0) * 2f32.powi(i32::from(exponent) - 15),
    }
}

/// A number of the 128-bit format, as the nearest one of 64 bits; `~` says that it is not the same.
fn quadruple(bits: u128) -> String {
    let exponent = (bits >> 112 & 0x7fff) as i32;
    let fraction = bits & ((1 << 112) - 1);
    let is_exact = exponent == 0x7fff
        || (exponent == 0 && fraction == 0)
        || (fraction.trailing_zeros() >= 60 && (-1022..=1023).contains(&(exponent - 16383)));
    format!("{}{:?}", if is_exact { "" } else { "~" }, nearest(bits))
}

/// The number of 64 bits that is nearest to one of the 128-bit format.
pub(crate) fn nearest(bits: u128) -> f64 {
    let exponent = (bits >> 112 & 0x7fff) as i32;
    let fraction = bits & ((1 << 112) - 1);
    let magnitude = match (exponent, fraction) {
        (0, 0) => 0.0,
        (0x7fff, 0) => f64::INFINITY,
        (0x7fff, _) => return f64::NAN,
        (0, _) => f64::MIN_POSITIVE * f64::EPSILON,
        _ => {
            let mantissa = (fraction >> 60) as f64 / 2f64.powi(52);
            let power = (exponent - 16383).clamp(-1100, 1100);
            (1.0 + mantissa) * 2f64.powi(power)
        }
    };
    if bits >> 127 == 1 {
        -magnitude
    } else {
        magnitude
    }
}

/// A byte of text as C writes it.
pub(crate) fn escape_byte(byte: u8) -> String {
    match byte {
        0 => "\\0".to_string(),
        b'\n' => "\\n".to_string(),
        b'\t' => "\\t".to_string(),
        b'\r' => "\\r".to_string(),
        b'\'' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floating_point_numbers_of_all_sizes_are_read() {
        assert_eq!(float(&0x3e00u16.to_le_bytes()).unwrap(), "1.5");
        assert_eq!(float(&1.5f32.to_le_bytes()).unwrap(), "1.5");
        assert_eq!(float(&(-0.1f64).to_le_bytes()).unwrap(), "-0.1");
        assert_eq!(float(&[0; 16]).unwrap(), "0.0");
        let one_and_a_half = 0x3fff_8000_u128 << 96;
        assert_eq!(float(&one_and_a_half.to_le_bytes()).unwrap(), "1.5");
        assert_eq!(float(&(one_and_a_half + 1).to_le_bytes()).unwrap(), "~1.5");
        assert!(float(&[0; 10]).is_err());
    }

    #[test]
    fn signs_are_extended_from_any_bit() {
        assert_eq!(sign_extend(0b101, 3), -3);
        assert_eq!(sign_extend(0b011, 3), 3);
        assert_eq!(sign_extend(u128::MAX, 128), -1);
    }
}
