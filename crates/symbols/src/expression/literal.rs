//! Literals: from their text to their values.

use super::ast::{
    CharacterPrefix, IntegerLiteral, IntegerSuffix, Literal, StringLiteral, StringPrefix,
};
use super::problem::{Problem, excerpt};
use super::scalar::IntegerType;
use super::span::Span;
use super::token::{Lexer, Result, TokenKind, begins_name, continues_name};

/// A character as it is written in a literal.
enum Unit {
    /// Itself, or by its code in Unicode.
    Character(char),
    /// As a byte.
    Byte(u8),
}

impl Lexer<'_> {
    /// A number; the next character is a digit, or a dot with a digit behind it.
    pub(super) fn number(&mut self) -> Result<Literal> {
        let start = self.position;
        let radix = match self.rest().as_bytes() {
            [b'0', b'x' | b'X', ..] => 16,
            [b'0', b'o' | b'O', ..] => 8,
            [b'0', b'b' | b'B', ..] => 2,
            _ => return self.decimal_number(start),
        };
        self.position += 2;
        if radix == 16
            && let Some(literal) = self.hexadecimal_float(start)?
        {
            return Ok(literal);
        }
        self.integer(start, radix)
    }

    /// The digits of an index in a tuple.
    pub(super) fn tuple_index(&mut self) -> Result<TokenKind> {
        let start = self.position;
        let digits = self.take_while(|character| character.is_ascii_digit());
        match digits.parse::<u32>() {
            Ok(index) => Ok(TokenKind::Literal(Literal::Integer(IntegerLiteral {
                value: u128::from(index),
                decimal: true,
                suffix: None,
            }))),
            Err(_) => Err(Problem::IndexTooLarge.at(self.since(start))),
        }
    }

    fn decimal_number(&mut self, start: usize) -> Result<Literal> {
        let digit = |character: char| character.is_ascii_digit() || character == '_';
        let whole = self.take_while(digit);
        let mut is_float = false;
        if self.fraction_follows() {
            is_float = true;
            self.position += 1;
            self.take_while(digit);
        }
        let exponent = self.rest().strip_prefix(['e', 'E']);
        if let Some(exponent) = exponent
            && exponent
                .trim_start_matches(['+', '-'])
                .starts_with(|c: char| c.is_ascii_digit())
            && !exponent.starts_with("+-")
            && !exponent.starts_with("-+")
        {
            is_float = true;
            self.position += 1;
            self.take_while(|character| matches!(character, '+' | '-'));
            self.take_while(digit);
        }
        let single = self.rest().starts_with("f32");
        if is_float || single || self.rest().starts_with("f64") {
            return self.float(start);
        }
        // C's octal numbers; a lone 0 is in any base the same.
        let octal = whole.len() > 1 && whole.starts_with('0');
        self.position = start;
        self.integer(start, if octal { 8 } else { 10 })
    }

    /// Whether a dot comes next that belongs to a number: not the one of `1..2` or `1.max`.
    fn fraction_follows(&self) -> bool {
        let Some(fraction) = self.rest().strip_prefix('.') else {
            return false;
        };
        let mut characters = fraction.chars();
        match characters.next() {
            Some('.' | '?') => false,
            Some('e' | 'E') => {
                let digits = characters.as_str().trim_start_matches(['+', '-']);
                digits.starts_with(|character: char| character.is_ascii_digit())
            }
            Some('f' | 'F') => !characters.next().is_some_and(continues_name),
            Some(character) => !begins_name(character),
            None => true,
        }
    }

    /// What has been read since `start` is a floating point number; its suffix comes next.
    fn float(&mut self, start: usize) -> Result<Literal> {
        let digits = self.source[start..self.position].replace('_', "");
        let suffix_start = self.position;
        let single = match self.take_while(continues_name) {
            "" | "l" | "L" | "f64" => false,
            "f" | "F" | "f32" => true,
            suffix => {
                let problem = Problem::BadSuffix(excerpt(suffix));
                return Err(problem.at(self.since(suffix_start)));
            }
        };
        // Read as what it is, since rounding twice can give another number.
        let value = match single {
            true => digits.parse::<f32>().map(f64::from),
            false => digits.parse::<f64>(),
        };
        match value {
            Ok(value) if value.is_finite() => Ok(Literal::Float { value, single }),
            Ok(_) => {
                let name = if single { "f32" } else { "f64" };
                Err(Problem::NumberTooLarge(name.to_string()).at(self.since(start)))
            }
            Err(_) => Err(Problem::NoDigits.at(self.since(start))),
        }
    }

    /// C's `0x1.8p3`, behind the `0x`; `None` if it is something else.
    fn hexadecimal_float(&mut self, start: usize) -> Result<Option<Literal>> {
        let digits_start = self.position;
        let digit = |character: char| character.is_ascii_hexdigit() || character == '_';
        let mut digits = self.take_while(digit).replace('_', "");
        let mut exponent: i32 = 0;
        if self.eat(".") {
            let fraction = self.take_while(digit).replace('_', "");
            exponent -= fraction.len() as i32 * 4;
            digits += &fraction;
        }
        if digits.is_empty() || !(self.eat("p") || self.eat("P")) {
            self.position = digits_start;
            return Ok(None);
        }
        let sign = if self.eat("-") { -1 } else { 1 };
        self.eat("+");
        let power = self.take_while(|character| character.is_ascii_digit());
        if power.is_empty() {
            return Err(Problem::NoDigits.at(self.since(start)));
        }
        // Beyond this every number is zero or infinite anyway.
        let power = power.parse::<i32>().unwrap_or(i32::MAX).min(100_000);
        exponent += sign * power;
        let single = self.eat("f") || self.eat("F");
        if self.peek().is_some_and(continues_name) {
            let suffix_start = self.position;
            let suffix = excerpt(self.take_while(continues_name));
            return Err(Problem::BadSuffix(suffix).at(self.since(suffix_start)));
        }
        let Ok(mantissa) = u64::from_str_radix(&digits, 16) else {
            let what = "64 bits before its exponent".to_string();
            return Err(Problem::NumberTooLarge(what).at(self.since(start)));
        };
        let mut value = scale(mantissa as f64, exponent);
        if single {
            value = f64::from(value as f32);
        }
        if !value.is_finite() {
            let name = if single { "f32" } else { "f64" };
            return Err(Problem::NumberTooLarge(name.to_string()).at(self.since(start)));
        }
        Ok(Some(Literal::Float { value, single }))
    }

    /// The digits of an integer and its suffix; `start` is where its prefix is.
    fn integer(&mut self, start: usize, radix: u32) -> Result<Literal> {
        let digits = self.take_while(|character| character.is_digit(radix) || character == '_');
        if digits.chars().all(|character| character == '_') {
            return Err(Problem::NoDigits.at(self.since(start)));
        }
        if let Some(digit) = self.peek().filter(char::is_ascii_digit) {
            let bad = self.position;
            self.position += 1;
            return Err(Problem::BadDigit { digit, radix }.at(self.since(bad)));
        }
        let mut value: u128 = 0;
        for digit in digits.chars().filter_map(|digit| digit.to_digit(radix)) {
            let shifted = value.checked_mul(u128::from(radix));
            match shifted.and_then(|value| value.checked_add(u128::from(digit))) {
                Some(sum) => value = sum,
                None => {
                    let problem = Problem::NumberTooLarge("128 bits".to_string());
                    return Err(problem.at(self.since(start)));
                }
            }
        }
        let suffix_start = self.position;
        let suffix = match self.take_while(continues_name) {
            "" => None,
            text => match suffix(text) {
                Some(suffix) => Some(suffix),
                None => {
                    let problem = Problem::BadSuffix(excerpt(text));
                    return Err(problem.at(self.since(suffix_start)));
                }
            },
        };
        Ok(Literal::Integer(IntegerLiteral {
            value,
            decimal: radix == 10,
            suffix,
        }))
    }

    /// A character in single quotes; the next character is the first of them.
    pub(super) fn character(&mut self, prefix: CharacterPrefix) -> Result<Literal> {
        let start = self.position;
        self.position += 1;
        let not_closed = |span: Span| {
            let problem = Problem::NotClosed {
                what: "the character",
                quote: "'".to_string(),
            };
            Err(problem.at(span))
        };
        let unit = match self.peek() {
            None | Some('\n') => return not_closed(self.since(start)),
            Some('\'') => {
                self.position += 1;
                return Err(Problem::EmptyCharacter.at(self.since(start)));
            }
            Some(_) => self.unit()?,
        };
        if !self.eat("'") {
            let closed = self.rest().contains('\'');
            self.take_while(|character| character != '\'');
            if !closed {
                return not_closed(self.since(start));
            }
            self.position += 1;
            return Err(Problem::LongCharacter.at(self.since(start)));
        }
        let (code, prefix) = match unit {
            Unit::Byte(byte) if byte >= 0x80 && prefix == CharacterPrefix::None => {
                (u32::from(byte), CharacterPrefix::Escaped)
            }
            Unit::Byte(byte) => (u32::from(byte), prefix),
            Unit::Character(character) => (u32::from(character), prefix),
        };
        let (limit, name) = match prefix {
            CharacterPrefix::Byte | CharacterPrefix::Utf8 => (0xff, "8 bits"),
            CharacterPrefix::Utf16 => (0xffff, "16 bits"),
            _ => (u32::MAX, "32 bits"),
        };
        if code > limit {
            return Err(Problem::NumberTooLarge(name.to_string()).at(self.since(start)));
        }
        Ok(Literal::Character { code, prefix })
    }

    /// A string; the next character is its quote.
    pub(super) fn string(&mut self, prefix: StringPrefix) -> Result<Literal> {
        let start = self.position;
        self.position += 1;
        let mut bytes = Vec::new();
        loop {
            if self.eat("\"") {
                return Ok(Literal::String(StringLiteral { bytes, prefix }));
            }
            if self.rest().is_empty() {
                let problem = Problem::NotClosed {
                    what: "the string",
                    quote: "\"".to_string(),
                };
                return Err(problem.at(self.since(start)));
            }
            match self.unit()? {
                Unit::Byte(byte) => bytes.push(byte),
                Unit::Character(character) => {
                    bytes.extend(character.encode_utf8(&mut [0; 4]).bytes());
                }
            }
        }
    }

    /// Rust's `r"..."` and `r#"..."#`, behind the letters.
    pub(super) fn raw_string(&mut self, prefix: StringPrefix) -> Result<Literal> {
        let start = self.position;
        let hashes = self.take_while(|character| character == '#');
        if !self.eat("\"") {
            self.position = start;
            self.next();
            return Err(Problem::UnexpectedCharacter('#').at(self.since(start)));
        }
        let end = format!("\"{hashes}");
        let Some(length) = self.rest().find(&end) else {
            self.position = self.source.len();
            let problem = Problem::NotClosed {
                what: "the string",
                quote: end,
            };
            return Err(problem.at(self.since(start)));
        };
        let bytes = self.rest().as_bytes()[..length].to_vec();
        self.position += length + end.len();
        Ok(Literal::String(StringLiteral { bytes, prefix }))
    }

    /// The next character of a literal; there is one.
    fn unit(&mut self) -> Result<Unit> {
        let start = self.position;
        let Some(first) = self.next() else {
            return Err(Problem::NoDigits.at(self.since(start)));
        };
        if first != '\\' {
            return Ok(Unit::Character(first));
        }
        let unit = self.escape();
        unit.ok_or_else(|| {
            let span = self.since(start);
            let text = self.source[start..self.position].to_string();
            Problem::BadEscape(text).at(span)
        })
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Option<Unit> {
        let byte = match self.next()? {
            'n' => b'\n',
            't' => b'\t',
            'r' => b'\r',
            'a' => 0x07,
            'b' => 0x08,
            'v' => 0x0b,
            'f' => 0x0c,
            'e' => 0x1b,
            quote @ ('\\' | '\'' | '"' | '?') => return Some(Unit::Character(quote)),
            'x' => u8::try_from(self.digits(16, 2, 2)?).ok()?,
            'u' if self.peek() == Some('{') => {
                self.next();
                let code = self.digits(16, 1, 6)?;
                let closed = self.eat("}");
                return char::from_u32(code).filter(|_| closed).map(Unit::Character);
            }
            'u' => return char::from_u32(self.digits(16, 4, 4)?).map(Unit::Character),
            'U' => return char::from_u32(self.digits(16, 8, 8)?).map(Unit::Character),
            '0'..='7' => {
                self.position -= 1;
                u8::try_from(self.digits(8, 1, 3)?).ok()?
            }
            _ => return None,
        };
        Some(Unit::Byte(byte))
    }

    /// A number of up to `most` digits, and at least `fewest`.
    fn digits(&mut self, radix: u32, fewest: usize, most: usize) -> Option<u32> {
        let mut value: u32 = 0;
        for number in 0..most {
            match self.peek().and_then(|digit| digit.to_digit(radix)) {
                Some(digit) => value = value.checked_mul(radix)?.checked_add(digit)?,
                None if number < fewest => return None,
                None => break,
            }
            self.next();
        }
        Some(value)
    }
}

