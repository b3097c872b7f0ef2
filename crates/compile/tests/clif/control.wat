;; Blocks that no branch leaves cost nothing; joins have parameters for results.
(module
  (func $fall-through (param i32) (result i32)
    (block (result i32) (loop (result i32) (local.get 0))))
  (func $loop (param i32) (result i32)
    (local i32)
    (loop
      (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func $if (param i32)
    (if (local.get 0) (then (unreachable))))
  (func $if-else (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 1))
      (else (i32.const 2))))
  (func $late-else (param i32)
    (if (local.get 0) (then (return)) (else (unreachable))))
  (func $params (param i32 i64) (result i64)
    (local.get 1)
    (if (param i64) (result i64) (local.get 0)
      (then (i64.eqz) (i64.extend_i32_u))))
  (func $table (param i32) (result i32)
    (block (result i32)
      (block (result i32)
        (br_table 0 1 0 2 (i32.const 7) (local.get 0)))
      (i32.add (i32.const 1))))
  (func $dead (param i32) (result i32)
    (block (return (local.get 0)) (block (if (i32.const 1) (then) (else))) (drop))
    (i32.const 1)))

;; function u0:0(i64, i32) -> i32 tail {
;;                                 block0(v0: i64, v1: i32):
;;                                     v2 -> v1
;; @0031                               jump block1
;;
;;                                 block1:
;; @0037                               return v2
;; }

;; function u0:1(i64, i32) -> i32 tail {
;;                                 block0(v0: i64, v1: i32):
;;                                     v2 = iconst.i32 0
;; @003c                               jump block1(v2, v1)  ; v2 = 0
;;
;;                                 block1(v3: i32, v4: i32):
;; @0042                               v5 = iadd v3, v4
;; @0047                               v6 = iconst.i32 1
;; @0049                               v7 = isub v4, v6  ; v6 = 1
;; @004c                               brif v7, block1(v5, v7), block2
;;
;;                                 block2:
;; @0051                               return v5
;; }

;; function u0:2(i64, i32) tail {
;;                                 block0(v0: i64, v1: i32):
;; @0056                               brif v1, block1, block2
;;
;;                                 block1:
;; @0058                               sequence_point
;; @0058                               trap user1
;;
;;                                 block2:
;; @005a                               return
;; }

;; function u0:3(i64, i32) -> i32 tail {
;;                                 block0(v0: i64, v1: i32):
;; @005f                               v2 = iconst.i32 0
;; @005f                               v3 = icmp eq v1, v2  ; v2 = 0
;; @0060                               brif v3, block1, block2
;;
;;                                 block1:
;; @0062                               v4 = iconst.i32 1
;; @0064                               jump block3(v4)  ; v4 = 1
;;
;;                                 block2:
;; @0065                               v6 = iconst.i32 2
;; @0067                               jump block3(v6)  ; v6 = 2
;;
;;                                 block3(v5: i32):
;; @0068                               return v5
;; }

;; function u0:4(i64, i32) tail {
;;                                 block0(v0: i64, v1: i32):
;; @006d                               brif v1, block1, block3
;;
;;                                 block1:
;; @006f                               return
;;
;;                                 block3:
;; @0071                               sequence_point
;; @0071                               trap user1
;; }

;; function u0:5(i64, i32, i64) -> i64 tail {
;;                                 block0(v0: i64, v1: i32, v2: i64):
;; @007a                               brif v1, block1, block2
;;
;;                                 block1:
;; @007c                               v3 = iconst.i64 0
;; @007c                               v4 = icmp.i64 eq v2, v3  ; v3 = 0
;; @007d                               v5 = uextend.i64 v4
;; @007e                               jump block3(v5)
;;
;;                                 block2:
;; @007e                               jump block3(v2)
;;
;;                                 block3(v6: i64):
;; @007f                               return v6
;; }

;; function u0:6(i64, i32) -> i32 tail {
;;                                 block0(v0: i64, v1: i32):
;; @0086                               v2 = iconst.i32 7
;; @008a                               br_table v1, block1, [block2, block3, block2]
;;
;;                                 block3:
;; @008a                               jump block4(v2)  ; v2 = 7
;;
;;                                 block2:
;; @008a                               jump block5(v2)  ; v2 = 7
;;
;;                                 block1:
;; @008a                               jump block6(v2)  ; v2 = 7
;;
;;                                 block5(v4: i32):
;; @0091                               v6 = iconst.i32 1
;; @0093                               v7 = iadd v4, v6  ; v6 = 1
;; @0094                               jump block4(v7)
;;
;;                                 block4(v3: i32):
;; @0095                               jump block6(v3)
;;
;;                                 block6(v5: i32):
;; @0095                               return v5
;; }

;; function u0:7(i64, i32) -> i32 tail {
;;                                 block0(v0: i64, v1: i32):
;; @009c                               return v1
;; }
