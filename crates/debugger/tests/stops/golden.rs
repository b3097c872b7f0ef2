//! Files to compare with.

use std::path::Path;

/// Compares a text with the golden file of a guest.
pub fn compare(guest: &str, actual: &str) {
    let name = guest.rsplit('/').next().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stops/golden");
    let path = folder.join(format!("{name}.txt"));
    if std::env::var_os("TRAPLINE_BLESS").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    for (number, (actual, expected)) in actual.lines().zip(expected.lines()).enumerate() {
        let line = number + 1;
        assert_eq!(actual, expected, "line {line} of {}", path.display());
    }
    assert_eq!(
        actual.lines().count(),
        expected.lines().count(),
        "the length of {}",
        path.display()
    );
}
