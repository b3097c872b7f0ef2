//! [`FrameEnvironment`] as the evaluator sees it.

use super::FrameEnvironment;
use super::history::Kept;
use super::names::Meaning;
use super::problems::{explain, explain_of};
use super::types::scalar_type;
use crate::expression::{
    AddressWidth, BinaryOperator, Callee, DataModel, Effect, Environment, History, IntegerType,
    Path, Problem, Register, Scalar, ScalarType, StringLiteral, TypeName,
};
use crate::locations::MachinePlace;
use crate::types::{Language, MadeType, TypeId, TypeKind};
use crate::values::{At, Value};
use crate::{Place, WasmValue};

impl Environment for FrameEnvironment<'_, '_> {
    type Value = Value;

    fn data_model(&self) -> DataModel {
        DataModel {
            address: match self.names.address_size {
                8 => AddressWidth::Bits64,
                _ => AddressWidth::Bits32,
            },
            unicode_char: self.names.language == Language::Rust,
        }
    }

    // All that an expression does is one request: so a long one cannot make damaged debug
    // information be gone through again and again.
    fn begin(&mut self) {
        self.symbols.begin_request();
    }

    fn permit(&self, effect: Effect) -> Result<(), String> {
        match effect {
            _ if self.is_read_only => {
                Err("evaluate it where commands are typed, as in a debug console".to_string())
            }
            Effect::Call if self.calls.is_none() => {
                Err("ask for it with the command or option for calls".to_string())
            }
            Effect::Call | Effect::Assignment => Ok(()),
        }
    }

    fn is_constructor(&self, path: &Path) -> bool {
        self.names.is_constructor(path)
    }

    fn name(&mut self, path: &Path) -> Result<Value, Problem> {
        let meaning = self.names.meaning(self.symbols, path).map_err(explain)?;
        match meaning {
            None => Err(Problem::NoSuchName(path.to_string())),
            Some(Meaning::Variable(variable)) => Ok(self.inspector().value_of(&variable)),
            Some(Meaning::Member(this, name)) => {
                let this = self.inspector().value_of(&this);
                self.member_of(&this, &name)
            }
            Some(Meaning::Enumerator(value)) => Ok(value),
            Some(Meaning::Function(id)) => {
                let at = self.nowhere(Vec::new());
                let mut value = self.new_value(Some(TypeId(id)), Ok(at));
                value.name = path.to_string();
                Ok(value)
            }
            Some(Meaning::Constructor(name)) => {
                let at = self.nowhere(Vec::new());
                let type_ = self.make_type(MadeType::Variant {
                    name,
                    contents: None,
                    size: 0,
                })?;
                Ok(self.new_value(Some(type_), Ok(at)))
            }
        }
    }

    fn register(&mut self, register: Register) -> Result<Value, Problem> {
        let place = match register {
            Register::Local(index) => MachinePlace::Local(index),
            Register::Operand(index) => MachinePlace::Operand(index),
            Register::Global(index) => MachinePlace::Global(index),
            Register::Pc => {
                let pc = self.wasm_pc;
                let pc = pc.ok_or_else(|| Problem::NoSuchName(register.to_string()))?;
                let width = self.data_model().address;
                return Ok(self.scalar_value(Scalar::address(width, pc.into())));
            }
            Register::Memory(0) => {
                let byte = ScalarType::Integer(unsigned(8));
                let byte = self.make_type(MadeType::Scalar(byte, self.names.language))?;
                let type_ = self.array_of(byte, vec![self.target.memory_size()])?;
                return Ok(self.new_value(Some(type_), Ok(place_at(Place::Memory(0)))));
            }
            _ => {
                let what = format!("`{register}`: only the first memory can be read, which");
                return Err(Problem::Unsupported(what));
            }
        };
        let value = place.read(self.target);
        let value = value.map_err(|error| Problem::Other(error.to_string()))?;
        let integer = |bits| {
            let type_ = IntegerType::new(bits, bits < 128);
            type_.map_or(ScalarType::Boolean, ScalarType::Integer)
        };
        let type_ = match value {
            WasmValue::I32(_) => integer(32),
            WasmValue::I64(_) => integer(64),
            WasmValue::F32(_) => Scalar::f32(0.0).type_(),
            WasmValue::F64(_) => Scalar::f64(0.0).type_(),
            WasmValue::V128(_) => integer(128),
            WasmValue::Reference => {
                let what = format!("`{register}` is a reference, which");
                return Err(Problem::Unsupported(what));
            }
        };
        let type_ = self.make_type(MadeType::Scalar(type_, self.names.language))?;
        let mut value = self.new_value(Some(type_), Ok(place_at(Place::Machine(place))));
        value.name = register.to_string();
        Ok(value)
    }

