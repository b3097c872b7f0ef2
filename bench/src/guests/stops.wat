;; A loop to be stopped in. It stores in each round, so that a round is more than one region of code
;; without effects.
(module
  (memory 1)
  (func (export "run") (param $n i64)
    (loop $again
      (i32.store (i32.const 0) (i32.wrap_i64 (local.get $n)))
      (br_if $again (i64.ne (i64.const 0)
        (local.tee $n (i64.sub (local.get $n) (i64.const 1))))))))
