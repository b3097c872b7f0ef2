//! What commands work with: the console, and a program, or none, or a core dump.

use super::location::Whereabouts;
use super::{CommandError, Console, print, view};
use std::ops::Range;
use trapline_debugger::{
    BreakpointKind, Debuggee, Debugger, FrameView, ModuleId, Postmortem, StackFrame,
};
use trapline_symbols::SourceLocation;
use trapline_wasi::WasiCtx;

/// The debugger, with a program or without.
pub(crate) enum Guest<'c, 'd, 's> {
    /// Without.
    Idle(&'c mut Debugger),
    /// With one that stands still.
    Live(&'c mut Debuggee<'d, 's, WasiCtx>),
    /// With what a core dump has kept of one.
    Dead(&'c mut Postmortem<'d>),
}

/// What a command works with.
pub(crate) struct Context<'c, 'd, 's> {
    pub(crate) console: &'c mut Console,
    pub(super) guest: Guest<'c, 'd, 's>,
}

impl<'d, 's> Context<'_, 'd, 's> {
    pub(crate) fn print(&self, text: &str) {
        print(text);
    }

    pub(crate) fn debugger(&self) -> &Debugger {
        match &self.guest {
            Guest::Idle(debugger) => debugger,
            Guest::Live(debuggee) => debuggee.debugger(),
            Guest::Dead(postmortem) => postmortem.debugger(),
        }
    }

    pub(crate) fn debugger_mut(&mut self) -> &mut Debugger {
        match &mut self.guest {
            Guest::Idle(debugger) => debugger,
            Guest::Live(debuggee) => debuggee.debugger_mut(),
            Guest::Dead(postmortem) => postmortem.debugger_mut(),
        }
    }

    /// The program that stands still.
    pub(crate) fn live(&mut self) -> Result<&mut Debuggee<'d, 's, WasiCtx>, CommandError> {
        match &mut self.guest {
            Guest::Idle(_) => Err(not_running()),
            Guest::Live(debuggee) => Ok(debuggee),
            Guest::Dead(_) => Err(CommandError::new("this is a core dump; nothing runs in it")),
        }
    }

    /// Some of the frames on the stack, by their levels.
    pub(crate) fn frames(&self, levels: Range<usize>) -> Result<Vec<StackFrame>, CommandError> {
        match &self.guest {
            Guest::Idle(_) => Err(not_running()),
            Guest::Live(debuggee) => Ok(debuggee.frames(levels)),
            Guest::Dead(postmortem) => Ok(postmortem.frames(levels)),
        }
    }

    /// The selected frame.
    pub(crate) fn frame(&self) -> Result<FrameView<'_>, CommandError> {
        self.frame_at(self.console.level)
    }

    pub(crate) fn frame_at(&self, level: usize) -> Result<FrameView<'_>, CommandError> {
        Ok(match &self.guest {
            Guest::Idle(_) => return Err(not_running()),
            Guest::Live(debuggee) => debuggee.frame(level)?,
            Guest::Dead(postmortem) => postmortem.frame(level)?,
        })
    }

    /// Selects a frame.
    pub(crate) fn select(&mut self, level: usize) {
        self.console.level = level;
        self.console.shown = None;
        self.tell_names();
    }

    /// The selected frame as it is shown; `None` if there is none.
    fn selected(&self) -> Option<StackFrame> {
        let level = self.console.level;
        self.frames(level..level + 1).ok()?.into_iter().next()
    }

    /// Where the user is.
    pub(crate) fn whereabouts(&self) -> Whereabouts {
        let frame = self.selected();
        let location = frame.as_ref().and_then(|frame| frame.location.clone());
        let code = frame.and_then(|frame| Some((frame.module?, frame.wasm_pc?)));
        let shown = self.console.shown.as_ref();
        let position = || self.source_position().ok();
        let (file, line) = match (shown, location) {
            (Some(shown), None) => (Some(shown.file.clone()), Some(shown.first)),
            (_, Some(SourceLocation { file, line, .. })) => (Some(file), line),
            (None, None) => match position() {
                Some((file, _, line)) => (Some(file), Some(line)),
                None => (None, None),
            },
        };
        Whereabouts { file, line, code }
    }

    /// The line that is looked at: that of the selected frame, or the beginning of the program.
    pub(crate) fn source_position(&self) -> Result<(String, Option<ModuleId>, u32), CommandError> {
        if let Some(frame) = self.selected()
            && let Some(SourceLocation {
                file,
                line: Some(line),
                ..
            }) = frame.location
        {
            return Ok((file, frame.module, line));
        }
        self.source_of(&BreakpointKind::function("main"))
            .map_err(|_| CommandError::new("there is no source to show; say which: FILE:LINE"))
    }

    /// The line of a place.
    pub(crate) fn source_of(
        &self,
        kind: &BreakpointKind,
    ) -> Result<(String, Option<ModuleId>, u32), CommandError> {
        let places = self.debugger().places(kind)?;
        let found = places.into_iter().find_map(|place| {
            let location = place.location?;
            Some((location.file, Some(place.module), location.line?))
        });
        found.ok_or_else(|| CommandError::new("nothing is known of the source of that place"))
    }

    /// The line that the selected frame is at, if it is in this file.
    pub(crate) fn selected_line(&self, file: &str) -> Option<u32> {
        let location = self.selected()?.location?;
        location.line.filter(|_| location.file == file)
    }

    /// Whether a frame is where a statement of its source begins; its instruction is not worth being
    /// told then.
    pub(crate) fn is_line_begin(&self, frame: &StackFrame) -> bool {
        let found = || {
            let module = self.debugger().module(frame.module?).ok()?;
            let wasm_pc = frame.wasm_pc?;
            let statements = module.symbols()?.statements(wasm_pc).ok()??;
            Some(statements.at(wasm_pc)?.wasm_pc == wasm_pc)
        };
        frame.level == 0 && found().unwrap_or(false)
    }

    /// The instruction that a frame is at, for one without source.
    pub(crate) fn instruction_text(&self, frame: &StackFrame) -> String {
        let at = frame.module.zip(frame.wasm_pc);
        let shown = at.and_then(|(module, pc)| view::instructions(self, module, pc, 1).ok());
        shown.map_or(String::new(), |(text, _)| text)
    }

    /// Tells completion which names there are.
    pub(super) fn tell_names(&mut self) {
        if !self.console.input.is_interactive() {
            return;
        }
        let modules = self.debugger().modules().iter();
        let symbols = modules.filter(|module| module.is_opened() || module.id().index() == 0);
        let symbols = symbols
            .filter_map(|module| module.symbols().cloned())
            .collect();
        self.console.vocabulary.set_symbols(symbols);
        let names = self.frame().ok().and_then(|frame| {
            let scopes = frame.scopes()?;
            Some(
                scopes
                    .variables()
                    .filter_map(|variable| variable.name.clone())
                    .collect(),
            )
        });
        self.console
            .vocabulary
            .set_variables(names.unwrap_or_default());
    }
}

fn not_running() -> CommandError {
    CommandError::new("the program is not running; `run` starts it")
}
