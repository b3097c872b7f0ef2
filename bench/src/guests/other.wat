;; A second instance, whose function the first one imports.
(module (func (export "nop")))
