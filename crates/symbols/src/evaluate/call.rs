//! Calls of the program's functions.

use super::FrameEnvironment;
use super::problems::{damaged, explain, explain_of};
use super::types::{scalar_bytes, scalar_type};
use crate::code::names::function_name;
use crate::dwarf::entries::Entries;
use crate::dwarf::units::EntryId;
use crate::expression::{Access, Callee, FloatType, Problem, Scalar, ScalarType};
use crate::locations::Context;
use crate::scopes::VariableKind;
use crate::types::{MadeType, PointerKind, TypeId, TypeKind};
use crate::values::Value;
use crate::{Place, WasmValue};

/// Calls functions of the program that stands still.
pub trait Calls {
    /// Calls a function to its end, and returns its result.
    ///
    /// # Errors
    ///
    /// If there is no such function, if the arguments are not of its types, or if it did not return: a
    /// sentence without its full stop.
    fn call(
        &mut self,
        function: &CallTarget,
        arguments: &[WasmValue],
    ) -> Result<Option<WasmValue>, String>;
}

/// Which function is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallTarget {
    /// Its name, for people to read.
    pub name: Option<String>,
    /// Where its code begins, as an offset in the module file; `None` for a pointer to a function.
    pub wasm_pc: Option<u32>,
    /// Its index in the first table, for a pointer to a function.
    pub table_index: Option<u64>,
}

/// What a function takes and returns.
struct Signature {
    parameters: Vec<Option<TypeId>>,
    result: Option<TypeId>,
    variadic: bool,
}

impl FrameEnvironment<'_, '_> {
    pub(super) fn run(
        &mut self,
        callee: Callee<'_, Value>,
        arguments: &[Value],
    ) -> Result<Value, Problem> {
        match callee {
            Callee::Value(function) => {
                if function.type_.is_some_and(TypeId::is_made) {
                    return self.construct(function, arguments);
                }
                self.call_value(function, arguments)
            }
            Callee::Member {
                object,
                access,
                name,
            } => {
                let object = match access {
                    Access::Dot => self.settle(object)?,
                    Access::Arrow => match self.led_to(object)? {
                        Some(target) => target,
                        None => return Err(self.unfit("dereference", object)),
                    },
                };
                match self.member_of(&object, name) {
                    Ok(member) => self.call_value(&member, arguments),
                    Err(missing) => self.call_method(&object, name, arguments, missing),
                }
            }
        }
    }

    /// A variant with what is in it.
    fn construct(&self, constructor: &Value, arguments: &[Value]) -> Result<Value, Problem> {
        let type_ = self.bare_type(constructor)?;
        let name = type_.and_then(|type_| type_.name.clone());
        let (Some(name), [contents]) = (name, arguments) else {
            let sentence = "a variant such as `Some` has one value in it";
            return Err(Problem::Other(sentence.to_string()));
        };
        let contents = self.settle(contents)?;
        let size = self.size_of_id(contents.type_)?;
        let type_ = self.make_type(MadeType::Variant {
            name,
            contents: contents.type_,
            size,
        })?;
        Ok(self.new_value(Some(type_), contents.at))
    }

    fn call_value(&mut self, function: &Value, arguments: &[Value]) -> Result<Value, Problem> {
        let mut function = self.settle(function)?;
        if let Some(TypeKind::Pointer { .. }) = self.kind_of(&function)?
            && let Some(target) = self.led_to(&function)?
        {
            function = target;
        }
        let (Some(TypeKind::Function { .. }), Some(id)) =
            (self.kind_of(&function)?, function.type_)
        else {
            return Err(self.unfit("call", &function));
        };
        let at = function.at.as_ref().map_err(Clone::clone);
        let at = at.map_err(explain_of(&function))?;
        if let Place::Memory(index) = at.place {
            let bare = self.symbols.bare_type(id).map_err(damaged)?;
            let target = CallTarget {
                name: self.target.table_function(index),
                table_index: Some(index),
                ..CallTarget::default()
            };
            let TypeId(entry) = bare.map_or(id, |(id, _)| id);
            return self.call_function(entry, &target, None, arguments);
        }
        let target = self.call_target(id.0)?;
        self.call_function(id.0, &target, None, arguments)
    }

