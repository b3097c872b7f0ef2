//! What a value looks like: the one description that both its text and its children come from.

use super::{Inspector, Value};
use crate::types::{TypeId, TypeKind};
use crate::{ValueError, pretty};
use std::ops::Range;

/// No more children are told at a time.
const PAGE: u64 = 1000;

/// What a value looks like.
pub(crate) struct View {
    /// What is written first, or all there is.
    pub(crate) lead: String,
    /// How children are written behind it.
    pub(crate) style: Style,
    pub(crate) children: Children,
}

/// How children are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Not at all.
    Nothing,
    /// `{name = value}`, the children having names.
    Fields,
    /// `{name: value}`, as in Rust.
    RustFields,
    /// `(value)`
    Tuple,
    /// `{value}`
    Braces,
    /// `[value]`
    Brackets,
    /// `.{ .name = value }`, as in Zig.
    ZigFields,
    /// `-> target`: the text of the first child, or if there are several, as `Fields`. Only
    /// where the value is not itself part of what is written.
    Target,
    /// The text of the first child alone.
    Same,
}

/// The parts of a value.
pub(crate) enum Children {
    /// These.
    List(Vec<Value>),
    /// So many, which are found when they are asked for.
    Fetched { count: u64, fetch: Fetch },
}

/// Finds children in a range, which there are.
pub(crate) type Fetch = Box<dyn Fn(&Inspector<'_>, Range<u64>) -> Result<Vec<Value>, ValueError>>;

impl View {
    /// A value that is written as text, and has no parts.
    pub(crate) fn scalar(text: impl Into<String>) -> View {
        View {
            lead: text.into(),
            style: Style::Nothing,
            children: Children::none(),
        }
    }

    pub(crate) fn list(style: Style, children: Vec<Value>) -> View {
        View {
            lead: String::new(),
            style,
            children: Children::List(children),
        }
    }

    pub(crate) fn with_lead(mut self, lead: impl Into<String>) -> View {
        self.lead = lead.into();
        self
    }
}

impl Children {
    pub(crate) fn none() -> Children {
        Children::List(Vec::new())
    }

    pub(crate) fn count(&self) -> u64 {
        match self {
            Children::List(list) => list.len() as u64,
            Children::Fetched { count, .. } => *count,
        }
    }

    /// The children in a range, cut to those that there are and to a page.
    pub(crate) fn page(
        &self,
        inspector: &Inspector<'_>,
        range: Range<u64>,
    ) -> Result<Vec<Value>, ValueError> {
        let count = self.count();
        let begin = range.start.min(count);
        let end = range
            .end
            .clamp(begin, count)
            .min(begin.saturating_add(PAGE));
        match self {
            Children::List(list) => Ok(list[begin as usize..end as usize].to_vec()),
            Children::Fetched { .. } if begin == end => Ok(Vec::new()),
            Children::Fetched { fetch, .. } => fetch(inspector, begin..end),
        }
    }
}

impl Inspector<'_> {
    /// What a value looks like, as what it stands for if that is known.
    pub(crate) fn view(&self, value: &Value) -> Result<View, ValueError> {
        if !self.format().raw
            && let Some(view) = pretty::view(self, value)?
        {
            return Ok(view);
        }
        self.raw_view(value)
    }

    /// What a value looks like as it is built.
    pub(crate) fn raw_view(&self, value: &Value) -> Result<View, ValueError> {
        value.at.as_ref().map_err(Clone::clone)?;
        let Some(TypeId(_)) = value.type_ else {
            return Err(ValueError::Malformed("the value has no type".to_string()));
        };
        let Some((id, type_)) = self.bare(value)? else {
            return Ok(View::scalar("void"));
        };
        match &type_.kind {
            TypeKind::Base(encoding) => self.scalar(value, &type_, *encoding),
            TypeKind::Enumeration { .. } => self.enumeration(value, &type_),
            TypeKind::Pointer { kind, target } => self.pointer(value, *kind, *target),
            TypeKind::MemberPointer { .. } => self.member_pointer(value, &type_),
            TypeKind::Array { .. } => self.array(value, &type_),
            TypeKind::Record(record) => self.record(value, id, &type_, record),
            TypeKind::Function { .. } => Ok(View::scalar("{function}")),
            TypeKind::Unspecified => Ok(View::scalar(
                type_.name.clone().unwrap_or_else(|| "void".to_string()),
            )),
            TypeKind::Unknown(tag) => {
                let what = format!("types of the kind {tag}, which are not known");
                Err(ValueError::Unsupported(what))
            }
            TypeKind::Modified { .. } | TypeKind::Alias { .. } => {
                Err(gimli::Error::TooManyIterations.into())
            }
        }
    }
}
