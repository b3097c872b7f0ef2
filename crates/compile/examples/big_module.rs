//! Writes a large module: `big_module OUT.wasm [MEGABYTES]`, 64 if not said.
//!
//! Its functions have the sizes and the mix of instructions of compiled C: most are small, some
//! very large; nested blocks, loops and switches, loads and stores around a stack pointer, integer
//! and floating-point arithmetic, direct and indirect calls. The output depends on the size alone.

use std::process::ExitCode;
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType,
    ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection,
    InstructionSink, MemArg, MemArgTarget, MemorySection, MemoryType, Module, NameMap, NameSection,
    RefType, TableSection, TableType, TypeSection, ValType,
};

/// Parameters and results of the functions' types.
const TYPES: &[(&[ValType], &[ValType])] = &[
    (&[], &[]),
    (&[ValType::I32], &[ValType::I32]),
    (&[ValType::I32, ValType::I32], &[ValType::I32]),
    (&[ValType::I32, ValType::I64, ValType::I32], &[ValType::I64]),
    (&[ValType::I32, ValType::F64], &[ValType::F64]),
    (
        &[ValType::I32, ValType::I32, ValType::I32, ValType::I32],
        &[],
    ),
];

/// Locals of every function, after its parameters.
const LOCALS: &[(u32, ValType)] = &[
    (8, ValType::I32),
    (4, ValType::I64),
    (4, ValType::F64),
    (1, ValType::F32),
];

/// Elements of the table.
const TABLE: u32 = 1024;

/// Imported functions, which come first.
const IMPORTS: u32 = 2;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (path, megabytes) = (args.next(), args.next().map_or(Ok(64), |text| text.parse()));
    let (Some(path), Ok(megabytes)) = (path, megabytes) else {
        eprintln!("usage: big_module OUT.wasm [MEGABYTES]");
        return ExitCode::FAILURE;
    };
    let wasm = big_module(megabytes << 20);
    match std::fs::write(&path, &wasm) {
        Ok(()) => {
            println!("{path}: {} bytes", wasm.len());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{path}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A module of at least this many bytes, of which functions are nearly all.
fn big_module(bytes: usize) -> Vec<u8> {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let types = function_types(bytes, &mut random);
    let mut code = CodeSection::new();
    let mut functions = FunctionSection::new();
    let mut names = NameMap::new();
    for (index, &ty) in types.iter().enumerate() {
        functions.function(ty);
        let statements = statements(&mut random);
        code.function(&Body::new(&types, ty, random.next()).write(statements));
        names.append(
            IMPORTS + index as u32,
            &format!("module_{}::function_{index}", index % 300),
        );
        if code.byte_len() > bytes {
            break;
        }
    }
    // The functions beyond the wanted size are called as well, so they must be there.
    for &ty in &types[functions.len() as usize..] {
        functions.function(ty);
        code.function(&Body::new(&types, ty, random.next()).write(1));
    }
    assemble(&types, &functions, &code, &names)
}

/// The type of each function, as many as the size may need.
fn function_types(bytes: usize, random: &mut Random) -> Vec<u32> {
    (0..bytes / 700)
        .map(|_| random.below(TYPES.len() as u64) as u32)
        .collect()
}

/// How many statements a function has: mostly few.
fn statements(random: &mut Random) -> u32 {
    match random.below(1000) {
        0 => 2000,
        1..20 => 200,
        20..200 => 40,
        _ => 4 + random.below(12) as u32,
    }
}

fn assemble(
    function_types: &[u32],
    functions: &FunctionSection,
    code: &CodeSection,
    function_names: &NameMap,
) -> Vec<u8> {
    let mut types = TypeSection::new();
    for (params, results) in TYPES {
        types
            .ty()
            .function(params.iter().copied(), results.iter().copied());
    }
    let mut imports = ImportSection::new();
    for name in ["read", "write"] {
        imports.import("host", name, EntityType::Function(2));
    }
    let mut tables = TableSection::new();
    let limits = u64::from(TABLE);
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: limits,
        maximum: Some(limits),
        shared: false,
    });
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 64,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut globals = GlobalSection::new();
    let stack_pointer = GlobalType {
        val_type: ValType::I32,
        mutable: true,
        shared: false,
    };
    globals.global(stack_pointer, &ConstExpr::i32_const(1 << 20));
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    exports.export("run", ExportKind::Func, IMPORTS);
    let mut elements = ElementSection::new();
    let indices: Vec<u32> = (0..TABLE)
        .map(|i| IMPORTS + i % function_types.len() as u32)
        .collect();
    elements.active(
        None,
        &ConstExpr::i32_const(0),
        Elements::Functions(indices.into()),
    );
    let mut data = DataSection::new();
    data.active(
        0,
        &ConstExpr::i32_const(1 << 20),
        (0..1 << 20).map(|i: u32| (i.wrapping_mul(i) >> 7) as u8),
    );
    let mut names = NameSection::new();
    names.module("big");
    names.functions(function_names);

    let mut module = Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(functions)
        .section(&tables);
    module
        .section(&memories)
        .section(&globals)
        .section(&exports)
        .section(&elements);
    module.section(code).section(&data).section(&names);
    module.finish()
}

