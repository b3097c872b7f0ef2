//! Files that commands write.

use crate::load::reason;
use anyhow::anyhow;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Writes a file and then puts it in its place in one step, so that whoever opens it at the same time,
/// and may map it, sees the old one or the new one and never a part. What is no regular file, such as
/// a pipe, is written to as it is.
pub(crate) fn write(
    output: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> anyhow::Result<()> {
    let result = match is_special(output) {
        true => File::options()
            .write(true)
            .open(output)
            .and_then(|mut file| write(&mut file)),
        false => {
            let temporary = temporary(output);
            let result = File::create(&temporary)
                .and_then(|mut file| write(&mut file))
                .and_then(|()| fs::rename(&temporary, output));
            result.inspect_err(|_| {
                let _ = fs::remove_file(&temporary);
            })
        }
    };
    result.map_err(|error| cannot_write(output, &error))
}

/// Fails if it is known already that [`write`] would.
pub(crate) fn check(output: &Path) -> anyhow::Result<()> {
    if output.is_dir() {
        let error = io::Error::from(io::ErrorKind::IsADirectory);
        return Err(cannot_write(output, &error));
    }
    if is_special(output) {
        return Ok(());
    }
    let temporary = temporary(output);
    File::create(&temporary)
        .and_then(|_| fs::remove_file(&temporary))
        .map_err(|error| cannot_write(output, &error))
}

fn is_special(output: &Path) -> bool {
    fs::metadata(output).is_ok_and(|file| !file.is_file() && !file.is_dir())
}

fn temporary(output: &Path) -> PathBuf {
    output.with_added_extension(format!("{}.tmp", std::process::id()))
}

fn cannot_write(output: &Path, error: &io::Error) -> anyhow::Error {
    anyhow!("cannot write {}: {}", output.display(), reason(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_that_could_not_be_written_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("output");
        write(&file, |file| file.write_all(b"old")).unwrap();
        let failed = write(&file, |file| {
            file.write_all(b"new")?;
            Err(io::Error::other("Disk on fire"))
        });
        let message = failed.unwrap_err().to_string();
        assert_eq!(
            message,
            format!("cannot write {}: disk on fire", file.display())
        );
        assert_eq!(fs::read(&file).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn checking_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("output");
        check(&file).unwrap();
        assert!(!file.exists());
        fs::write(&file, "old").unwrap();
        check(&file).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"old");
        assert!(check(folder.path()).is_err());
        assert!(check(&folder.path().join("no/such/folder")).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        let null = Path::new("/dev/null");
        check(null).unwrap();
        write(null, |file| file.write_all(b"gone")).unwrap();
        assert!(is_special(null));
    }
}
