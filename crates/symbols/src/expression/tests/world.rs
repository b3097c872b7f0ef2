//! A small program to evaluate expressions in: a memory with some variables.

use crate::expression::{
    Access, BinaryOperator, Callee, DataModel, Effect, Environment, FloatType, History,
    IntegerType, Path, Problem, Register, Scalar, ScalarType, StringLiteral, TypeName,
    TypeNameKind,
};
use std::collections::HashMap;

/// The types of the program.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    Scalar(ScalarType),
    Pointer(Box<Type>),
    Array(Box<Type>, u64),
    Node,
    Pair,
    Optional,
    Text,
    Function(&'static str),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    Memory(u64),
    Local(u32),
    Nowhere(u128),
    Text(Vec<u8>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    pub type_: Type,
    pub place: Place,
}

pub struct World {
    pub memory: Vec<u8>,
    pub locals: [u32; 2],
    pub convenience: HashMap<String, Value>,
    pub history: Vec<Value>,
    pub permitted: Vec<Effect>,
    /// The names that were looked up, in this order.
    pub looked_up: Vec<String>,
}

fn integer(bits: u8, signed: bool) -> ScalarType {
    ScalarType::Integer(IntegerType::new(bits, signed).unwrap())
}

fn int() -> Type {
    Type::Scalar(integer(32, true))
}

impl World {
    pub fn new() -> World {
        let mut world = World {
            memory: vec![0; 0x100],
            locals: [11, 22],
            convenience: HashMap::new(),
            history: Vec::new(),
            permitted: vec![Effect::Assignment],
            looked_up: Vec::new(),
        };
        for (address, bytes) in [
            (0x10, &42_i32.to_le_bytes()[..]),
            (0x14, &7_u32.to_le_bytes()),
            (0x18, &[255]),
            (0x20, &(-1_i64).to_le_bytes()),
            (0x28, &1.5_f32.to_le_bytes()),
            (0x2c, b"x"),
            (0x30, &[1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0]),
            (0x40, &0x34_u32.to_le_bytes()),
            // `s`: value, next, pair.
            (0x50, &5_i32.to_le_bytes()),
            (0x54, &0x60_u32.to_le_bytes()),
            (0x58, &[6, 0, 7, 0]),
            (0x60, &9_i32.to_le_bytes()),
            (0x70, &3.25_f64.to_le_bytes()),
            (0x78, &[1, 0, 0, 0, 8, 0, 0, 0]),
        ] {
            world.memory[address..address + bytes.len()].copy_from_slice(bytes);
        }
        world
    }

    fn variable(name: &str) -> Option<(Type, u64)> {
        Some(match name {
            "n" => (int(), 0x10),
            "u" => (Type::Scalar(integer(32, false)), 0x14),
            "b" => (Type::Scalar(integer(8, false)), 0x18),
            "big" => (Type::Scalar(integer(64, true)), 0x20),
            "f" => (Type::Scalar(ScalarType::Float(FloatType::F32)), 0x28),
            "c" => {
                let character = IntegerType::new(8, true).unwrap();
                (Type::Scalar(ScalarType::Character(character)), 0x2c)
            }
            "a" => (Type::Array(Box::new(int()), 4), 0x30),
            "p" => (Type::Pointer(Box::new(int())), 0x40),
            "q" => (Type::Pointer(Box::new(Type::Node)), 0x44),
            "s" => (Type::Node, 0x50),
            "math::pi" => (Type::Scalar(ScalarType::Float(FloatType::F64)), 0x70),
            "math::inner::x" => (int(), 0x10),
            "some" => (Type::Optional, 0x78),
            "outside" => (int(), 0xfe),
            _ => return None,
        })
    }

    fn size(type_: &Type) -> u64 {
        match type_ {
            Type::Scalar(scalar) => scalar.bytes().into(),
            Type::Pointer(_) => 4,
            Type::Array(element, count) => World::size(element).saturating_mul(*count),
            Type::Node => 12,
            Type::Pair => 4,
            Type::Optional => 8,
            Type::Text => 8,
            Type::Function(_) => 1,
        }
    }

    fn bits(&self, value: &Value) -> Result<u128, Problem> {
        let size = World::size(&value.type_) as usize;
        match &value.place {
            Place::Memory(address) => {
                let start = *address as usize;
                let bytes = self.memory.get(start..start.saturating_add(size));
                let Some(bytes) = bytes.filter(|bytes| bytes.len() <= 16) else {
                    let sentence = format!("there is no memory at {address:#x}");
                    return Err(Problem::Other(sentence));
                };
                let mut all = [0; 16];
                all[..size].copy_from_slice(bytes);
                Ok(u128::from_le_bytes(all))
            }
            Place::Local(index) => Ok(self.locals[*index as usize].into()),
            Place::Nowhere(bits) => Ok(*bits),
            Place::Text(_) => Err(Problem::Other("text has no bits".to_string())),
        }
    }

    fn wrong(&mut self, operation: &'static str, value: &Value) -> Problem {
        Problem::WrongType {
            operation,
            operand: self.describe(value),
        }
    }

    fn type_of(&self, type_name: &TypeName) -> Result<Type, Problem> {
        match type_name.kind() {
            TypeNameKind::Pointer(target) | TypeNameKind::Reference(target) => {
                Ok(Type::Pointer(Box::new(self.type_of(target)?)))
            }
            TypeNameKind::Array { element, count } => {
                Ok(Type::Array(Box::new(self.type_of(element)?), *count))
            }
            TypeNameKind::Named { path, .. } => match path.as_name() {
                Some("node") => Ok(Type::Node),
                Some("T") => Ok(int()),
                name => name
                    .and_then(|name| ScalarType::named(name, &self.data_model()))
                    .map(Type::Scalar)
                    .ok_or_else(|| Problem::NoSuchType(type_name.to_string())),
            },
            _ => Err(Problem::NoSuchType(type_name.to_string())),
        }
    }
}

impl Environment for World {
    type Value = Value;

    fn data_model(&self) -> DataModel {
        DataModel::wasm32()
    }

    fn permit(&self, effect: Effect) -> Result<(), String> {
        match self.permitted.contains(&effect) {
            true => Ok(()),
            false => Err("say `please`".to_string()),
        }
    }

    fn name(&mut self, path: &Path) -> Result<Value, Problem> {
        let name = path.to_string();
        self.looked_up.push(name.clone());
        if let Some((type_, address)) = World::variable(&name) {
            let place = Place::Memory(address);
            return Ok(Value { type_, place });
        }
        let function = match name.as_str() {
            "add" => "add",
            "math::twice" => "math::twice",
            _ => return Err(Problem::NoSuchName(name)),
        };
        Ok(Value {
            type_: Type::Function(function),
            place: Place::Nowhere(1),
        })
    }

    fn register(&mut self, register: Register) -> Result<Value, Problem> {
        let unsigned = Type::Scalar(integer(32, false));
        let (type_, place) = match register {
            Register::Local(index @ (0 | 1)) => (unsigned, Place::Local(index)),
            Register::Pc => (unsigned, Place::Nowhere(0x99)),
            Register::Memory(0) => {
                let byte = Box::new(Type::Scalar(integer(8, false)));
                let type_ = Type::Array(byte, self.memory.len() as u64);
                (type_, Place::Memory(0))
            }
            _ => return Err(Problem::NoSuchName(register.to_string())),
        };
        Ok(Value { type_, place })
    }

    fn convenience(&mut self, name: &str) -> Result<Value, Problem> {
        let value = self.convenience.get(name).cloned();
        value.ok_or_else(|| Problem::NoSuchName(format!("${name}")))
    }

    fn set_convenience(&mut self, name: &str, value: &Value) -> Result<(), Problem> {
        self.convenience.insert(name.to_string(), value.clone());
        Ok(())
    }

    fn history(&mut self, history: History) -> Result<Value, Problem> {
        let index = match history {
            History::Number(number) => (number as usize).checked_sub(1),
            History::Back(back) => self.history.len().checked_sub(back as usize + 1),
        };
        let value = index.and_then(|index| self.history.get(index)).cloned();
        value.ok_or_else(|| Problem::NoSuchName(history.to_string()))
    }

    fn value(&mut self, scalar: Scalar) -> Value {
        Value {
            type_: Type::Scalar(scalar.type_()),
            place: Place::Nowhere(scalar.bits()),
        }
    }

    fn string(&mut self, literal: &StringLiteral) -> Result<Value, Problem> {
        Ok(Value {
            type_: Type::Text,
            place: Place::Text(literal.bytes.clone()),
        })
    }

    fn scalar(&mut self, value: &Value) -> Result<Option<Scalar>, Problem> {
        let type_ = match &value.type_ {
            Type::Scalar(type_) => *type_,
            Type::Pointer(_) => ScalarType::Address(self.data_model().address),
            _ => return Ok(None),
        };
        Ok(Some(Scalar::new(type_, self.bits(value)?)))
    }

    fn describe(&mut self, value: &Value) -> String {
        match &value.type_ {
            Type::Scalar(type_) => format!("`{type_}`"),
            Type::Pointer(_) => "a pointer".to_string(),
            Type::Array(..) => "an array".to_string(),
            Type::Node | Type::Pair => "a structure".to_string(),
            Type::Optional => "an optional value".to_string(),
            Type::Text => "text".to_string(),
            Type::Function(_) => "a function".to_string(),
        }
    }

    fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &Value,
        right: &Value,
    ) -> Result<Option<Value>, Problem> {
        let (Place::Text(left), Place::Text(right)) = (&left.place, &right.place) else {
            return Ok(None);
        };
        let holds = operator.holds(Some(left.cmp(right)));
        Ok(holds.map(|holds| self.value(Scalar::boolean(holds))))
    }

    fn stride(&mut self, value: &Value) -> Result<Option<u64>, Problem> {
        Ok(match &value.type_ {
            Type::Pointer(target) | Type::Array(target, _) => Some(World::size(target)),
            _ => None,
        })
    }

    fn pointer_address(&mut self, pointer: &Value) -> Result<u64, Problem> {
        match (&pointer.type_, &pointer.place) {
            (Type::Array(..), Place::Memory(address)) => Ok(*address),
            (Type::Array(..), _) => Err(self.wrong("take the address of", pointer)),
            _ => Ok(self.bits(pointer)? as u64),
        }
    }

    fn with_address(&mut self, pointer: &Value, address: u64) -> Result<Value, Problem> {
        let type_ = match &pointer.type_ {
            Type::Array(element, _) => Type::Pointer(element.clone()),
            other => other.clone(),
        };
        let place = Place::Nowhere(address.into());
        Ok(Value { type_, place })
    }

    fn member(&mut self, object: &Value, name: &str) -> Result<Value, Problem> {
        let object = match &object.type_ {
            Type::Pointer(_) => self.dereference(object)?,
            _ => object.clone(),
        };
        let Place::Memory(address) = object.place else {
            return Err(self.wrong("look into", &object));
        };
        let (type_, offset) = match (&object.type_, name) {
            (Type::Node, "value") => (int(), 0),
            (Type::Node, "next") => (Type::Pointer(Box::new(Type::Node)), 4),
            (Type::Node, "pair") => (Type::Pair, 8),
            _ => {
                return Err(Problem::NoSuchMember {
                    object: self.describe(&object),
                    name: name.to_string(),
                });
            }
        };
        let place = Place::Memory(address + offset);
        Ok(Value { type_, place })
    }

    fn tuple_member(&mut self, object: &Value, index: u32) -> Result<Value, Problem> {
        match (&object.type_, &object.place, index) {
            (Type::Pair, Place::Memory(address), 0 | 1) => Ok(Value {
                type_: Type::Scalar(integer(16, false)),
                place: Place::Memory(address + u64::from(index) * 2),
            }),
            _ => Err(Problem::NoSuchMember {
                object: self.describe(object),
                name: index.to_string(),
            }),
        }
    }

    fn unwrap(&mut self, object: &Value) -> Result<Value, Problem> {
        match (&object.type_, &object.place) {
            (Type::Optional, Place::Memory(address)) => Ok(Value {
                type_: int(),
                place: Place::Memory(address + 4),
            }),
            _ => Err(self.wrong("unwrap", object)),
        }
    }

    fn index(&mut self, object: &Value, index: i128) -> Result<Value, Problem> {
        match &object.type_ {
            Type::Array(_, count) if !(0..i128::from(*count)).contains(&index) => Err(
                Problem::Other(format!("there are {count} elements, counted from 0")),
            ),
            Type::Array(element, _) | Type::Pointer(element) => {
                let base = self.pointer_address(object)?;
                let distance = (index as u64).wrapping_mul(World::size(element));
                Ok(Value {
                    type_: (**element).clone(),
                    place: Place::Memory(base.wrapping_add(distance) & 0xffff_ffff),
                })
            }
            _ => Err(self.wrong("index", object)),
        }
    }

    fn slice(
        &mut self,
        object: &Value,
        start: Option<i128>,
        end: Option<i128>,
    ) -> Result<Value, Problem> {
        let first = start.unwrap_or(0);
        let end = match (end, &object.type_) {
            (Some(end), _) => end,
            (None, Type::Array(_, count)) => i128::from(*count),
            _ => return Err(self.wrong("find the end of", object)),
        };
        let count = end
            .checked_sub(first)
            .and_then(|count| u64::try_from(count).ok());
        let Some(count) = count.filter(|count| *count <= 1000) else {
            return Err(Problem::Other("there are no such elements".to_string()));
        };
        let element = self.index(object, first)?;
        self.repeat(&element, count.into())
    }

    fn repeat(&mut self, first: &Value, count: i128) -> Result<Value, Problem> {
        match (&first.place, u64::try_from(count)) {
            (Place::Memory(_), Ok(count)) => Ok(Value {
                type_: Type::Array(Box::new(first.type_.clone()), count),
                place: first.place.clone(),
            }),
            _ => Err(self.wrong("repeat", first)),
        }
    }

    fn dereference(&mut self, pointer: &Value) -> Result<Value, Problem> {
        let target = match &pointer.type_ {
            Type::Pointer(target) | Type::Array(target, _) => (**target).clone(),
            _ => return Err(self.wrong("dereference", pointer)),
        };
        match self.pointer_address(pointer)? {
            0 => Err(Problem::Other("the pointer is null".to_string())),
            address => Ok(Value {
                type_: target,
                place: Place::Memory(address),
            }),
        }
    }

    fn address_of(&mut self, value: &Value) -> Result<Value, Problem> {
        match value.place {
            Place::Memory(address) => Ok(Value {
                type_: Type::Pointer(Box::new(value.type_.clone())),
                place: Place::Nowhere(address.into()),
            }),
            _ => Err(self.wrong("take the address of", value)),
        }
    }

    fn cast(&mut self, value: &Value, target: &TypeName) -> Result<Value, Problem> {
        let target = self.type_of(target)?;
        let scalar_type = match &target {
            Type::Scalar(type_) => *type_,
            Type::Pointer(_) => ScalarType::Address(self.data_model().address),
            _ => return Err(self.wrong("convert", value)),
        };
        match self.scalar(value)? {
            Some(scalar) => Ok(Value {
                place: Place::Nowhere(scalar.cast(scalar_type)?.bits()),
                type_: target,
            }),
            None => Err(self.wrong("convert", value)),
        }
    }

    fn size_of(&mut self, value: &Value) -> Result<u64, Problem> {
        Ok(World::size(&value.type_))
    }

    fn size_of_type(&mut self, type_name: &TypeName) -> Result<u64, Problem> {
        Ok(World::size(&self.type_of(type_name)?))
    }

    fn assign(&mut self, place: &Value, value: &Value) -> Result<Value, Problem> {
        let type_ = match (&place.type_, self.scalar(place)?) {
            (_, Some(old)) => old.type_(),
            _ => return Err(self.wrong("assign to", place)),
        };
        let Some(new) = self.scalar(value)? else {
            return Err(self.wrong("convert", value));
        };
        let bits = new.cast(type_)?.bits();
        match place.place {
            Place::Memory(address) => {
                let size = World::size(&place.type_) as usize;
                let start = address as usize;
                self.memory[start..start + size].copy_from_slice(&bits.to_le_bytes()[..size]);
            }
            Place::Local(index) => self.locals[index as usize] = bits as u32,
            _ => return Err(self.wrong("assign to", place)),
        }
        Ok(place.clone())
    }

    fn call(&mut self, callee: Callee<'_, Value>, arguments: &[Value]) -> Result<Value, Problem> {
        let arguments: Vec<i128> = arguments
            .iter()
            .map(|argument| {
                let scalar = self.scalar(argument)?;
                Ok(scalar.and_then(Scalar::to_integer).unwrap_or(0))
            })
            .collect::<Result<_, Problem>>()?;
        let result = match (callee, &arguments[..]) {
            (Callee::Value(function), arguments) => match (&function.type_, arguments) {
                (Type::Function("add"), [left, right]) => left.wrapping_add(*right),
                (Type::Function("math::twice"), [only]) => only.wrapping_mul(2),
                _ => return Err(self.wrong("call", function)),
            },
            (
                Callee::Member {
                    object,
                    access,
                    name: "plus",
                },
                [only],
            ) => {
                let object = match access {
                    Access::Dot => object.clone(),
                    Access::Arrow => self.dereference(object)?,
                };
                let value = self.member(&object, "value")?;
                let value = self.scalar(&value)?.and_then(Scalar::to_integer);
                value.unwrap_or(0).wrapping_add(*only)
            }
            (Callee::Member { object, name, .. }, _) => {
                return Err(Problem::NoSuchMember {
                    object: self.describe(object),
                    name: name.to_string(),
                });
            }
        };
        let type_ = IntegerType::new(32, true).unwrap();
        Ok(self.value(Scalar::integer(type_, result)))
    }
}
