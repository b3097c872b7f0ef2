;; Bulk operations on memories.
(module
  (memory $narrow 1)
  (memory $wide i64 1)
  (data $segment "abc")
  (func (param i32 i64)
    (memory.copy $wide $narrow (local.get 1) (local.get 0) (local.get 0))
    (memory.fill $narrow (local.get 0) (i32.const 0) (local.get 0))
    (memory.init $wide $segment (local.get 1) (local.get 0) (local.get 0))
    (data.drop $segment))
  (func $in-place (param i32 i32)
    (memory.copy $narrow $narrow (local.get 0) (local.get 1) (i32.const 20))
    (memory.copy $narrow $narrow (local.get 0) (i32.const 1024) (i32.const 7))
    (memory.fill $narrow (local.get 0) (i32.const 1) (i32.const 17))
    (memory.copy $narrow $narrow (local.get 0) (local.get 1) (i32.const 0))))

;; function u0:0(i64, i32, i64) tail {
;;     sig0 = (i64, i32, i32, i64, i64, i64) -> i32 tail
;;     sig1 = (i64, i32, i64, i32, i64) -> i32 tail
;;     sig2 = (i64, i32, i32, i64, i32, i32) -> i32 tail
;;     sig3 = (i64, i32) tail
;;     fn0 = colocated u1:1 sig0
;;     fn1 = colocated u1:2 sig1
;;     fn2 = colocated u1:3 sig2
;;     fn3 = colocated u1:4 sig3
;;
;;                                 block0(v0: i64, v1: i32, v2: i64):
;; @002f                               v3 = uextend.i64 v1
;; @002f                               v4 = uextend.i64 v1
;; @002f                               v5 = iconst.i32 1
;; @002f                               v6 = iconst.i32 0
;; @002f                               v7 = call fn0(v0, v5, v6, v2, v4, v3)  ; v5 = 1, v6 = 0
;; @002f                               trapz v7, user2
;; @0035                               v8 = iconst.i32 0
;; @0039                               v9 = uextend.i64 v1
;; @0039                               v10 = uextend.i64 v1
;; @0039                               v11 = iconst.i32 0
;; @0039                               v12 = call fn1(v0, v11, v10, v8, v9)  ; v11 = 0, v8 = 0
;; @0039                               trapz v12, user2
;; @0042                               v13 = iconst.i32 1
;; @0042                               v14 = iconst.i32 0
;; @0042                               v15 = call fn2(v0, v13, v14, v2, v1, v1)  ; v13 = 1, v14 = 0
;; @0042                               trapz v15, user2
;; @0046                               v16 = iconst.i32 0
;; @0046                               call fn3(v0, v16)  ; v16 = 0
;; @0049                               return
;; }

;; function u0:1(i64, i32, i32) tail {
;;     region0 = 0 "constant"
;;     region1 = 9 "memory"
;;     sig0 = (i64, i32, i32, i64, i64, i64) -> i32 tail
;;     fn0 = colocated u1:1 sig0
;;     const0 = 0x01010101010101010101010101010101
;;
;;                                 block0(v0: i64, v1: i32, v2: i32):
;;                                     v4 = load.i64 notrap aligned readonly can_move little region0 v0+32
;; @0050                               v3 = iconst.i32 20
;; @0052                               v5 = uextend.i64 v2
;; @0052                               v6 = iadd v4, v5
;; @0052                               v7 = uextend.i64 v1
;; @0052                               v8 = iadd v4, v7
;; @0052                               v9 = load.i8x16 user2 little region1 v6+4
;; @0052                               v10 = load.i8x16 user2 little region1 v6
;; @0052                               store user2 little region1 v9, v8+4
;; @0052                               store user2 little region1 v10, v8
;; @0058                               v11 = iconst.i32 1024
;; @005b                               v12 = iconst.i32 7
;; @005d                               v13 = load.i32 user2 little region1 v4+1027
;; @005d                               v14 = load.i32 user2 little region1 v4+1024
;; @005d                               store user2 little region1 v13, v8+3
;; @005d                               store user2 little region1 v14, v8
;; @0063                               v15 = iconst.i32 1
;; @0065                               v16 = iconst.i32 17
;; @0067                               v17 = vconst.i8x16 const0
;; @0067                               store user2 little region1 v17, v8+1  ; v17 = const0
;; @0067                               store user2 little region1 v17, v8  ; v17 = const0
;; @006e                               v18 = iconst.i32 0
;; @0070                               v19 = uextend.i64 v18  ; v18 = 0
;; @0070                               v20 = uextend.i64 v2
;; @0070                               v21 = uextend.i64 v1
;; @0070                               v22 = iconst.i32 0
;; @0070                               v23 = iconst.i32 0
;; @0070                               v24 = call fn0(v0, v22, v23, v21, v20, v19)  ; v22 = 0, v23 = 0
;; @0070                               trapz v24, user2
;; @0074                               return
;; }
