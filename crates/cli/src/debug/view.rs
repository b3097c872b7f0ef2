//! What frames, stops, breakpoints and source look like.

use super::{CommandError, Context};
use crate::text::{FAINT, NOTE, RULE, STRONG, harmless};
use std::fmt::Write;
use std::path::Path;
use trapline_debugger::{
    Breakpoint, BreakpointPlace, FrameKind, Instruction, Local, ModuleId, StackFrame,
};
use trapline_symbols::{SourceLocation, TargetError, WasmValue};

/// Text of the guest's own values is cut in the lines of frames.
const LONGEST_ARGUMENT: usize = 60;

/// Which variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Arguments,
    Locals,
}

/// A place as people read it: the last part of the file, and the line.
pub(super) fn place(location: &SourceLocation) -> String {
    let file = location.file.rsplit(['/', '\\']).next().unwrap_or_default();
    match location.line {
        Some(line) => format!("{}:{line}", harmless(file)),
        None => harmless(file),
    }
}

/// A frame in a line, with its number, if that is wanted.
pub(super) fn frame_line(
    context: &Context<'_, '_, '_>,
    frame: &StackFrame,
    numbered: bool,
) -> String {
    let mut text = String::new();
    if numbered {
        let _ = write!(text, "#{:<3}", frame.level);
    }
    if frame.kind == FrameKind::Host {
        let _ = writeln!(text, "{FAINT}<the host>{FAINT:#}");
        return text;
    }
    if let Some(wasm_pc) = frame.wasm_pc
        && !context.is_line_begin(frame)
    {
        let _ = write!(text, "{FAINT}{wasm_pc:#08x}{FAINT:#} in ");
    }
    let _ = write!(text, "{STRONG}{}{STRONG:#}", harmless(&frame.function));
    let _ = write!(text, " ({})", arguments(context, frame.level));
    if let Some(location) = &frame.location {
        let _ = write!(text, " at {}", place(location));
    }
    if frame.kind == FrameKind::Inlined {
        let _ = write!(text, " {FAINT}(inlined){FAINT:#}");
    }
    let debugger = context.debugger();
    if let Some(module) = frame.module.filter(|_| debugger.modules().iter().len() > 1)
        && let Ok(module) = debugger.module(module)
    {
        let _ = write!(text, " {FAINT}from {}{FAINT:#}", harmless(&module.name()));
    }
    text + "\n"
}

fn arguments(context: &Context<'_, '_, '_>, level: usize) -> String {
    let Ok(frame) = context.frame_at(level) else {
        return String::new();
    };
    let arguments = frame.arguments().unwrap_or_default();
    let arguments: Vec<_> = arguments
        .iter()
        .map(|argument| {
            let value = match &argument.value {
                Ok(_) => cut(&value(argument), LONGEST_ARGUMENT),
                // `info args` says more.
                Err(problem) => format!("<{}>", problem.split(" (").next().unwrap_or_default()),
            };
            format!("{}={value}", harmless(&argument.name))
        })
        .collect();
    arguments.join(", ")
}

/// The value of a variable, or why there is none.
fn value(local: &Local) -> String {
    match &local.value {
        Ok(text) => harmless(text),
        Err(problem) => format!("<{}>", harmless(problem)),
    }
}

/// Text that is not longer than so many characters.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

/// The variables of a frame, a line each, those of outer scopes that are hidden by others marked.
pub(super) fn variables(
    context: &Context<'_, '_, '_>,
    level: usize,
    which: Which,
    indent: &str,
) -> String {
    let found = context
        .frame_at(level)
        .and_then(|frame| Ok(frame.variables()?));
    let variables = match found {
        Ok(variables) => variables,
        Err(problem) => return format!("{indent}{FAINT}{problem}{FAINT:#}\n"),
    };
    let wanted = variables
        .iter()
        .filter(|variable| variable.is_parameter == (which == Which::Arguments));
    let mut text = String::new();
    for variable in wanted {
        let name = harmless(&variable.name);
        let _ = writeln!(text, "{indent}{name} = {}", value(variable));
    }
    if text.is_empty() {
        let what = match which {
            Which::Arguments => "arguments",
            Which::Locals => "locals",
        };
        let _ = writeln!(text, "{indent}No {what}.");
    }
    text
}

/// A frame with the source around it.
pub(super) fn frame_with_source(
    context: &Context<'_, '_, '_>,
    level: usize,
) -> Result<String, CommandError> {
    let frames = context.frames(level..level + 1)?;
    let frame = frames
        .first()
        .ok_or_else(|| CommandError::new("there is no such frame"))?;
    let mut text = frame_line(context, frame, true);
    text += &source_around(context, frame);
    Ok(text)
}

