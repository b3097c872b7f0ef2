//! The types that languages have from the start.

use super::scalar::{AddressWidth, DataModel, FloatType, IntegerType, ScalarType};

/// Words of C that only ever stand for types. A type can be several of them.
const WORDS_OF_C: [&str; 12] = [
    "void", "char", "short", "int", "long", "signed", "unsigned", "float", "double", "_Bool",
    "bool", "__int128",
];

/// Names of types that are as good as keywords: other things are hardly named so.
const NAMES: [&str; 40] = [
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "f32",
    "f64",
    "str",
    "int8_t",
    "int16_t",
    "int32_t",
    "int64_t",
    "uint8_t",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "size_t",
    "ssize_t",
    "ptrdiff_t",
    "intptr_t",
    "uintptr_t",
    "wchar_t",
    "char8_t",
    "char16_t",
    "char32_t",
    "c_char",
    "c_int",
    "c_uint",
    "c_long",
    "c_ulong",
    "c_short",
    "c_longlong",
    "anyopaque",
];

pub(super) fn is_word_of_c(word: &str) -> bool {
    WORDS_OF_C.contains(&word)
}

/// Whether it is a type of C, of one word or several.
pub(super) fn is_words_of_c(name: &str) -> bool {
    name.split(' ').all(is_word_of_c)
}

/// Whether a name is that of a type in C, Rust or Zig, without anybody having defined it.
pub(super) fn is_primitive(name: &str) -> bool {
    is_words_of_c(name) || NAMES.contains(&name)
}

/// Brings words of C into the order and form in which clang names the type; `None` if they do not
/// make one.
pub(super) fn normalize(words: &[&str]) -> Option<&'static str> {
    let count = |wanted: &str| words.iter().filter(|word| **word == wanted).count();
    let (signed, unsigned) = (count("signed"), count("unsigned"));
    let (longs, shorts, ints) = (count("long"), count("short"), count("int"));
    if signed + unsigned > 1 || shorts > 1 || ints > 1 || (shorts > 0 && longs > 0) {
        return None;
    }
    let mut bases = words
        .iter()
        .filter(|word| !matches!(**word, "signed" | "unsigned" | "long" | "short" | "int"));
    let base = bases.next().copied();
    if bases.next().is_some() || (base.is_some() && shorts + ints > 0) {
        return None;
    }
    Some(match (base, longs, signed > 0, unsigned > 0) {
        (None, 0, _, false) if shorts > 0 => "short",
        (None, 0, _, true) if shorts > 0 => "unsigned short",
        (None, 0, _, false) => "int",
        (None, 0, _, true) => "unsigned int",
        (None, 1, _, false) => "long",
        (None, 1, _, true) => "unsigned long",
        (None, 2, _, false) => "long long",
        (None, 2, _, true) => "unsigned long long",
        (Some("char"), 0, false, false) => "char",
        (Some("char"), 0, true, _) => "signed char",
        (Some("char"), 0, _, true) => "unsigned char",
        (Some("__int128"), 0, _, false) => "__int128",
        (Some("__int128"), 0, _, true) => "unsigned __int128",
        (Some("double"), 1, false, false) => "long double",
        (Some("double"), 0, false, false) => "double",
        (Some("float"), 0, false, false) => "float",
        (Some("void"), 0, false, false) => "void",
        (Some("bool"), 0, false, false) => "bool",
        (Some("_Bool"), 0, false, false) => "_Bool",
        _ => return None,
    })
}

/// The names that compilers give to a type of C that is written in words: clang's and GCC's. None if
/// it is not such a type.
pub(crate) fn spellings_of_c(name: &str) -> Vec<String> {
    let words: Vec<&str> = name.split_whitespace().collect();
    if !words.iter().all(|word| is_word_of_c(word)) || words.is_empty() {
        return Vec::new();
    }
    let Some(clang) = normalize(&words) else {
        return Vec::new();
    };
    let gcc = match clang {
        "short" => "short int",
        "unsigned short" => "short unsigned int",
        "long" => "long int",
        "unsigned long" => "long unsigned int",
        "long long" => "long long int",
        "unsigned long long" => "long long unsigned int",
        "__int128" => "__int128",
        "unsigned __int128" => "__int128 unsigned",
        // C calls it the one, C++ the other.
        "bool" => "_Bool",
        "_Bool" => "bool",
        clang => clang,
    };
    vec![clang.to_string(), gcc.to_string()]
}

