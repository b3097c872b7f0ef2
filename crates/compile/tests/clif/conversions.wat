;; Conversions, and the sign extensions.
(module
  (func (param f64) (result i32 i64 i32)
    (i32.trunc_f64_s (local.get 0))
    (i64.trunc_f64_u (local.get 0))
    (i32.trunc_sat_f64_u (local.get 0)))
  (func (param i64) (result i64 i32 f32)
    (i64.extend16_s (local.get 0))
    (i32.wrap_i64 (local.get 0))
    (f32.reinterpret_i32 (i32.wrap_i64 (local.get 0)))))

;; function u0:0(i64, f64) -> i32, i64, i32 tail {
;;                                 block0(v0: i64, v1: f64):
;; @0025                               v2 = fcvt_to_sint.i32 v1
;; @0028                               v3 = fcvt_to_uint.i64 v1
;; @002b                               v4 = fcvt_to_uint_sat.i32 v1
;; @002d                               return v2, v3, v4
;; }

;; function u0:1(i64, i64) -> i64, i32, f32 tail {
;;                                 block0(v0: i64, v1: i64):
;; @0032                               v2 = ireduce.i16 v1
;; @0032                               v3 = sextend.i64 v2
;; @0035                               v4 = ireduce.i32 v1
;; @0038                               v5 = ireduce.i32 v1
;; @0039                               v6 = bitcast.f32 little v5
;; @003a                               return v3, v4, v6
;; }
