//! A guest that runs one operator, with its operands from different places.

use trapline::{Engine, Instance, Memory, Module, Store, Val};
use trapline_compile::evaluate::Bits;
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, Ieee32, Ieee64, Instruction, MemArg, MemArgTarget, MemorySection, MemoryType,
    TypeSection, ValType,
};

/// The size of a record: operands, 16 bytes each, and the result.
pub const RECORD: u64 = 64;
const RESULT: u64 = 48;
const PAGE: u64 = 0x10000;

/// Where the operands come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum From {
    /// All are parameters of a function.
    Parameters,
    /// All are loaded, the left one first.
    Loads,
    /// All are loaded, the left one last.
    LoadsReversed,
}

impl From {
    pub const ALL: [From; 3] = [From::Parameters, From::Loads, From::LoadsReversed];

    fn export(self) -> &'static str {
        match self {
            From::Parameters => "parameters",
            From::Loads => "loads",
            From::LoadsReversed => "loads reversed",
        }
    }
}

/// A case in which some operands are constants, the others loaded.
pub struct Constants {
    pub operands: Vec<Bits>,
    /// Which ones: a bit each.
    pub constant: u32,
}

/// An operator and what to run it on. A case may have more values than the operator has operands:
/// they follow in the record.
pub struct Program<'a> {
    /// Computes a result of type `result` from operands of type `params`.
    pub code: &'a [Instruction<'a>],
    pub params: &'a [ValType],
    /// What is done to each operand by itself first.
    pub prepared: &'a [Option<Instruction<'a>>],
    pub result: ValType,
    pub cases: &'a [Vec<Bits>],
    pub constants: &'a [Constants],
}

fn at(offset: u64) -> MemArg {
    MemArg {
        offset,
        align: 0,
        target: MemArgTarget::Memory(0),
        ordering: None,
    }
}

fn load(ty: ValType, offset: u64) -> Instruction<'static> {
    match ty {
        ValType::I32 => Instruction::I32Load(at(offset)),
        ValType::I64 => Instruction::I64Load(at(offset)),
        ValType::F32 => Instruction::F32Load(at(offset)),
        ValType::F64 => Instruction::F64Load(at(offset)),
        ValType::V128 => Instruction::V128Load(at(offset)),
        ValType::Ref(_) => panic!("references are not in memory"),
    }
}

fn store(ty: ValType, offset: u64) -> Instruction<'static> {
    match ty {
        ValType::I32 => Instruction::I32Store(at(offset)),
        ValType::I64 => Instruction::I64Store(at(offset)),
        ValType::F32 => Instruction::F32Store(at(offset)),
        ValType::F64 => Instruction::F64Store(at(offset)),
        ValType::V128 => Instruction::V128Store(at(offset)),
        ValType::Ref(_) => panic!("references are not in memory"),
    }
}

pub fn constant(ty: ValType, bits: Bits) -> Instruction<'static> {
    match ty {
        ValType::I32 => Instruction::I32Const(bits as i32),
        ValType::I64 => Instruction::I64Const(bits as i64),
        ValType::F32 => Instruction::F32Const(Ieee32::new(bits as u32)),
        ValType::F64 => Instruction::F64Const(Ieee64::new(bits as u64)),
        ValType::V128 => Instruction::V128Const(bits as i128),
        ValType::Ref(_) => panic!("references are not constants"),
    }
}

