//! The translation of one function: its state, its beginning and end, its size.

use super::Environment;
use super::access::{Access, Accesses};
use super::exceptions::Handlers;
use super::locals::Locals;
use super::memory::{Memory, Sums};
use super::observed::Observed;
use super::state::{BlockType, ControlStack, Frame, FrameKind, Operand, OperandStack, PerFunction};
use super::tables::Table;
use crate::builtins::Builtin;
use crate::observe::Recorder;
use crate::parse::val_type;
use crate::types::{DefinedFuncIndex, MemoryIndex, SignatureIndex, TableIndex};
use crate::validate::invalid;
use crate::{CompileError, abi};
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{
    Block, BlockArg, BlockCall, FuncRef, Function, Inst, InstBuilder, Opcode, SigRef, SourceLoc,
    Type, Value, types,
};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use wasmparser::{
    BinaryReader, FuncValidator, FunctionBody, Operator, OperatorsReader,
    OperatorsReaderAllocations, ValidatorResources,
};

/// How many values a function may pass along branches, to calls and back from them. A few bytes of
/// WebAssembly can pass a thousand; a function that is not out to exhaust memory passes a few.
const MAX_PASSED_VALUES: u64 = 1 << 22;

/// How large the frontend's tables of locals may become, in entries of 4 bytes.
const MAX_LOCAL_TABLE_ENTRIES: u64 = 1 << 28;

/// How deep frames may be nested: the code generator takes time that grows with the square of the
/// depth. A `switch` nests a frame for each of its labels, and a branch table holds fewer labels.
const MAX_DEPTH: usize = 1 << 16;

/// What translation keeps, cleared for each function, so that its memory is allocated once.
pub(super) struct State {
    pub operands: OperandStack,
    pub controls: ControlStack,
    pub locals: Locals,
    pub handlers: Handlers,
    pub accesses: Accesses,
    pub memories: PerFunction<MemoryIndex, Memory>,
    pub sums: Sums,
    pub tables: PerFunction<TableIndex, Table>,
    pub signatures: PerFunction<SignatureIndex, SigRef>,
    pub functions: PerFunction<DefinedFuncIndex, FuncRef>,
    pub builtins: [Option<FuncRef>; Builtin::ALL.len()],
    /// Arguments or results under collection.
    pub values: Vec<Value>,
    /// Arguments of a branch under collection.
    pub block_args: Vec<BlockArg>,
    /// Targets of a `br_table` under collection.
    pub targets: Vec<BlockCall>,
    /// Blocks that pass the values of a `br_table` on, and the depths of their labels.
    pub edges: Vec<(u32, Block)>,
    reader: OperatorsReaderAllocations,
    /// The operands that an `if` takes, for its second arm; one run for each `if` that has not
    /// come to its second arm.
    pub saved: Vec<Operand>,
    /// What there is of code whose locals and operands can be read.
    pub observed: Option<Observed>,
    /// For the next function: writes down what its operands are.
    pub recorder: Option<Recorder>,
    /// The largest number of locals and operands that there were at once.
    pub most_values: usize,
}

impl State {
    pub fn new() -> Self {
        State {
            operands: OperandStack::default(),
            controls: ControlStack::default(),
            locals: Locals::default(),
            handlers: Handlers::default(),
            accesses: Accesses::default(),
            memories: PerFunction::new(),
            sums: Sums::default(),
            tables: PerFunction::new(),
            signatures: PerFunction::new(),
            functions: PerFunction::new(),
            builtins: [None; Builtin::ALL.len()],
            values: Vec::new(),
            block_args: Vec::new(),
            targets: Vec::new(),
            edges: Vec::new(),
            reader: OperatorsReaderAllocations::default(),
            saved: Vec::new(),
            observed: None,
            recorder: None,
            most_values: 0,
        }
    }

    fn clear(&mut self) {
        self.operands.clear();
        self.controls.clear();
        self.edges.clear();
        self.saved.clear();
        self.locals.clear();
        self.handlers.clear();
        self.accesses.clear();
        self.memories.clear();
        self.sums.enter_block();
        self.tables.clear();
        self.signatures.clear();
        self.functions.clear();
        self.builtins = [None; Builtin::ALL.len()];
        self.most_values = 0;
    }
}

