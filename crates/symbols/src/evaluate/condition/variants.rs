//! Comparing enums of Rust with `None`, `Some(x)` and the like.

use super::compile::{Compiler, Located};
use super::node::Node;
use crate::Inspector;
use crate::expression::{BinaryOperator, Expression, ExpressionKind, Literal, LogicalOperator};
use crate::pretty::text::{NoTarget, nowhere};
use crate::types::{TypeKind, Variant, Variants};

impl Compiler<'_> {
    /// A comparison of an enum with one of its variants; `None` if it takes the evaluator.
    pub(super) fn variant(
        &self,
        operator: BinaryOperator,
        value: &Expression,
        variant: &Expression,
    ) -> Option<Node> {
        let (name, contents) = match variant.kind() {
            ExpressionKind::Literal(Literal::None) => ("None", None),
            ExpressionKind::Call { callee, arguments } => match (callee.kind(), &arguments[..]) {
                (ExpressionKind::Name(path), [contents]) if self.names.is_constructor(path) => {
                    (path.as_name()?, Some(contents))
                }
                _ => return None,
            },
            _ => return None,
        };
        let located = self.located(value)?;
        let (_, type_) = self.symbols.bare_type(located.type_).ok()??;
        let TypeKind::Record(record) = &type_.kind else {
            return None;
        };
        let variants = record.variants.as_ref()?;
        let is_wanted = |it: &Variant| matches!(&it.members[..], [member] if member.name.as_deref() == Some(name));
        let wanted = variants.variants.iter().find(|it| is_wanted(it))?;
        let is_variant = self.is_variant(&located, variants, is_wanted)?;
        let node = match contents {
            None => is_variant,
            Some(contents) => {
                let same = self.same_contents(&located, wanted, contents)?;
                let (left, right) = (Box::new(is_variant), Box::new(same));
                Node::Logical(LogicalOperator::And, left, right)
            }
        };
        match operator {
            BinaryOperator::Equal => Some(node),
            BinaryOperator::NotEqual => Some(Node::Not(Box::new(node))),
            _ => None,
        }
    }

    /// Whether a value is the variant that is wanted.
    fn is_variant(
        &self,
        value: &Located,
        variants: &Variants,
        is_wanted: impl Fn(&Variant) -> bool,
    ) -> Option<Node> {
        let inspector = Inspector::new(self.symbols, &NoTarget);
        let discriminant = variants.discriminant.as_ref()?;
        let discriminant = inspector.member_value(&nowhere(value.type_), discriminant);
        let discriminant = self.load(self.part(value.clone(), &discriminant)?)?;
        let mut ranges = Vec::new();
        let mut otherwise = None;
        for variant in &variants.variants {
            let wanted = is_wanted(variant);
            if variant.selected_by.is_empty() {
                otherwise.get_or_insert(wanted);
            }
            let selected_by = variant.selected_by.iter();
            ranges.extend(selected_by.map(|&(low, high)| (low, high, wanted)));
        }
        Some(Node::Variant {
            discriminant,
            ranges,
            otherwise,
        })
    }

    /// Whether what is in a variant is the same as a value.
    fn same_contents(
        &self,
        value: &Located,
        variant: &Variant,
        contents: &Expression,
    ) -> Option<Node> {
        let inspector = Inspector::new(self.symbols, &NoTarget);
        let [member] = &variant.members[..] else {
            return None;
        };
        let whole = inspector.member_value(&nowhere(value.type_), member);
        let inner = inspector.member(&whole, "__0").ok()?;
        let located = self.settled(self.part(value.clone(), &inner)?)?;
        let operator = BinaryOperator::Equal;
        if let Some(node) = self.text_at(operator, located.clone(), contents, false) {
            return Some(node);
        }
        let stored = Node::Load(self.load(located)?);
        let contents = self.node(contents)?;
        Some(Node::Binary(operator, Box::new(stored), Box::new(contents)))
    }
}
