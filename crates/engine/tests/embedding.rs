//! The example of an embedder that catches a trap, compiled and run.

mod common;

#[path = "../examples/catch_trap.rs"]
mod catch_trap;

#[test]
fn a_trap_is_caught_and_its_frames_are_shown_with_locals() {
    let lines = common::block_on(catch_trap::catch()).unwrap();
    let [trap, mean, report, finished] = &lines[..] else {
        panic!("{lines:#?}")
    };
    assert_eq!(trap, "trap: integer divide by zero");
    assert!(mean.ends_with("mean [I32(30), I32(0)]"), "{mean}");
    assert!(report.ends_with("report [I32(3), I32(30)]"), "{report}");
    assert_eq!(finished, "failed: true");
}

#[test]
fn the_readme_shows_the_example_as_it_is() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let readme = std::fs::read_to_string(format!("{root}/README.md")).unwrap();
    let example = include_str!("../examples/catch_trap.rs");
    let start = example.find("pub async fn catch").unwrap();
    let end = example.find("#[allow(dead_code").unwrap();
    assert!(
        readme.contains(example[start..end].trim_end()),
        "copy it there"
    );
}
