//! From text to tokens.
//!
//! The tokens are the same for all languages. Two things depend on what stands before: `.5` is a
//! number only where a value can begin (`t.0` is not), and behind a dot a number has only digits
//! (`t.0.1` has no floating point number in it). A `>` is always a token of its own, since it may
//! close a list of types; the parser puts `>>` and `>=` together.

use super::ast::{CharacterPrefix, Literal, StringPrefix};
use super::problem::{ExpressionError, Problem};
use super::span::Span;

pub(super) type Result<T> = std::result::Result<T, ExpressionError>;

/// No expression has more bytes than this.
pub(super) const LONGEST: usize = 16 << 10;

/// A part of the text that cannot be divided.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    /// A name or keyword.
    Word(String),
    /// A name in quotes, which is no keyword.
    Quoted(String),
    /// A value that is written out, but for those that are words.
    Literal(Literal),
    /// What follows a dollar sign.
    Dollar(String),
    /// Signs, from [`MARKS`].
    Mark(&'static str),
    /// The end of the text.
    End,
}

/// Longer ones stand before those that they begin with.
const MARKS: [&str; 46] = [
    "..=", "<<=", "->", "::", "..", "<<", "<=", "==", "!=", "&&", "||", "++", "--", "+=", "-=",
    "*=", "/=", "%=", "&=", "|=", "^=", "+", "-", "*", "/", "%", "&", "|", "^", "!", "~", "=", "<",
    ">", "(", ")", "[", "]", "{", "}", ".", ",", "?", ":", ";", "@",
];

/// Words that are not written as a name without quotes, lest they be taken for what they mean in
/// some place.
const RESERVED: [&str; 27] = [
    "true",
    "false",
    "null",
    "nullptr",
    "NULL",
    "None",
    "sizeof",
    "as",
    "and",
    "or",
    "mut",
    "fn",
    "const",
    "volatile",
    "restrict",
    "struct",
    "class",
    "union",
    "enum",
    "dyn",
    "typename",
    "static_cast",
    "reinterpret_cast",
    "const_cast",
    "dynamic_cast",
    "operator",
    "r",
];

/// Whether a name can be written without quotes anywhere.
pub(super) fn is_plain_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(begins_name)
        && characters.all(continues_name)
        && !RESERVED.contains(&name)
        && !super::primitives::is_word_of_c(name)
}

pub(super) fn begins_name(character: char) -> bool {
    character == '_' || character.is_alphabetic()
}

pub(super) fn continues_name(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

/// Divides a text into tokens; the last one is the end.
pub(super) fn tokens(source: &str) -> Result<Vec<Token>> {
    if source.len() > LONGEST {
        let span = Span {
            start: source.floor_char_boundary(LONGEST),
            end: source.len(),
        };
        return Err(Problem::TooLong { limit: LONGEST }.at(span));
    }
    let mut lexer = Lexer {
        source,
        position: 0,
    };
    let mut tokens: Vec<Token> = Vec::new();
    loop {
        lexer.take_while(char::is_whitespace);
        let start = lexer.position;
        let kind = lexer.token(&tokens)?;
        let span = lexer.since(start);
        let is_end = kind == TokenKind::End;
        tokens.push(Token { kind, span });
        if is_end {
            return Ok(tokens);
        }
    }
}

/// A place in the text.
pub(super) struct Lexer<'a> {
    pub source: &'a str,
    /// How far it has been read, in bytes.
    pub position: usize,
}

