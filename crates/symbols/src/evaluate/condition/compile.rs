//! From expressions to [`Node`]s, as far as these go.

use super::node::{Base, Load, Node, Spot};
use crate::dwarf::units::EntryId;
use crate::evaluate::FrameEnvironment;
use crate::evaluate::names::{Meaning, Names};
use crate::evaluate::problems::explain;
use crate::evaluate::types::scalar_type;
use crate::expression::{
    Access, AddressWidth, BinaryOperator, Environment, Expression, ExpressionError, ExpressionKind,
    Literal, Path, Problem, Register, Scalar, ScalarType, UnaryOperator,
};
use crate::locations::describe::Description;
use crate::locations::evaluate::Evaluator;
use crate::locations::simple::SimplePlace;
use crate::locations::{Context, MachinePlace};
use crate::pretty::text::{NoTarget, TextShape, nowhere, offset_of};
use crate::types::{Count, Language, PointerKind, TypeId, TypeKind};
use crate::values::scalar::to_number;
use crate::values::{At, Value};
use crate::{Inspector, Place, Symbols, ValueError, Variable};
use std::sync::Arc;

/// Longer texts are compared by the evaluator.
const LONGEST_TEXT: usize = 1 << 10;
/// References to references are followed as far as this.
const DEEPEST: usize = 8;

/// Makes nodes of expressions, at a place in the code.
pub(super) struct Compiler<'a> {
    pub(super) symbols: &'a Symbols,
    pub(super) names: &'a Names,
}

/// A value whose place is known as far as it can be before the program runs.
#[derive(Clone)]
pub(super) struct Located {
    pub(super) at: Spot,
    pub(super) type_: TypeId,
    /// For a bit-field its first bit, counted from the place, and how many it has.
    pub(super) bits: Option<(u64, u64)>,
}

