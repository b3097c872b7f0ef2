//! The files that a debugger reads: sources, and debug information that lies beside modules.
//!
//! All reading goes through the trait [`Files`], so that a front end can say where files come from:
//! an editor that debugs on another machine has them elsewhere.

use bytes::Bytes;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

/// Where files come from. [`SystemFiles`] takes them from the system.
pub trait Files: Send + Sync {
    /// The contents of a file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or has more than `limit` bytes.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Bytes>;

    /// When the file was last written, if that is known.
    fn modified(&self, path: &Path) -> Option<SystemTime>;

    /// Whether there is such a file.
    fn exists(&self, path: &Path) -> bool;
}

/// The files of the system. Nothing but regular files is read: to open a pipe would wait for its other
/// end, and paths come out of modules, which may come from anyone.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemFiles;

impl Files for SystemFiles {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Bytes> {
        if !self.exists(path) && fs::metadata(path)?.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if !self.exists(path) {
            return Err(io::Error::other("not a regular file"));
        }
        let mut contents = Vec::new();
        let mut file = File::open(path)?.take(limit.saturating_add(1));
        file.read_to_end(&mut contents)?;
        if contents.len() as u64 > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(contents.into())
    }

    fn modified(&self, path: &Path) -> Option<SystemTime> {
        fs::metadata(path).ok()?.modified().ok()
    }

    fn exists(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
    }
}

/// What an error of the system says, without its number, to stand within a sentence.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => "unknown error".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_of_a_sane_size_are_read() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let size = fs::metadata(&manifest).unwrap().len();
        assert_eq!(
            SystemFiles.read(&manifest, size).unwrap().len() as u64,
            size
        );
        assert!(SystemFiles.read(&manifest, size - 1).is_err());
        for path in ["/dev/zero", "/", "/no such file"] {
            assert!(SystemFiles.read(Path::new(path), 10).is_err(), "{path}");
            assert!(!SystemFiles.exists(Path::new(path)), "{path}");
        }
    }
}