/// The source around the line that a frame is at, or the instruction where there is none.
pub(super) fn source_around(context: &Context<'_, '_, '_>, frame: &StackFrame) -> String {
    let window = context.console.settings.window;
    let Some(SourceLocation {
        file,
        line: Some(line),
        ..
    }) = &frame.location
    else {
        return context.instruction_text(frame);
    };
    let before = (window - 1) / 2;
    let first = line.saturating_sub(before).max(1);
    let lines = first..first.saturating_add(window);
    match source_lines(context, frame.module, file, lines, Some(*line)) {
        Ok(text) => text,
        Err(problem) => format!("{FAINT}{line}: {problem}{FAINT:#}\n"),
    }
}

/// Lines of a source file, the current one with a mark. That the file may be another one than was compiled
/// is told once.
pub(super) fn source_lines(
    context: &Context<'_, '_, '_>,
    module: Option<ModuleId>,
    file: &str,
    lines: std::ops::Range<u32>,
    current: Option<u32>,
) -> Result<String, CommandError> {
    let debugger = context.debugger();
    let source = debugger.source_text(file, module)?;
    let module = module.and_then(|id| debugger.module(id).ok());
    let last = lines.end.saturating_sub(1).min(source.num_lines());
    if lines.start > source.num_lines() {
        return Err(CommandError::new(format!(
            "{} has {} lines only",
            Path::new(file).display(),
            source.num_lines()
        )));
    }
    let width = last.to_string().len().max(4);
    let mut text = String::new();
    let is_newer = source.is_newer_than(module.and_then(|module| module.modified()));
    let mut told = context.console.told_newer.borrow_mut();
    if is_newer && told.insert(source.path().to_owned()) {
        let _ = writeln!(
            text,
            "{NOTE}note:{NOTE:#} {} is newer than the module; its lines may be others",
            source.path().display()
        );
    }
    let highlighted = context
        .console
        .highlighter
        .lines(&source, lines.start..last + 1);
    for (number, code) in (lines.start..=last).zip(highlighted) {
        let mark = if current == Some(number) { ">" } else { " " };
        let _ = writeln!(
            text,
            "{STRONG}{mark}{STRONG:#}{RULE}{number:>width$} |{RULE:#} {code}"
        );
    }
    Ok(text)
}

/// What is said of a new breakpoint.
pub(super) fn breakpoint_placed(breakpoint: &Breakpoint) -> String {
    let kind = match (breakpoint.settings().one_shot, &breakpoint.settings().log) {
        (_, Some(_)) => "Log point",
        (true, None) => "Temporary breakpoint",
        (false, None) => "Breakpoint",
    };
    let at = match breakpoint.places() {
        [place] => breakpoint_place(place),
        places => format!("{}, {} places", breakpoint.kind(), places.len()),
    };
    format!("{kind} {} at {at}\n", breakpoint.id())
}

/// A place of a breakpoint.
pub(super) fn breakpoint_place(at: &BreakpointPlace) -> String {
    let mut text = format!("{:#x}", at.wasm_pc);
    if let Some(function) = &at.function {
        let _ = write!(text, " in {}", harmless(function));
    }
    if let Some(location) = &at.location {
        let _ = write!(text, " at {}", place(location));
    }
    text
}

/// The memories of the selected frame's instance.
pub(super) fn memories(context: &Context<'_, '_, '_>) -> Result<String, CommandError> {
    let frame = context.frame()?;
    let mut text = String::new();
    for (index, size) in frame.target().memory_sizes().into_iter().enumerate() {
        let pages = crate::text::count(size >> 16, "page");
        let _ = writeln!(text, "{index:<3} 0x0..{size:#x}, {pages} of 64 KiB");
    }
    if text.is_empty() {
        text += "The instance has no memory.\n";
    }
    Ok(text)
}

/// The locals, operands and globals of WebAssembly at the selected frame.
pub(super) fn registers(context: &Context<'_, '_, '_>) -> Result<String, CommandError> {
    let frame = context.frame()?;
    let machine = frame.target();
    let mut text = String::new();
    if let Some(wasm_pc) = frame.shown().wasm_pc {
        let _ = writeln!(text, "$pc      = {wasm_pc:#x}");
    }
    let mut write = |name: &str, index: u32, value: Result<WasmValue, TargetError>| {
        let name = format!("${name}{index}");
        let _ = match value {
            Ok(value) => writeln!(text, "{name:<8} = {}", register(value)),
            Err(problem) => writeln!(text, "{name:<8} {FAINT}{problem}{FAINT:#}"),
        };
    };
    (0..machine.num_locals()).for_each(|index| write("local", index, machine.local(index)));
    (0..machine.num_operands()).for_each(|index| write("stack", index, machine.operand(index)));
    (0..machine.num_globals()).for_each(|index| write("global", index, machine.global(index)));
    Ok(text)
}