/// A function under translation.
pub(super) struct FunctionTranslator<'a> {
    pub env: &'a Environment<'a>,
    pub builder: FunctionBuilder<'a>,
    pub state: &'a mut State,
    /// The function.
    index: DefinedFuncIndex,
    /// The function's own signature.
    pub signature: SignatureIndex,
    /// The vmctx of the function's instance.
    pub vmctx: Value,
    /// Whether control can reach the operator at hand. If not, nothing is emitted, and neither
    /// stack changes.
    pub reachable: bool,
    /// The number of frames around the operator at hand that were entered unreachable.
    pub unreachable_frames: u32,
    /// Whether a place to stop at must come ahead of the next operator.
    pub point_due: bool,
    entry_block: Block,
    /// How many values were passed so far, see [`MAX_PASSED_VALUES`].
    passed_values: u64,
    /// The last of the loads that were put at the beginning of the entry block.
    last_entry_load: Option<Inst>,
}

impl<'a> FunctionTranslator<'a> {
    pub fn new(
        env: &'a Environment<'a>,
        index: DefinedFuncIndex,
        func: &'a mut Function,
        context: &'a mut FunctionBuilderContext,
        state: &'a mut State,
    ) -> Self {
        state.clear();
        let mut builder = FunctionBuilder::new(func, context);
        let entry_block = builder.create_block();
        builder.append_block_params_for_function_params(entry_block);
        builder.switch_to_block(entry_block);
        builder.seal_block(entry_block);
        builder.ensure_inserted_block();
        let vmctx = builder.block_params(entry_block)[0];
        let signature = env.info.functions[env.info.function_index(index)].signature;
        FunctionTranslator {
            env,
            builder,
            state,
            index,
            signature,
            vmctx,
            reachable: true,
            unreachable_frames: 0,
            point_due: false,
            entry_block,
            passed_values: 0,
            last_entry_load: None,
        }
    }

    /// Translates the body.
    pub fn run(
        mut self,
        body: FunctionBody<'_>,
        validator: &mut FuncValidator<ValidatorResources>,
    ) -> Result<(), CompileError> {
        let mut reader = body.get_binary_reader();
        self.declare_params();
        self.declare_locals(&mut reader, validator)?;
        self.state.controls.push(Frame {
            kind: FrameKind::Function,
            ty: BlockType::Function(self.signature),
            height: 0,
            join: None.into(),
            edges: 0,
            edge: None.into(),
        });
        self.entry();
        let allocations = std::mem::take(&mut self.state.reader);
        let mut operators = OperatorsReader::new_with_allocs(reader, allocations);
        self.operators(&mut operators, validator)?;
        self.state.reader = operators.into_allocations();
        self.end_observation();
        self.builder.finalize(self.env.isa.frontend_config());
        Ok(())
    }

    fn declare_params(&mut self) {
        let params = self.env.info.signatures[self.signature].params();
        for (index, &ty) in params.iter().enumerate() {
            let value = self.builder.block_params(self.entry_block)[index + 1];
            self.state.locals.declare(&mut self.builder, ty, value);
        }
    }

    fn declare_locals(
        &mut self,
        reader: &mut BinaryReader<'_>,
        validator: &mut FuncValidator<ValidatorResources>,
    ) -> Result<(), CompileError> {
        // Locals of one type begin with one and the same zero.
        let mut zeros: [Option<(Type, Value)>; 5] = [None; 5];
        for _ in 0..reader.read_var_u32().map_err(invalid)? {
            let offset = reader.original_position();
            let count = reader.read_var_u32().map_err(invalid)?;
            let ty = reader.read().map_err(invalid)?;
            validator
                .define_locals(offset, count, ty)
                .map_err(invalid)?;
            let ty = val_type(ty);
            let code_type = abi::value_type(ty);
            let zero = zeros.iter().flatten().find(|(of, _)| *of == code_type);
            let zero = match zero {
                Some((_, zero)) => *zero,
                None => {
                    let zero = self.zero(code_type);
                    if let Some(slot) = zeros.iter_mut().find(|slot| slot.is_none()) {
                        *slot = Some((code_type, zero));
                    }
                    zero
                }
            };
            for _ in 0..count {
                self.state.locals.declare(&mut self.builder, ty, zero);
            }
        }
        Ok(())
    }

