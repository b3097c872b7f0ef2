//! Random programs that throw and catch, compared with an interpreter of the same programs.
//!
//! They call each other directly, through a table, as tail calls and through the host, which calls
//! them again and passes on what they throw. Whatever they do leaves a trace in a global. It is the
//! same whether code is optimized, and whether it is to be stopped.

use std::fmt::Write;
use trapline::{
    Caller, Config, Engine, Error, ExnRef, Extern, FuncType, Linker, Module, Observe, OptLevel,
    Store, Tag, TagType, Val, ValType,
};

const FUNCTIONS: usize = 6;
/// The parameters are the first two.
const LOCALS: usize = 5;
const FUEL: i32 = 300;

/// Which fields a tag's exceptions have: none, one, or more than fit in registers.
const FIELDS: [usize; 3] = [0, 1, 3];

enum Stmt {
    Trace(usize),
    /// Computes a local from two others and a number.
    Set(usize, usize, usize, i32),
    If(usize, Vec<Stmt>, Vec<Stmt>),
    Call(usize, Callee, usize, usize),
    TailCall(usize, bool, usize, usize),
    /// Throws what is in the first locals.
    Throw(usize),
    Try(Vec<Stmt>, Vec<Clause>),
    /// Throws again what the handler at this nesting has caught.
    Rethrow(usize),
    Return(usize),
}

#[derive(Clone, Copy)]
enum Callee {
    Direct(usize),
    Indirect(usize),
    /// Throws by itself, or returns.
    Host,
    /// Calls a function.
    Nested(usize),
}

struct Clause {
    tag: Option<usize>,
    /// The nesting under which the exception is kept, if it is.
    kept: Option<usize>,
    handler: Vec<Stmt>,
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        ((self.0 >> 33) % limit as u64) as usize
    }

    /// `kept` holds the nestings of the handlers around that have kept what they caught.
    fn stmts(&mut self, nesting: usize, kept: &mut Vec<usize>) -> Vec<Stmt> {
        let count = 1 + self.below(4);
        (0..count).map(|_| self.stmt(nesting, kept)).collect()
    }

    fn stmt(&mut self, nesting: usize, kept: &mut Vec<usize>) -> Stmt {
        let mut local = || self.below(LOCALS);
        let (to, a, b) = (local(), local(), local());
        let function = self.below(FUNCTIONS);
        let deep = nesting >= 4;
        match self.below(20) {
            0 | 1 => Stmt::Trace(a),
            2..=4 => Stmt::Set(to, a, b, self.below(1000) as i32),
            5 | 6 if !deep => {
                let then = self.stmts(nesting + 1, kept);
                Stmt::If(a, then, self.stmts(nesting + 1, kept))
            }
            7 | 8 => Stmt::Call(to, Callee::Direct(function), a, b),
            9 => Stmt::Call(to, Callee::Indirect(function), a, b),
            10 => Stmt::Call(to, Callee::Host, a, b),
            11 => Stmt::Call(to, Callee::Nested(function), a, b),
            12 => match self.below(4) {
                0 => Stmt::TailCall(function, self.below(2) == 0, a, b),
                1 => Stmt::Return(a),
                _ => Stmt::Throw(self.below(FIELDS.len())),
            },
            13 if !kept.is_empty() => Stmt::Rethrow(kept[self.below(kept.len())]),
            14.. if !deep => self.try_table(nesting, kept),
            _ => Stmt::Trace(to),
        }
    }

    fn try_table(&mut self, nesting: usize, kept: &mut Vec<usize>) -> Stmt {
        let body = self.stmts(nesting + 1, kept);
        let clauses = (0..self.below(4))
            .map(|_| {
                let keeps = self.below(2) == 0;
                if keeps {
                    kept.push(nesting);
                }
                let handler = self.stmts(nesting + 1, kept);
                if keeps {
                    kept.pop();
                }
                Clause {
                    tag: Some(self.below(FIELDS.len() + 1)).filter(|&tag| tag < FIELDS.len()),
                    kept: keeps.then_some(nesting),
                    handler,
                }
            })
            .collect();
        Stmt::Try(body, clauses)
    }
}

/// What the interpreter knows.
struct Interpreter<'a> {
    functions: &'a [Vec<Stmt>],
    trace: i64,
    fuel: i32,
}

#[derive(Clone, Debug, PartialEq)]
struct Exception {
    tag: usize,
    fields: [i32; 3],
}

enum Flow {
    Next,
    Return(i32),
    TailCall(usize, i32, i32),
    Throw(Exception),
}

