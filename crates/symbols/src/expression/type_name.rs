//! Names of things and of types, as they are written in expressions.

use super::span::Span;

/// A name with the names of what it is in: `a::b::<T>::c`, `std::vector<int>::x`.
///
/// `Display` writes it in C++'s form, without the `::` before `<`.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Whether it begins with `::`, so that it is not looked for in the scopes around.
    pub global: bool,
    /// The names, outermost first. There is at least one.
    pub segments: Vec<Segment>,
    /// Where it stands in the text.
    pub span: Span,
}

/// A name in a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// The name. One that was quoted, as in `'a::b'` or `@"a b"`, can have any characters.
    pub name: String,
    /// What is in the `<...>` behind it.
    pub arguments: Vec<GenericArgument>,
}

/// An argument of a generic type or function.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum GenericArgument {
    /// A type. The name of a constant looks the same.
    Type(TypeName),
    /// A number.
    Integer(i128),
    /// `true` or `false`
    Boolean(bool),
}

/// A type as it is written in an expression.
///
/// `const`, `volatile` and `mut` are left out, as they make no difference to a value. `Display`
/// writes types that were written in C's, Rust's and Zig's way in the same way each.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeName(Box<Node>);

#[derive(Clone, Debug, PartialEq)]
struct Node {
    kind: TypeNameKind,
    span: Span,
    height: usize,
}

/// The kinds of types.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TypeNameKind {
    /// A type with a name. Types of C that are several words are one segment, in the order and
    /// form that clang names them: `unsigned long`, `long long`, `signed char`.
    Named {
        /// The keyword before it.
        tag: Option<Tag>,
        /// The name.
        path: Path,
    },
    /// `T*`, in Rust `*const T`, in Zig `*T` or `[*]T`.
    Pointer(TypeName),
    /// `T&`, in Rust `&T`.
    Reference(TypeName),
    /// `T[n]`, in Rust `[T; n]`, in Zig `[n]T`.
    Array {
        /// The type of elements.
        element: TypeName,
        /// How many there are.
        count: u64,
    },
    /// Rust's `[T]` (behind a `&`), Zig's `[]T`.
    Slice(TypeName),
    /// Rust's `(A, B)`.
    Tuple(Vec<TypeName>),
    /// Zig's `?T`.
    Optional(TypeName),
    /// `R (*)(A, B)` is a pointer to one, in Rust `fn(A, B) -> R`.
    Function {
        /// What it takes.
        parameters: Vec<TypeName>,
        /// What it returns; `None` stands for Rust's absence of a result.
        result: Option<TypeName>,
    },
}

/// A keyword of C before the name of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tag {
    /// `struct`
    Struct,
    /// `class`
    Class,
    /// `union`
    Union,
    /// `enum`
    Enum,
    /// Rust's `dyn`
    Dyn,
}

impl Path {
    /// Its name, if it is a name alone.
    pub fn as_name(&self) -> Option<&str> {
        match &self.segments[..] {
            [only] if !self.global && only.arguments.is_empty() => Some(&only.name),
            _ => None,
        }
    }

    pub(super) fn height(&self) -> usize {
        let arguments = self.segments.iter().flat_map(|segment| &segment.arguments);
        arguments
            .map(|argument| match argument {
                GenericArgument::Type(argument) => argument.height(),
                GenericArgument::Integer(_) | GenericArgument::Boolean(_) => 0,
            })
            .max()
            .unwrap_or(0)
    }
}

impl Tag {
    pub(super) const ALL: [Tag; 5] = [Tag::Struct, Tag::Class, Tag::Union, Tag::Enum, Tag::Dyn];

    /// How it is written.
    pub fn text(self) -> &'static str {
        match self {
            Tag::Struct => "struct",
            Tag::Class => "class",
            Tag::Union => "union",
            Tag::Enum => "enum",
            Tag::Dyn => "dyn",
        }
    }
}

impl TypeName {
    pub(super) fn new(kind: TypeNameKind, span: Span) -> TypeName {
        let below = match &kind {
            TypeNameKind::Named { path, .. } => path.height(),
            TypeNameKind::Pointer(part)
            | TypeNameKind::Reference(part)
            | TypeNameKind::Array { element: part, .. }
            | TypeNameKind::Slice(part)
            | TypeNameKind::Optional(part) => part.height(),
            TypeNameKind::Tuple(parts) => highest(parts),
            TypeNameKind::Function { parameters, result } => {
                let result = result.as_ref().map_or(0, |result| result.height());
                highest(parameters).max(result)
            }
        };
        TypeName(Box::new(Node {
            kind,
            span,
            height: below + 1,
        }))
    }

    /// What kind of type it is, with its parts.
    pub fn kind(&self) -> &TypeNameKind {
        &self.0.kind
    }

    /// Where it stands in the text.
    pub fn span(&self) -> Span {
        self.0.span
    }

    pub(super) fn height(&self) -> usize {
        self.0.height
    }

    /// The name, if it is a name alone, without a tag.
    pub fn as_name(&self) -> Option<&str> {
        match &self.0.kind {
            TypeNameKind::Named { tag: None, path } => path.as_name(),
            _ => None,
        }
    }
}

fn highest(parts: &[TypeName]) -> usize {
    parts.iter().map(|part| part.height()).max().unwrap_or(0)
}
