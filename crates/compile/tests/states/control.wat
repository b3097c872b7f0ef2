;; Control frames: what stands below them, what branches take to their labels.
(module
  (func $block (param i32) (result i32)
    (local.get 0)
    (i32.const 5)
    (block (result i32)
      (i32.const 7)
      (br_if 0 (local.get 0))
      (local.set 0 (i32.const 1))
      drop
      (i32.const 8)
      (i32.const 9)
      (br_if 0 (local.get 0))
      i32.add)
    i32.add
    i32.add)

  (func $if (param i32) (result i32)
    (local.get 0)
    (i32.const 1)
    (if (param i32 i32) (result i32) (local.get 0)
      (then i32.add)
      (else i32.sub)))

  (func $loop (param i32) (result i32)
    (local i64)
    (i32.const 1)
    (loop (param i32) (result i32)
      (i32.add (i32.const 1))
      (local.tee 0)
      (br_if 0 (i32.lt_u (local.get 0) (i32.const 10)))))

  (func $table (param i32) (result i32)
    (block (result i32)
      (block (result i32)
        (i32.const 1)
        (i32.const 2)
        (br_table 0 1 (local.get 0)))
      (i32.add (i32.const 3))))

  ;; Past an arm that does not come back control is where it can only have come around it.
  (func $around (param i32) (result i32)
    (i32.const 5)
    (if (param i32) (result i32) (local.get 0)
      (then (i32.add (i32.const 2)) return))
    (i32.add (i32.const 1))))

;; function 0: i32 at 8, slots at 16
;; *0x0023 LocalGet       []
;;  0x0025 I32Const
;;  0x0027 Block
;;  0x0029 I32Const
;;  0x002b LocalGet
;;  0x002d BrIf
;; *0x002f I32Const       [i32: slot 0, i32: I32Const(), i32: I32Const()]
;;  0x0031 LocalSet
;;  0x0033 Drop
;;  0x0034 I32Const
;;  0x0036 I32Const
;;  0x0038 LocalGet
;;  0x003a BrIf
;; *0x003c I32Add         [i32: slot 0, i32: I32Const(), i32: I32Const(), i32: I32Const()]
;;  0x003d End
;; *0x003e I32Add         [i32: slot 0, i32: I32Const(), i32: slot 2]
;;  0x003f I32Add
;;  0x0040 End

;; function 1: i32 at 8, slots at 16
;; *0x0043 LocalGet       []
;;  0x0045 I32Const
;;  0x0047 LocalGet
;;  0x0049 If
;; *0x004b I32Add         [i32: slot 0, i32: I32Const()]
;;  0x004c Else
;; *0x004d I32Sub         [i32: slot 0, i32: I32Const()]
;;  0x004e End
;; *0x004f End            [i32: slot 0]

;; function 2: i32 at 8, i64 at 16, slots at 32
;; *0x0054 I32Const       [] 1 = zero
;;  0x0056 Loop
;; *0x0058 I32Const       [i32: slot 0]
;;  0x005a I32Add
;;  0x005b LocalTee
;;  0x005d LocalGet
;;  0x005f I32Const
;;  0x0061 I32LtU
;;  0x0062 BrIf
;; *0x0064 End            [i32: slot 0]
;;  0x0065 End

;; function 3: i32 at 8, slots at 16
;; *0x0068 Block          []
;;  0x006a Block
;;  0x006c I32Const
;;  0x006e I32Const
;;  0x0070 LocalGet
;;  0x0072 BrTable
;; *0x0077 I32Const       [i32: slot 0]
;;  0x0079 I32Add
;;  0x007a End
;; *0x007b End            [i32: slot 0]

;; function 4: i32 at 8, slots at 16
;; *0x007e I32Const       []
;;  0x0080 LocalGet
;;  0x0082 If
;; *0x0084 I32Const       [i32: I32Const()]
;;  0x0086 I32Add
;;  0x0087 Return
;; *0x0089 I32Const       [i32: I32Const()]
;;  0x008b I32Add
;;  0x008c End
