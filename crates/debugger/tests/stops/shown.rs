//! What there is to be seen at a stop, as text.

use crate::guest::Run;
use trapline::FrameId;
use trapline_debugger::{FrameKind, StackFrame};
use trapline_symbols::{Inspector, Value, ValueError};

/// Values are cut after so many characters, and names of functions.
const WIDEST: usize = 72;
const WIDEST_NAME: usize = 32;
/// Of a variable that has locations elsewhere.
pub const NOT_HERE: &str = "<no location at this place>";
/// More frames than that are not looked at.
const MOST_FRAMES: usize = 200;

/// The innermost frame of a stop.
pub struct Frame {
    pub function: String,
    /// Without its folders.
    pub file: String,
    pub line: u32,
    pub wasm_pc: u32,
    /// Of the machine's frame.
    pub id: FrameId,
    /// The machine's frames that are still on the stack, innermost first.
    pub stack: Vec<FrameId>,
    /// In how many inlined calls of the machine's frame it is.
    pub inlined: usize,
    /// In the order in which they are searched for a name.
    pub variables: Vec<Variable>,
}

pub struct Variable {
    pub name: String,
    /// The line that declares it, which tells it from others of its name.
    pub declared: u32,
    pub text: String,
    pub known: Known,
}

/// Whether a variable has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    Whole,
    /// Parts of it have no location.
    Partly,
    Missing,
    /// It has a location, at which there is nothing, or nothing that it could be.
    Wrong,
}

impl Variable {
    pub fn is_same(&self, other: &Variable) -> bool {
        (&self.name, self.declared) == (&other.name, other.declared)
    }
}

/// The innermost frame; `None` if no source is known of it.
pub fn innermost(run: &Run<'_, '_>) -> Option<Frame> {
    let frames = run.frames(0..MOST_FRAMES);
    let shown = frames.first()?;
    let location = shown.location.as_ref()?;
    let stack = frames.iter().filter(|frame| frame.kind == FrameKind::Call);
    let stack = stack.filter_map(|frame| id(run, frame.level));
    let inlined = frames.iter();
    let inlined = inlined.take_while(|frame| frame.kind == FrameKind::Inlined);
    Some(Frame {
        function: short(&shown.function),
        file: file_name(&location.file).to_owned(),
        line: location.line?,
        wasm_pc: shown.wasm_pc?,
        id: id(run, 0)?,
        stack: stack.collect(),
        inlined: inlined.count(),
        variables: variables(run),
    })
}

fn id(run: &Run<'_, '_>, level: usize) -> Option<FrameId> {
    run.frame(level).ok()?.target().frame_id()
}

fn variables(run: &Run<'_, '_>) -> Vec<Variable> {
    let view = run.frame(0).unwrap();
    let inspector = view.inspector().unwrap();
    let values = view.values().unwrap();
    let variables = view.scopes().unwrap().variables();
    let pairs = variables.zip(&values);
    pairs
        .map(|(variable, (_, value))| {
            let (text, known) = text(&inspector, value);
            let declared = variable.declared.as_ref();
            Variable {
                name: value.name().to_owned(),
                declared: declared.and_then(|place| place.line).unwrap_or(0),
                text,
                known,
            }
        })
        .collect()
}

fn text(inspector: &Inspector<'_>, value: &Value) -> (String, Known) {
    match inspector.text(value) {
        Ok(text) => {
            let known = match text.contains("<no location") || text.contains("describes it wrongly")
            {
                true => Known::Partly,
                false => Known::Whole,
            };
            (cut(&text), known)
        }
        // It is known where the variable is. It may hold nothing sensible, not being set yet.
        Err(
            error @ (ValueError::Corrupt(_)
            | ValueError::Unreadable(_)
            | ValueError::IncompleteType),
        ) => (cut(&format!("<{error}>")), Known::Whole),
        Err(ValueError::NotDescribedHere(_)) => (NOT_HERE.to_owned(), Known::Missing),
        Err(error @ (ValueError::WronglyDescribed(_) | ValueError::Unsupported(_))) => {
            (cut(&format!("<{error}>")), Known::Wrong)
        }
        Err(error) => (cut(&format!("<{error}>")), Known::Missing),
    }
}

/// The frames on the stack. Those that are not in one of the files are only counted.
pub fn backtrace(run: &Run<'_, '_>, files: &[&str]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut others = 0;
    for frame in run.frames(0..MOST_FRAMES) {
        let Some((file, line)) = own_place(&frame, files) else {
            others += 1;
            continue;
        };
        if others > 0 {
            parts.push(format!("({others})"));
            others = 0;
        }
        let inlined = match frame.kind {
            FrameKind::Inlined => " inlined",
            _ => "",
        };
        let function = short(&frame.function);
        parts.push(format!("{function} {file}:{line}{inlined}"));
    }
    if others > 0 {
        parts.push(format!("({others})"));
    }
    parts.join(" < ")
}

fn own_place<'f>(frame: &'f StackFrame, files: &[&str]) -> Option<(&'f str, u32)> {
    let location = frame.location.as_ref()?;
    let file = file_name(&location.file);
    files.contains(&file).then_some((file, location.line?))
}

pub fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A function's name without what is longer than it.
fn short(name: &str) -> String {
    let name = name.replace("(anonymous namespace)::", "");
    let name = name.split('(').next().unwrap_or_default();
    cut_at(name, WIDEST_NAME)
}

fn cut(text: &str) -> String {
    cut_at(text, WIDEST)
}

fn cut_at(text: &str, widest: usize) -> String {
    match text.char_indices().nth(widest) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
