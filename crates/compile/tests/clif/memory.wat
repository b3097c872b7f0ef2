;; Accesses to 32-bit memories: none is checked unless its offset reaches beyond the guard zone.
(module
  (import "env" "memory" (memory $imported 1))
  (memory $own 1)
  (func (param i32) (result i32)
    (i32.add
      (i32.load $own offset=8 (local.get 0))
      (i32.load8_s $own (local.get 0))))
  (func (param i64)
    (i64.store32 $imported (i32.const 1024) (local.get 0)))
  (func (param i32) (result f64)
    (f64.load $own offset=0x2000000 (local.get 0)))
  (func (param i32) (result f64)
    (f64.load $own offset=0xfffffff0 (local.get 0)))
  (func (param i32) (result i32 i32)
    (memory.grow $own (local.get 0))
    (memory.size $imported)))

;; function u0:0(i64, i32) -> i32 tail {
;;     region0 = 0 "constant"
;;     region1 = 9 "memory"
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v2 = load.i64 notrap aligned readonly can_move little region0 v0+48
;; @0044                               v3 = uextend.i64 v1
;; @0044                               v4 = iadd v2, v3
;; @0044                               v5 = load.i32 user2 little region1 v4+8
;; @004a                               v6 = sload8.i32 user2 little region1 v4
;; @004e                               v7 = iadd v5, v6
;; @004f                               return v7
;; }

;; function u0:1(i64, i64) tail {
;;     region0 = 0 "constant"
;;     region1 = 8 "memory"
;;
;;                                 block0(v0: i64, v1: i64):
;;                                     v3 = load.i64 notrap aligned readonly can_move little region0 v0+40
;;                                     v4 = load.i64 notrap aligned readonly can_move little region0 v3
;; @0052                               v2 = iconst.i32 1024
;; @0057                               istore32 user2 little region1 v1, v4+1024
;; @005a                               return
;; }

;; function u0:2(i64, i32) -> f64 tail {
;;     region0 = 0 "constant"
;;     region1 = 1 "memory length"
;;     region2 = 9 "memory"
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v5 = load.i64 notrap aligned readonly can_move little region0 v0+48
;; @005f                               v2 = uextend.i64 v1
;; @005f                               v3 = iconst.i64 0x0200_0008
;; @005f                               v4 = iadd v2, v3  ; v3 = 0x0200_0008
;; @005f                               v6 = load.i64 notrap aligned little region1 v0+56
;; @005f                               v7 = icmp ugt v4, v6
;; @005f                               trapnz v7, user2
;; @005f                               v8 = iadd v5, v2
;; @005f                               v9 = load.f64 user2 little region2 v8+0x0200_0000
;; @0066                               return v9
;; }

;; function u0:3(i64, i32) -> f64 tail {
;;     region0 = 0 "constant"
;;     region1 = 1 "memory length"
;;     region2 = 9 "memory"
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v5 = load.i64 notrap aligned readonly can_move little region0 v0+48
;; @006b                               v2 = uextend.i64 v1
;; @006b                               v3 = iconst.i64 0xffff_fff8
;; @006b                               v4 = iadd v2, v3  ; v3 = 0xffff_fff8
;; @006b                               v6 = load.i64 notrap aligned little region1 v0+56
;; @006b                               v7 = icmp ugt v4, v6
;; @006b                               trapnz v7, user2
;; @006b                               v8 = iadd v5, v2
;; @006b                               v9 = iconst.i64 0xffff_fff0
;; @006b                               v10 = iadd v8, v9  ; v9 = 0xffff_fff0
;; @006b                               v11 = load.f64 user2 little region2 v10
;; @0073                               return v11
;; }

;; function u0:4(i64, i32) -> i32, i32 tail {
;;     region0 = 0 "constant"
;;     region1 = 1 "memory length"
;;     sig0 = (i64, i32, i64) -> i64 tail
;;     fn0 = colocated u1:0 sig0
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v6 = load.i64 notrap aligned readonly can_move little region0 v0+40
;;                                     v7 = load.i64 notrap aligned readonly can_move little region0 v6
;; @0078                               v2 = uextend.i64 v1
;; @0078                               v3 = iconst.i32 1
;; @0078                               v4 = call fn0(v0, v3, v2)  ; v3 = 1
;; @0078                               v5 = ireduce.i32 v4
;; @007a                               v8 = load.i64 notrap aligned little region1 v6+8
;; @007a                               v9 = iconst.i64 16
;; @007a                               v10 = ushr v8, v9  ; v9 = 16
;; @007a                               v11 = ireduce.i32 v10
;; @007c                               return v5, v11
;; }
