//! Where compiled modules are kept between runs.

use crate::cli::Cache;
use crate::load::reason;
use anyhow::anyhow;
use std::env;
use std::fs;
use std::path::PathBuf;

/// The directory that the command line asks for, else the one that the XDG base directory
/// specification gives a program. None if there is to be no cache, or no place for one.
///
/// # Errors
///
/// If the directory that was asked for cannot be made. To do without the default one is no
/// reason not to run a program.
pub(crate) fn directory(options: &Cache) -> anyhow::Result<Option<PathBuf>> {
    if options.no_cache {
        return Ok(None);
    }
    if let Some(directory) = &options.cache {
        fs::create_dir_all(directory).map_err(|error| {
            anyhow!(
                "cannot make the cache {}: {}",
                directory.display(),
                reason(&error)
            )
        })?;
        return Ok(Some(directory.clone()));
    }
    let default = default_directory(|name| env::var_os(name).map(PathBuf::from));
    Ok(default.filter(|directory| fs::create_dir_all(directory).is_ok()))
}

fn default_directory(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    // The specification has relative paths ignored.
    let absolute = |name| variable(name).filter(|path| path.is_absolute());
    let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(caches.join("trapline"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(variables: &[(&str, &str)]) -> Option<PathBuf> {
        default_directory(|name| {
            let found = variables.iter().find(|(key, _)| *key == name)?;
            Some(PathBuf::from(found.1))
        })
    }

    #[test]
    fn follows_the_xdg_specification() {
        let both = [("XDG_CACHE_HOME", "/caches"), ("HOME", "/home/me")];
        assert_eq!(directory(&both), Some("/caches/trapline".into()));
        assert_eq!(
            directory(&both[1..]),
            Some("/home/me/.cache/trapline".into())
        );
        let relative = [("XDG_CACHE_HOME", "caches"), ("HOME", "/home/me")];
        assert_eq!(
            directory(&relative),
            Some("/home/me/.cache/trapline".into())
        );
        assert_eq!(directory(&[]), None);
    }
}
