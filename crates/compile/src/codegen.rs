//! From one function in the code generator's terms to bytes and tables.

use crate::handlers::HandlerWriter;
use crate::tables::{self, TableWriter};
use crate::trampoline::TrampolineBuilder;
use crate::translate::{Environment, Translator};
use crate::trap::TrapKind;
use crate::types::{DefinedFuncIndex, SignatureIndex};
use crate::{CompileError, abi, builtins::Builtin};
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::function::FunctionParameters;
use cranelift_codegen::ir::{
    DebugTag, ExternalName, Function, StackSlotKey, UserExternalName, UserFuncName,
};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::print_errors::pretty_error;
use cranelift_codegen::{
    Context, Final, FinalizedMachReloc, FinalizedRelocTarget, MachBufferFinalized, MachDebugTagPos,
    MachSrcLoc,
};
use cranelift_entity::EntityRef;
use cranelift_frontend::FunctionBuilderContext;
use std::iter::Peekable;
use std::slice;
use wasmparser::{FuncToValidate, FuncValidatorAllocations, FunctionBody, ValidatorResources};

/// Something in the image that code can call by a relative address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallTarget {
    /// A function that the module defines.
    Function(DefinedFuncIndex),
    /// The trampoline of a builtin.
    Builtin(Builtin),
}

impl CallTarget {
    const FUNCTIONS: u32 = 0;
    const BUILTINS: u32 = 1;

    /// The name under which the code generator carries it.
    pub fn name(self) -> UserExternalName {
        match self {
            CallTarget::Function(index) => {
                UserExternalName::new(CallTarget::FUNCTIONS, index.as_u32())
            }
            CallTarget::Builtin(builtin) => {
                UserExternalName::new(CallTarget::BUILTINS, builtin as u32)
            }
        }
    }

    fn from_name(name: &UserExternalName) -> CallTarget {
        match name.namespace {
            CallTarget::FUNCTIONS => {
                CallTarget::Function(DefinedFuncIndex::new(name.index as usize))
            }
            CallTarget::BUILTINS => CallTarget::Builtin(Builtin::ALL[name.index as usize]),
            other => unreachable!("no names are made in namespace {other}"),
        }
    }
}

/// A call whose 4-byte displacement is still to be filled in.
pub(crate) struct Relocation {
    /// Where the displacement stands, from the function's first byte.
    pub offset: u32,
    /// What it leads to.
    pub target: CallTarget,
    /// Added to the distance from the displacement to the target.
    pub addend: i32,
}

/// One function's machine code with its tables.
pub(crate) struct FunctionCode {
    pub code: Box<[u8]>,
    pub alignment: u32,
    pub relocations: Box<[Relocation]>,
    /// See [`crate::tables`].
    pub traps: Box<[u8]>,
    /// See [`crate::tables`].
    pub calls: Box<[u8]>,
    /// See [`crate::tables`].
    pub points: Box<[u8]>,
    /// How far below the frame pointer the area begins that [`crate::observe::FrameMap`] describes;
    /// 0 if there is none.
    pub area: u32,
    /// See [`crate::handlers`].
    pub handlers: Box<[u8]>,
}

/// The state of one thread of compilation, kept from function to function.
pub(crate) struct FunctionCompiler {
    context: Context,
    builder_context: FunctionBuilderContext,
    translator: Translator,
    validator_allocations: FuncValidatorAllocations,
    control_plane: ControlPlane,
    table: TableWriter,
    handlers: HandlerWriter,
}

impl FunctionCompiler {
    pub fn new() -> FunctionCompiler {
        FunctionCompiler {
            context: Context::new(),
            builder_context: FunctionBuilderContext::new(),
            translator: Translator::new(),
            validator_allocations: FuncValidatorAllocations::default(),
            control_plane: ControlPlane::default(),
            table: TableWriter::default(),
            handlers: HandlerWriter::default(),
        }
    }

    /// Validates and compiles a function of the module.
    pub fn function(
        &mut self,
        env: &Environment<'_>,
        index: DefinedFuncIndex,
        body: FunctionBody<'_>,
        validate: FuncToValidate<ValidatorResources>,
    ) -> Result<FunctionCode, CompileError> {
        let function = env.info.function_index(index);
        let signature = env.info.functions[function].signature;
        self.context.clear();
        self.context.func.name = UserFuncName::User(CallTarget::Function(index).name());
        self.context.func.signature = abi::guest_signature(&env.info.signatures[signature]);
        let mut validator =
            validate.into_validator(std::mem::take(&mut self.validator_allocations));
        self.translator
            .translate(env, index, body, &mut validator, &mut self.context.func)?;
        self.validator_allocations = validator.into_allocations();
        let isa = if self.translator.crowded() {
            env.crowded_isa
        } else {
            env.isa
        };
        self.emit(isa).map_err(|message| CompileError::Codegen {
            function: function.as_u32(),
            message,
        })
    }

    /// Compiles the entry trampoline of a function type.
    pub fn entry_trampoline(
        &mut self,
        env: &Environment<'_>,
        signature: SignatureIndex,
    ) -> Result<FunctionCode, CompileError> {
        self.trampoline(env.isa, |builder, func| {
            builder.entry(func, &env.info.signatures[signature])
        })
    }

    /// Compiles the exit trampoline of a function type.
    pub fn exit_trampoline(
        &mut self,
        env: &Environment<'_>,
        signature: SignatureIndex,
    ) -> Result<FunctionCode, CompileError> {
        self.trampoline(env.isa, |builder, func| {
            builder.exit(func, &env.info.signatures[signature])
        })
    }

