//! `--invoke`: calling one function with arguments from the command line.

use anyhow::{Context, anyhow, bail};
use trapline::{FuncType, V128, Val, ValType};

/// The arguments of a call from words: numbers as they are written, integers also in hexadecimal
/// (`0xff`), signed or not.
pub(crate) fn arguments(ty: &FuncType, words: &[String]) -> anyhow::Result<Vec<Val>> {
    let types: Vec<ValType> = ty.params().to_vec();
    if words.len() != types.len() {
        let plural = if types.len() == 1 { "" } else { "s" };
        bail!(
            "it takes {} argument{plural}, not {}",
            types.len(),
            words.len()
        );
    }
    types
        .iter()
        .zip(words)
        .map(|(ty, word)| value(*ty, word))
        .collect()
}

fn value(ty: ValType, word: &str) -> anyhow::Result<Val> {
    let wrong = || format!("`{word}` is no {ty}");
    Ok(match ty {
        ValType::I32 => {
            let number = integer(word).with_context(wrong)?;
            let signed = i32::try_from(number).or_else(|_| u32::try_from(number).map(|n| n as i32));
            Val::I32(
                signed
                    .ok()
                    .with_context(|| format!("{word} does not fit an i32"))?,
            )
        }
        ValType::I64 => {
            let number = integer(word).with_context(wrong)?;
            let signed = i64::try_from(number).or_else(|_| u64::try_from(number).map(|n| n as i64));
            Val::I64(
                signed
                    .ok()
                    .with_context(|| format!("{word} does not fit an i64"))?,
            )
        }
        ValType::F32 => Val::F32(word.parse::<f32>().with_context(wrong)?.to_bits()),
        ValType::F64 => Val::F64(word.parse::<f64>().with_context(wrong)?.to_bits()),
        ValType::V128 => Val::V128(V128::from(unsigned(word).with_context(wrong)?)),
        ValType::Ref(_) => bail!("a {ty} cannot be given on the command line"),
    })
}

fn integer(word: &str) -> anyhow::Result<i128> {
    let (negative, digits) = match word.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, word),
    };
    let number = i128::try_from(unsigned(digits)?)?;
    Ok(if negative { -number } else { number })
}

fn unsigned(word: &str) -> anyhow::Result<u128> {
    let hexadecimal = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"));
    let (digits, radix) = hexadecimal.map_or((word, 10), |digits| (digits, 16));
    // A sign was taken off before; a second one is none.
    if digits.starts_with(['+', '-']) {
        return Err(anyhow!("two signs"));
    }
    Ok(u128::from_str_radix(digits, radix)?)
}

/// Room for the results of a call.
pub(crate) fn room(ty: &FuncType) -> Vec<Val> {
    vec![Val::I32(0); ty.results().len()]
}

/// The results of a call, a line for each.
pub(crate) fn show(results: &[Val]) -> String {
    results
        .iter()
        .map(|result| show_one(result) + "\n")
        .collect()
}

/// A value on a line with others.
pub(crate) fn show_one(value: &Val) -> String {
    match value {
        Val::I32(number) => number.to_string(),
        Val::I64(number) => number.to_string(),
        Val::F32(bits) => f32::from_bits(*bits).to_string(),
        Val::F64(bits) => f64::from_bits(*bits).to_string(),
        Val::V128(vector) => vector.as_u128().to_string(),
        Val::FuncRef(None) | Val::ExternRef(None) | Val::ExnRef(None) => "<null>".to_string(),
        Val::FuncRef(Some(_)) => "<funcref>".to_string(),
        Val::ExternRef(Some(_)) => "<externref>".to_string(),
        Val::ExnRef(Some(_)) => "<exnref>".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn i32(word: &str) -> Option<i32> {
        match value(ValType::I32, word) {
            Ok(Val::I32(number)) => Some(number),
            _ => None,
        }
    }

    #[test]
    fn integers_are_decimal_or_hexadecimal_signed_or_not() {
        assert_eq!(i32("42"), Some(42));
        assert_eq!(i32("-42"), Some(-42));
        assert_eq!(i32("0xff"), Some(255));
        assert_eq!(i32("-0x80000000"), Some(i32::MIN));
        assert_eq!(i32("4294967295"), Some(-1));
        for word in [
            "",
            "-",
            "0x",
            "--1",
            "-+1",
            "1.5",
            "4294967296",
            "-2147483649",
            "one",
        ] {
            assert_eq!(i32(word), None, "{word}");
        }
        let huge = "9".repeat(60);
        assert_eq!(i32(&huge), None);
    }

    #[test]
    fn results_are_written_as_numbers() {
        let results = [
            Val::I32(-1),
            Val::F64(1.5f64.to_bits()),
            Val::ExternRef(None),
        ];
        assert_eq!(show(&results), "-1\n1.5\n<null>\n");
    }
}
