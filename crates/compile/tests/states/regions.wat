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

  ;; A local that is set goes home only when its recipe is about to become wrong: here because the
  ;; first store overwrites what it was loaded from, then because its home is what another reads.
  (func (param i32 i32 i32)
    (local.set 0 (i32.load (local.get 2)))
    (local.set 1 (i32.add (local.get 0) (i32.const 1)))
    (local.set 2 (i32.const 5))
    (i32.store (local.get 2) (i32.const 6))
    (local.set 0 (i32.load (local.get 2)))
    (i32.store (local.get 2) (i32.const 7)))

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

  ;; Where the machine may exchange two operands, of which both can be NaN, the result is stored at
  ;; the end of the region.
  (func (param f32) (result f32)
    (f32.add (f32.load (i32.const 0)) (local.get 0))
    (f32.sub (local.get 0) (f32.const 1))
    (global.set $g (i32.const 1))
    f32.mul))

;; function 0: i32 at 8, slots at 16
;; *0x0041 LocalGet       []
;;  0x0043 LocalGet
;;  0x0045 I32Load
;;  0x0048 LocalGet
;;  0x004a I32Const
;;  0x004c I32Store
;; *0x004f Drop           [i32: home 0, i32: slot 1]
;;  0x0050 Drop
;;  0x0051 End

;; function 1: i32 at 8, i32 at 12, i32 at 16, slots at 32
;; *0x0054 LocalGet       []
;;  0x0056 I32Load
;;  0x0059 LocalSet
;;  0x005b LocalGet
;;  0x005d I32Const
;;  0x005f I32Add
;;  0x0060 LocalSet
;;  0x0062 I32Const
;;  0x0064 LocalSet
;;  0x0066 LocalGet
;;  0x0068 I32Const
;;  0x006a I32Store
;; *0x006d LocalGet       [] 2 = I32Const()
;;  0x006f I32Load
;;  0x0072 LocalSet
;;  0x0074 LocalGet
;;  0x0076 I32Const
;;  0x0078 I32Store
;; *0x007b End            [] 2 = I32Const()

;; function 2: i32 at 8, slots at 16
;; *0x007e GlobalGet      []
;;  0x0080 LocalGet
;;  0x0082 LocalGet
;;  0x0084 I32Load
;;  0x0087 Call           -> [i32: slot 0, i32: home 0]
;; *0x0089 I32Add         [i32: slot 0, i32: home 0, i32: slot 2]
;;  0x008a I32Add
;;  0x008b End

;; function 3: i32 at 8, slots at 16
;; *0x008e I32Const       []
;;  0x0090 Call           -> []
;; *0x0092 I32Const       [i32: slot 0]
;;  0x0094 Call           -> [i32: slot 0]
;; *0x0096 I32Add         [i32: slot 0, i32: slot 1]
;;  0x0097 I32Const
;;  0x0099 Call           -> [i32: I32Add(slot 0, slot 1)]
;; *0x009b I32Sub         [i32: slot 0, i32: slot 1]
;;  0x009c End

;; function 4: f32 at 8, slots at 16
;; *0x009f I32Const       []
;;  0x00a1 F32Load
;;  0x00a4 LocalGet
;;  0x00a6 F32Add
;;  0x00a7 LocalGet
;;  0x00a9 F32Const
;;  0x00ae F32Sub
;;  0x00af I32Const
;;  0x00b1 GlobalSet
;; *0x00b3 F32Mul         [f32: slot 0, f32: F32Sub(home 0, F32Const())]
;;  0x00b4 End
