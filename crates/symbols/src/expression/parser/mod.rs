//! From tokens to trees: recursive descent, with precedence climbing for operators.
//!
//! Texts come from anyone, so three limits hold. Functions that call each other in circles count
//! how deep they are, trees count how high they are (a chain like `a.b.c` gets high without any
//! depth), and each look at a token counts as work: in a few places the parser has to try whether
//! a type can be read, and goes back if not, which could otherwise be made to take quadratic time.

mod operand;
mod operators;
mod paths;
mod postfix;
mod types;

use super::ast::{Expression, ExpressionKind, HIGHEST_TREE};
use super::problem::{Problem, excerpt};
use super::span::Span;
use super::token::{Result, Token, TokenKind, tokens};
use super::type_name::{Path, TypeName, TypeNameKind};

/// Functions of the parser do not call each other more deeply than this.
const DEEPEST: usize = 100;
/// A text of so many tokens may take this many steps from one to the next for each of them, and in
/// any case as many more.
const WORK_PER_TOKEN: usize = 10;
const WORK_FOR_ANY: usize = 2_000;

/// Knows which names are types.
///
/// C cannot be parsed without: `(a)-b`, `(a)*b`, `(a)&b` and `(a)(b)` are casts if `a` is a type.
/// To leave that open in the tree would mean two trees, with operators bound differently in them,
/// so the parser asks. It does so only if the answer makes a difference: `(a)b` and `(a*)b` are
/// casts in any case.
pub trait TypeNames {
    /// Whether the path is that of a type, and not of a variable, where the expression stands. The
    /// names that languages have from the start (`int`, `u8`, `size_t`) are not asked for.
    fn is_type(&self, path: &Path) -> bool;

    /// Whether one of C's words for types is a variable where the expression stands: Rust and Zig
    /// programs may have one named `float` or `long`.
    fn is_variable(&self, word: &str) -> bool {
        let _ = word;
        false
    }
}

impl<F: Fn(&Path) -> bool> TypeNames for F {
    fn is_type(&self, path: &Path) -> bool {
        self(path)
    }
}

/// Knows no types, so that everything that can be a variable is one.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTypes;

impl TypeNames for NoTypes {
    fn is_type(&self, _path: &Path) -> bool {
        false
    }
}

/// Parses an expression.
///
/// ```
/// use trapline_symbols::expression::{NoTypes, Path, parse};
///
/// assert_eq!(parse("a + b[1].c", &NoTypes).unwrap().to_string(), "(a + b[1].c)");
/// // A subtraction, unless `size` is a type.
/// assert_eq!(parse("(size)-1", &NoTypes).unwrap().to_string(), "(size - 1)");
/// let types = |path: &Path| path.as_name() == Some("size");
/// assert_eq!(parse("(size)-1", &types).unwrap().to_string(), "@as(size, (-1))");
/// ```
///
/// # Errors
///
/// If the text is not an expression, or too long or nested too deeply to be one by a person.
pub fn parse(source: &str, types: &dyn TypeNames) -> Result<Expression> {
    let mut parser = Parser::new(source, types)?;
    let expression = parser.expression()?;
    parser.finish("an operator")?;
    Ok(expression)
}

/// Parses a type alone, as the debugger's command `ptype` takes it.
///
/// ```
/// use trapline_symbols::expression::{NoTypes, parse_type};
///
/// let type_name = parse_type("struct node **", &NoTypes).unwrap();
/// assert_eq!(type_name.to_string(), "struct node**");
/// ```
///
/// # Errors
///
/// If the text is not a type.
pub fn parse_type(source: &str, types: &dyn TypeNames) -> Result<TypeName> {
    let mut parser = Parser::new(source, types)?;
    let type_name = parser.type_name()?;
    parser.finish("the end of the type")?;
    Ok(type_name)
}

struct Parser<'a> {
    source: &'a str,
    types: &'a dyn TypeNames,
    tokens: Vec<Token>,
    /// The index of the token that is looked at.
    position: usize,
    depth: usize,
    work_left: usize,
}