impl<'a> Lexer<'a> {
    pub fn rest(&self) -> &'a str {
        &self.source[self.position..]
    }

    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.position += character.len_utf8();
        Some(character)
    }

    /// Goes on behind `text` if that comes next.
    pub fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.position += text.len();
        }
        found
    }

    pub fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest
            .find(|character| !wanted(character))
            .unwrap_or(rest.len());
        self.position += length;
        &rest[..length]
    }

    /// What has been read since a position.
    pub fn since(&self, start: usize) -> Span {
        Span {
            start,
            end: self.position,
        }
    }

    /// The next token; `before` are those before it.
    fn token(&mut self, before: &[Token]) -> Result<TokenKind> {
        let previous = before.last().map(|token| &token.kind);
        let Some(first) = self.peek() else {
            return Ok(TokenKind::End);
        };
        if first.is_ascii_digit() {
            if previous == Some(&TokenKind::Mark(".")) {
                return self.tuple_index();
            }
            return Ok(TokenKind::Literal(self.number()?));
        }
        let mut following = self.rest().chars().skip(1);
        let digit_follows = following.next().is_some_and(|next| next.is_ascii_digit());
        if first == '.' && digit_follows && !ends_value(before) {
            return Ok(TokenKind::Literal(self.number()?));
        }
        if begins_name(first) {
            return self.word();
        }
        match first {
            '$' => {
                self.next();
                let name = self.take_while(|next| next == '$' || continues_name(next));
                return Ok(TokenKind::Dollar(name.to_string()));
            }
            '"' => return self.string(StringPrefix::None).map(TokenKind::Literal),
            '\'' => return self.quoted(),
            '{' if previous == Some(&TokenKind::Mark("::")) => return self.braced_name(),
            _ => {}
        }
        let start = self.position;
        if self.eat("@\"") {
            self.position = start + 1;
            return self.zig_name();
        }
        match MARKS.iter().find(|mark| self.eat(mark)) {
            Some(mark) => Ok(TokenKind::Mark(mark)),
            None => {
                self.position = start + first.len_utf8();
                Err(Problem::UnexpectedCharacter(first).at(self.since(start)))
            }
        }
    }

    /// A word, or a literal with a prefix.
    fn word(&mut self) -> Result<TokenKind> {
        let start = self.position;
        let word = self.take_while(continues_name);
        let literal = match (self.peek(), word) {
            (Some('\''), "b") => self.character(CharacterPrefix::Byte)?,
            (Some('\''), "u8") => self.character(CharacterPrefix::Utf8)?,
            (Some('\''), "u") => self.character(CharacterPrefix::Utf16)?,
            (Some('\''), "U") => self.character(CharacterPrefix::Utf32)?,
            (Some('\''), "L") => self.character(CharacterPrefix::Wide)?,
            (Some('"'), "b") => self.string(StringPrefix::Byte)?,
            (Some('"'), "c") => self.string(StringPrefix::C)?,
            (Some('"'), "u8") => self.string(StringPrefix::None)?,
            (Some('"' | '#'), "r") => match self.raw_name() {
                Some(name) => return Ok(TokenKind::Quoted(name)),
                None => self.raw_string(StringPrefix::None)?,
            },
            (Some('"' | '#'), "br") => self.raw_string(StringPrefix::Byte)?,
            (Some('"' | '#'), "cr") => self.raw_string(StringPrefix::C)?,
            (Some('"'), "u" | "U" | "L" | "R" | "uR" | "u8R" | "UR" | "LR") => {
                let what = "wide and raw strings of C++ are not supported: write `\"...\"`";
                return Err(Problem::UnsupportedLiteral(what).at(self.since(start)));
            }
            _ => return Ok(TokenKind::Word(word.to_string())),
        };
        Ok(TokenKind::Literal(literal))
    }

    /// Rust's `r#name`, behind the `r`.
    fn raw_name(&mut self) -> Option<String> {
        let name = self.rest().strip_prefix('#')?;
        if !name.starts_with(begins_name) {
            return None;
        }
        self.position += 1;
        Some(self.take_while(continues_name).to_string())
    }

    /// A character, or a name in single quotes, which has more of them.
    fn quoted(&mut self) -> Result<TokenKind> {
        let inner = &self.rest()[1..];
        if !inner.starts_with('\\')
            && let Some(length) = inner.find('\'')
            && inner[..length].chars().nth(1).is_some()
        {
            self.position += length + 2;
            return Ok(TokenKind::Quoted(inner[..length].to_string()));
        }
        self.character(CharacterPrefix::None)
            .map(TokenKind::Literal)
    }

    /// Zig's `@"name"`, behind the `@`.
    fn zig_name(&mut self) -> Result<TokenKind> {
        let start = self.position;
        let literal = self.string(StringPrefix::None)?;
        if let Literal::String(string) = literal
            && let Ok(name) = String::from_utf8(string.bytes)
            && !name.is_empty()
        {
            return Ok(TokenKind::Quoted(name));
        }
        let what = "a name needs characters between its quotes";
        Err(Problem::UnsupportedLiteral(what).at(self.since(start)))
    }

    /// A name that rustc makes for what has none: `{impl#0}`.
    fn braced_name(&mut self) -> Result<TokenKind> {
        let start = self.position;
        self.take_while(|character| character != '}');
        if !self.eat("}") {
            let problem = Problem::NotClosed {
                what: "the name",
                quote: "}".to_string(),
            };
            return Err(problem.at(self.since(start)));
        }
        Ok(TokenKind::Quoted(
            self.source[start..self.position].to_string(),
        ))
    }
}

/// Whether the last of some tokens can be the last of a value.
fn ends_value(tokens: &[Token]) -> bool {
    let mut backwards = tokens.iter().rev().map(|token| &token.kind);
    match backwards.next() {
        None => false,
        // In Zig, `x.?` and `x.*` are values.
        Some(TokenKind::Mark("?" | "*")) => backwards.next() == Some(&TokenKind::Mark(".")),
        Some(TokenKind::Mark(mark)) => matches!(*mark, ")" | "]" | "}"),
        Some(TokenKind::Word(word)) => !matches!(word.as_str(), "and" | "or" | "sizeof"),
        Some(_) => true,
    }
}
