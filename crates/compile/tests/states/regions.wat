;; Where regions begin, and what is relocated when.
(module
  (import "" "f" (func $f (param i32) (result i32)))
  (memory 1)
  (global $g (mut i32) (i32.const 0))

  ;; A store relocates loads, and nothing else.
  (func (param i32)
    local.get 0
    (i32.load (local.get 0))
    (i32.store (local.get 0) (i32.const 1))
    drop
    drop)

  ;; Setting a local relocates what was computed from it.
  (func (param i32) (result i32)
    (i32.add (local.get 0) (i32.const 1))
    (local.set 0 (i32.const 2))
    (i32.mul (i32.const 3))
    local.tee 0)

  ;; A call: its arguments are gone, what could change is relocated, and so is its result.
  (func (param i32) (result i32)
    (global.get $g)
    (local.get 0)
    (call $f (i32.load (local.get 0)))
    i32.add
    i32.add)

  ;; Slots that are read by what is above them.
  (func (param i32) (result i32)
    (call $f (i32.const 1))
    (i32.add (call $f (i32.const 2)))
    (call $f (i32.const 3))
    i32.sub)

  ;; Floats that may be NaN do not outlive a region.
  (func (param f32) (result f32)
    (f32.add (local.get 0) (f32.const 1))
    (f32.sub (local.get 0) (f32.const 1))
    (global.set $g (i32.const 1))
    f32.mul))

;; function 0: i32 at 8, slots at 16
;; *0x003b LocalGet       []
;;  0x003d LocalGet       [i32: home 0]
;;  0x003f I32Load        [i32: home 0, i32: home 0]
;;  0x0042 LocalGet       [i32: home 0, i32: I32Load(home 0)]
;;  0x0044 I32Const       [i32: home 0, i32: I32Load(home 0), i32: home 0]
;;  0x0046 I32Store       [i32: home 0, i32: I32Load(home 0), i32: home 0, i32: I32Const()]
;; *0x0049 Drop           [i32: home 0, i32: slot 1]
;;  0x004a Drop           [i32: home 0]
;;  0x004b End            []

;; function 1: i32 at 8, slots at 16
;; *0x004e LocalGet       []
;;  0x0050 I32Const       [i32: home 0]
;;  0x0052 I32Add         [i32: home 0, i32: I32Const()]
;;  0x0053 I32Const       [i32: I32Add(home 0, I32Const())]
;;  0x0055 LocalSet       [i32: I32Add(home 0, I32Const()), i32: I32Const()]
;;  0x0057 I32Const       [i32: slot 0]
;;  0x0059 I32Mul         [i32: slot 0, i32: I32Const()]
;;  0x005a LocalTee       [i32: I32Mul(slot 0, I32Const())]
;;  0x005c End            [i32: home 0]

;; function 2: i32 at 8, slots at 16
;; *0x005f GlobalGet      []
;;  0x0061 LocalGet       [i32: global 0]
;;  0x0063 LocalGet       [i32: global 0, i32: home 0]
;;  0x0065 I32Load        [i32: global 0, i32: home 0, i32: home 0]
;;  0x0068 Call           [i32: global 0, i32: home 0, i32: I32Load(home 0)] -> [i32: slot 0, i32: home 0]
;; *0x006a I32Add         [i32: slot 0, i32: home 0, i32: slot 2]
;;  0x006b I32Add         [i32: slot 0, i32: I32Add(home 0, slot 2)]
;;  0x006c End            [i32: I32Add(slot 0, I32Add(home 0, slot 2))]

;; function 3: i32 at 8, slots at 16
;; *0x006f I32Const       []
;;  0x0071 Call           [i32: I32Const()] -> []
;; *0x0073 I32Const       [i32: slot 0]
;;  0x0075 Call           [i32: slot 0, i32: I32Const()] -> [i32: slot 0]
;; *0x0077 I32Add         [i32: slot 0, i32: slot 1]
;;  0x0078 I32Const       [i32: I32Add(slot 0, slot 1)]
;;  0x007a Call           [i32: I32Add(slot 0, slot 1), i32: I32Const()] -> [i32: I32Add(slot 0, slot 1)]
;; *0x007c I32Sub         [i32: slot 0, i32: slot 1]
;;  0x007d End            [i32: I32Sub(slot 0, slot 1)]

;; function 4: f32 at 8, slots at 16
;; *0x0080 LocalGet       []
;;  0x0082 F32Const       [f32: home 0]
;;  0x0087 F32Add         [f32: home 0, f32: F32Const()]
;;  0x0088 LocalGet       [f32: F32Add(home 0, F32Const())]
;;  0x008a F32Const       [f32: F32Add(home 0, F32Const()), f32: home 0]
;;  0x008f F32Sub         [f32: F32Add(home 0, F32Const()), f32: home 0, f32: F32Const()]
;;  0x0090 I32Const       [f32: F32Add(home 0, F32Const()), f32: F32Sub(home 0, F32Const())]
;;  0x0092 GlobalSet      [f32: F32Add(home 0, F32Const()), f32: F32Sub(home 0, F32Const()), i32: I32Const()]
;; *0x0094 F32Mul         [f32: slot 0, f32: F32Sub(home 0, F32Const())]
;;  0x0095 End            [f32: F32Mul(slot 0, F32Sub(home 0, F32Const()))]
