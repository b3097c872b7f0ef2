;; Vectors in locals, in joins and in calls are all of the one plain type.
(module
  (func $pass (param v128 i32) (result v128)
    (local v128)
    (local.set 2 (v128.not (local.get 0)))
    (if (result v128) (local.get 1)
      (then (call $pass (local.get 2) (i32.const 0)))
      (else (v128.const i32x4 1 2 3 4)))))

;; function u0:0(i64, i8x16, i32) -> i8x16 tail {
;;     sig0 = (i64, i8x16, i32) -> i8x16 tail
;;     fn0 = colocated u0:0 sig0
;;     const0 = 0x00000000000000000000000000000000
;;     const1 = 0x00000004000000030000000200000001
;;
;;                                 block0(v0: i64, v1: i8x16, v2: i32):
;;                                     v3 = vconst.i8x16 const0
;; @001e                               v4 = bnot v1
;; @0024                               brif v2, block1, block2
;;
;;                                 block1:
;; @0028                               v5 = iconst.i32 0
;; @002a                               v6 = call fn0(v0, v4, v5)  ; v5 = 0
;; @002c                               jump block3(v6)
;;
;;                                 block2:
;; @002d                               v8 = vconst.i8x16 const1
;; @003f                               jump block3(v8)  ; v8 = const1
;;
;;                                 block3(v7: i8x16):
;; @0040                               return v7
;; }
