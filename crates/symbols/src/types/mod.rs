//! Types of the source language, as DWARF describes them.
//!
//! A type is read when it is asked for, one level deep: what it refers to is a [`TypeId`], to be
//! asked for in turn. So a type that contains pointers to itself is nothing special.

mod definition;
mod layout;
mod made;
mod name;
mod named;
mod read;

pub(crate) use definition::Types;
pub(crate) use made::MadeType;

use crate::dwarf::units::EntryId;

/// Refers to a type of the [`Symbols`](crate::Symbols) that it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub(crate) EntryId);

/// A type. Where one is optional, `None` stands for C's `void`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Type {
    /// Its own name. Pointers and the like have none in C and C++.
    pub name: Option<String>,
    /// The names of the namespaces, types and functions around it, outermost first.
    pub path: Vec<String>,
    /// In bytes, if it is fixed.
    pub size: Option<u64>,
    /// That of the unit that it is described in.
    pub language: Language,
    /// What kind of type it is, with what belongs to that.
    pub kind: TypeKind,
    /// Where all this is from: the definition, if what was asked for is a declaration.
    pub(crate) entry: EntryId,
}

/// A language, as far as values look different in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// C.
    C,
    /// C++.
    Cpp,
    /// Rust.
    Rust,
    /// Zig.
    Zig,
    /// Another, or one that the unit does not name.
    Other,
}

/// The kinds of types.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TypeKind {
    /// A number, character or truth value.
    Base(Encoding),
    /// A pointer or reference.
    Pointer {
        /// Which of those it is.
        kind: PointerKind,
        /// What it points to.
        target: Option<TypeId>,
    },
    /// C++'s pointer to a member.
    MemberPointer {
        /// The type of the member.
        member: Option<TypeId>,
        /// The class that it is a member of.
        class: Option<TypeId>,
    },
    /// Another type with a modifier.
    Modified {
        /// The modifier.
        modifier: Modifier,
        /// The other type.
        target: Option<TypeId>,
    },
    /// Another name for a type.
    Alias {
        /// The type.
        target: Option<TypeId>,
    },
    /// An array; a two-dimensional one has two dimensions, the outer one first.
    Array {
        /// The type of elements.
        element: Option<TypeId>,
        /// How many there are in each dimension.
        dimensions: Vec<Count>,
        /// Bytes from one element to the next, if that is not their size.
        stride: Option<u64>,
    },
    /// A structure, class or union.
    Record(Record),
    /// An enumeration.
    Enumeration {
        /// The type of its values.
        underlying: Option<TypeId>,
        /// Its names.
        enumerators: Vec<Enumerator>,
        /// Whether names stand behind that of the type, as in a C++ `enum class`.
        scoped: bool,
    },
    /// A function's.
    Function {
        /// What it returns.
        result: Option<TypeId>,
        /// What it takes.
        parameters: Vec<Option<TypeId>>,
        /// Whether more can follow.
        variadic: bool,
    },
    /// One that the language has no description of, such as that of C++'s `nullptr`.
    Unspecified,
    /// A kind that this crate does not know, by the name of its tag in DWARF.
    Unknown(String),
}

/// How the bytes of a base type are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// An integer with a sign.
    Signed,
    /// An integer without a sign.
    Unsigned,
    /// A floating point number.
    Float,
    /// A complex floating point number.
    ComplexFloat,
    /// True or false.
    Boolean,
    /// A character of C whose code has a sign.
    SignedCharacter,
    /// A character of C whose code has no sign.
    UnsignedCharacter,
    /// A Unicode character.
    Utf,
    /// An address.
    Address,
    /// One that this crate does not know, by its number in DWARF.
    Other(u8),
}

/// Kinds of pointers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointerKind {
    /// A pointer, which may lead nowhere.
    Pointer,
    /// C++'s `&`.
    Reference,
    /// C++'s `&&`.
    RvalueReference,
}

/// What modifies a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Modifier {
    /// `const`.
    Const,
    /// `volatile`.
    Volatile,
    /// `restrict`.
    Restrict,
    /// `_Atomic`.
    Atomic,
    /// Another, which is left out where the type is named.
    Other,
}

/// How many elements a dimension of an array has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Count {
    /// So many.
    Known(u64),
    /// The program computes it when it runs.
    Computed(ComputedCount),
    /// The description does not say.
    Unknown,
}

/// Where a count comes from that the program computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComputedCount {
    /// The entry of the dimension.
    pub(crate) dimension: EntryId,
}

/// What a structure, class or union consists of.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Record {
    /// Which of the three it is.
    pub kind: RecordKind,
    /// The classes that it inherits from.
    pub bases: Vec<Member>,
    /// Its members, and in C++ the static ones too.
    pub members: Vec<Member>,
    /// What is there in some values only: how Rust's enums are described.
    pub variants: Option<Variants>,
    /// The arguments of the template that it was made from.
    pub parameters: Vec<TemplateParameter>,
    /// Whether only its name is known, as the debug information has no definition of it.
    pub is_declaration: bool,
}

/// Kinds of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordKind {
    /// `struct`.
    #[default]
    Struct,
    /// `class`.
    Class,
    /// `union`.
    Union,
}

/// A member of a record, or a base of a class.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Member {
    /// Its name; bases and anonymous members have none.
    pub name: Option<String>,
    /// Its type.
    pub type_: Option<TypeId>,
    /// Where in the record it is.
    pub offset: MemberOffset,
    /// Whether the compiler has made it.
    pub artificial: bool,
}

/// Where in a record a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemberOffset {
    /// So many bytes from its beginning.
    Bytes(u64),
    /// A bit-field.
    Bits {
        /// The position of its lowest bit, counted from the lowest bit of the record's first byte.
        first: u64,
        /// How many bits it has.
        count: u64,
    },
    /// To be computed from the record's contents, as for virtual bases.
    Computed(ComputedOffset),
    /// Outside of the record: a static member.
    Static(StaticMember),
}

/// How the place of a member is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComputedOffset {
    /// The entry of the member.
    pub(crate) member: EntryId,
}

/// A static member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaticMember {
    /// The entry of its declaration.
    pub(crate) member: EntryId,
}

/// The variants of a record of which each value has one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Variants {
    /// What tells which one; `None` if there is only one.
    pub discriminant: Option<Member>,
    /// The variants.
    pub variants: Vec<Variant>,
}

/// One of the variants of a record.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Variant {
    /// The ranges of values of the discriminant for which it is this one, both ends included. None
    /// for the variant that is there for all others.
    pub selected_by: Vec<(i128, i128)>,
    /// What it consists of.
    pub members: Vec<Member>,
}

/// An argument of a template.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TemplateParameter {
    /// The name of the parameter.
    pub name: Option<String>,
    /// The argument, or its type if it is a value.
    pub type_: Option<TypeId>,
    /// The argument, if it is a number.
    pub value: Option<i128>,
}

/// A name of an enumeration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Enumerator {
    /// The name.
    pub name: String,
    /// What it stands for.
    pub value: i128,
}