/// The host's own function.
fn host(argument: i32) -> Result<i32, i32> {
    match argument.rem_euclid(5) {
        0 => Err(argument.wrapping_add(1)),
        _ => Ok(argument ^ 0x55),
    }
}

impl Interpreter<'_> {
    fn call(&mut self, mut function: usize, mut a: i32, mut b: i32) -> Result<i32, Exception> {
        loop {
            if self.fuel == 0 {
                return Ok(a);
            }
            self.fuel -= 1;
            let mut locals = [0; LOCALS];
            (locals[0], locals[1]) = (a, b);
            let functions = self.functions;
            match self.run(&functions[function], &mut locals, &mut Default::default()) {
                Flow::Next => return Ok(locals[LOCALS - 1]),
                Flow::Return(value) => return Ok(value),
                Flow::Throw(exception) => return Err(exception),
                Flow::TailCall(next, x, y) => (function, a, b) = (next, x, y),
            }
        }
    }

    fn run(
        &mut self,
        stmts: &[Stmt],
        locals: &mut [i32; LOCALS],
        kept: &mut [Option<Exception>; 8],
    ) -> Flow {
        for stmt in stmts {
            let flow = self.step(stmt, locals, kept);
            if !matches!(flow, Flow::Next) {
                return flow;
            }
        }
        Flow::Next
    }

    fn step(
        &mut self,
        stmt: &Stmt,
        locals: &mut [i32; LOCALS],
        kept: &mut [Option<Exception>; 8],
    ) -> Flow {
        match *stmt {
            Stmt::Trace(local) => {
                let value = i64::from(locals[local]);
                self.trace = self.trace.wrapping_mul(31).wrapping_add(value);
            }
            Stmt::Set(to, a, b, number) => {
                let product = locals[a].wrapping_mul(3);
                locals[to] = product.wrapping_add(locals[b]).wrapping_add(number);
            }
            Stmt::If(local, ref then, ref otherwise) => {
                let arm = if locals[local] & 1 != 0 {
                    then
                } else {
                    otherwise
                };
                return self.run(arm, locals, kept);
            }
            Stmt::Call(to, callee, a, b) => {
                let result = match callee {
                    Callee::Direct(function)
                    | Callee::Indirect(function)
                    | Callee::Nested(function) => self.call(function, locals[a], locals[b]),
                    Callee::Host => host(locals[a]).map_err(|field| Exception {
                        tag: 1,
                        fields: [field, 0, 0],
                    }),
                };
                match result {
                    Ok(value) => locals[to] = value,
                    Err(exception) => return Flow::Throw(exception),
                }
            }
            Stmt::TailCall(function, _, a, b) => {
                return Flow::TailCall(function, locals[a], locals[b]);
            }
            Stmt::Throw(tag) => {
                let mut fields = [0; 3];
                fields[..FIELDS[tag]].copy_from_slice(&locals[..FIELDS[tag]]);
                return Flow::Throw(Exception { tag, fields });
            }
            Stmt::Try(ref body, ref clauses) => {
                let exception = match self.run(body, locals, kept) {
                    Flow::Throw(exception) => exception,
                    other => return other,
                };
                let mut clauses = clauses.iter();
                let clause = clauses.find(|it| it.tag.is_none_or(|tag| tag == exception.tag));
                let Some(clause) = clause else {
                    return Flow::Throw(exception);
                };
                if let Some(tag) = clause.tag {
                    locals[..FIELDS[tag]].copy_from_slice(&exception.fields[..FIELDS[tag]]);
                }
                if let Some(nesting) = clause.kept {
                    kept[nesting] = Some(exception);
                }
                return self.run(&clause.handler, locals, kept);
            }
            Stmt::Rethrow(nesting) => {
                return Flow::Throw(kept[nesting].clone().unwrap());
            }
            Stmt::Return(local) => return Flow::Return(locals[local]),
        }
        Flow::Next
    }
}

/// Writes a program in the text format.
#[derive(Default)]
struct Text {
    wat: String,
    labels: usize,
}