    /// Compiles the trampoline of a builtin.
    pub fn builtin_trampoline(
        &mut self,
        isa: &dyn TargetIsa,
        builtin: Builtin,
    ) -> Result<FunctionCode, CompileError> {
        self.trampoline(isa, |builder, func| builder.builtin(func, builtin))
    }

    fn trampoline(
        &mut self,
        isa: &dyn TargetIsa,
        build: impl FnOnce(&mut TrampolineBuilder<'_>, &mut Function),
    ) -> Result<FunctionCode, CompileError> {
        self.context.clear();
        let mut builder = TrampolineBuilder {
            context: &mut self.builder_context,
            frontend: isa.frontend_config(),
        };
        build(&mut builder, &mut self.context.func);
        // A trampoline belongs to no function of the module; its type can be too large for the
        // code generator all the same.
        self.emit(isa).map_err(|message| {
            CompileError::TooLarge(format!("no trampoline for one of its types: {message}"))
        })
    }

    /// Generates code for the function in the context.
    fn emit(&mut self, isa: &dyn TargetIsa) -> Result<FunctionCode, String> {
        let outcome = self
            .context
            .compile(isa, &mut self.control_plane)
            .map(|_| ());
        outcome.map_err(|error| pretty_error(error.func, error.inner))?;
        let compiled = self
            .context
            .compiled_code()
            .expect("it has just been compiled");
        let buffer = &compiled.buffer;
        let mut locations = Locations::new(buffer.get_srclocs_sorted());
        for trap in buffer.traps() {
            if let Some(kind) = TrapKind::from_code(trap.code) {
                self.table
                    .trap(trap.offset, locations.at(trap.offset), kind);
            }
        }
        let traps = self.table.finish();
        let mut locations = Locations::new(buffer.get_srclocs_sorted());
        for call in buffer.call_sites() {
            // The call instruction ends where its return address begins.
            self.table
                .call(call.ret_addr, locations.at(call.ret_addr - 1));
            self.handlers.call(&call)?;
        }
        let calls = self.table.finish();
        let mut code: Box<[u8]> = compiled.code_buffer().into();
        for (offset, wasm_pc) in points(buffer) {
            self.table.point(offset, wasm_pc);
            let at = offset as usize;
            if code.get(at) != Some(&BREAKPOINT) {
                return Err(format!("there is no room for a breakpoint at {offset:#x}"));
            }
            code[at] = match code.get(at + 1) {
                Some(&BREAKPOINT) => tables::NOP,
                _ => tables::PREFIX,
            };
        }
        let points = self.table.finish_points();
        let handlers = self.handlers.finish();
        let relocations = buffer
            .relocs()
            .iter()
            .map(|reloc| relocation(&self.context.func.params, reloc))
            .collect::<Result<_, _>>()?;
        Ok(FunctionCode {
            code,
            alignment: buffer.alignment,
            relocations,
            traps,
            calls,
            points,
            area: area(buffer),
            handlers,
        })
    }
}

/// What a `debugtrap` is compiled to: `int3`.
const BREAKPOINT: u8 = 0xcc;

/// The key of the stack slot that is a function's area.
pub(crate) const AREA: u64 = 0;

/// How far below the frame pointer the function's area begins, 0 if it has none.
fn area(buffer: &MachBufferFinalized<Final>) -> u32 {
    let Some(layout) = buffer.frame_layout() else {
        return 0;
    };
    let mut slots = layout.stackslots.values();
    let area = slots.find(|slot| slot.key == Some(StackSlotKey::new(AREA)));
    area.map_or(0, |slot| layout.frame_to_fp_offset - slot.offset)
}

/// The code offsets and wasm pcs of a function's points, in ascending order.
fn points(buffer: &MachBufferFinalized<Final>) -> impl Iterator<Item = (u32, u32)> {
    buffer.debug_tags().filter_map(|list| match list.tags {
        [DebugTag::User(wasm_pc)] if list.pos == MachDebugTagPos::Pre => {
            Some((list.offset, *wasm_pc))
        }
        _ => None,
    })
}

fn relocation(
    params: &FunctionParameters,
    reloc: &FinalizedMachReloc,
) -> Result<Relocation, String> {
    let target = match &reloc.target {
        FinalizedRelocTarget::ExternalName(ExternalName::User(name)) => {
            CallTarget::from_name(&params.user_named_funcs()[*name])
        }
        other => return Err(format!("code refers to {other:?}, which no image has")),
    };
    match reloc.kind {
        Reloc::X86CallPCRel4 | Reloc::X86PCRel4 => Ok(Relocation {
            offset: reloc.offset,
            target,
            addend: reloc.addend as i32,
        }),
        other => Err(format!("code needs a relocation of kind {other:?}")),
    }
}

/// Walks the source locations of a function in step with ascending code offsets.
struct Locations<'a> {
    ranges: Peekable<slice::Iter<'a, MachSrcLoc<Final>>>,
}

impl<'a> Locations<'a> {
    fn new(sorted: &'a [MachSrcLoc<Final>]) -> Locations<'a> {
        Locations {
            ranges: sorted.iter().peekable(),
        }
    }

    /// The wasm pc of the code at an offset, 0 if it has none.
    fn at(&mut self, offset: u32) -> u32 {
        while self.ranges.next_if(|range| range.end <= offset).is_some() {}
        match self.ranges.peek() {
            Some(range) if range.start <= offset && !range.loc.is_default() => range.loc.bits(),
            _ => 0,
        }
    }
}
