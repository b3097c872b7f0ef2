;; A comparison is widened to an i32 only where one is needed.
(module
  (func $branch (param i32 i32)
    (block
      (br_if 0 (i32.eqz (i32.lt_u (local.get 0) (local.get 1))))
      (unreachable)))
  (func $select (param f64 f64) (result f64)
    (select (local.get 0) (local.get 1) (f64.lt (local.get 0) (local.get 1))))
  (func $value (param i64 i64) (result i32)
    (i32.add (i64.eq (local.get 0) (local.get 1)) (i32.const 1)))
  (func $carried (param i64 i64) (result i32)
    (block (result i32)
      (br_if 0 (i64.ne (local.get 0) (local.get 1)) (i64.eqz (local.get 0)))))
  (func $extended (param i64 i64) (result i64)
    (i64.extend_i32_u (i64.le_s (local.get 0) (local.get 1)))))

;; function u0:0(i64, i32, i32) tail {
;;                                 block0(v0: i64, v1: i32, v2: i32):
;; @0035                               v3 = icmp ult v1, v2
;; @0036                               v4 = iconst.i8 0
;; @0036                               v5 = icmp eq v3, v4  ; v4 = 0
;; @0037                               brif v5, block1, block2
;;
;;                                 block2:
;; @0039                               sequence_point
;; @0039                               trap user1
;;
;;                                 block1:
;; @003b                               return
;; }

;; function u0:1(i64, f64, f64) -> f64 tail {
;;                                 block0(v0: i64, v1: f64, v2: f64):
;; @0046                               v3 = fcmp lt v1, v2
;; @0047                               v4 = select v3, v1, v2
;; @0048                               return v4
;; }

;; function u0:2(i64, i64, i64) -> i32 tail {
;;                                 block0(v0: i64, v1: i64, v2: i64):
;; @004f                               v3 = icmp eq v1, v2
;; @0050                               v4 = iconst.i32 1
;; @0052                               v5 = uextend.i32 v3
;; @0052                               v6 = iadd v5, v4  ; v4 = 1
;; @0053                               return v6
;; }

;; function u0:3(i64, i64, i64) -> i32 tail {
;;                                 block0(v0: i64, v1: i64, v2: i64):
;; @005c                               v3 = icmp ne v1, v2
;; @005f                               v4 = iconst.i64 0
;; @005f                               v5 = icmp eq v1, v4  ; v4 = 0
;; @0060                               v7 = uextend.i32 v3
;; @0060                               brif v5, block1(v7), block2
;;
;;                                 block2:
;; @0062                               jump block1(v7)
;;
;;                                 block1(v6: i32):
;; @0063                               return v6
;; }

;; function u0:4(i64, i64, i64) -> i64 tail {
;;                                 block0(v0: i64, v1: i64, v2: i64):
;; @006a                               v3 = icmp sle v1, v2
;; @006b                               v4 = uextend.i64 v3
;; @006c                               return v4
;; }
