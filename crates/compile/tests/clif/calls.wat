;; Direct calls, calls of imports, and calls through tables that can and cannot grow.
(module
  (type $binary (func (param i32 i32) (result i32)))
  (import "env" "imported" (func $imported (type $binary)))
  (table $fixed 10 10 funcref)
  (table $growing 10 funcref)
  (func $direct (type $binary)
    (call $direct (local.get 1) (call $imported (local.get 0) (local.get 1))))
  (func $indirect (type $binary)
    (call_indirect $fixed (type $binary) (local.get 0) (local.get 1) (local.get 0)))
  (func $indirect-growing (type $binary)
    (call_indirect $growing (type $binary) (local.get 0) (local.get 1) (local.get 0)))
  (func $tail (type $binary)
    (return_call $direct (local.get 0) (local.get 1)))
  (func $tail-imported (type $binary)
    (return_call $imported (local.get 0) (local.get 1)))
  (func $tail-indirect (type $binary)
    (return_call_indirect $fixed (type $binary) (local.get 0) (local.get 1) (local.get 0)))
  (func $results (result i32 i64 f32)
    (call $results)))

;; function u0:0(i64, i32, i32) -> i32 tail {
;;     region0 = 0 "constant"
;;     sig0 = (i64, i32, i32) -> i32 tail
;;     fn0 = colocated u0:0 sig0
;;
;;                                 block0(v0: i64, v1: i32, v2: i32):
;; @0048                               v3 = load.i64 notrap aligned readonly can_move little region0 v0+32
;; @0048                               v4 = load.i64 notrap aligned readonly can_move little region0 v0+40
;; @0048                               v5 = call_indirect sig0, v3(v4, v1, v2)
;; @004a                               v6 = call fn0(v0, v2, v5)
;; @004c                               return v6
;; }

;; function u0:1(i64, i32, i32) -> i32 tail {
;;     region0 = 0 "constant"
;;     region1 = 3 "table element"
;;     region2 = 4 "function reference"
;;     sig0 = (i64, i32, i32) -> i32 tail
;;
;;                                 block0(v0: i64, v1: i32, v2: i32):
;;                                     v3 = load.i64 notrap aligned readonly can_move little region0 v0+48
;; @0055                               v4 = iconst.i32 10
;; @0055                               v5 = icmp uge v1, v4  ; v4 = 10
;; @0055                               trapnz v5, user4
;; @0055                               v6 = uextend.i64 v1
;; @0055                               v7 = iconst.i64 3
;; @0055                               v8 = ishl v6, v7  ; v7 = 3
;; @0055                               v9 = iadd v3, v8
;; @0055                               v10 = load.i64 notrap aligned little region1 v9
;; @0055                               v11 = load.i32 notrap aligned readonly can_move little region0 v0+24
;; @0055                               v12 = load.i32 user5 aligned readonly little region2 v10+16
;; @0055                               v13 = icmp eq v12, v11
;; @0055                               trapz v13, user6
;; @0055                               v14 = load.i64 notrap aligned little region2 v10
;; @0055                               v15 = load.i64 notrap aligned little region2 v10+8
;; @0055                               v16 = call_indirect sig0, v14(v15, v1, v2)
;; @0058                               return v16
;; }

;; function u0:2(i64, i32, i32) -> i32 tail {
;;     region0 = 2 "table record"
;;     region1 = 3 "table element"
;;     region2 = 0 "constant"
;;     region3 = 4 "function reference"
;;     sig0 = (i64, i32, i32) -> i32 tail
;;
;;                                 block0(v0: i64, v1: i32, v2: i32):
;; @0061                               v3 = load.i32 notrap aligned little region0 v0+72
;; @0061                               v4 = icmp uge v1, v3
;; @0061                               trapnz v4, user4
;; @0061                               v5 = uextend.i64 v1
;; @0061                               v6 = load.i64 notrap aligned little region0 v0+64
;; @0061                               v7 = iconst.i64 3
;; @0061                               v8 = ishl v5, v7  ; v7 = 3
;; @0061                               v9 = iadd v6, v8
;; @0061                               v10 = load.i64 notrap aligned little region1 v9
;; @0061                               v11 = load.i32 notrap aligned readonly can_move little region2 v0+24
;; @0061                               v12 = load.i32 user5 aligned readonly little region3 v10+16
;; @0061                               v13 = icmp eq v12, v11
;; @0061                               trapz v13, user6
;; @0061                               v14 = load.i64 notrap aligned little region3 v10
;; @0061                               v15 = load.i64 notrap aligned little region3 v10+8
;; @0061                               v16 = call_indirect sig0, v14(v15, v1, v2)
;; @0064                               return v16
;; }

;; function u0:3(i64, i32, i32) -> i32 tail {
;;     sig0 = (i64, i32, i32) -> i32 tail
;;     fn0 = colocated u0:0 sig0
;;
;;                                 block0(v0: i64, v1: i32, v2: i32):
;; @006b                               return_call fn0(v0, v1, v2)
;; }

;; function u0:4(i64, i32, i32) -> i32 tail {
;;     region0 = 0 "constant"
;;     sig0 = (i64, i32, i32) -> i32 tail
;;
;;                                 block0(v0: i64, v1: i32, v2: i32):
;; @0074                               v3 = load.i64 notrap aligned readonly can_move little region0 v0+32
;; @0074                               v4 = load.i64 notrap aligned readonly can_move little region0 v0+40
;; @0074                               return_call_indirect sig0, v3(v4, v1, v2)
;; }

;; function u0:5(i64, i32, i32) -> i32 tail {
;;     region0 = 0 "constant"
;;     region1 = 3 "table element"
;;     region2 = 4 "function reference"
;;     sig0 = (i64, i32, i32) -> i32 tail
;;
;;                                 block0(v0: i64, v1: i32, v2: i32):
;;                                     v3 = load.i64 notrap aligned readonly can_move little region0 v0+48
;; @007f                               v4 = iconst.i32 10
;; @007f                               v5 = icmp uge v1, v4  ; v4 = 10
;; @007f                               trapnz v5, user4
;; @007f                               v6 = uextend.i64 v1
;; @007f                               v7 = iconst.i64 3
;; @007f                               v8 = ishl v6, v7  ; v7 = 3
;; @007f                               v9 = iadd v3, v8
;; @007f                               v10 = load.i64 notrap aligned little region1 v9
;; @007f                               v11 = load.i32 notrap aligned readonly can_move little region0 v0+24
;; @007f                               v12 = load.i32 user5 aligned readonly little region2 v10+16
;; @007f                               v13 = icmp eq v12, v11
;; @007f                               trapz v13, user6
;; @007f                               v14 = load.i64 notrap aligned little region2 v10
;; @007f                               v15 = load.i64 notrap aligned little region2 v10+8
;; @007f                               return_call_indirect sig0, v14(v15, v1, v2)
;; }

;; function u0:6(i64) -> i32, i64, f32 tail {
;;     sig0 = (i64) -> i32, i64, f32 tail
;;     fn0 = colocated u0:6 sig0
;;
;;                                 block0(v0: i64):
;; @0085                               v1, v2, v3 = call fn0(v0)
;; @0087                               return v1, v2, v3
;; }
