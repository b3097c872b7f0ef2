;; Throws exceptions with tags that have names: one that it catches, then one that it does not.
(module
  (tag $spilled (param i32))
  (tag $burnt (param i32))
  (func $throw_spilled
    i32.const 1
    throw $spilled)
  (func $throw_burnt
    i32.const 2
    throw $burnt)
  (func $careful
    (block $caught (result i32)
      (try_table (result i32) (catch $spilled $caught)
        call $throw_spilled
        i32.const 0))
    drop)
  (func (export "_start")
    call $careful
    call $throw_burnt))
