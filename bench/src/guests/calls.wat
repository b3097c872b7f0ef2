;; Loops around the calls and operators whose cost is measured. Each export takes how many
;; times to do it; the loop itself is one subtraction and one branch.
(module
  (import "host" "empty" (func $empty))
  (import "host" "params" (func $params (param i32 i32 i32) (result i32)))
  (import "host" "caller" (func $caller))
  (import "host" "untyped" (func $untyped (param i32 i32 i32) (result i32)))
  (import "other" "nop" (func $imported))

  (memory 1)
  (global $length (mut i32) (i32.const 16))
  (type $nop (func))
  (table 8 8 funcref)
  (elem (i32.const 0) $nop0 $nop1 $nop0 $nop1 $nop0 $nop1 $nop0 $nop1)

  ;; Two of them, so that no compiler could learn a table element's value.
  (func $nop0 (type $nop))
  (func $nop1 (type $nop))
  (func (export "nop"))
  (func (export "add") (param i32 i32 i32) (result i32)
    (i32.add (i32.add (local.get 0) (local.get 1)) (local.get 2)))
  (func (export "trap") unreachable)

  (func (export "host-empty") (param $n i64)
    (loop $again
      (call $empty)
      (br_if $again (i64.ne (i64.const 0)
        (local.tee $n (i64.sub (local.get $n) (i64.const 1)))))))

  (func (export "host-params") (param $n i64) (result i32)
    (local $x i32)
    (loop $again
      (local.set $x (call $params (local.get $x) (i32.const 2) (i32.const 3)))
      (br_if $again (i64.ne (i64.const 0)
        (local.tee $n (i64.sub (local.get $n) (i64.const 1))))))
    (local.get $x))

  (func (export "host-untyped") (param $n i64) (result i32)
    (local $x i32)
    (loop $again
      (local.set $x (call $untyped (local.get $x) (i32.const 2) (i32.const 3)))
      (br_if $again (i64.ne (i64.const 0)
        (local.tee $n (i64.sub (local.get $n) (i64.const 1))))))
    (local.get $x))

  (func (export "host-caller") (param $n i64)
    (loop $again
      (call $caller)
      (br_if $again (i64.ne (i64.const 0)
        (local.tee $n (i64.sub (local.get $n) (i64.const 1)))))))

  (func (export "direct") (param $n i64)
    (loop $again
      (call $nop0)
      (br_if $again (i64.ne (i64.const 0)
        (local.tee $n (i64.sub (local.get $n) (i64.const 1)))))))

  (func (export "indirect") (param $n i64)
    (loop $again
      (call_indirect (type $nop) (i32.and (i32.wrap_i64 (local.get $n)) (i32.const 7)))
      (br_if $again (i64.ne (i64.const 0)
        (local.tee $n (i64.sub (local.get $n) (i64.const 1)))))))

  (func (export "imported") (param $n i64)
    (loop $again
      (call $imported)
      (br_if $again (i64.ne (i64.const 0)
        (local.tee $n (i64.sub (local.get $n) (i64.const 1)))))))

  ;; The lengths are not constants: a compiler may open-code short ones that are. Addresses change,
  ;; lest they share their low bits with something that the engine writes at each call: the
  ;; processor would then wait for that.
  (func (export "memory-copy") (param $n i64)
    (loop $again
      (memory.copy
        (i32.add (i32.const 32768) (i32.mul (i32.const 56)
          (i32.and (i32.wrap_i64 (local.get $n)) (i32.const 511))))
        (i32.mul (i32.const 40) (i32.and (i32.wrap_i64 (local.get $n)) (i32.const 511)))
        (global.get $length))
      (br_if $again (i64.ne (i64.const 0)
        (local.tee $n (i64.sub (local.get $n) (i64.const 1)))))))

  (func (export "memory-fill") (param $n i64)
    (loop $again
      (memory.fill
        (i32.mul (i32.const 40) (i32.and (i32.wrap_i64 (local.get $n)) (i32.const 511)))
        (i32.const 7)
        (global.get $length))
      (br_if $again (i64.ne (i64.const 0)
        (local.tee $n (i64.sub (local.get $n) (i64.const 1)))))))

  (func (export "memory-grow") (param $n i64) (result i32)
    (local $pages i32)
    (loop $again
      (local.set $pages (i32.add (local.get $pages) (memory.grow (i32.const 0))))
      (br_if $again (i64.ne (i64.const 0)
        (local.tee $n (i64.sub (local.get $n) (i64.const 1))))))
    (local.get $pages)))