    fn convenience(&mut self, name: &str) -> Result<Value, Problem> {
        let history = self.history.as_deref();
        let kept = history.and_then(|history| history.variable(name));
        let kept = kept.ok_or_else(|| Problem::NoSuchName(format!("${name}")))?;
        self.recall(kept)
    }

    fn set_convenience(&mut self, name: &str, value: &Value) -> Result<(), Problem> {
        let inspector = self.inspector();
        match &mut self.history {
            Some(history) => {
                history.set(&inspector, name, value);
                Ok(())
            }
            None => Err(Problem::Unsupported(format!("the variable `${name}`"))),
        }
    }

    fn history(&mut self, wanted: History) -> Result<Value, Problem> {
        let missing = || Problem::NoSuchName(wanted.to_string());
        let history = self.history.as_deref().ok_or_else(missing)?;
        let number = match wanted {
            History::Number(number) => Some(number as usize),
            History::Back(back) => history.count().checked_sub(back as usize),
        };
        let kept = number.and_then(|number| history.shown(number));
        self.recall(kept.ok_or_else(missing)?)
    }

    fn value(&mut self, scalar: Scalar) -> Value {
        self.scalar_value(scalar)
    }

    fn string(&mut self, literal: &StringLiteral) -> Result<Value, Problem> {
        let mut bytes = literal.bytes.clone();
        if !matches!(self.names.language, Language::Rust | Language::Zig) {
            bytes.push(0);
        }
        let character = self.character()?;
        let type_ = self.array_of(character, vec![bytes.len() as u64])?;
        Ok(self.new_value(Some(type_), Ok(self.nowhere(bytes))))
    }

    fn none(&mut self) -> Result<Value, Problem> {
        let type_ = self.make_type(MadeType::Variant {
            name: "None".to_string(),
            contents: None,
            size: 0,
        })?;
        Ok(self.new_value(Some(type_), Ok(self.nowhere(Vec::new()))))
    }

    fn scalar(&mut self, value: &Value) -> Result<Option<Scalar>, Problem> {
        self.read_scalar(value)
    }

    fn describe(&mut self, value: &Value) -> String {
        let name = self.symbols.type_text(value.type_, 0);
        match name {
            Ok(name) => format!("a value of type `{name}`"),
            Err(_) => "a value whose type cannot be read".to_string(),
        }
    }

    fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &Value,
        right: &Value,
    ) -> Result<Option<Value>, Problem> {
        let result = self.combine(operator, left, right)?;
        Ok(result.map(|result| self.scalar_value(result)))
    }

    fn stride(&mut self, value: &Value) -> Result<Option<u64>, Problem> {
        self.stride_of(value)
    }

    fn pointer_address(&mut self, pointer: &Value) -> Result<u64, Problem> {
        let pointer = self.settle(pointer)?;
        match self.kind_of(&pointer)? {
            Some(TypeKind::Array { .. }) => {
                let address = pointer.address();
                address.ok_or_else(|| self.wrong_type("take the address of", &pointer))
            }
            _ => {
                let address = self.inspector().unsigned(&pointer);
                address.map_err(explain_of(&pointer))
            }
        }
    }

    fn with_address(&mut self, pointer: &Value, address: u64) -> Result<Value, Problem> {
        let pointer = self.settle(pointer)?;
        let type_ = match self.kind_of(&pointer)? {
            Some(TypeKind::Array { .. }) => {
                let element = self.element_type(&pointer)?;
                Some(self.pointer_to(element)?)
            }
            _ => pointer.type_,
        };
        let size = self.size_of_id(type_)?.min(8) as usize;
        let bytes = address.to_le_bytes()[..size].to_vec();
        Ok(self.new_value(type_, Ok(self.nowhere(bytes))))
    }

    fn member(&mut self, object: &Value, name: &str) -> Result<Value, Problem> {
        self.member_of(object, name)
    }

    fn tuple_member(&mut self, object: &Value, index: u32) -> Result<Value, Problem> {
        self.tuple_member_of(object, index)
    }

    fn unwrap(&mut self, object: &Value) -> Result<Value, Problem> {
        self.contents_of(object)
    }

    fn lookup(&mut self, object: &Value, key: &Value) -> Result<Option<Value>, Problem> {
        self.look_up(object, key)
    }

    fn index(&mut self, object: &Value, index: i128) -> Result<Value, Problem> {
        self.element(object, index)
    }

    fn slice(
        &mut self,
        object: &Value,
        start: Option<i128>,
        end: Option<i128>,
    ) -> Result<Value, Problem> {
        self.slice_of(object, start, end)
    }

    fn repeat(&mut self, first: &Value, count: i128) -> Result<Value, Problem> {
        let first = self.settle(first)?;
        let (Some(_), Some(type_)) = (first.address(), first.type_) else {
            return Err(self.wrong_type("make an array of", &first));
        };
        let size = self.size_of_id(Some(type_))?;
        let count = u64::try_from(count).ok().filter(|count| {
            let len = count.checked_mul(size.max(1));
            *count > 0 && len.is_some_and(|len| len <= self.target.memory_size())
        });
        let count = count
            .ok_or_else(|| Problem::Other("there cannot be so many elements here".to_string()))?;
        let type_ = Some(self.array_of(type_, vec![count])?);
        Ok(Value { type_, ..first })
    }

    fn dereference(&mut self, pointer: &Value) -> Result<Value, Problem> {
        match self.led_to(pointer)? {
            Some(target) => Ok(target),
            None => Err(self.wrong_type("dereference", pointer)),
        }
    }

    fn address_of(&mut self, value: &Value) -> Result<Value, Problem> {
        let value = self.settle(value)?;
        let address = match (self.kind_of(&value)?, value.address()) {
            (Some(TypeKind::Function { .. }), _) | (_, None) => {
                return Err(self.wrong_type("take the address of", &value));
            }
            (_, Some(address)) => address,
        };
        let type_ = self.pointer_to(value.type_)?;
        let size = self.names.address_size.min(8) as usize;
        let bytes = address.to_le_bytes()[..size].to_vec();
        Ok(self.new_value(Some(type_), Ok(self.nowhere(bytes))))
    }

    fn cast(&mut self, value: &Value, target: &TypeName) -> Result<Value, Problem> {
        let target = self.type_named(target)?;
        self.converted(value, target)
    }

    fn size_of(&mut self, value: &Value) -> Result<u64, Problem> {
        let value = self.settle(value)?;
        if let Some(TypeKind::Array { .. }) = self.kind_of(&value)?
            && !matches!(
                value.type_.map(|id| self.symbols.size_of(id)),
                Some(Ok(Some(_)))
            )
        {
            // One whose length the program has computed.
            let view = self.view_of(&value).map_err(explain_of(&value))?;
            let count = view.children.count();
            let element = self.element_type(&value)?;
            return Ok(count.saturating_mul(self.size_of_id(element)?));
        }
        self.size_of_id(value.type_)
    }

    fn size_of_type(&mut self, type_name: &TypeName) -> Result<u64, Problem> {
        let type_ = self.type_named(type_name)?;
        self.size_of_id(type_)
    }

    fn assign(&mut self, place: &Value, value: &Value) -> Result<Value, Problem> {
        self.store(place, value)
    }

    fn call(&mut self, callee: Callee<'_, Value>, arguments: &[Value]) -> Result<Value, Problem> {
        self.run(callee, arguments)
    }
}

impl FrameEnvironment<'_, '_> {
    /// A value that was kept; of other symbols, only scalars mean something here.
    fn recall(&self, kept: &Kept) -> Result<Value, Problem> {
        if kept.identity == self.symbols.identity() {
            return Ok(kept.value.clone());
        }
        let sentence = "this value is of another module, whose types are not known here";
        Err(Problem::Other(sentence.to_string()))
    }

    /// The scalar that a value is, if it is one.
    pub(super) fn read_scalar(&self, value: &Value) -> Result<Option<Scalar>, Problem> {
        let value = self.settle(value)?;
        let Some(id) = value.type_ else {
            return match &value.at {
                Err(error) => Err(explain_of(&value)(error.clone())),
                Ok(_) => Ok(None),
            };
        };
        let Some(type_) = scalar_type(self.symbols, id).map_err(explain)? else {
            return self.read_wide_float(&value);
        };
        let inspector = self.inspector();
        let is_field = matches!(&value.at, Ok(At { bits: Some(_), .. }));
        let bits = match is_field {
            // Its sign is where it ends.
            true => inspector.integer(&value).map(|number| number as u128),
            false => inspector.bits(&value),
        };
        let bits = bits.map_err(explain_of(&value))?;
        Ok(Some(Scalar::new(type_, bits)))
    }

    /// C's `long double`, as the nearest number of 64 bits.
    fn read_wide_float(&self, value: &Value) -> Result<Option<Scalar>, Problem> {
        let is_float = matches!(
            self.kind_of(value)?,
            Some(TypeKind::Base(crate::types::Encoding::Float))
        );
        if !is_float || self.size_of_id(value.type_)? != 16 {
            return Ok(None);
        }
        let bits = self.inspector().bits(value).map_err(explain_of(value))?;
        Ok(Some(Scalar::f64(crate::values::scalar::nearest(bits))))
    }
}

fn place_at(place: Place) -> At {
    At {
        place,
        offset: 0,
        bits: None,
    }
}

fn unsigned(bits: u8) -> IntegerType {
    AddressWidth::Bits32.integer(false).resized(bits)
}
