//! Commands typed at a terminal.

use super::complete::{Completion, Vocabulary};
use super::{Command, Origin, Read};
use reedline::{
    ColumnarMenu, DefaultHinter, EditCommand, Emacs, FileBackedHistory, KeyCode, KeyModifiers,
    MenuBuilder, Prompt, PromptEditMode, PromptHistorySearch, Reedline, ReedlineEvent,
    ReedlineMenu, Signal, default_emacs_keybindings,
};
use std::borrow::Cow;
use std::io;
use std::path::PathBuf;

/// So many commands are remembered.
const HISTORY: usize = 10_000;

const MENU: &str = "completion";

/// A terminal, with the history of what was typed there.
pub(super) struct Terminal {
    editor: Reedline,
}

impl Terminal {
    pub(super) fn new(vocabulary: Vocabulary) -> Terminal {
        let mut keys = default_emacs_keybindings();
        let complete = ReedlineEvent::UntilFound(vec![
            ReedlineEvent::Menu(MENU.to_owned()),
            ReedlineEvent::MenuNext,
            ReedlineEvent::Edit(vec![EditCommand::Complete]),
        ]);
        keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, complete);
        let menu = ColumnarMenu::default().with_name(MENU);
        let mut editor = Reedline::create()
            .with_completer(Box::new(Completion::new(vocabulary)))
            .with_menu(ReedlineMenu::EngineCompleter(Box::new(menu)))
            .with_quick_completions(true)
            .with_partial_completions(true)
            .with_edit_mode(Box::new(Emacs::new(keys)));
        if std::env::var_os("NO_COLOR").is_none() {
            editor = editor.with_hinter(Box::new(DefaultHinter::default()));
        }
        // Without a file it is remembered for as long as the debugger runs.
        let history =
            history_file().and_then(|file| FileBackedHistory::with_file(HISTORY, file).ok());
        if let Some(history) = history {
            editor = editor.with_history(Box::new(history));
        }
        Terminal { editor }
    }

    pub(super) fn read(&mut self, prompt: &str) -> io::Result<Read> {
        let prompt = Words(prompt.to_owned());
        loop {
            let text = match self.editor.read_line(&prompt)? {
                Signal::Success(text) => text,
                Signal::CtrlC => return Ok(Read::Interrupted),
                Signal::CtrlD => return Ok(Read::End),
                _ => continue,
            };
            return Ok(Read::Line(Command {
                text,
                origin: Origin::User,
            }));
        }
    }
}

/// Where commands are remembered: `trapline/debug-history` in the folder for states.
fn history_file() -> Option<PathBuf> {
    let folder = |name| std::env::var_os(name).filter(|folder| !folder.is_empty());
    let states = match folder("XDG_STATE_HOME") {
        Some(states) => PathBuf::from(states),
        None => PathBuf::from(folder("HOME")?).join(".local/state"),
    };
    let folder = states.join("trapline");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("debug-history"))
}

/// A prompt that is a few words.
struct Words(String);

impl Prompt for Words {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_indicator(&self, _: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed(" ")
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Borrowed("> ")
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        Cow::Owned(format!("(search: {}) ", search.term))
    }
}
