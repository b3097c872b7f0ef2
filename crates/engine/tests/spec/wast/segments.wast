;; Active segments side by side: what an implementation does to all of them at once must come to
;; the same as one after another.

;; An empty segment must fit as well, whatever stands beside it.
(assert_trap
  (module (memory 1) (data (i32.const 0) "abc") (data (i32.const 0x10001) ""))
  "out of bounds memory access")
(assert_trap
  (module (memory 1) (data (i32.const 0x10001) "") (data (i32.const 0) "abc"))
  "out of bounds memory access")
(assert_trap
  (module (memory i64 1) (data (i64.const 0) "abc") (data (i64.const -1) ""))
  "out of bounds memory access")
(assert_trap
  (module (memory 0) (data (i32.const 0) "") (data (i32.const 1) ""))
  "out of bounds memory access")
(assert_trap
  (module (table 1 funcref) (func $f) (elem (i32.const 0) $f) (elem (i32.const 2)))
  "out of bounds table access")

;; It may lie anywhere within, and at the very end.
(module
  (memory 2)
  (data (i32.const 0) "")
  (data (i32.const 0x11000) "abc")
  (data (i32.const 0x20000) "")
  (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))
(assert_return (invoke "load" (i32.const 0)) (i32.const 0))
(assert_return (invoke "load" (i32.const 0x11002)) (i32.const 0x63))
(assert_return (invoke "load" (i32.const 0x11003)) (i32.const 0))

;; Later ones write over earlier ones.
(module
  (memory 1)
  (data (i32.const 10) "abcdef")
  (data (i32.const 12) "XY")
  (data (i32.const 8) "12")
  (data (i32.const 13) "z")
  (func (export "load") (param i32) (result i64) (i64.load (local.get 0))))
(assert_return (invoke "load" (i32.const 8)) (i64.const 0x6665_7a58_6261_3231))
(assert_return (invoke "load" (i32.const 14)) (i64.const 0x66_65))
(assert_return (invoke "load" (i32.const 40)) (i64.const 0))

;; Instances do not share what they write.
(module definition $M
  (memory (export "m") 1)
  (data (i32.const 100) "\05")
  (func (export "add") (result i32)
    (i32.store8 (i32.const 100) (i32.add (i32.load8_u (i32.const 100)) (i32.const 1)))
    (i32.load8_u (i32.const 100))))
(module instance $A $M)
(module instance $B $M)
(assert_return (invoke $A "add") (i32.const 6))
(assert_return (invoke $A "add") (i32.const 7))
(assert_return (invoke $B "add") (i32.const 6))
(module instance $C $M)
(assert_return (invoke $C "add") (i32.const 6))

;; Offsets from imported globals, and growth that keeps what segments wrote.
(module
  (import "spectest" "global_i32" (global $at i32))
  (memory 1 3)
  (data (global.get $at) "\07")
  (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1))))
(assert_return (invoke "load" (i32.const 666)) (i32.const 7))
(assert_return (invoke "grow") (i32.const 1))
(assert_return (invoke "load" (i32.const 666)) (i32.const 7))
(assert_return (invoke "load" (i32.const 0x1_029a)) (i32.const 0))
