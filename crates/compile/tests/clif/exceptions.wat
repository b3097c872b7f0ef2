(module
  (import "host" "call" (func $call (param i32) (result i32)))
  (tag $number (param i32 i64))
  (tag $empty)

  ;; A call in a `try_table` ends its block; entering the `try_table` is nothing.
  (func $catch (param i32) (result i32 i64 exnref)
    (block $caught (result i32 i64 exnref)
      (try_table (catch_ref $number $caught)
        (drop (call $call (local.get 0))))
      (i32.const 1) (i64.const 2) (ref.null exn)))

  ;; Inner clauses come first, and none is tried after one that catches everything.
  (func $nested (param i32) (result i32)
    (block $outer
      (try_table (catch $empty $outer) (catch_all $outer)
        (block $inner
          (try_table (catch $empty $inner)
            (drop (call $call (i32.const 1))))
          (return (i32.const 2)))
        (drop (call $call (i32.const 3)))
        (return (i32.const 4))))
    (i32.const 5))

  ;; Thrown and caught in one function; the label is that of the function.
  (func $throw (param i32) (result i32 i64)
    (try_table (catch $number 0)
      (throw $number (local.get 0) (i64.const 6)))
    (unreachable))

  ;; Nothing catches.
  (func $throw_ref (param exnref)
    (throw_ref (local.get 0))))

;; function u0:0(i64, i32) -> i32, i64, i64 tail {
;;     region0 = 0 "constant"
;;     region1 = 5 "exception"
;;     sig0 = (i64, i32) -> i32 tail
;;
;;                                 block0(v0: i64, v1: i32):
;; @005b                               v2 = load.i64 notrap aligned readonly can_move little region0 v0+56
;; @005b                               v3 = load.i64 notrap aligned readonly can_move little region0 v0+64
;; @005b                               try_call_indirect v2(v3, v1), sig0, block1(ret0), [ context v0, tag3: block2(exn0, exn1) ]
;;
;;                                 block2(v5: i64, v6: i64) cold:
;; @005b                               v7 = load.i32 notrap aligned little region1 v6
;; @005b                               v8 = load.i64 notrap aligned little region1 v6+16
;; @005b                               jump block3(v7, v8, v5)
;;
;;                                 block1(v4: i32):
;; @005f                               v12 = iconst.i32 1
;; @0061                               v13 = iconst.i64 2
;; @0063                               v14 = iconst.i64 0
;; @0065                               jump block3(v12, v13, v14)  ; v12 = 1, v13 = 2, v14 = 0
;;
;;                                 block3(v9: i32, v10: i64, v11: i64):
;; @0066                               return v9, v10, v11
;; }

;; function u0:1(i64, i32) -> i32 tail {
;;     region0 = 0 "constant"
;;     sig0 = (i64, i32) -> i32 tail
;;
;;                                 block0(v0: i64, v1: i32):
;; @007b                               v2 = iconst.i32 1
;; @007d                               v3 = load.i64 notrap aligned readonly can_move little region0 v0+56
;; @007d                               v4 = load.i64 notrap aligned readonly can_move little region0 v0+64
;; @007d                               try_call_indirect v3(v4, v2), sig0, block1(ret0), [ context v0, tag4: block2(exn0, exn1), tag4: block3(exn0, exn1), tag0: block4(exn0, exn1) ]  ; v2 = 1
;;
;;                                 block2(v6: i64, v7: i64) cold:
;; @007d                               jump block5
;;
;;                                 block3(v8: i64, v9: i64) cold:
;; @007d                               jump block6
;;
;;                                 block4(v10: i64, v11: i64) cold:
;; @007d                               jump block6
;;
;;                                 block1(v5: i32):
;; @0081                               v12 = iconst.i32 2
;; @0083                               return v12  ; v12 = 2
;;
;;                                 block5:
;; @0085                               v13 = iconst.i32 3
;; @0087                               v14 = load.i64 notrap aligned readonly can_move little region0 v0+56
;; @0087                               v15 = load.i64 notrap aligned readonly can_move little region0 v0+64
;; @0087                               try_call_indirect v14(v15, v13), sig0, block7(ret0), [ context v0, tag4: block3(exn0, exn1), tag0: block4(exn0, exn1) ]  ; v13 = 3
;;
;;                                 block7(v16: i32):
;; @008a                               v17 = iconst.i32 4
;; @008c                               return v17  ; v17 = 4
;;
;;                                 block6:
;; @008f                               v18 = iconst.i32 5
;; @0091                               return v18  ; v18 = 5
;; }

;; function u0:2(i64, i32) -> i32, i64 tail {
;;     ss0 = explicit_slot 32, align = 16
;;     region0 = 5 "exception"
;;     sig0 = (i64, i32, i64) -> i64 tail
;;     fn0 = colocated u1:10 sig0
;;
;;                                 block0(v0: i64, v1: i32):
;; @009c                               v2 = iconst.i64 6
;; @009e                               v3 = stack_addr.i64 ss0
;; @009e                               store notrap aligned little region0 v1, v3
;; @009e                               store notrap aligned little region0 v2, v3+16  ; v2 = 6
;; @009e                               v4 = iconst.i32 0
;; @009e                               try_call fn0(v0, v4, v3), sig0, block1(ret0), [ context v0, tag2: block2(exn0, exn1) ]  ; v4 = 0
;;
;;                                 block2(v6: i64, v7: i64) cold:
;; @009e                               v8 = load.i32 notrap aligned little region0 v7
;; @009e                               v9 = load.i64 notrap aligned little region0 v7+16
;; @009e                               return v8, v9
;;
;;                                 block1(v5: i64):
;; @009e                               trap user1
;; }

;; function u0:3(i64, i64) tail {
;;     sig0 = (i64, i64) -> i64 tail
;;     fn0 = colocated u1:11 sig0
;;
;;                                 block0(v0: i64, v1: i64):
;; @00a7                               trapz v1, user12
;; @00a7                               v2 = call fn0(v0, v1)
;; @00a7                               trap user1
;; }