/// A function under construction.
struct Body<'a> {
    types: &'a [u32],
    params: &'static [ValType],
    results: &'static [ValType],
    random: Random,
    /// Blocks that are open and take no value when branched to.
    depth: u32,
}

impl<'a> Body<'a> {
    fn new(types: &'a [u32], ty: u32, seed: u64) -> Body<'a> {
        let (params, results) = TYPES[ty as usize];
        Body {
            types,
            params,
            results,
            random: Random(seed | 1),
            depth: 0,
        }
    }

    fn write(mut self, statements: u32) -> Function {
        let mut function = Function::new(LOCALS.iter().copied());
        let mut out = function.instructions();
        // A frame on the stack of the program, as C has it.
        out.global_get(0)
            .i32_const(64)
            .i32_sub()
            .local_tee(self.local(ValType::I32));
        out.global_set(0);
        for _ in 0..statements {
            self.statement(&mut out);
        }
        for &ty in self.results {
            self.expression(ty, 3, &mut out);
        }
        out.end();
        function
    }

    /// A local of this type, a parameter among them.
    fn local(&mut self, ty: ValType) -> u32 {
        let declared = LOCALS
            .iter()
            .flat_map(|&(count, ty)| std::iter::repeat_n(ty, count as usize));
        let all = self.params.iter().copied().chain(declared);
        let matching: Vec<u32> = (0..)
            .zip(all)
            .filter(|(_, found)| *found == ty)
            .map(|(index, _)| index)
            .collect();
        matching[self.random.below(matching.len() as u64) as usize]
    }

    fn memarg(&mut self, align: u32) -> MemArg {
        let target = MemArgTarget::Memory(0);
        MemArg {
            offset: self.random.below(256) * 8,
            align,
            target,
            ordering: None,
        }
    }

    fn statement(&mut self, out: &mut InstructionSink<'_>) {
        let deep = self.depth >= 4;
        match self.random.below(if deep { 10 } else { 14 }) {
            0..4 => {
                let ty = self.any_type();
                self.expression(ty, 3, out);
                let local = self.local(ty);
                out.local_set(local);
            }
            4..7 => {
                self.expression(ValType::I32, 1, out);
                self.expression(ValType::I32, 2, out);
                let memarg = self.memarg(2);
                out.i32_store(memarg);
            }
            7 => {
                self.expression(ValType::I32, 1, out);
                self.expression(ValType::F64, 2, out);
                let memarg = self.memarg(3);
                out.f64_store(memarg);
            }
            8 => self.call(out),
            9 => self.indirect_call(out),
            10 | 11 => self.if_else(out),
            12 => self.loop_while(out),
            _ => self.switch(out),
        }
    }

    fn any_type(&mut self) -> ValType {
        match self.random.below(10) {
            0..6 => ValType::I32,
            6..8 => ValType::I64,
            8 => ValType::F64,
            _ => ValType::F32,
        }
    }

    fn statements(&mut self, out: &mut InstructionSink<'_>) {
        self.depth += 1;
        for _ in 0..=self.random.below(3) {
            self.statement(out);
        }
        self.depth -= 1;
    }

    fn if_else(&mut self, out: &mut InstructionSink<'_>) {
        self.condition(out);
        out.if_(BlockType::Empty);
        self.statements(out);
        if self.random.below(2) == 0 {
            out.else_();
            self.statements(out);
        }
        out.end();
    }

    fn loop_while(&mut self, out: &mut InstructionSink<'_>) {
        out.loop_(BlockType::Empty);
        self.statements(out);
        let counter = self.local(ValType::I32);
        out.local_get(counter)
            .i32_const(1)
            .i32_sub()
            .local_tee(counter)
            .br_if(0)
            .end();
    }

    fn switch(&mut self, out: &mut InstructionSink<'_>) {
        let cases = 2 + self.random.below(6) as u32;
        for _ in 0..=cases {
            out.block(BlockType::Empty);
        }
        self.depth += cases;
        self.expression(ValType::I32, 2, out);
        out.br_table(0..cases, cases);
        for case in 0..cases {
            out.end();
            self.statements(out);
            out.br(cases - case - 1);
        }
        self.depth -= cases;
        out.end();
    }

    /// Calls one of the functions near any other, as programs do.
    fn call(&mut self, out: &mut InstructionSink<'_>) {
        let callee = self.random.below(self.types.len() as u64) as usize;
        self.arguments(self.types[callee], out);
        out.call(IMPORTS + callee as u32);
        self.consume(self.types[callee], out);
    }

    fn indirect_call(&mut self, out: &mut InstructionSink<'_>) {
        let ty = self.random.below(TYPES.len() as u64) as u32;
        self.arguments(ty, out);
        self.expression(ValType::I32, 1, out);
        out.call_indirect(0, ty);
        self.consume(ty, out);
    }

    fn arguments(&mut self, ty: u32, out: &mut InstructionSink<'_>) {
        for &param in TYPES[ty as usize].0 {
            self.expression(param, 1, out);
        }
    }

    fn consume(&mut self, ty: u32, out: &mut InstructionSink<'_>) {
        for &result in TYPES[ty as usize].1 {
            let local = self.local(result);
            out.local_set(local);
        }
    }

    fn condition(&mut self, out: &mut InstructionSink<'_>) {
        let ty = if self.random.below(4) == 0 {
            ValType::F64
        } else {
            ValType::I32
        };
        self.expression(ty, 2, out);
        self.expression(ty, 1, out);
        match (ty, self.random.below(3)) {
            (ValType::F64, _) => out.f64_lt(),
            (_, 0) => out.i32_eq(),
            (_, 1) => out.i32_lt_s(),
            _ => out.i32_ge_u(),
        };
    }

    fn expression(&mut self, ty: ValType, depth: u32, out: &mut InstructionSink<'_>) {
        if depth == 0 || self.random.below(4) == 0 {
            return self.leaf(ty, out);
        }
        if self.random.below(4) == 0 {
            return self.load(ty, out);
        }
        if self.random.below(8) == 0 {
            return self.conversion(ty, depth, out);
        }
        self.expression(ty, depth - 1, out);
        self.expression(ty, depth - 1, out);
        let choice = self.random.below(6);
        match ty {
            ValType::I32 => match choice {
                0 | 1 => out.i32_add(),
                2 => out.i32_mul(),
                3 => out.i32_and(),
                4 => out.i32_shr_u(),
                _ => out.i32_xor(),
            },
            ValType::I64 => match choice {
                0 | 1 => out.i64_add(),
                2 => out.i64_sub(),
                3 => out.i64_or(),
                4 => out.i64_shl(),
                _ => out.i64_div_u(),
            },
            ValType::F64 => match choice {
                0..3 => out.f64_add(),
                3 => out.f64_div(),
                _ => out.f64_mul(),
            },
            _ => match choice {
                0..3 => out.f32_sub(),
                _ => out.f32_mul(),
            },
        };
    }

    fn leaf(&mut self, ty: ValType, out: &mut InstructionSink<'_>) {
        if self.random.below(3) > 0 {
            let local = self.local(ty);
            out.local_get(local);
            return;
        }
        let number = self.random.next() >> self.random.below(64);
        match ty {
            ValType::I32 => out.i32_const(number as i32),
            ValType::I64 => out.i64_const(number as i64),
            ValType::F64 => out.f64_const((number as f64).into()),
            _ => out.f32_const((number as f32).into()),
        };
    }

    fn load(&mut self, ty: ValType, out: &mut InstructionSink<'_>) {
        self.expression(ValType::I32, 1, out);
        let byte = self.random.below(3) == 0;
        let (narrow, wide) = (self.memarg(0), self.memarg(2));
        match ty {
            ValType::I32 if byte => out.i32_load8_u(narrow),
            ValType::I32 => out.i32_load(wide),
            ValType::I64 => out.i64_load(wide),
            ValType::F64 => out.f64_load(wide),
            _ => out.f32_load(wide),
        };
    }

    fn conversion(&mut self, ty: ValType, depth: u32, out: &mut InstructionSink<'_>) {
        let from = if ty == ValType::I32 {
            ValType::I64
        } else {
            ValType::I32
        };
        self.expression(from, depth - 1, out);
        match ty {
            ValType::I32 => out.i32_wrap_i64(),
            ValType::I64 => out.i64_extend_i32_s(),
            ValType::F64 => out.f64_convert_i32_s(),
            _ => out.f32_convert_i32_u(),
        };
    }
}

/// Numbers without pattern, the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }
}