impl Text {
    fn module(functions: &[Vec<Stmt>]) -> String {
        let mut text = Text::default();
        text.wat += r#"(module
            (import "host" "tag" (tag $t1 (param i32)))
            (import "host" "host" (func $host (param i32) (result i32)))
            (import "host" "nested" (func $nested (param i32 i32 i32) (result i32)))
            (tag $t0 (export "t0"))
            (tag $t2 (export "t2") (param i32 i64 f64))
            (global $trace (export "trace") (mut i64) (i64.const 0))
            (global $fuel (export "fuel") (mut i32) (i32.const 0))
            (type $function (func (param i32 i32) (result i32)))
            (table funcref (elem "#;
        for index in 0..functions.len() {
            let _ = write!(text.wat, "$f{index} ");
        }
        text.wat += "))\n";
        for (index, body) in functions.iter().enumerate() {
            let _ = write!(
                text.wat,
                r#"(func $f{index} (export "f{index}") (param $l0 i32) (param $l1 i32) (result i32)
                (local $l2 i32) (local $l3 i32) (local $l4 i32)
                (local $wide i64) (local $float f64)
                (local $e0 exnref) (local $e1 exnref) (local $e2 exnref) (local $e3 exnref)
                (if (i32.eqz (global.get $fuel)) (then (return (local.get $l0))))
                (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))"#
            );
            text.stmts(body);
            text.wat += "(local.get $l4))\n";
        }
        text.wat + ")"
    }

    fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            self.stmt(stmt);
            self.wat.push('\n');
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        let wat = &mut self.wat;
        let _ = match *stmt {
            Stmt::Trace(local) => write!(
                wat,
                "(global.set $trace (i64.add (i64.mul (global.get $trace) (i64.const 31))
                    (i64.extend_i32_s (local.get $l{local}))))"
            ),
            Stmt::Set(to, a, b, number) => write!(
                wat,
                "(local.set $l{to} (i32.add (i32.add (i32.mul (local.get $l{a}) (i32.const 3))
                    (local.get $l{b})) (i32.const {number})))"
            ),
            Stmt::If(local, ref then, ref otherwise) => {
                let _ = write!(
                    wat,
                    "(if (i32.and (local.get $l{local}) (i32.const 1)) (then "
                );
                self.stmts(then);
                self.wat += ") (else ";
                self.stmts(otherwise);
                write!(self.wat, "))")
            }
            Stmt::Call(to, callee, a, b) => {
                let arguments = format!("(local.get $l{a}) (local.get $l{b})");
                let call = match callee {
                    Callee::Direct(function) => format!("call $f{function} {arguments}"),
                    Callee::Indirect(function) => {
                        format!("call_indirect (type $function) {arguments} (i32.const {function})")
                    }
                    Callee::Host => format!("call $host (local.get $l{a})"),
                    Callee::Nested(function) => {
                        format!("call $nested (i32.const {function}) {arguments}")
                    }
                };
                write!(wat, "(local.set $l{to} ({call}))")
            }
            Stmt::TailCall(function, direct, a, b) => {
                let arguments = format!("(local.get $l{a}) (local.get $l{b})");
                match direct {
                    true => write!(wat, "(return_call $f{function} {arguments})"),
                    false => write!(
                        wat,
                        "(return_call_indirect (type $function) {arguments} (i32.const {function}))"
                    ),
                }
            }
            Stmt::Throw(0) => write!(wat, "(throw $t0)"),
            Stmt::Throw(1) => write!(wat, "(throw $t1 (local.get $l0))"),
            Stmt::Throw(_) => write!(
                wat,
                "(throw $t2 (local.get $l0) (i64.extend_i32_s (local.get $l1))
                    (f64.convert_i32_s (local.get $l2)))"
            ),
            Stmt::Try(ref body, ref clauses) => {
                self.try_table(body, clauses);
                Ok(())
            }
            Stmt::Rethrow(nesting) => write!(wat, "(throw_ref (local.get $e{nesting}))"),
            Stmt::Return(local) => write!(wat, "(return (local.get $l{local}))"),
        };
    }

    /// One block for each clause, the first one innermost, around the `try_table`.
    fn try_table(&mut self, body: &[Stmt], clauses: &[Clause]) {
        self.labels += 1;
        let label = self.labels;
        let _ = write!(self.wat, "(block $end{label} ");
        for (index, clause) in clauses.iter().enumerate().rev() {
            let fields = ["", "i32", "i32 i64 f64"][clause.tag.unwrap_or(0)];
            let reference = if clause.kept.is_some() { "exnref" } else { "" };
            let _ = write!(
                self.wat,
                "(block $c{label}_{index} (result {fields} {reference}) "
            );
        }
        self.wat += "(try_table ";
        for (index, clause) in clauses.iter().enumerate() {
            let suffix = if clause.kept.is_some() { "_ref" } else { "" };
            let _ = match clause.tag {
                Some(tag) => write!(self.wat, "(catch{suffix} $t{tag} $c{label}_{index}) "),
                None => write!(self.wat, "(catch_all{suffix} $c{label}_{index}) "),
            };
        }
        self.stmts(body);
        let _ = write!(self.wat, ") (br $end{label})");
        for clause in clauses {
            self.wat += ") ";
            if let Some(nesting) = clause.kept {
                let _ = write!(self.wat, "(local.set $e{nesting}) ");
            }
            self.wat += match clause.tag {
                None | Some(0) => "",
                Some(1) => "(local.set $l0) ",
                Some(_) => {
                    "(local.set $float) (local.set $wide) (local.set $l0)
                    (local.set $l1 (i32.wrap_i64 (local.get $wide)))
                    (local.set $l2 (i32.trunc_sat_f64_s (local.get $float))) "
                }
            };
            self.stmts(&clause.handler);
            let _ = write!(self.wat, "(br $end{label})");
        }
        self.wat += ")";
    }
}

