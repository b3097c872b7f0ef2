//! Words of a command line for the program, as shells write them.

use super::CommandError;
use crate::program::{Program, Streams};
use std::path::PathBuf;

impl Program {
    /// Changes what it is given: its arguments, and files for its streams behind `<`, `>` and `2>`.
    pub(super) fn set_words(&mut self, words: &[String]) -> Result<(), CommandError> {
        let (words, streams) = split_streams(words)?;
        self.words = words;
        let Streams {
            input,
            output,
            errors,
        } = streams;
        self.streams.input = input.or(self.streams.input.take());
        self.streams.output = output.or(self.streams.output.take());
        self.streams.errors = errors.or(self.streams.errors.take());
        Ok(())
    }
}

/// Takes the files for streams out of words, each behind its sign or joined with it.
fn split_streams(words: &[String]) -> Result<(Vec<String>, Streams), CommandError> {
    let mut streams = Streams::default();
    let mut rest = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let signs = ["2>", "<", ">"];
        let sign = signs.into_iter().find(|sign| word.starts_with(sign));
        let Some(sign) = sign else {
            rest.push(word.clone());
            continue;
        };
        let file = match &word[sign.len()..] {
            "" => words.next().cloned(),
            joined => Some(joined.to_owned()),
        };
        let missing = || CommandError::new(format!("there is no file behind `{sign}`"));
        let file = PathBuf::from(file.ok_or_else(missing)?);
        match sign {
            "<" => streams.input = Some(file),
            ">" => streams.output = Some(file),
            _ => streams.errors = Some(file),
        }
    }
    Ok((rest, streams))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn files_for_streams_stand_behind_their_signs() {
        let words = ["a", "<", "in", ">out", "b", "2>", "err"].map(str::to_owned);
        let (rest, streams) = split_streams(&words).unwrap();
        assert_eq!(rest, ["a", "b"]);
        assert_eq!(streams.input.as_deref(), Some(Path::new("in")));
        assert_eq!(streams.output.as_deref(), Some(Path::new("out")));
        assert_eq!(streams.errors.as_deref(), Some(Path::new("err")));
        assert!(split_streams(&["<".to_owned()]).is_err());
    }
}
