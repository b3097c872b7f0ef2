//! Types, in the ways in which C, C++, Rust and Zig write them.
//!
//! C writes what a type is made of behind it (`T*`), Rust and Zig before it (`&T`, `?T`). Both can
//! be read, but where a value could begin behind the type (`x as T * 2`), nothing behind it is, and
//! in the parentheses of a cast, where `(*p)` is a value, nothing before it.

use super::Parser;
use crate::expression::ast::Literal;
use crate::expression::primitives::{is_primitive, is_word_of_c, normalize};
use crate::expression::problem::{Problem, excerpt};
use crate::expression::span::Span;
use crate::expression::token::{Result, TokenKind};
use crate::expression::type_name::{Path, Segment, Tag, TypeName, TypeNameKind};

impl Parser<'_> {
    /// A type, where nothing but a type can stand.
    pub(super) fn type_name(&mut self) -> Result<TypeName> {
        let inner = self.type_without_suffix()?;
        self.suffixes(inner, false).map(|(type_name, _)| type_name)
    }

    /// A type between `<` and `>`, where C++ writes the types of functions as `R(A, B)`.
    pub(super) fn type_argument(&mut self) -> Result<TypeName> {
        let result = self.type_name()?;
        if !self.is_mark("(") {
            return Ok(result);
        }
        let start = result.span();
        let parameters = self.types_in_parentheses()?.0;
        let kind = TypeNameKind::Function {
            parameters,
            result: Some(result),
        };
        self.type_node(kind, self.since(start))
    }

    /// A type in parentheses, where a value could stand too, and whether it can only be a type.
    pub(super) fn type_in_parentheses(&mut self) -> Result<(TypeName, bool)> {
        if !matches!(self.kind(), TokenKind::Word(_) | TokenKind::Quoted(_))
            && !self.is_mark("::")
            && !self.is_mark("@")
        {
            return Err(self.expected("a type"));
        }
        let (inner, certain) = self.nested(Self::named)?;
        self.suffixes(inner, certain)
    }

    /// A type of which nothing is written behind what it is made of, as in Rust.
    pub(super) fn type_without_suffix(&mut self) -> Result<TypeName> {
        self.nested(|parser| {
            while parser.qualifier()? {}
            match parser.kind() {
                TokenKind::Mark("*") => parser.prefixed(TypeNameKind::Pointer),
                TokenKind::Mark("&") => parser.prefixed(TypeNameKind::Reference),
                TokenKind::Mark("&&") => parser.double_reference(),
                TokenKind::Mark("?") => parser.prefixed(TypeNameKind::Optional),
                TokenKind::Mark("[") => parser.in_brackets(),
                TokenKind::Mark("(") => parser.tuple(),
                TokenKind::Word(word) if word == "fn" && parser.mark_ahead(1) == Some("(") => {
                    parser.function()
                }
                _ => parser.named().map(|(type_name, _)| type_name),
            }
        })
    }

    /// A mark and the type behind it, which it makes another one of.
    fn prefixed(&mut self, make: fn(TypeName) -> TypeNameKind) -> Result<TypeName> {
        let start = self.span();
        self.advance()?;
        let inner = self.type_without_suffix()?;
        self.type_node(make(inner), self.since(start))
    }

    /// Rust's `&&T`
    fn double_reference(&mut self) -> Result<TypeName> {
        let start = self.span();
        let inner = self.prefixed(TypeNameKind::Reference)?;
        self.type_node(TypeNameKind::Reference(inner), self.since(start))
    }

    /// `(A, B)`; `(A)` is the same as `A`.
    fn tuple(&mut self) -> Result<TypeName> {
        let start = self.span();
        let (mut parts, comma) = self.types_in_parentheses()?;
        match parts.pop() {
            Some(only) if parts.is_empty() && !comma => return Ok(only),
            last => parts.extend(last),
        }
        self.type_node(TypeNameKind::Tuple(parts), self.since(start))
    }

    /// Rust's `fn(A, B) -> R`
    fn function(&mut self) -> Result<TypeName> {
        let start = self.span();
        self.advance()?;
        let parameters = self.types_in_parentheses()?.0;
        let result = match self.eat("->")? {
            true => Some(self.type_without_suffix()?),
            false => None,
        };
        let kind = TypeNameKind::Function { parameters, result };
        self.type_node(kind, self.since(start))
    }

    /// `(A, B)`, and whether there is a comma behind the last one.
    fn types_in_parentheses(&mut self) -> Result<(Vec<TypeName>, bool)> {
        self.expect("(", "`(`")?;
        let mut types = Vec::new();
        let mut comma = false;
        while !self.eat(")")? {
            types.push(self.nested(Self::type_name)?);
            comma = self.eat(",")?;
            if !comma && !self.is_mark(")") {
                return Err(self.expected("`,` or `)`"));
            }
        }
        Ok((types, comma))
    }

    /// Rust's `[T]` and `[T; n]`, Zig's `[]T`, `[n]T`, `[*]T` and `[*:0]T`.
    fn in_brackets(&mut self) -> Result<TypeName> {
        let start = self.span();
        self.expect("[", "`[`")?;
        let kind = match self.kind() {
            TokenKind::Mark("]") => {
                self.advance()?;
                TypeNameKind::Slice(self.type_without_suffix()?)
            }
            TokenKind::Mark(":") => {
                self.sentinel()?;
                TypeNameKind::Slice(self.type_without_suffix()?)
            }
            TokenKind::Mark("*") if matches!(self.mark_ahead(1), Some("]" | ":")) => {
                self.advance()?;
                match self.is_mark(":") {
                    true => self.sentinel()?,
                    false => self.advance()?,
                }
                TypeNameKind::Pointer(self.type_without_suffix()?)
            }
            TokenKind::Literal(Literal::Integer(_)) => {
                let count = self.count()?;
                self.expect("]", "`]`")?;
                let element = self.type_without_suffix()?;
                TypeNameKind::Array { element, count }
            }
            _ => {
                let element = self.type_name()?;
                match self.eat("]")? {
                    true => TypeNameKind::Slice(element),
                    false => {
                        self.expect(";", "`]` or `;`")?;
                        let count = self.count()?;
                        self.expect("]", "`]`")?;
                        TypeNameKind::Array { element, count }
                    }
                }
            }
        };
        self.type_node(kind, self.since(start))
    }

    /// `:0]`, which ends what it is in; it makes no difference to the type.
    fn sentinel(&mut self) -> Result<()> {
        self.expect(":", "`:`")?;
        self.count()?;
        self.expect("]", "`]`")
    }

    /// The number of an array's elements.
    fn count(&mut self) -> Result<u64> {
        let TokenKind::Literal(Literal::Integer(integer)) = self.kind() else {
            return Err(self.expected("a number"));
        };
        let Ok(count) = u64::try_from(integer.value) else {
            return Err(Problem::NumberTooLarge("64 bits".to_string()).at(self.span()));
        };
        self.advance()?;
        Ok(count)
    }

    /// What is written behind a type in C: `*`, `&`, `[n]`, `(*)(A, B)`.
    fn suffixes(&mut self, inner: TypeName, certain: bool) -> Result<(TypeName, bool)> {
        let (mut type_name, mut certain) = (inner, certain);
        let start = type_name.span();
        let mut dimensions: Vec<u64> = Vec::new();
        loop {
            if self.qualifier()? {
                certain = true;
                continue;
            }
            let kind = match self.mark_ahead(0) {
                Some("[") => {
                    self.advance()?;
                    dimensions.push(self.count()?);
                    self.expect("]", "`]`")?;
                    continue;
                }
                // Pointers to arrays are written in another way.
                Some(_) if !dimensions.is_empty() => break,
                Some("*") => {
                    self.advance()?;
                    TypeNameKind::Pointer(type_name)
                }
                Some("&" | "&&") => {
                    self.advance()?;
                    TypeNameKind::Reference(type_name)
                }
                Some("(") if self.mark_ahead(1) == Some("*") && self.mark_ahead(2) == Some(")") => {
                    (0..3).try_for_each(|_| self.advance())?;
                    let parameters = self.types_in_parentheses()?.0;
                    let kind = TypeNameKind::Function {
                        parameters,
                        result: Some(type_name),
                    };
                    let function = self.type_node(kind, self.since(start))?;
                    TypeNameKind::Pointer(function)
                }
                _ => break,
            };
            certain = true;
            type_name = self.type_node(kind, self.since(start))?;
        }
        // `T[2][3]` has 2 elements, which have 3 each.
        for count in dimensions.into_iter().rev() {
            let element = type_name;
            let kind = TypeNameKind::Array { element, count };
            type_name = self.type_node(kind, self.since(start))?;
        }
        Ok((type_name, certain))
    }

    /// A type that has a name, and whether it can only be a type.
    fn named(&mut self) -> Result<(TypeName, bool)> {
        let start = self.span();
        let mut certain = false;
        while self.qualifier()? {
            certain = true;
        }
        let tag = self.tag()?;
        let mut words: Vec<String> = Vec::new();
        let words_start = self.span();
        if tag.is_none() {
            while let TokenKind::Word(word) = self.kind()
                && is_word_of_c(word)
            {
                words.push(word.clone());
                self.advance()?;
                while self.qualifier()? {}
            }
        }
        let path = match words.is_empty() {
            true => self.path_of_type()?,
            false => words_of_c(&words, self.since(words_start))?,
        };
        certain |= tag.is_some() || path.as_name().is_some_and(is_primitive);
        certain |= path
            .segments
            .iter()
            .any(|segment| !segment.arguments.is_empty());
        let kind = TypeNameKind::Named { tag, path };
        let type_name = self.type_node(kind, self.since(start))?;
        Ok((type_name, certain))
    }

    /// Goes on behind a word that makes no difference to values.
    fn qualifier(&mut self) -> Result<bool> {
        let TokenKind::Word(word) = self.kind() else {
            return Ok(false);
        };
        let found = match word.as_str() {
            "const" | "volatile" | "restrict" | "__restrict" | "_Atomic" | "typename" => true,
            // These are names in C.
            "mut" | "allowzero" => matches!(
                self.kind_ahead(1),
                TokenKind::Word(_)
                    | TokenKind::Quoted(_)
                    | TokenKind::Mark("[" | "(" | "*" | "&" | "&&" | "?" | "::")
            ),
            _ => false,
        };
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// A keyword that says what kind of type a name is.
    fn tag(&mut self) -> Result<Option<Tag>> {
        let TokenKind::Word(word) = self.kind() else {
            return Ok(None);
        };
        let tag = Tag::ALL.into_iter().find(|tag| tag.text() == word);
        let name_follows = match self.kind_ahead(1) {
            // Rust and Zig have variables named `class`.
            TokenKind::Word(word) => !matches!(word.as_str(), "as" | "and" | "or"),
            TokenKind::Quoted(_) => true,
            mark => *mark == TokenKind::Mark("::"),
        };
        match tag.filter(|_| name_follows) {
            None => Ok(None),
            Some(tag) => {
                self.advance()?;
                Ok(Some(tag))
            }
        }
    }
}

fn words_of_c(words: &[String], span: Span) -> Result<Path> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let Some(name) = normalize(&words) else {
        return Err(Problem::BadTypeWords(excerpt(&words.join(" "))).at(span));
    };
    Ok(Path {
        global: false,
        segments: vec![Segment {
            name: name.to_string(),
            arguments: Vec::new(),
        }],
        span,
    })
}