impl Program<'_> {
    /// The module: a function that is the operator alone; for each [`From`] a loop from the record
    /// at one address to that at another, which keeps in a global how far it has come; and a
    /// function for each case with constants.
    pub fn encode(&self) -> Vec<u8> {
        let mut types = TypeSection::new();
        types
            .ty()
            .function(self.params.iter().copied(), [self.result]);
        types.ty().function([ValType::I32; 2], []);
        types.ty().function([], []);
        let mut functions = FunctionSection::new();
        let mut exports = ExportSection::new();
        let mut code = CodeSection::new();

        functions.function(0);
        let mut op = Function::new([]);
        for index in 0..self.params.len() {
            op.instruction(&Instruction::LocalGet(index as u32));
            self.prepare(index, &mut op);
        }
        self.emit(&mut op);
        op.instruction(&Instruction::End);
        code.function(&op);

        for from in From::ALL {
            exports.export(from.export(), ExportKind::Func, functions.len());
            functions.function(1);
            code.function(&self.loop_over(from));
        }
        for (index, case) in self.constants.iter().enumerate() {
            exports.export(
                &format!("constants {index}"),
                ExportKind::Func,
                functions.len(),
            );
            functions.function(2);
            code.function(&self.with_constants(case, index));
        }

        exports.export("memory", ExportKind::Memory, 0);
        let mut memories = MemorySection::new();
        let records = self.cases.len().max(self.constants.len()) as u64;
        memories.memory(MemoryType {
            minimum: (records * RECORD).div_ceil(PAGE).max(1),
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut globals = GlobalSection::new();
        let mutable = GlobalType {
            val_type: ValType::I32,
            mutable: true,
            shared: false,
        };
        globals.global(mutable, &ConstExpr::i32_const(0));
        exports.export("reached", ExportKind::Global, 0);
        let mut module = wasm_encoder::Module::new();
        module
            .section(&types)
            .section(&functions)
            .section(&memories)
            .section(&globals)
            .section(&exports)
            .section(&code);
        module.finish()
    }

    fn prepare(&self, index: usize, function: &mut Function) {
        if let Some(Some(instruction)) = self.prepared.get(index) {
            function.instruction(instruction);
        }
    }

    fn emit(&self, function: &mut Function) {
        for instruction in self.code {
            function.instruction(instruction);
        }
    }

    fn loop_over(&self, from: From) -> Function {
        let (record, end) = (0, 1);
        let mut function = Function::new(self.params.iter().map(|&ty| (1, ty)));
        function.instruction(&Instruction::Loop(wasm_encoder::BlockType::Empty));
        let load_operand = |function: &mut Function, index: usize| {
            function.instruction(&Instruction::LocalGet(record));
            function.instruction(&load(self.params[index], index as u64 * 16));
        };
        if from == From::LoadsReversed {
            for index in (0..self.params.len()).rev() {
                load_operand(&mut function, index);
                function.instruction(&Instruction::LocalSet(2 + index as u32));
            }
        }
        function.instruction(&Instruction::LocalGet(record));
        for index in 0..self.params.len() {
            if from == From::LoadsReversed {
                function.instruction(&Instruction::LocalGet(2 + index as u32));
            } else {
                load_operand(&mut function, index);
            }
            if from != From::Parameters {
                self.prepare(index, &mut function);
            }
        }
        if from == From::Parameters {
            function.instruction(&Instruction::Call(0));
        } else {
            self.emit(&mut function);
        }
        function.instruction(&store(self.result, RESULT));
        function.instruction(&Instruction::LocalGet(record));
        function.instruction(&Instruction::I32Const(RECORD as i32));
        function.instruction(&Instruction::I32Add);
        function.instruction(&Instruction::LocalTee(record));
        function.instruction(&Instruction::GlobalSet(0));
        function.instruction(&Instruction::LocalGet(record));
        function.instruction(&Instruction::LocalGet(end));
        function.instruction(&Instruction::I32LtU);
        function.instruction(&Instruction::BrIf(0));
        function.instruction(&Instruction::End);
        function.instruction(&Instruction::End);
        function
    }

    fn with_constants(&self, case: &Constants, index: usize) -> Function {
        let record = Instruction::I32Const((index as u64 * RECORD) as i32);
        let mut function = Function::new([]);
        function.instruction(&record);
        for (index, (&ty, &bits)) in self.params.iter().zip(&case.operands).enumerate() {
            if case.constant & 1 << index != 0 {
                function.instruction(&constant(ty, bits));
            } else {
                function.instruction(&record);
                function.instruction(&load(ty, index as u64 * 16));
            }
            self.prepare(index, &mut function);
        }
        self.emit(&mut function);
        function.instruction(&store(self.result, RESULT));
        function.instruction(&Instruction::End);
        function
    }
}

/// What the machine made of one case: a result, or the text of a trap.
pub type Outcome = Result<Bits, String>;

pub struct Guest<'a> {
    program: &'a Program<'a>,
    store: Store<()>,
    instance: Instance,
    memory: Memory,
}

impl<'a> Guest<'a> {
    pub fn new(engine: &Engine, program: &'a Program<'a>) -> Guest<'a> {
        let module = Module::new(engine, program.encode()).expect("the module compiles");
        let mut store = Store::new(engine, ());
        let instance = Instance::new(&mut store, &module, &[]).expect("the module links");
        let memory = instance.get_memory(&store, "memory").unwrap();
        Guest {
            program,
            store,
            instance,
            memory,
        }
    }

    fn write<'b>(&mut self, cases: impl Iterator<Item = &'b Vec<Bits>>) {
        let data = self.memory.data_mut(&mut self.store);
        data.fill(0xcc);
        for (record, operands) in data.chunks_exact_mut(RECORD as usize).zip(cases) {
            for (place, operand) in record.chunks_exact_mut(16).zip(operands) {
                place.copy_from_slice(&operand.to_le_bytes());
            }
        }
    }

    fn result(&self, index: usize) -> Bits {
        let width = match self.program.result {
            ValType::I32 | ValType::F32 => 4,
            ValType::I64 | ValType::F64 => 8,
            _ => 16,
        };
        let start = index * RECORD as usize + RESULT as usize;
        let mut bytes = [0; 16];
        bytes[..width].copy_from_slice(&self.memory.data(&self.store)[start..start + width]);
        Bits::from_le_bytes(bytes)
    }

    /// The outcomes of all cases.
    pub fn run(&mut self, from: From) -> Vec<Outcome> {
        self.write(self.program.cases.iter());
        let run = self
            .instance
            .get_typed_func::<(u32, u32), ()>(&self.store, from.export())
            .unwrap();
        let reached = self.instance.get_global(&self.store, "reached").unwrap();
        reached.set(&mut self.store, Val::I32(0)).unwrap();
        let end = self.program.cases.len() as u32 * RECORD as u32;
        let mut traps = vec![None; self.program.cases.len()];
        let mut start = 0;
        // A trap ends the loop: it goes on after the case that has trapped.
        while start < end
            && let Err(error) = run.call(&mut self.store, (start, end))
        {
            let trap = error.trap().expect("the guest fails by traps only");
            let trapped = start.max(reached.get(&mut self.store).unwrap_i32() as u32);
            traps[(trapped / RECORD as u32) as usize] = Some(trap.to_string());
            start = trapped + RECORD as u32;
        }
        let outcome = |(index, trap)| match trap {
            None => Ok(self.result(index)),
            Some(trap) => Err(trap),
        };
        traps.into_iter().enumerate().map(outcome).collect()
    }

    /// The outcomes of all cases with constants.
    pub fn run_constants(&mut self) -> Vec<Outcome> {
        let program = self.program;
        self.write(program.constants.iter().map(|case| &case.operands));
        let mut outcomes = Vec::new();
        for index in 0..program.constants.len() {
            let run = self
                .instance
                .get_typed_func::<(), ()>(&self.store, &format!("constants {index}"))
                .unwrap();
            outcomes.push(match run.call(&mut self.store, ()) {
                Ok(()) => Ok(self.result(index)),
                Err(error) => Err(error.trap().expect("only traps").to_string()),
            });
        }
        outcomes
    }
}
