//! Paths of source files as DWARF gives them: in parts, of any system.

/// Puts a directory before a path, unless the path is absolute by itself.
pub(crate) fn join(directory: &str, path: &str) -> String {
    if directory.is_empty() || is_absolute(path) {
        return path.to_string();
    }
    let separator = if directory.ends_with(['/', '\\']) {
        ""
    } else {
        "/"
    };
    format!("{directory}{separator}{path}")
}

/// Whether a path is absolute, on whatever system.
pub(crate) fn is_absolute(path: &str) -> bool {
    let mut chars = path.chars();
    match (chars.next(), chars.next(), chars.next()) {
        (Some('/' | '\\'), _, _) => true,
        // A drive of Windows.
        (Some(letter), Some(':'), Some('/' | '\\')) => letter.is_ascii_alphabetic(),
        _ => false,
    }
}

/// Takes out the `.` components, which compilers that were told to forget where they ran leave.
/// `..` stays: what it means depends on the links of a file system.
pub(crate) fn tidy(path: &str) -> String {
    let mut tidy = String::with_capacity(path.len());
    if path.starts_with('/') {
        tidy.push('/');
    }
    for component in path
        .split('/')
        .filter(|component| !matches!(*component, "" | "."))
    {
        if !tidy.is_empty() && !tidy.ends_with('/') {
            tidy.push('/');
        }
        tidy.push_str(component);
    }
    if tidy.is_empty() {
        ".".to_string()
    } else {
        tidy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_only_relative_paths() {
        assert_eq!(join("/src", "main.c"), "/src/main.c");
        assert_eq!(join("/src/", "main.c"), "/src/main.c");
        assert_eq!(join("", "main.c"), "main.c");
        assert_eq!(join("/src", "/usr/include/stdio.h"), "/usr/include/stdio.h");
        assert_eq!(join("/src", r"C:\src\main.c"), r"C:\src\main.c");
    }

    #[test]
    fn tidies_without_changing_what_is_meant() {
        assert_eq!(tidy("./tests/./a.c"), "tests/a.c");
        assert_eq!(tidy("/a//b/./c"), "/a/b/c");
        assert_eq!(tidy("../a/../b.c"), "../a/../b.c");
        assert_eq!(tidy("/"), "/");
        assert_eq!(tidy("."), ".");
        assert_eq!(tidy(""), ".");
    }
}
