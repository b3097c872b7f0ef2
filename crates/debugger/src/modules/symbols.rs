//! Opening the debug information of a module, wherever its parts are.

use crate::files::{Files, reason};
use bytes::Bytes;
use data_url::DataUrl;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use trapline_symbols::{Symbols, SymbolsError};

/// Debug information is read from files of at most this size.
const LARGEST: u64 = 4 << 30;

/// The debug information of a module, and what is missing of it.
#[derive(Clone)]
pub struct ModuleSymbols {
    /// The debug information; `None` if there is none that can be used.
    pub symbols: Option<Arc<Symbols>>,
    /// Why there is less than there could be, a sentence each.
    pub notes: Vec<String>,
}

impl std::fmt::Debug for ModuleSymbols {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ModuleSymbols")
            .field("symbols", &self.symbols.is_some())
            .field("notes", &self.notes)
            .finish()
    }
}

/// Opens the debug information of a module whose file is at `path`, if that is known.
pub(super) fn open(wasm: Bytes, path: Option<&Path>, files: &dyn Files) -> ModuleSymbols {
    let mut notes = Vec::new();
    let symbols = match find(&wasm, path, files) {
        Ok(mut symbols) => {
            add_split(&mut symbols, path, files, &mut notes);
            Some(Arc::new(symbols))
        }
        Err(note) => {
            notes.push(note);
            None
        }
    };
    ModuleSymbols { symbols, notes }
}

/// What is in the module itself, or in the one file that it names instead.
fn find(wasm: &Bytes, path: Option<&Path>, files: &dyn Files) -> Result<Symbols, String> {
    match Symbols::new(wasm.clone()) {
        Ok(symbols) => return Ok(symbols),
        Err(SymbolsError::NoDebugInfo) => {}
        Err(error) => return Err(error.to_string()),
    }
    let external = Symbols::external_file(wasm).map_err(|error| error.to_string())?;
    if let Some(url) = external {
        let (label, contents) = fetch("debug information", &url, path, files)?;
        let symbols = Symbols::with_external(wasm, contents);
        return symbols.map_err(|error| format!("{label}: {error}"));
    }
    let map = Symbols::source_map_url(wasm).map_err(|error| error.to_string())?;
    if let Some(url) = map {
        let (label, contents) = fetch("source map", &url, path, files)?;
        let symbols = Symbols::with_source_map(wasm, &contents);
        return symbols.map_err(|error| format!("{label}: {error}"));
    }
    Err(SymbolsError::NoDebugInfo.to_string())
}

/// What a module has outside of itself, as its URL says: in a file, or in the URL. With it what to call
/// it.
fn fetch(
    what: &str,
    url: &str,
    path: Option<&Path>,
    files: &dyn Files,
) -> Result<(String, Bytes), String> {
    if url.starts_with("data:") {
        let decoded = DataUrl::process(url)
            .ok()
            .and_then(|url| url.decode_to_vec().ok());
        let (contents, _) =
            decoded.ok_or_else(|| format!("the {what} is in a URL that is damaged"))?;
        return Ok((format!("the {what}"), contents.into()));
    }
    let name = url.strip_prefix("file://").unwrap_or(url);
    if name.contains("://") {
        return Err(format!("the {what} is at {name}, and only files are read"));
    }
    let file = beside(path, name);
    let contents = files.read(&file, LARGEST);
    let contents = contents.map_err(|error| {
        let file = file.display();
        let reason = reason(&error);
        format!("the {what} is in {file}, which cannot be read: {reason}")
    })?;
    Ok((file.display().to_string(), contents))
}

/// Adds what the compiler has put in files of its own.
fn add_split(
    symbols: &mut Symbols,
    path: Option<&Path>,
    files: &dyn Files,
    notes: &mut Vec<String>,
) {
    let mut missing = match symbols.split_files() {
        Ok(missing) => missing,
        Err(error) => return notes.push(error.to_string()),
    };
    if missing.is_empty() {
        return;
    }
    for package in path.map(packages).unwrap_or_default() {
        if files.exists(&package) {
            add_file(symbols, &package, files, notes);
            missing = symbols.split_files().unwrap_or_default();
        }
    }
    let mut not_found = 0;
    for (folder, name) in &missing {
        let places = split_places(path, folder, name);
        match places.iter().find(|place| files.exists(place)) {
            Some(place) => add_file(symbols, place, files, notes),
            None => not_found += 1,
        }
    }
    if let (1.., Some((folder, name))) = (not_found, missing.first()) {
        let file = Path::new(folder).join(name);
        notes.push(format!(
            "{not_found} files with parts of the debug information are missing, such as {}",
            file.display()
        ));
    }
}

fn add_file(symbols: &mut Symbols, file: &Path, files: &dyn Files, notes: &mut Vec<String>) {
    let added = match files.read(file, LARGEST) {
        Ok(contents) => symbols
            .add_split(contents)
            .map_err(|error| error.to_string()),
        Err(error) => Err(reason(&error)),
    };
    if let Err(error) = added {
        notes.push(format!("{}: {error}", file.display()));
    }
}

/// Where the package of a module's split files is, if it has one.
fn packages(module: &Path) -> Vec<PathBuf> {
    let mut longer = module.as_os_str().to_owned();
    longer.push(".dwp");
    vec![module.with_extension("dwp"), longer.into()]
}

/// Where a split file may be: where the compiler has put it, or moved along with the module.
fn split_places(module: Option<&Path>, folder: &str, name: &str) -> Vec<PathBuf> {
    let last = Path::new(name).file_name();
    let mut places = vec![Path::new(folder).join(name), beside(module, name)];
    places.extend(last.map(|last| beside(module, last)));
    places
}

/// A path relative to the folder of a module, or if that is not known to the current one.
fn beside(module: Option<&Path>, name: impl AsRef<Path>) -> PathBuf {
    let folder = module.and_then(Path::parent);
    folder.unwrap_or(Path::new("")).join(name)
}
