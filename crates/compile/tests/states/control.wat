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
      (i32.add (i32.const 3)))))

;; function 0: i32 at 8, slots at 16
;; *0x0022 LocalGet       []
;;  0x0024 I32Const
;;  0x0026 Block
;;  0x0028 I32Const
;;  0x002a LocalGet
;;  0x002c BrIf
;; *0x002e I32Const       [i32: slot 0, i32: I32Const(), i32: I32Const()]
;;  0x0030 LocalSet
;;  0x0032 Drop
;;  0x0033 I32Const
;;  0x0035 I32Const
;;  0x0037 LocalGet
;;  0x0039 BrIf
;; *0x003b I32Add         [i32: slot 0, i32: I32Const(), i32: I32Const(), i32: I32Const()]
;;  0x003c End
;; *0x003d I32Add         [i32: slot 0, i32: I32Const(), i32: slot 2]
;;  0x003e I32Add
;;  0x003f End

;; function 1: i32 at 8, slots at 16
;; *0x0042 LocalGet       []
;;  0x0044 I32Const
;;  0x0046 LocalGet
;;  0x0048 If
;; *0x004a I32Add         [i32: slot 0, i32: I32Const()]
;;  0x004b Else
;; *0x004c I32Sub         [i32: slot 0, i32: I32Const()]
;;  0x004d End
;; *0x004e End            [i32: slot 0]

;; function 2: i32 at 8, i64 at 16, slots at 32
;; *0x0053 I32Const       []
;;  0x0055 Loop
;; *0x0057 I32Const       [i32: slot 0]
;;  0x0059 I32Add
;;  0x005a LocalTee
;;  0x005c LocalGet
;;  0x005e I32Const
;;  0x0060 I32LtU
;;  0x0061 BrIf
;; *0x0063 End            [i32: slot 0]
;;  0x0064 End

;; function 3: i32 at 8, slots at 16
;; *0x0067 Block          []
;;  0x0069 Block
;;  0x006b I32Const
;;  0x006d I32Const
;;  0x006f LocalGet
;;  0x0071 BrTable
;; *0x0076 I32Const       [i32: slot 0]
;;  0x0078 I32Add
;;  0x0079 End
;; *0x007a End            [i32: slot 0]