/// Runs a program; gives back what it came to, and its trace.
fn execute(engine: &Engine, wat: &str) -> (Result<i32, Exception>, i64) {
    let mut store = Store::new(engine, ());
    let ty = TagType::new(FuncType::new([ValType::I32], []));
    let one = Tag::new(&mut store, &ty).unwrap();
    let mut linker = Linker::new(engine);
    linker.define(&store, "host", "tag", one).unwrap();
    let call_host = move |mut caller: Caller<'_, ()>, argument: i32| match host(argument) {
        Ok(result) => Ok(result),
        Err(field) => Err(Error::from(ExnRef::new(
            &mut caller,
            &one,
            &[Val::I32(field)],
        )?)),
    };
    linker.func_wrap("host", "host", call_host).unwrap();
    let nested = |mut caller: Caller<'_, ()>, function: i32, a: i32, b: i32| {
        let function = caller.get_export(&format!("f{function}"));
        let function = function.and_then(Extern::into_func).unwrap();
        let function = function.typed::<(i32, i32), i32>(&caller)?;
        function.call(&mut caller, (a, b))
    };
    linker.func_wrap("host", "nested", nested).unwrap();
    let module = Module::new(engine, wat).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let fuel = instance.get_global(&store, "fuel").unwrap();
    fuel.set(&mut store, Val::I32(FUEL)).unwrap();
    let start = instance
        .get_typed_func::<(i32, i32), i32>(&store, "f0")
        .unwrap();
    let result = start.call(&mut store, (7, 12)).map_err(|error| {
        let thrown = error.exception().unwrap_or_else(|| panic!("{error}"));
        let found = thrown.exn().tag(&store);
        let named = |name| instance.get_tag(&store, name) == Some(found);
        let tag = if found == one {
            1
        } else if named("t0") {
            0
        } else {
            2
        };
        let mut fields = [0; 3];
        for (field, value) in fields.iter_mut().zip(thrown.exn().fields(&store)) {
            *field = match value {
                Val::I32(value) => value,
                Val::I64(value) => value as i32,
                other => other.unwrap_f64() as i32,
            };
        }
        Exception { tag, fields }
    });
    let trace = instance.get_global(&store, "trace").unwrap();
    (result, trace.get(&store).unwrap_i64())
}

#[test]
fn random_programs_do_what_an_interpreter_says() {
    let levels = [
        (OptLevel::Speed, Observe::None),
        (OptLevel::None, Observe::None),
        (OptLevel::Speed, Observe::Stacks),
        (OptLevel::Speed, Observe::State),
    ];
    let engines = levels.map(|(level, observe)| {
        let mut config = Config::new();
        config.parallel_compilation(false);
        config.opt_level(level).observe(observe);
        Engine::new(&config).unwrap()
    });
    let (mut caught, mut uncaught) = (0, 0);
    for seed in 0..60 {
        let mut random = Random(seed);
        random.below(1);
        let functions: Vec<_> = (0..FUNCTIONS)
            .map(|_| {
                let mut body = random.stmts(0, &mut Vec::new());
                body.extend(random.stmts(0, &mut Vec::new()));
                body
            })
            .collect();
        let mut interpreter = Interpreter {
            functions: &functions,
            trace: 0,
            fuel: FUEL,
        };
        let expected = interpreter.call(0, 7, 12);
        match expected {
            Ok(_) => caught += 1,
            Err(_) => uncaught += 1,
        }
        let wat = Text::module(&functions);
        for engine in &engines {
            let found = execute(engine, &wat);
            assert_eq!(
                found,
                (expected.clone(), interpreter.trace),
                "{seed}: {wat}"
            );
        }
    }
    assert!(caught > 10 && uncaught > 10, "{caught} {uncaught}");
}