impl<'a> Parser<'a> {
    fn new(source: &'a str, types: &'a dyn TypeNames) -> Result<Parser<'a>> {
        let tokens = tokens(source)?;
        Ok(Parser {
            source,
            types,
            work_left: WORK_FOR_ANY + tokens.len() * WORK_PER_TOKEN,
            tokens,
            position: 0,
            depth: 0,
        })
    }

    fn finish(&mut self, expected: &'static str) -> Result<()> {
        match self.kind() {
            TokenKind::End => Ok(()),
            _ => Err(self.expected(expected)),
        }
    }

    fn kind(&self) -> &TokenKind {
        self.kind_ahead(0)
    }

    /// The token that stands so many behind the one that is looked at; behind the end, the end.
    fn kind_ahead(&self, ahead: usize) -> &TokenKind {
        match self.tokens.get(self.position + ahead) {
            Some(token) => &token.kind,
            None => &TokenKind::End,
        }
    }

    fn span(&self) -> Span {
        let last = self.tokens.len().saturating_sub(1);
        let token = self.tokens.get(self.position.min(last));
        token.map_or(Span::default(), |token| token.span)
    }

    /// Where the token stands before the one that is looked at.
    fn last_span(&self) -> Span {
        let last = self.position.checked_sub(1);
        let token = last.and_then(|last| self.tokens.get(last));
        token.map_or(Span::default(), |token| token.span)
    }

    /// From the beginning of `start` to the last token that was read.
    fn since(&self, start: Span) -> Span {
        start.to(self.last_span())
    }

    fn advance(&mut self) -> Result<()> {
        match self.work_left.checked_sub(1) {
            Some(left) => self.work_left = left,
            None => return Err(Problem::TooComplicated.at(self.span())),
        }
        self.position += 1;
        Ok(())
    }

    fn is_mark(&self, mark: &str) -> bool {
        self.mark_ahead(0) == Some(mark)
    }

    fn mark_ahead(&self, ahead: usize) -> Option<&'static str> {
        match self.kind_ahead(ahead) {
            TokenKind::Mark(mark) => Some(mark),
            _ => None,
        }
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.kind(), TokenKind::Word(found) if found == word)
    }

    /// Goes on behind a mark if it comes next.
    fn eat(&mut self, mark: &str) -> Result<bool> {
        let found = self.is_mark(mark);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn expect(&mut self, mark: &str, expected: &'static str) -> Result<()> {
        match self.eat(mark)? {
            true => Ok(()),
            false => Err(self.expected(expected)),
        }
    }

    /// That something else is needed than what comes next.
    fn expected(&self, expected: &'static str) -> super::ExpressionError {
        let span = self.span();
        let found = match self.kind() {
            TokenKind::End => "the end".to_string(),
            _ => {
                let text = self.source.get(span.start..span.end).unwrap_or("");
                format!("`{}`", excerpt(text))
            }
        };
        Problem::Expected { expected, found }.at(span)
    }

    /// Calls a function that may lead back to the caller.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= DEEPEST {
            return Err(Problem::TooDeep.at(self.span()));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    /// Calls a function and goes back to where it began if it finds an error or `None`. Where a
    /// limit is reached, nothing else is tried.
    fn attempt<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        let position = self.position;
        match parse(self) {
            Ok(Some(parsed)) => Ok(Some(parsed)),
            Err(error) if matches!(error.problem, Problem::TooDeep | Problem::TooComplicated) => {
                Err(error)
            }
            Ok(None) | Err(_) => {
                self.position = position;
                Ok(None)
            }
        }
    }

    fn node(&self, kind: ExpressionKind, span: Span) -> Result<Expression> {
        let expression = Expression::new(kind, span);
        match expression.height() > HIGHEST_TREE {
            true => Err(Problem::TooDeep.at(span)),
            false => Ok(expression),
        }
    }

    fn type_node(&self, kind: TypeNameKind, span: Span) -> Result<TypeName> {
        let type_name = TypeName::new(kind, span);
        match type_name.height() > HIGHEST_TREE {
            true => Err(Problem::TooDeep.at(span)),
            false => Ok(type_name),
        }
    }
}
