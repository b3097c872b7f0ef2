//! Values of enumerations, and those that are sums of flags.

use super::view::View;
use super::{Inspector, Value};
use crate::ValueError;
use crate::types::{Enumerator, Language, Type, TypeKind};

impl Inspector<'_> {
    pub(crate) fn enumeration(&self, value: &Value, type_: &Type) -> Result<View, ValueError> {
        let TypeKind::Enumeration {
            enumerators,
            scoped,
            ..
        } = &type_.kind
        else {
            return Err(gimli::Error::TypeMismatch.into());
        };
        let number = self.integer(value)?;
        let mask = match type_.size {
            Some(size @ 1..=8) => (1_i128 << (size * 8)) - 1,
            _ => -1,
        };
        // A description may give numbers of another sign than the type has.
        let equals = |enumerator: &&Enumerator| enumerator.value & mask == number & mask;
        let prefix = match (scoped, type_.language, &type_.name) {
            (true, Language::Cpp, Some(name)) => format!("{name}::"),
            (_, Language::Rust, Some(name)) => format!("{name}::"),
            _ => String::new(),
        };
        let name = enumerators.iter().find(equals).map(|found| &found.name);
        let text = match name {
            Some(name) => format!("{prefix}{name}"),
            None => {
                let flags = flags(enumerators, number);
                let flags = flags.map(|names| {
                    let names = names.iter().map(|name| format!("{prefix}{name}"));
                    names.collect::<Vec<_>>().join(" | ")
                });
                flags.unwrap_or_else(|| self.number(number, type_))
            }
        };
        Ok(View::scalar(text))
    }
}

/// The names that a number is the sum of, if the enumeration is one of flags: each of its names is
/// a bit of its own, but for zero and for those that are sums of others.
fn flags(enumerators: &[Enumerator], number: i128) -> Option<Vec<&str>> {
    let mut single = 0;
    for enumerator in enumerators {
        if enumerator.value < 0 {
            return None;
        }
        if enumerator.value.count_ones() == 1 {
            single |= enumerator.value;
        }
    }
    let is_sum = |enumerator: &Enumerator| enumerator.value & !single == 0;
    if single.count_ones() < 2 || !enumerators.iter().all(is_sum) {
        return None;
    }
    let mut left = number;
    let mut names = Vec::new();
    for enumerator in enumerators {
        if enumerator.value.count_ones() == 1 && left & enumerator.value != 0 {
            left &= !enumerator.value;
            names.push(enumerator.name.as_str());
        }
    }
    (left == 0 && !names.is_empty()).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enumerators(values: &[(&str, i128)]) -> Vec<Enumerator> {
        let all = values.iter().map(|&(name, value)| Enumerator {
            name: name.to_string(),
            value,
        });
        all.collect()
    }

    #[test]
    fn only_enumerations_of_bits_are_read_as_flags() {
        let modes = enumerators(&[("NONE", 0), ("READ", 1), ("WRITE", 2), ("BOTH", 3)]);
        assert_eq!(flags(&modes, 3), Some(vec!["READ", "WRITE"]));
        assert_eq!(flags(&modes, 8), None);
        assert_eq!(flags(&modes, 0), None);
        let colors = enumerators(&[("RED", 0), ("GREEN", 1), ("BLUE", 5)]);
        assert_eq!(flags(&colors, 4), None);
        assert_eq!(flags(&enumerators(&[("A", 1), ("B", -2)]), 3), None);
    }
}