    /// Calls the function of a name whose first parameter takes the object, or a pointer to it.
    fn call_method(
        &mut self,
        object: &Value,
        name: &str,
        arguments: &[Value],
        missing: Problem,
    ) -> Result<Value, Problem> {
        for id in self.names.functions(self.symbols, name) {
            let signature = self.signature(id)?;
            let Some(Some(first)) = signature.parameters.first().copied() else {
                continue;
            };
            let bare = self.symbols.bare_type(first).map_err(damaged)?;
            let pointee = match bare.map(|(_, type_)| type_.kind.clone()) {
                Some(TypeKind::Pointer { target, .. }) => target,
                _ => None,
            };
            let this = if self.is_same_type(pointee, object.type_)? {
                let address = object.address();
                let address = address.ok_or_else(|| self.unfit("take the address of", object))?;
                Some(self.address_value(address))
            } else if self.is_same_type(Some(first), object.type_)? {
                let scalar = self.read_scalar(object)?;
                scalar.and_then(lowered)
            } else {
                continue;
            };
            let this = this.ok_or_else(|| self.unfit("pass", object))?;
            let target = self.call_target(id)?;
            return self.call_function(id, &target, Some(this), arguments);
        }
        Err(missing)
    }

    fn call_target(&self, id: EntryId) -> Result<CallTarget, Problem> {
        let units = self.symbols.units();
        let unit = units.unit(id);
        let entry = units.entry(id).map_err(damaged)?;
        let mut begin = None;
        let visited = entry.code().visit(unit.with_sections(), &mut |range| {
            begin = Some(range.begin);
            false
        });
        visited.map_err(damaged)?;
        Ok(CallTarget {
            name: function_name(units, id).map_err(damaged)?,
            wasm_pc: begin.map(|begin| self.symbols.wasm_pc(begin)),
            table_index: None,
        })
    }

    /// What a function takes and returns, as its own entry or its origins say.
    fn signature(&self, id: EntryId) -> Result<Signature, Problem> {
        let read = || -> gimli::Result<Signature> {
            let units = self.symbols.units();
            let mut signature = Signature {
                parameters: Vec::new(),
                result: None,
                variadic: false,
            };
            for (unit, entry) in units.origins(id)? {
                let result = units.reference(unit, &entry, gimli::DW_AT_type);
                signature.result = signature.result.or(result.map(TypeId));
            }
            let unit = units.unit(id);
            let mut entries = Entries::new(unit.with_sections(), Some(id.offset))?;
            entries.next()?;
            let context = Context {
                unit: id.unit,
                address: None,
                function: None,
            };
            while let Some(entry) = entries.next_below()? {
                if entry.depth == 1 && entry.tag == gimli::DW_TAG_formal_parameter {
                    let id = unit.id_of(&entry);
                    let kind = VariableKind::Parameter;
                    let parameter = self.symbols.variable(id, kind, context)?;
                    signature.parameters.push(parameter.type_);
                }
                signature.variadic |= entry.tag == gimli::DW_TAG_unspecified_parameters;
            }
            Ok(signature)
        };
        read().map_err(damaged)
    }

    fn call_function(
        &mut self,
        id: EntryId,
        target: &CallTarget,
        this: Option<WasmValue>,
        arguments: &[Value],
    ) -> Result<Value, Problem> {
        let signature = self.signature(id)?;
        let name = target.name.as_deref().unwrap_or("the function");
        if signature.variadic {
            let what = format!("a call of `{name}`, which takes any number of arguments,");
            return Err(Problem::Unsupported(what));
        }
        let mut lowered = Vec::from_iter(this);
        let parameters = signature
            .parameters
            .get(lowered.len()..)
            .unwrap_or_default();
        if parameters.len() != arguments.len() {
            return Err(Problem::Other(format!(
                "`{name}` takes {} arguments, not {}",
                parameters.len(),
                arguments.len()
            )));
        }
        for (parameter, argument) in parameters.iter().zip(arguments) {
            lowered.push(self.argument(*parameter, argument)?);
        }
        let result = match signature.result {
            Some(id) => {
                let type_ = scalar_type(self.symbols, id).map_err(explain)?;
                let type_ = type_.ok_or_else(|| {
                    Problem::Unsupported(format!("a call of `{name}`, whose result is no scalar,"))
                })?;
                Some((id, type_))
            }
            None => None,
        };
        let calls = self.calls.as_deref_mut();
        let calls = calls.ok_or_else(|| Problem::Unsupported("a call".to_string()))?;
        let returned = calls.call(target, &lowered).map_err(Problem::Other)?;
        self.result(result, returned)
    }

