//! Where functions lie in a module file, and what calls they make.

use std::ops::Range;
use wasmparser::{BinaryReader, FunctionBody, Operator, OperatorsReader, Parser, Payload};

/// The functions that a module defines.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// The number of functions that are imported; they come first in the index space.
    pub(crate) imported: u32,
    /// The bodies of the others, as ranges of the file, without their sizes. In ascending order.
    pub(crate) bodies: Vec<Range<u32>>,
}

/// A call in a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// The offset of the call in the module file.
    pub(crate) wasm_pc: u32,
    /// Where the frame goes on afterwards; `None` if it is replaced by that of the called function.
    pub(crate) behind: Option<u32>,
    /// The function that is called, unless that is found out when the program runs.
    pub(crate) target: Option<u32>,
}

impl Layout {
    /// Reads the layout of a module; what is malformed ends it.
    pub(crate) fn read(wasm: &[u8]) -> Layout {
        let mut layout = Layout::default();
        for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
            match payload {
                Payload::ImportSection(imports) => {
                    let imports = imports.into_imports().map_while(Result::ok);
                    let functions = imports.filter(|import| {
                        matches!(
                            import.ty,
                            wasmparser::TypeRef::Func(_) | wasmparser::TypeRef::FuncExact(_)
                        )
                    });
                    layout.imported = functions.count() as u32;
                }
                Payload::CodeSectionEntry(body) => {
                    let range = body.range();
                    layout.bodies.push(range.start as u32..range.end as u32);
                }
                Payload::DataSection(_) => break,
                _ => {}
            }
        }
        layout
    }

    /// The function whose body holds an offset in the file: its index, and its body.
    pub(crate) fn function_at(&self, wasm_pc: u32) -> Option<(u32, Range<u32>)> {
        let after = self.bodies.partition_point(|body| body.start <= wasm_pc);
        let index = after.checked_sub(1)?;
        let body = self.bodies[index].clone();
        body.contains(&wasm_pc)
            .then_some((self.imported + index as u32, body))
    }

    /// The body of a function.
    pub(crate) fn body(&self, function: u32) -> Option<Range<u32>> {
        let index = function.checked_sub(self.imported)?;
        self.bodies.get(index as usize).cloned()
    }
}

/// The calls that a function makes, in the order of its code.
pub(crate) fn calls(wasm: &[u8], body: &Range<u32>) -> Vec<Call> {
    let Some(mut operators) = operators(wasm, body) else {
        return Vec::new();
    };
    let mut calls = Vec::new();
    while let Ok((operator, offset)) = operators.read_with_offset() {
        let behind = Some(operators.original_position() as u32);
        let (target, behind) = match operator {
            Operator::Call { function_index } => (Some(function_index), behind),
            Operator::ReturnCall { function_index } => (Some(function_index), None),
            Operator::CallIndirect { .. } | Operator::CallRef { .. } => (None, behind),
            Operator::ReturnCallIndirect { .. } | Operator::ReturnCallRef { .. } => (None, None),
            _ => continue,
        };
        calls.push(Call {
            wasm_pc: offset as u32,
            behind,
            target,
        });
    }
    calls
}

/// Where the operators of a function are, in ascending order.
pub(crate) fn offsets(wasm: &[u8], body: &Range<u32>) -> Vec<u32> {
    let Some(mut operators) = operators(wasm, body) else {
        return Vec::new();
    };
    let mut offsets = Vec::new();
    while let Ok((_, offset)) = operators.read_with_offset() {
        offsets.push(offset as u32);
    }
    offsets
}

/// Where the first operator of a function is.
pub(crate) fn first_operator(wasm: &[u8], body: &Range<u32>) -> Option<u32> {
    Some(operators(wasm, body)?.original_position() as u32)
}

fn operators<'a>(wasm: &'a [u8], body: &Range<u32>) -> Option<OperatorsReader<'a>> {
    let bytes = wasm.get(body.start as usize..body.end as usize)?;
    let reader = BinaryReader::new(bytes, u64::from(body.start));
    FunctionBody::new(reader).get_operators_reader().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two imported functions, and two that are defined; one of those calls.
    fn module() -> Vec<u8> {
        use wasm_encoder::*;
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([], []);
        module.section(&types);
        let mut imports = ImportSection::new();
        imports.import("host", "a", EntityType::Function(0));
        imports.import("host", "b", EntityType::Function(0));
        module.section(&imports);
        let mut functions = FunctionSection::new();
        functions.function(0).function(0);
        module.section(&functions);
        let mut code = CodeSection::new();
        let mut first = Function::new([(2, ValType::I32)]);
        first.instructions().nop().call(1).call(3).end();
        code.function(&first);
        let mut second = Function::new([]);
        second.instructions().end();
        code.function(&second);
        module.section(&code);
        module.finish()
    }

    #[test]
    fn functions_are_found_by_where_they_lie() {
        let wasm = module();
        let layout = Layout::read(&wasm);
        assert_eq!((layout.imported, layout.bodies.len()), (2, 2));
        let first = layout.body(2).unwrap();
        let second = layout.body(3).unwrap();
        assert_eq!(layout.function_at(first.start), Some((2, first.clone())));
        assert_eq!(layout.function_at(first.end - 1), Some((2, first.clone())));
        assert_eq!(layout.function_at(first.end), None, "the size of the next");
        assert_eq!(layout.function_at(second.start), Some((3, second)));
        assert_eq!(layout.function_at(0), None);
        assert_eq!(layout.body(1), None);
        assert_eq!(layout.body(4), None);
    }

    #[test]
    fn calls_are_found_with_what_they_call() {
        let wasm = module();
        let layout = Layout::read(&wasm);
        let body = layout.body(2).unwrap();
        let first = first_operator(&wasm, &body).unwrap();
        // One declaration of locals, of three bytes with their count, and the `nop`.
        assert_eq!(first, body.start + 3);
        let call = |wasm_pc, target| Call {
            wasm_pc,
            behind: Some(wasm_pc + 2),
            target: Some(target),
        };
        // `nop`, two calls, and the end.
        let all = [first, first + 1, first + 3, first + 5];
        assert_eq!(offsets(&wasm, &body), all);
        assert_eq!(
            calls(&wasm, &body),
            [call(first + 1, 1), call(first + 3, 3)]
        );
    }

    #[test]
    fn what_is_no_module_has_no_functions() {
        assert!(Layout::read(b"\0asm").bodies.is_empty());
        assert!(calls(b"\0asm", &(2..90)).is_empty());
    }
}
