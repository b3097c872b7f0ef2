//! Functions with very many values, whose registers are given out in another way.

use crate::common::instance;
use std::fmt::Write;

#[test]
fn a_function_with_thousands_of_locals_catches() {
    let count = 5000;
    let mut set = String::new();
    let mut sum = String::new();
    for index in 0..count {
        let _ = write!(
            set,
            "(local.set $l{index} (i32.add (local.get $n) (i32.const {index})))"
        );
        let _ = write!(sum, "(local.get $l{index}) (i32.add)");
    }
    let locals: String = (0..count).map(|it| format!("(local $l{it} i32)")).collect();
    let wat = format!(
        r#"(module
            (tag $t (param i32 i64))
            (func $throw (param i32) (result i32)
                (if (local.get 0) (then (throw $t (local.get 0) (i64.const 7))))
                (i32.const 1000))
            (func (export "run") (param $n i32) (result i32)
                {locals} (local $wide i64)
                {set}
                (block $caught (result i32 i64)
                    (try_table (catch $t $caught)
                        (local.set $l0 (call $throw (i32.const 0)))
                        (local.set $l1 (call $throw (local.get $n))))
                    (i32.const 50) (i64.const 0))
                (local.set $wide)
                {sum}
                (i32.add (i32.wrap_i64 (local.get $wide)))))"#
    );
    let (mut store, instance) = instance(&wat);
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    let all = |n: i32| (0..count).map(|it| n + it).sum::<i32>();
    // Both locals are set if nothing is thrown.
    assert_eq!(run.call(&mut store, 0).unwrap(), all(0) - 1 + 2000 + 50);
    // The first is, and the handler adds what was thrown.
    assert_eq!(run.call(&mut store, 3).unwrap(), all(3) - 3 + 1000 + 3 + 7);
}