    fn operators(
        &mut self,
        operators: &mut OperatorsReader<'_>,
        validator: &mut FuncValidator<ValidatorResources>,
    ) -> Result<(), CompileError> {
        let locals = validator.len_locals() as usize;
        while !operators.eof() {
            let offset = operators.original_position();
            let operator = operators.read().map_err(invalid)?;
            validator.op(offset, &operator).map_err(invalid)?;
            let values = locals + validator.operand_stack_height() as usize;
            self.state.most_values = self.state.most_values.max(values);
            self.builder.set_srcloc(SourceLoc::new(offset as u32));
            if self.reachable {
                if self.point_due {
                    self.point(offset as u32);
                }
                if self.state.observed.is_some() {
                    self.observed_operator(&operator, offset)?;
                } else {
                    self.operator(&operator, offset)?;
                }
            } else {
                self.unreachable_operator(&operator);
            }
            self.check_size()?;
        }
        operators.finish().map_err(invalid)
    }

    /// Notes that values are passed to or from a block or a call.
    pub fn pass_values(&mut self, count: usize) {
        self.passed_values += count as u64;
    }

    /// Refuses functions that are made to exhaust memory.
    pub fn check_size(&self) -> Result<(), CompileError> {
        if self.passed_values <= MAX_PASSED_VALUES
            && self.state.controls.depth() <= MAX_DEPTH
            && self.state.locals.table_entries() <= MAX_LOCAL_TABLE_ENTRIES
        {
            return Ok(());
        }
        let function = self.env.info.function_index(self.index).as_u32();
        Err(CompileError::TooLarge(format!(
            "function {function} is too complex"
        )))
    }

    /// Keeps track of where unreachable code ends.
    fn unreachable_operator(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. } => {
                self.unreachable_frames += 1;
            }
            Operator::Else if self.unreachable_frames == 0 => self.else_(),
            Operator::End => match self.unreachable_frames.checked_sub(1) {
                Some(left) => self.unreachable_frames = left,
                None => self.end(),
            },
            _ => {}
        }
    }

    /// The zero of a type.
    pub fn zero(&mut self, ty: Type) -> Value {
        match ty {
            types::F32 => self.builder.ins().f32const(Ieee32::with_bits(0)),
            types::F64 => self.builder.ins().f64const(Ieee64::with_bits(0)),
            _ if ty.is_vector() => self.vector_constant(&[0; 16]),
            _ => self.builder.ins().iconst(ty, 0),
        }
    }

    /// A `v128` constant, little endian.
    pub fn vector_constant(&mut self, bytes: &[u8; 16]) -> Value {
        self.vector_constant_of(types::I8X16, bytes)
    }

    /// A constant of a vector type.
    pub fn vector_constant_of(&mut self, ty: Type, bytes: &[u8; 16]) -> Value {
        let constants = &mut self.builder.func.dfg.constants;
        let constant = constants.insert(bytes.as_slice().into());
        self.builder.ins().vconst(ty, constant)
    }

    /// Lets code go on in another block.
    pub fn switch_to_block(&mut self, block: Block) {
        self.builder.switch_to_block(block);
        self.locals_in_homes();
        self.state.locals.enter_block();
        self.state.sums.enter_block();
        self.reachable = true;
    }

    /// Notes that control does not get past what was just emitted.
    pub fn set_unreachable(&mut self) {
        self.reachable = false;
    }

    /// Loads a pointer that never changes at the function's entry, from a record whose address is
    /// known there too. It is at hand for the whole function then.
    pub fn load_at_entry(&mut self, base: Value, offset: u32) -> Value {
        let flags = self.flags(Access::Constant);
        let mut cursor = FuncCursor::new(self.builder.func);
        match self.last_entry_load {
            Some(last) => cursor.goto_after_inst(last),
            None => cursor.goto_first_insertion_point(self.entry_block),
        }
        let offset = (offset as i32).into();
        let (inst, dfg) = cursor
            .ins()
            .Load(Opcode::Load, abi::POINTER, flags, offset, base);
        self.last_entry_load = Some(inst);
        dfg.first_result(inst)
    }
}
