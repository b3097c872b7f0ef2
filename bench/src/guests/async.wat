;; Loops around host functions that are async. They stand apart from the others because an
;; instance that imports an async function may be entered by async calls only.
(module
  (import "host" "ready" (func $ready))
  (import "host" "suspend" (func $suspend))

  (func (export "nop"))

  (func (export "ready") (param $n i64)
    (loop $again
      (call $ready)
      (br_if $again (i64.ne (i64.const 0)
        (local.tee $n (i64.sub (local.get $n) (i64.const 1)))))))

  (func (export "suspend") (param $n i64)
    (loop $again
      (call $suspend)
      (br_if $again (i64.ne (i64.const 0)
        (local.tee $n (i64.sub (local.get $n) (i64.const 1))))))))
