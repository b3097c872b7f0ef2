;; Accesses to 64-bit memories are all checked.
(module
  (memory i64 1)
  (func (param i64) (result i32)
    (i32.load offset=8 (local.get 0)))
  (func (param i64) (result i32)
    (i32.load offset=0x1_0000_0000 (local.get 0)))
  (func (param i64) (result i32)
    (i32.load offset=0xffff_ffff_ffff_ffff (local.get 0)))
  (func (param i64) (result i64 i64)
    (memory.grow (local.get 0))
    (memory.size)))

;; function u0:0(i64, i64) -> i32 tail {
;;     region0 = 0 "constant"
;;     region1 = 1 "memory length"
;;     region2 = 9 "memory"
;;
;;                                 block0(v0: i64, v1: i64):
;;                                     v2 = load.i64 notrap aligned readonly can_move little region0 v0+32
;; @0029                               v3 = load.i64 notrap aligned little region1 v0+40
;; @0029                               v4 = iconst.i64 -12
;; @0029                               v5 = iadd v3, v4  ; v4 = -12
;; @0029                               v6 = icmp ugt v1, v5
;; @0029                               trapnz v6, user2
;; @0029                               v7 = iadd v2, v1
;; @0029                               v8 = load.i32 user2 little region2 v7+8
;; @002c                               return v8
;; }

;; function u0:1(i64, i64) -> i32 tail {
;;     region0 = 0 "constant"
;;     region1 = 1 "memory length"
;;     region2 = 9 "memory"
;;
;;                                 block0(v0: i64, v1: i64):
;;                                     v2 = load.i64 notrap aligned readonly can_move little region0 v0+32
;; @0031                               v3 = load.i64 notrap aligned little region1 v0+40
;; @0031                               v4 = iconst.i64 0x0001_0000_0004
;; @0031                               v5 = uadd_overflow_trap v1, v4, user2  ; v4 = 0x0001_0000_0004
;; @0031                               v6 = icmp ugt v5, v3
;; @0031                               trapnz v6, user2
;; @0031                               v7 = iadd v2, v1
;; @0031                               v8 = iconst.i64 0x0001_0000_0000
;; @0031                               v9 = iadd v7, v8  ; v8 = 0x0001_0000_0000
;; @0031                               v10 = load.i32 user2 little region2 v9
;; @0038                               return v10
;; }

;; function u0:2(i64, i64) -> i32 tail {
;;                                 block0(v0: i64, v1: i64):
;; @003d                               sequence_point
;; @003d                               trap user2
;; }

;; function u0:3(i64, i64) -> i64, i64 tail {
;;     region0 = 0 "constant"
;;     region1 = 1 "memory length"
;;     sig0 = (i64, i32, i64) -> i64 tail
;;     fn0 = colocated u1:0 sig0
;;
;;                                 block0(v0: i64, v1: i64):
;;                                     v4 = load.i64 notrap aligned readonly can_move little region0 v0+32
;; @004e                               v2 = iconst.i32 0
;; @004e                               v3 = call fn0(v0, v2, v1)  ; v2 = 0
;; @0050                               v5 = load.i64 notrap aligned little region1 v0+40
;; @0050                               v6 = iconst.i64 16
;; @0050                               v7 = ushr v5, v6  ; v6 = 16
;; @0052                               return v3, v7
;; }
