;; A program without debug information: it is shown by its instructions.
(module
  (memory (export "memory") 1)
  (global $total (mut i32) (i32.const 7))
  (global $wide (mut i64) (i64.const -1))
  (func $double (param $number i32) (result i32)
    local.get $number
    i32.const 2
    i32.mul)
  (func (export "_start")
    i32.const 0
    i32.const 21
    call $double
    i32.store
    i32.const 0
    i32.load
    global.set $total
    global.get $total
    i32.const 42
    i32.ne
    if
      unreachable
    end))
