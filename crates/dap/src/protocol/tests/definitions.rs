//! The protocol's own definitions, read from the declarations for TypeScript that it is published as.
//!
//! Only what those declarations are made of is understood: interfaces, names for types, and types that are
//! names, literals, arrays, unions and objects.

use std::collections::BTreeMap;

/// A type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Type {
    /// An interface or a type of the language, such as `string`.
    Name(String),
    /// One string.
    Literal(String),
    Array(Box<Type>),
    Union(Vec<Type>),
    Object(Vec<Field>),
    /// An object with values of one type.
    Map(Box<Type>),
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) is_optional: bool,
    pub(super) value: Type,
}

/// An interface.
#[derive(Clone, Debug, Default)]
pub(super) struct Interface {
    pub(super) extends: Option<String>,
    /// Its own fields, without those of what it extends.
    pub(super) fields: Vec<Field>,
    /// What is said to be the command or event of a message, in a comment.
    pub(super) constant: Option<String>,
}

/// All definitions.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    pub(super) interfaces: BTreeMap<String, Interface>,
    pub(super) aliases: BTreeMap<String, Type>,
}

impl Definitions {
    pub(super) fn parse(text: &str) -> Definitions {
        let mut parser = Parser {
            tokens: tokens(text),
            position: 0,
        };
        let mut definitions = Definitions::default();
        parser.skip_until("{");
        while !parser.take("}") {
            match parser.next().as_str() {
                "interface" => {
                    let name = parser.next();
                    definitions.interfaces.insert(name, parser.interface());
                }
                "type" => {
                    let name = parser.next();
                    parser.expect("=");
                    definitions.aliases.insert(name, parser.union());
                    parser.expect(";");
                }
                other => panic!("{other:?} begins no definition"),
            }
        }
        definitions
    }
}

/// The words and signs of a text, without most comments: those that look like `// command: 'next';` become
/// a word.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("/*") {
            rest.find("*/").expect("a comment ends") + 2
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '\'' {
            rest[1..].find('\'').expect("a string ends") + 2
        } else {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            word.max(first.len_utf8())
        };
        let (token, behind) = rest.split_at(length);
        rest = behind;
        let is_comment = token.starts_with("/*") || token.starts_with("//");
        let is_constant = token.starts_with("// command: ") || token.starts_with("// event: ");
        if !token.trim().is_empty() && (is_constant || !is_comment) {
            tokens.push(token.to_owned());
        }
    }
    tokens
}

struct Parser {
    tokens: Vec<String>,
    position: usize,
}

impl Parser {
    fn peek(&self) -> &str {
        self.tokens.get(self.position).map_or("", String::as_str)
    }

    fn next(&mut self) -> String {
        self.position += 1;
        self.tokens[self.position - 1].clone()
    }

    fn take(&mut self, token: &str) -> bool {
        let is_next = self.peek() == token;
        self.position += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, token: &str) {
        let behind = &self.tokens[self.position.saturating_sub(8)..self.position];
        assert!(self.peek() == token, "{token:?} behind {behind:?}");
        self.position += 1;
    }

    fn skip_until(&mut self, token: &str) {
        while self.next() != token {}
    }

    fn interface(&mut self) -> Interface {
        let extends = self.take("extends").then(|| self.next());
        self.expect("{");
        let constant = self.peek().starts_with("//").then(|| {
            let comment = self.next();
            comment.split('\'').nth(1).unwrap().to_owned()
        });
        Interface {
            extends,
            fields: self.fields(),
            constant,
        }
    }

    /// Fields, and the brace behind them.
    fn fields(&mut self) -> Vec<Field> {
        let mut fields = Vec::new();
        while !self.take("}") {
            let name = self.next();
            let is_optional = self.take("?");
            self.expect(":");
            let value = self.union();
            self.expect(";");
            fields.push(Field {
                name,
                is_optional,
                value,
            });
        }
        fields
    }

    fn union(&mut self) -> Type {
        let mut members = vec![self.array()];
        while self.take("|") {
            members.push(self.array());
        }
        match members.len() {
            1 => members.remove(0),
            _ => Type::Union(members),
        }
    }

    fn array(&mut self) -> Type {
        let mut item = self.single();
        while self.take("[") {
            self.expect("]");
            item = Type::Array(Box::new(item));
        }
        item
    }

    fn single(&mut self) -> Type {
        let token = self.next();
        match token.as_str() {
            "(" => {
                let inner = self.union();
                self.expect(")");
                inner
            }
            "{" if self.take("[") => {
                self.skip_until("]");
                self.expect(":");
                let value = self.union();
                self.expect(";");
                self.expect("}");
                Type::Map(Box::new(value))
            }
            "{" => Type::Object(self.fields()),
            _ => match token.strip_prefix('\'') {
                Some(literal) => Type::Literal(literal.trim_end_matches('\'').to_owned()),
                None => Type::Name(token),
            },
        }
    }
}

#[test]
fn definitions_are_understood() {
    let definitions = Definitions::parse(
        "/* A license. */ export declare module M {
            /** About it. */
            interface NextRequest extends Request {
                // command: 'next';
                arguments?: { [key: string]: string | null; };
                names: ('a b' | string)[]; // more
            }
            type Word = 'c';
        }",
    );
    let interface = &definitions.interfaces["NextRequest"];
    assert_eq!(interface.extends.as_deref(), Some("Request"));
    assert_eq!(interface.constant.as_deref(), Some("next"));
    let name = |name: &str| Type::Name(name.to_owned());
    let literal = |text: &str| Type::Literal(text.to_owned());
    let field = |name: &str, is_optional, value| Field {
        name: name.to_owned(),
        is_optional,
        value,
    };
    let map = Type::Map(Box::new(Type::Union(vec![name("string"), name("null")])));
    let names = Type::Array(Box::new(Type::Union(vec![literal("a b"), name("string")])));
    let fields = [field("arguments", true, map), field("names", false, names)];
    assert_eq!(interface.fields, fields);
    assert_eq!(definitions.aliases["Word"], literal("c"));
}
