//! Source code in colours.

use crate::text::harmless;
use anstyle::{AnsiColor, Style};
use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};
use trapline_debugger::SourceText;

/// Longer files are shown plainly: what a line means follows from all lines before it.
const LONGEST_FILE: u32 = 20_000;
/// Longer lines are no code that people wrote.
const LONGEST_LINE: usize = 2000;

/// Which style belongs to which kind of text, the more special kinds last.
const STYLES: [(&str, Style); 9] = [
    ("comment", Style::new().dimmed()),
    ("string", AnsiColor::Green.on_default()),
    ("constant", AnsiColor::Cyan.on_default()),
    ("keyword", AnsiColor::Magenta.on_default()),
    ("keyword.operator", Style::new()),
    ("storage", AnsiColor::Magenta.on_default()),
    ("storage.type", AnsiColor::Yellow.on_default()),
    ("support.type", AnsiColor::Yellow.on_default()),
    ("entity.name.function", AnsiColor::Blue.on_default()),
];

/// Colours source code, if colours are wanted.
pub(crate) struct Highlighter {
    enabled: bool,
    syntaxes: OnceLock<(SyntaxSet, Vec<(Scope, Style)>)>,
}

impl Highlighter {
    pub(super) fn new(enabled: bool) -> Highlighter {
        Highlighter {
            enabled,
            syntaxes: OnceLock::new(),
        }
    }

    fn syntaxes(&self) -> &(SyntaxSet, Vec<(Scope, Style)>) {
        self.syntaxes.get_or_init(|| {
            let styles = STYLES.iter();
            let styles = styles.filter_map(|(name, style)| Some((Scope::new(name).ok()?, *style)));
            (two_face::syntax::extra_newlines(), styles.collect())
        })
    }

    /// Some lines of a file, counted from 1, harmless, tabs as spaces.
    pub(super) fn lines(&self, source: &SourceText, lines: Range<u32>) -> Vec<String> {
        let plain = |text: &str| harmless(&text.replace('\t', "    "));
        let count = lines.end;
        let all = (1..count).map(|number| source.line(number).unwrap_or_default());
        if !self.enabled || count > LONGEST_FILE {
            return all.skip(lines.start as usize - 1).map(plain).collect();
        }
        let (syntaxes, styles) = self.syntaxes();
        let extension = Path::new(source.path()).extension();
        let extension = extension.and_then(|extension| extension.to_str());
        let syntax = extension.and_then(|extension| syntaxes.find_syntax_by_extension(extension));
        let Some(syntax) = syntax else {
            return all.skip(lines.start as usize - 1).map(plain).collect();
        };
        let mut state = ParseState::new(syntax);
        let mut stack = ScopeStack::new();
        let mut coloured = Vec::new();
        for (line, number) in all.zip(1..) {
            let wanted = number >= lines.start;
            let text = format!("{line}\n");
            let changes = match line.len() {
                0..=LONGEST_LINE => state.parse_line(&text, syntaxes),
                _ => Ok(Vec::new()),
            };
            let mut painted = String::new();
            let mut done = 0;
            for (at, change) in changes.unwrap_or_default() {
                let at = at.min(line.len());
                if wanted && at > done {
                    painted += &paint(&stack, styles, &plain(&line[done..at]));
                }
                done = at;
                if stack.apply(&change).is_err() {
                    break;
                }
            }
            if wanted {
                painted += &paint(&stack, styles, &plain(&line[done..]));
                coloured.push(painted);
            }
        }
        coloured
    }
}

/// A text in the style of the innermost kind that has one.
fn paint(stack: &ScopeStack, styles: &[(Scope, Style)], text: &str) -> String {
    let style = stack.scopes.iter().rev().find_map(|scope| {
        let mut fitting = styles.iter().rev();
        fitting.find(|(kind, _)| kind.is_prefix_of(*scope))
    });
    match style {
        Some((_, style)) if !text.trim().is_empty() => format!("{style}{text}{style:#}"),
        _ => text.to_owned(),
    }
}