impl ScalarType {
    /// The scalar type that a name stands for in C, C++, Rust or Zig without anybody having defined
    /// it: `unsigned long`, `uint8_t`, `usize`, `u7`. `None` for all others.
    ///
    /// The types of C are those of WebAssembly: `char` has a sign, `long` is as large as an address.
    ///
    /// ```
    /// use trapline_symbols::expression::{DataModel, IntegerType, ScalarType};
    ///
    /// let model = DataModel::wasm32();
    /// let unsigned = IntegerType::new(32, false).unwrap();
    /// assert_eq!(ScalarType::named("usize", &model), Some(ScalarType::Integer(unsigned)));
    /// assert_eq!(ScalarType::named("Vec", &model), None);
    /// ```
    pub fn named(name: &str, model: &DataModel) -> Option<ScalarType> {
        let address = model.address.bits();
        let (bits, signed) = match name {
            "bool" | "_Bool" => return Some(ScalarType::Boolean),
            "float" | "f32" => return Some(ScalarType::Float(FloatType::F32)),
            "double" | "f64" => return Some(ScalarType::Float(FloatType::F64)),
            "char" if model.unicode_char => return character(32, false),
            "char" | "signed char" | "c_char" => return character(8, true),
            "unsigned char" | "char8_t" => return character(8, false),
            "char16_t" => return character(16, false),
            "char32_t" => return character(32, false),
            "wchar_t" => return character(32, true),
            "short" | "int16_t" | "c_short" => (16, true),
            "unsigned short" | "uint16_t" => (16, false),
            "int" | "int32_t" | "c_int" => (32, true),
            "unsigned int" | "uint32_t" | "c_uint" => (32, false),
            "long" | "c_long" | "isize" | "ssize_t" | "ptrdiff_t" | "intptr_t" => (address, true),
            "unsigned long" | "c_ulong" | "usize" | "size_t" | "uintptr_t" => (address, false),
            "long long" | "int64_t" | "c_longlong" => (64, true),
            "unsigned long long" | "uint64_t" => (64, false),
            "__int128" => (128, true),
            "unsigned __int128" => (128, false),
            "int8_t" => (8, true),
            "uint8_t" => (8, false),
            _ => {
                let bits = name.strip_prefix(['i', 'u'])?;
                let plain =
                    bits.bytes().all(|byte| byte.is_ascii_digit()) && !bits.starts_with('0');
                (bits.parse().ok().filter(|_| plain)?, name.starts_with('i'))
            }
        };
        IntegerType::new(bits, signed).map(ScalarType::Integer)
    }
}

fn character(bits: u8, signed: bool) -> Option<ScalarType> {
    IntegerType::new(bits, signed).map(ScalarType::Character)
}

impl DataModel {
    /// Of C and the like in 32-bit memories.
    pub fn wasm32() -> DataModel {
        DataModel {
            address: AddressWidth::Bits32,
            unicode_char: false,
        }
    }

    /// Of C and the like in 64-bit memories.
    pub fn wasm64() -> DataModel {
        DataModel {
            address: AddressWidth::Bits64,
            unicode_char: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_c_mean_the_same_in_any_order() {
        for (words, name) in [
            ("long unsigned int", Some("unsigned long")),
            ("long long", Some("long long")),
            ("long int long unsigned", Some("unsigned long long")),
            ("signed", Some("int")),
            ("unsigned", Some("unsigned int")),
            ("short int", Some("short")),
            ("char signed", Some("signed char")),
            ("double long", Some("long double")),
            ("long long long", None),
            ("unsigned signed", None),
            ("unsigned float", None),
            ("long char", None),
            ("int int", None),
            ("short long", None),
            ("void int", None),
            ("unsigned bool", None),
        ] {
            let words: Vec<&str> = words.split(' ').collect();
            assert_eq!(normalize(&words), name, "{words:?}");
        }
    }

    #[test]
    fn every_type_of_c_has_a_size_but_void_and_long_double() {
        let model = DataModel::wasm32();
        for name in NAMES.iter().chain(&WORDS_OF_C) {
            let without = ["str", "anyopaque", "void", "signed", "unsigned"].contains(name);
            assert_eq!(ScalarType::named(name, &model).is_none(), without, "{name}");
        }
        assert_eq!(ScalarType::named("long double", &model), None);
    }

    #[test]
    fn sizes_follow_the_data_model() {
        let bits = |name, model: DataModel| ScalarType::named(name, &model).unwrap().bits();
        assert_eq!(bits("long", DataModel::wasm32()), 32);
        assert_eq!(bits("long", DataModel::wasm64()), 64);
        assert_eq!(bits("usize", DataModel::wasm64()), 64);
        assert_eq!(bits("u7", DataModel::wasm32()), 7);
        assert_eq!(bits("char", DataModel::wasm32()), 8);
        let rust = DataModel {
            unicode_char: true,
            ..DataModel::wasm32()
        };
        assert_eq!(bits("char", rust), 32);
        for name in ["u0", "u129", "i", "u+8", "u08", "i 8"] {
            assert_eq!(
                ScalarType::named(name, &DataModel::wasm32()),
                None,
                "{name}"
            );
        }
    }
}
