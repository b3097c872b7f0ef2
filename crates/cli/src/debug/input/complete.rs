//! What the Tab key offers.

use crate::debug::commands::{self, Argument};
use crate::debug::line::Line;
use reedline::{Completer, CompletionResult, Span, Suggestion};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use trapline_symbols::Symbols;

/// More than these are never offered.
const MOST: usize = 200;

/// The names that there are at this moment, shared between the debugger and the completion.
#[derive(Clone, Default)]
pub(in crate::debug) struct Vocabulary(Arc<Mutex<Names>>);

#[derive(Default)]
struct Names {
    /// Of the modules that are loaded. What they have is looked up when it is first asked for.
    symbols: Vec<Arc<Symbols>>,
    functions: Option<BTreeSet<String>>,
    files: Option<BTreeSet<String>>,
    /// Of the frame that is selected.
    variables: Vec<String>,
}

impl Vocabulary {
    fn names(&self) -> MutexGuard<'_, Names> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells which modules there are.
    pub(in crate::debug) fn set_symbols(&self, symbols: Vec<Arc<Symbols>>) {
        let mut names = self.names();
        if names.symbols.len() != symbols.len() {
            *names = Names {
                symbols,
                ..Names::default()
            };
        }
    }

    /// Tells which variables there are.
    pub(in crate::debug) fn set_variables(&self, variables: Vec<String>) {
        self.names().variables = variables;
    }
}

impl Names {
    fn functions(&mut self) -> &BTreeSet<String> {
        let symbols = &self.symbols;
        self.functions.get_or_insert_with(|| {
            let all = symbols
                .iter()
                .filter_map(|symbols| symbols.functions().ok());
            all.flatten().map(|function| function.name).collect()
        })
    }

    fn files(&mut self) -> &BTreeSet<String> {
        let symbols = &self.symbols;
        self.files.get_or_insert_with(|| {
            let all = symbols.iter().filter_map(|symbols| symbols.files().ok());
            let short = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned();
            all.flatten().map(|path| short(&path)).collect()
        })
    }

    /// What there is for an argument that begins so, and which part of it that takes the place of.
    fn candidates(&mut self, argument: Argument, begun: &str) -> Vec<String> {
        let fitting = |names: &BTreeSet<String>| -> Vec<String> {
            let fits = |name: &&String| {
                name.starts_with(begun)
                    || name
                        .rsplit("::")
                        .next()
                        .is_some_and(|last| last.starts_with(begun))
            };
            names.iter().filter(fits).take(MOST).cloned().collect()
        };
        match argument {
            Argument::Place => {
                let mut found = fitting(self.functions());
                found.extend(fitting(self.files()).into_iter().map(|file| file + ":"));
                found
            }
            Argument::Expression => {
                let variables = self.variables.iter();
                variables
                    .filter(|name| name.starts_with(begun))
                    .take(MOST)
                    .cloned()
                    .collect()
            }
            Argument::Command => commands::names(begun),
            Argument::Nothing => Vec::new(),
        }
    }
}

/// Completes commands, places and variables.
pub(super) struct Completion {
    vocabulary: Vocabulary,
}

impl Completion {
    pub(super) fn new(vocabulary: Vocabulary) -> Completion {
        Completion { vocabulary }
    }

    fn suggestions(&mut self, text: &str) -> Vec<(usize, String)> {
        let line = Line::new(text);
        let is_word = line.rest.is_empty() && !text.ends_with(char::is_whitespace);
        if is_word {
            let begin = text.len() - line.word.len();
            return commands::names(line.word)
                .into_iter()
                .map(|name| (begin, name))
                .collect();
        }
        let Some(command) = commands::find(line.word).ok() else {
            return Vec::new();
        };
        // The last name in the line, as far as it has been typed.
        let is_name = |char: char| {
            char.is_alphanumeric() || matches!(char, '_' | ':' | '$' | '.' | '/' | '-')
        };
        let begin = text.rfind(|char| !is_name(char)).map_or(0, |at| at + 1);
        let begun = &text[begin..];
        if let Some(words) = commands::inner_names(command, begun) {
            return words.into_iter().map(|name| (begin, name)).collect();
        }
        let mut names = self.vocabulary.names();
        let found = names.candidates(command.argument, begun);
        found.into_iter().map(|name| (begin, name)).collect()
    }
}

impl Completer for Completion {
    fn complete(&mut self, line: &str, position: usize) -> CompletionResult {
        let Some(text) = line.get(..position) else {
            return CompletionResult::fresh(Vec::new());
        };
        let suggestions = self.suggestions(text).into_iter();
        let suggestions = suggestions.map(|(begin, value)| Suggestion {
            append_whitespace: !value.ends_with(':'),
            value,
            span: Span::new(begin, position),
            ..Suggestion::default()
        });
        CompletionResult::fresh(suggestions.collect::<Vec<_>>())
    }
}
