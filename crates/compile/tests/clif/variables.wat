;; Globals that are the same constant in every instance, others, and references.
(module
  (import "env" "imported" (global $imported (mut i64)))
  (import "env" "constant" (global $constant f32))
  (global $sp (mut i32) (i32.const 65536))
  (global $number i32 (i32.const 42))
  (global $other i32 (i32.const 43))
  (elem declare func $refs)
  (func $globals (result i32)
    (global.set $imported (i64.extend_i32_u (global.get $sp)))
    (global.set $sp (i32.sub (global.get $sp) (global.get $number)))
    (drop (global.get $constant))
    (global.get $sp))
  (func $refs (result funcref externref i32)
    (ref.func $refs)
    (ref.null extern)
    (ref.is_null (ref.func $refs))))

;; function u0:0(i64) -> i32 tail {
;;     region0 = 17 "global"
;;     region1 = 0 "constant"
;;     region2 = 16 "global"
;;
;;                                 block0(v0: i64):
;; @005d                               v1 = load.i32 notrap aligned little region0 v0+48
;; @005f                               v2 = uextend.i64 v1
;; @0060                               v3 = load.i64 notrap aligned readonly can_move little region1 v0+32
;; @0060                               store notrap aligned little region2 v2, v3
;; @0062                               v4 = load.i32 notrap aligned little region0 v0+48
;; @0064                               v5 = iconst.i32 42
;; @0066                               v6 = isub v4, v5  ; v5 = 42
;; @0067                               store notrap aligned little region0 v6, v0+48
;; @0069                               v7 = load.i64 notrap aligned readonly can_move little region1 v0+40
;; @0069                               v8 = load.f32 notrap aligned readonly can_move little region1 v7
;; @006c                               v9 = load.i32 notrap aligned little region0 v0+48
;; @006e                               return v9
;; }

;; function u0:1(i64) -> i64, i64, i32 tail {
;;                                 block0(v0: i64):
;; @0071                               v1 = iconst.i64 96
;; @0071                               v2 = iadd v0, v1  ; v1 = 96
;; @0073                               v3 = iconst.i64 0
;; @0075                               v4 = iconst.i64 96
;; @0075                               v5 = iadd v0, v4  ; v4 = 96
;; @0077                               v6 = iconst.i64 0
;; @0077                               v7 = icmp eq v5, v6  ; v6 = 0
;; @0078                               v8 = uextend.i32 v7
;; @0078                               return v2, v3, v8  ; v3 = 0
;; }