impl Compiler<'_> {
    /// That there is something for each name, so that a mistake is told at once.
    pub(super) fn check_names(&self, expression: &Expression) -> Result<(), ExpressionError> {
        if let ExpressionKind::Member { object, .. } = expression.kind()
            && self.names.language == Language::Zig
            && self.check_names(object).is_err()
        {
            // Zig's `a.b` may be a name as a whole: that is seen when it is evaluated.
            return Ok(());
        }
        if let ExpressionKind::Name(path) = expression.kind() {
            let problem = match self.names.meaning(self.symbols, path) {
                Ok(Some(_)) => return Ok(()),
                Ok(None) => Problem::NoSuchName(path.to_string()),
                Err(error) => explain(error),
            };
            let span = expression.span();
            return Err(ExpressionError { span, problem });
        }
        let mut result = Ok(());
        expression.kind().for_each_part(&mut |part| {
            if result.is_ok() {
                result = self.check_names(part);
            }
        });
        result
    }

    /// The node of an expression that is true or false; `None` if it takes the evaluator.
    pub(super) fn condition(&self, expression: &Expression) -> Option<Node> {
        self.node(expression)
    }

    fn width(&self) -> AddressWidth {
        match self.names.address_size {
            8 => AddressWidth::Bits64,
            _ => AddressWidth::Bits32,
        }
    }

    pub(super) fn node(&self, expression: &Expression) -> Option<Node> {
        let both = |left, right| Some((Box::new(self.node(left)?), Box::new(self.node(right)?)));
        Some(match expression.kind() {
            ExpressionKind::Literal(literal) => {
                let model = self.environment().data_model();
                Node::Constant(literal.scalar(&model).ok()??)
            }
            ExpressionKind::Unary { operator, operand } => {
                let operand = Box::new(self.node(operand)?);
                match operator {
                    UnaryOperator::Not => Node::Not(operand),
                    operator => Node::Unary(*operator, operand),
                }
            }
            ExpressionKind::Binary {
                operator,
                left,
                right,
            } => {
                if operator.is_comparison() {
                    if let Some(node) = self.text(*operator, left, right, false) {
                        return Some(node);
                    }
                    if let Some(node) = self.text(*operator, right, left, true) {
                        return Some(node);
                    }
                    if let Some(node) = self.variant(*operator, left, right) {
                        return Some(node);
                    }
                }
                let (left, right) = both(left, right)?;
                // Pointers count in what they point to.
                let is_pointer = |node: &Node| match node {
                    Node::Load(load) => matches!(load.type_, ScalarType::Address(_)),
                    Node::Cast(type_, _) => matches!(type_, ScalarType::Address(_)),
                    _ => false,
                };
                if !operator.is_comparison() && (is_pointer(&left) || is_pointer(&right)) {
                    return None;
                }
                Node::Binary(*operator, left, right)
            }
            ExpressionKind::Logical {
                operator,
                left,
                right,
            } => {
                let (left, right) = both(left, right)?;
                Node::Logical(*operator, left, right)
            }
            ExpressionKind::Conditional {
                condition,
                then,
                otherwise,
            } => {
                let condition = Box::new(self.node(condition)?);
                let (then, otherwise) = both(then, otherwise)?;
                Node::Conditional(condition, then, otherwise)
            }
            ExpressionKind::Cast { target, operand } => {
                let environment = self.environment();
                let target = environment.type_named(target).ok()??;
                let type_ = scalar_type(self.symbols, target).ok()??;
                // Pointers to objects may have to be moved.
                if matches!(type_, ScalarType::Address(_)) {
                    return None;
                }
                Node::Cast(type_, Box::new(self.node(operand)?))
            }
            ExpressionKind::Name(path) if self.constant(path).is_some() => {
                Node::Constant(self.constant(path)?)
            }
            ExpressionKind::Register(register) => Node::Machine(match register {
                Register::Local(index) => MachinePlace::Local(*index),
                Register::Operand(index) => MachinePlace::Operand(*index),
                Register::Global(index) => MachinePlace::Global(*index),
                _ => return None,
            }),
            _ => Node::Load(self.load(self.located(expression)?)?),
        })
    }

    pub(super) fn environment(&self) -> FrameEnvironment<'_, '_> {
        FrameEnvironment {
            symbols: self.symbols,
            target: &NoTarget,
            names: Arc::new(self.names.clone()),
            wasm_pc: None,
            history: None,
            calls: None,
            is_read_only: false,
        }
    }

    /// The value of a name that is always the same.
    fn constant(&self, path: &Path) -> Option<Scalar> {
        let value = match self.names.meaning(self.symbols, path).ok()?? {
            Meaning::Enumerator(value) => value,
            Meaning::Variable(variable) => {
                let described = self
                    .symbols
                    .description_of(variable.entry, variable.context);
                let Description::Bytes(bytes) = described.ok()? else {
                    return None;
                };
                Value {
                    at: Ok(At {
                        place: Place::Bytes(bytes.into()),
                        offset: 0,
                        bits: None,
                    }),
                    ..nowhere(variable.type_?)
                }
            }
            _ => return None,
        };
        let type_ = scalar_type(self.symbols, value.type_?).ok()??;
        let bytes = Inspector::new(self.symbols, &NoTarget).bytes(&value).ok()?;
        Some(Scalar::new(type_, to_number(&bytes)))
    }

    /// A comparison of something that holds text with a literal.
    fn text(
        &self,
        operator: BinaryOperator,
        text: &Expression,
        literal: &Expression,
        swapped: bool,
    ) -> Option<Node> {
        if !matches!(literal.kind(), ExpressionKind::Literal(Literal::String(_))) {
            return None;
        }
        self.text_at(operator, self.located(text)?, literal, swapped)
    }

    /// The same, of what is at a place.
    pub(super) fn text_at(
        &self,
        operator: BinaryOperator,
        located: Located,
        literal: &Expression,
        swapped: bool,
    ) -> Option<Node> {
        let ExpressionKind::Literal(Literal::String(literal)) = literal.kind() else {
            return None;
        };
        // What stands behind a zero is left to the evaluator.
        if literal.bytes.len() > LONGEST_TEXT || literal.bytes.contains(&0) {
            return None;
        }
        let shape = TextShape::of(self.symbols, located.type_).ok()??;
        Some(Node::Text {
            operator,
            shape,
            at: located.at,
            literal: literal.bytes.clone(),
            swapped,
        })
    }

    pub(super) fn load(&self, located: Located) -> Option<Load> {
        let type_ = scalar_type(self.symbols, located.type_).ok()??;
        let size = self.symbols.size_of(located.type_).ok()??;
        let size = u8::try_from(size).ok().filter(|size| *size <= 16)?;
        let bits = match located.bits {
            None => None,
            Some((first, count)) if count <= 64 => {
                let inspector = Inspector::new(self.symbols, &NoTarget);
                let signed = inspector.is_signed(Some(located.type_)).ok()?;
                Some((first, count, signed))
            }
            Some(_) => return None,
        };
        Some(Load {
            at: located.at,
            type_,
            size,
            bits,
        })
    }

    pub(super) fn located(&self, expression: &Expression) -> Option<Located> {
        let located = self.located_directly(expression)?;
        self.settled(located)
    }

    fn located_directly(&self, expression: &Expression) -> Option<Located> {
        match expression.kind() {
            ExpressionKind::Name(path) => match self.names.meaning(self.symbols, path).ok()?? {
                Meaning::Variable(variable) => self.variable(&variable),
                Meaning::Member(this, name) => {
                    let this = self.variable(&this)?;
                    self.member(self.led_to(this)?, &name)
                }
                _ => None,
            },
            ExpressionKind::Member {
                object,
                access,
                name,
                ..
            } => {
                let mut object = self.located(object)?;
                if *access == Access::Arrow {
                    object = self.settled(self.led_to(object)?)?;
                }
                self.member(object, name)
            }
            ExpressionKind::TupleMember { object, index, .. } => {
                self.member(self.located(object)?, &format!("__{index}"))
            }
            ExpressionKind::Dereference(pointer) => self.led_to(self.located(pointer)?),
            ExpressionKind::Index { object, index } => self.element(self.located(object)?, index),
            _ => None,
        }
    }

    fn variable(&self, variable: &Variable) -> Option<Located> {
        let base = self.place(variable.entry, variable.context).ok()??;
        Some(Located {
            at: self.spot(base),
            type_: variable.type_?,
            bits: None,
        })
    }

    fn place(&self, entry: EntryId, context: Context) -> Result<Option<Base>, ValueError> {
        let described = self.symbols.description_of(entry, context)?;
        let Description::Expression(expression, context) = described else {
            return Ok(None);
        };
        let evaluator = Evaluator {
            symbols: self.symbols,
            target: &NoTarget,
            context,
        };
        Ok(Some(match evaluator.simple_place(&expression)? {
            Some(place) => Base::Simple(place),
            None => Base::Described(Box::new((expression, context))),
        }))
    }

    fn spot(&self, base: Base) -> Spot {
        Spot {
            base,
            offset: 0,
            width: self.width(),
        }
    }

    /// What is meant by a value: of a reference what it refers to.
    pub(super) fn settled(&self, mut located: Located) -> Option<Located> {
        for _ in 0..DEEPEST {
            let (_, type_) = self.symbols.bare_type(located.type_).ok()??;
            match &type_.kind {
                TypeKind::Pointer { kind, .. } if *kind != PointerKind::Pointer => {
                    located = self.led_to(located)?;
                }
                _ => return Some(located),
            }
        }
        None
    }

    /// What a pointer leads to.
    fn led_to(&self, pointer: Located) -> Option<Located> {
        let (_, type_) = self.symbols.bare_type(pointer.type_).ok()??;
        let TypeKind::Pointer {
            target: Some(target),
            ..
        } = type_.kind
        else {
            return None;
        };
        Some(Located {
            at: self.spot(Base::Pointer(Box::new(self.load(pointer)?))),
            type_: target,
            bits: None,
        })
    }

    fn member(&self, object: Located, name: &str) -> Option<Located> {
        let mut object = object;
        for _ in 0..DEEPEST {
            let inspector = Inspector::new(self.symbols, &NoTarget);
            match inspector.member(&nowhere(object.type_), name) {
                Ok(part) => return self.part(object, &part),
                Err(ValueError::NoMember(_)) => object = self.settled(self.led_to(object)?)?,
                Err(_) => return None,
            }
        }
        None
    }

    pub(super) fn part(&self, object: Located, part: &Value) -> Option<Located> {
        let type_ = part.type_?;
        let (offset, bits) = match offset_of(part) {
            Ok(found) => found,
            // A static one has a place of its own.
            Err(_) => {
                let address = part.address()?;
                let base = Base::Simple(SimplePlace::Memory(address));
                let bits = None;
                let at = self.spot(base);
                return Some(Located { at, type_, bits });
            }
        };
        let mut at = object.at;
        at.offset = at.offset.checked_add(offset)?;
        Some(Located { at, type_, bits })
    }

    fn element(&self, object: Located, index: &Expression) -> Option<Located> {
        let index = Box::new(self.node(index)?);
        let (_, type_) = self.symbols.bare_type(object.type_).ok()??;
        let (first, element, count) = match &type_.kind {
            TypeKind::Array {
                element: Some(element),
                dimensions,
                stride: None,
            } => {
                let [Count::Known(count)] = dimensions[..] else {
                    return None;
                };
                (object.at, *element, Some(count))
            }
            TypeKind::Pointer {
                target: Some(target),
                ..
            } => {
                let (_, pointee) = self.symbols.bare_type(*target).ok()??;
                // Rust and Zig index through pointers to these.
                if matches!(pointee.kind, TypeKind::Array { .. } | TypeKind::Record(_)) {
                    return None;
                }
                let first = self.led_to(object)?.at;
                (first, *target, None)
            }
            _ => return None,
        };
        let size = self.symbols.size_of(element).ok()??;
        Some(Located {
            at: self.spot(Base::Element {
                first: Box::new(first),
                index,
                size,
                count,
            }),
            type_: element,
            bits: None,
        })
    }
}