/// `value * 2^exponent`, rounded once unless the result is subnormal.
fn scale(value: f64, exponent: i32) -> f64 {
    let mut value = value;
    let mut left = exponent;
    while left != 0 && value != 0.0 && value.is_finite() {
        let step = left.clamp(-1000, 1000);
        value *= 2.0_f64.powi(step);
        left -= step;
    }
    value
}

/// What a suffix of an integer says of its type.
fn suffix(text: &str) -> Option<IntegerSuffix> {
    match text {
        "usize" => return Some(IntegerSuffix::Size { signed: false }),
        "isize" => return Some(IntegerSuffix::Size { signed: true }),
        _ => {}
    }
    if let Some(bits) = text.strip_prefix(['u', 'i'])
        && let Ok(bits @ (8 | 16 | 32 | 64 | 128)) = bits.parse::<u8>()
    {
        let signed = text.starts_with('i');
        return IntegerType::new(bits, signed).map(IntegerSuffix::Fixed);
    }
    match text.to_ascii_lowercase().as_str() {
        "z" => Some(IntegerSuffix::Size { signed: true }),
        "uz" | "zu" => Some(IntegerSuffix::Size { signed: false }),
        "u" => c(true, 0),
        "l" => c(false, 1),
        "ul" | "lu" => c(true, 1),
        "ll" => c(false, 2),
        "ull" | "llu" => c(true, 2),
        _ => None,
    }
}

fn c(unsigned: bool, longs: u8) -> Option<IntegerSuffix> {
    Some(IntegerSuffix::C { unsigned, longs })
}