    /// An argument as the machine takes it.
    fn argument(&self, parameter: Option<TypeId>, argument: &Value) -> Result<WasmValue, Problem> {
        let bare = match parameter {
            Some(id) => self.symbols.bare_type(id).map_err(damaged)?,
            None => None,
        };
        let argument = self.settle(argument)?;
        let kind = bare.as_ref().map(|(_, type_)| &type_.kind);
        if let Some(TypeKind::Pointer { kind, .. }) = kind {
            let is_array = matches!(self.kind_of(&argument)?, Some(TypeKind::Array { .. }));
            if *kind != PointerKind::Pointer || is_array {
                let address = argument.address();
                let address =
                    address.ok_or_else(|| self.unfit("take the address of", &argument))?;
                return Ok(self.address_value(address));
            }
        }
        let type_ = match &bare {
            Some((id, _)) => scalar_type(self.symbols, *id).map_err(explain)?,
            None => None,
        };
        let scalar = self.read_scalar(&argument)?;
        let (Some(type_), Some(scalar)) = (type_, scalar) else {
            return Err(self.unfit("pass", &argument));
        };
        let lowered = lowered(scalar.cast(type_)?);
        lowered.ok_or_else(|| self.unfit("pass", &argument))
    }

    fn address_value(&self, address: u64) -> WasmValue {
        match self.names.address_size {
            8 => WasmValue::I64(address),
            _ => WasmValue::I32(address as u32),
        }
    }

    fn result(
        &self,
        expected: Option<(TypeId, ScalarType)>,
        returned: Option<WasmValue>,
    ) -> Result<Value, Problem> {
        let Some((id, type_)) = expected else {
            let void = self.make_type(MadeType::Void)?;
            return Ok(self.new_value(Some(void), Ok(self.nowhere(Vec::new()))));
        };
        let is_wide = type_.bits() > 32;
        let bits = match (returned, type_) {
            (Some(WasmValue::F32(bits)), ScalarType::Float(FloatType::F32)) => u128::from(bits),
            (Some(WasmValue::F64(bits)), ScalarType::Float(FloatType::F64)) => u128::from(bits),
            (Some(WasmValue::I32(bits)), type_) if !is_float(type_) && !is_wide => u128::from(bits),
            (Some(WasmValue::I64(bits)), type_) if !is_float(type_) && is_wide => u128::from(bits),
            _ => {
                let sentence = "the function has not returned what its description says";
                return Err(Problem::Other(sentence.to_string()));
            }
        };
        let size = self.size_of_id(Some(id))?;
        let bytes = scalar_bytes(Scalar::new(type_, bits), size);
        Ok(self.new_value(Some(id), Ok(self.nowhere(bytes))))
    }
}

fn is_float(type_: ScalarType) -> bool {
    matches!(type_, ScalarType::Float(_))
}

/// A scalar as the machine's calls take it; `None` if it takes two values.
fn lowered(scalar: Scalar) -> Option<WasmValue> {
    let bits = scalar_bytes(scalar, 8);
    let bits = crate::locations::evaluate::number(&bits);
    Some(match scalar.type_() {
        ScalarType::Float(FloatType::F32) => WasmValue::F32(bits as u32),
        ScalarType::Float(FloatType::F64) => WasmValue::F64(bits),
        type_ if type_.bits() <= 32 => WasmValue::I32(bits as u32),
        type_ if type_.bits() <= 64 => WasmValue::I64(bits),
        _ => return None,
    })
}