/// A value of WebAssembly, integers in both radixes.
fn register(value: WasmValue) -> String {
    match value {
        WasmValue::I32(bits) => format!("i32 {} ({bits:#x})", bits as i32),
        WasmValue::I64(bits) => format!("i64 {} ({bits:#x})", bits as i64),
        WasmValue::F32(bits) => format!("f32 {}", f32::from_bits(bits)),
        WasmValue::F64(bits) => format!("f64 {}", f64::from_bits(bits)),
        WasmValue::V128(bits) => format!("v128 {bits:#034x}"),
        WasmValue::Reference => "a reference".to_owned(),
    }
}

/// The instructions of a function, with the lines of the source that they are for if these are wanted.
pub(super) fn disassembly(
    context: &Context<'_, '_, '_>,
    module: ModuleId,
    wasm_pc: u32,
    with_source: bool,
) -> Result<String, CommandError> {
    let known = context.debugger().module(module)?;
    let function = known.disassemble(wasm_pc)?;
    let mut text = format!(
        "{STRONG}{}{STRONG:#}, function {} of {}:\n",
        harmless(&function.function),
        function.function_index,
        harmless(&known.name())
    );
    for instruction in &function.instructions {
        if let Some(location) = instruction.location.as_ref().filter(|_| with_source) {
            text += &source_line(context, module, location);
        }
        text += &instruction_line(context, module, instruction);
    }
    Ok(text)
}

/// The machine code of a function, each known instruction of WebAssembly ahead of what it has become, and
/// the lines of the source if these are wanted.
pub(super) fn machine_code(
    context: &Context<'_, '_, '_>,
    module: ModuleId,
    wasm_pc: u32,
    with_source: bool,
) -> Result<String, CommandError> {
    let known = context.debugger().module(module)?;
    let function = known.disassemble(wasm_pc)?;
    let mut text = format!(
        "{STRONG}{}{STRONG:#}, machine code:\n",
        harmless(&function.function)
    );
    let mut before = None;
    for machine in known.machine_code(wasm_pc)? {
        let mut instructions = function.instructions.iter();
        let instruction = machine.wasm_pc.filter(|wasm_pc| before != Some(*wasm_pc));
        let instruction = instruction
            .and_then(|wasm_pc| instructions.find(|instruction| instruction.wasm_pc == wasm_pc));
        if let Some(instruction) = instruction {
            before = machine.wasm_pc;
            if let Some(location) = instruction.location.as_ref().filter(|_| with_source) {
                text += &source_line(context, module, location);
            }
            text += &instruction_line(context, module, instruction);
        }
        let bytes: Vec<_> = machine
            .bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let (offset, bytes) = (machine.offset, bytes.join(" "));
        let _ = writeln!(
            text,
            "      {FAINT}{offset:6x}  {bytes:<32}{FAINT:#} {}",
            machine.text
        );
    }
    Ok(text)
}

/// The line of the source that instructions are for.
fn source_line(
    context: &Context<'_, '_, '_>,
    module: ModuleId,
    location: &SourceLocation,
) -> String {
    let shown = location.line.and_then(|line| {
        let lines = line..line.saturating_add(1);
        source_lines(context, Some(module), &location.file, lines, None).ok()
    });
    shown.unwrap_or_else(|| format!("{FAINT}{}{FAINT:#}\n", place(location)))
}

/// An instruction, with a mark if the selected frame is at it.
fn instruction_line(
    context: &Context<'_, '_, '_>,
    module: ModuleId,
    instruction: &Instruction,
) -> String {
    let Instruction {
        wasm_pc,
        text,
        depth,
        ..
    } = instruction;
    let is_current = context.whereabouts().code == Some((module, *wasm_pc));
    let mark = if is_current { "=>" } else { "  " };
    let indent = 2 * depth.min(&20);
    format!(
        "{STRONG}{mark}{STRONG:#} {FAINT}{wasm_pc:#08x}{FAINT:#}  {:indent$}{}\n",
        "",
        harmless(text)
    )
}

/// Some instructions from a place on. Returns what comes after them, too, if the function goes on.
pub(super) fn instructions(
    context: &Context<'_, '_, '_>,
    module: ModuleId,
    wasm_pc: u32,
    count: usize,
) -> Result<(String, Option<u32>), CommandError> {
    let function = context.debugger().module(module)?.disassemble(wasm_pc)?;
    let mut following = function
        .instructions
        .iter()
        .skip_while(|instruction| instruction.wasm_pc < wasm_pc);
    let shown = following.by_ref().take(count);
    let text = shown
        .map(|instruction| instruction_line(context, module, instruction))
        .collect();
    Ok((text, following.next().map(|next| next.wasm_pc)))
}
