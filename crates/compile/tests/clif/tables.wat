;; Elements, size, growth of tables, and bulk operations on them.
(module
  (table $fixed 4 4 externref)
  (table $growing i64 4 funcref)
  (elem $segment func)
  (func (param i32 externref)
    (table.set $fixed (local.get 0) (table.get $fixed (i32.const 1))))
  (func (param i64) (result funcref)
    (table.get $growing (local.get 0)))
  (func (param i64) (result i64 i64)
    (table.grow $growing (ref.null func) (local.get 0))
    (table.size $growing))
  (func (param i64 i32)
    (table.init $growing $segment (local.get 0) (local.get 1) (local.get 1))
    (elem.drop $segment)
    (table.fill $growing (local.get 0) (ref.null func) (local.get 0))
    (table.copy $growing $growing (local.get 0) (local.get 0) (local.get 0))))

;; function u0:0(i64, i32, i64) tail {
;;     region0 = 0 "constant"
;;     region1 = 3 "table element"
;;
;;                                 block0(v0: i64, v1: i32, v2: i64):
;;                                     v4 = load.i64 notrap aligned readonly can_move little region0 v0+40
;; @003e                               v3 = iconst.i32 1
;; @0040                               v5 = iconst.i32 4
;; @0040                               v6 = icmp uge v3, v5  ; v3 = 1, v5 = 4
;; @0040                               trapnz v6, user3
;; @0040                               v7 = uextend.i64 v3  ; v3 = 1
;; @0040                               v8 = iconst.i64 3
;; @0040                               v9 = ishl v7, v8  ; v8 = 3
;; @0040                               v10 = iadd v4, v9
;; @0040                               v11 = load.i64 notrap aligned little region1 v10
;; @0042                               v12 = iconst.i32 4
;; @0042                               v13 = icmp uge v1, v12  ; v12 = 4
;; @0042                               trapnz v13, user3
;; @0042                               v14 = uextend.i64 v1
;; @0042                               v15 = iconst.i64 3
;; @0042                               v16 = ishl v14, v15  ; v15 = 3
;; @0042                               v17 = iadd v4, v16
;; @0042                               store notrap aligned little region1 v11, v17
;; @0044                               return
;; }

;; function u0:1(i64, i64) -> i64 tail {
;;     region0 = 2 "table record"
;;     region1 = 3 "table element"
;;
;;                                 block0(v0: i64, v1: i64):
;; @0049                               v2 = load.i64 notrap aligned little region0 v0+64
;; @0049                               v3 = icmp uge v1, v2
;; @0049                               trapnz v3, user3
;; @0049                               v4 = load.i64 notrap aligned little region0 v0+56
;; @0049                               v5 = iconst.i64 3
;; @0049                               v6 = ishl v1, v5  ; v5 = 3
;; @0049                               v7 = iadd v4, v6
;; @0049                               v8 = load.i64 notrap aligned little region1 v7
;; @004b                               return v8
;; }

;; function u0:2(i64, i64) -> i64, i64 tail {
;;     region0 = 2 "table record"
;;     sig0 = (i64, i32, i64, i64) -> i64 tail
;;     fn0 = colocated u1:5 sig0
;;
;;                                 block0(v0: i64, v1: i64):
;; @004e                               v2 = iconst.i64 0
;; @0052                               v3 = iconst.i32 1
;; @0052                               v4 = call fn0(v0, v3, v2, v1)  ; v3 = 1, v2 = 0
;; @0055                               v5 = load.i64 notrap aligned little region0 v0+64
;; @0058                               return v4, v5
;; }

;; function u0:3(i64, i64, i32) tail {
;;     sig0 = (i64, i32, i32, i64, i32, i32) -> i32 tail
;;     sig1 = (i64, i32) tail
;;     sig2 = (i64, i32, i64, i64, i64) -> i32 tail
;;     sig3 = (i64, i32, i32, i64, i64, i64) -> i32 tail
;;     fn0 = colocated u1:8 sig0
;;     fn1 = colocated u1:9 sig1
;;     fn2 = colocated u1:6 sig2
;;     fn3 = colocated u1:7 sig3
;;
;;                                 block0(v0: i64, v1: i64, v2: i32):
;; @0061                               v3 = iconst.i32 1
;; @0061                               v4 = iconst.i32 0
;; @0061                               v5 = call fn0(v0, v3, v4, v1, v2, v2)  ; v3 = 1, v4 = 0
;; @0061                               trapz v5, user3
;; @0065                               v6 = iconst.i32 0
;; @0065                               call fn1(v0, v6)  ; v6 = 0
;; @006a                               v7 = iconst.i64 0
;; @006e                               v8 = iconst.i32 1
;; @006e                               v9 = call fn2(v0, v8, v1, v7, v1)  ; v8 = 1, v7 = 0
;; @006e                               trapz v9, user3
;; @0077                               v10 = iconst.i32 1
;; @0077                               v11 = iconst.i32 1
;; @0077                               v12 = call fn3(v0, v10, v11, v1, v1, v1)  ; v10 = 1, v11 = 1
;; @0077                               trapz v12, user3
;; @007b                               return
;; }
