//! The code generator merges negations into multiplications. The evaluator says of which bits it
//! does not know them for that reason: no others are otherwise, and these are, now and then.

use super::cases::{Random, cases};
use super::guest::{From, Guest, Program};
use super::{LEVELS, encoded, engine, instruction};
use trapline::OptLevel;
use trapline_compile::evaluate::{Bits, Doubt, Evaluated, evaluate, operand_types};
use wasmparser::Operator;

const OPERATORS: [(&str, Operator<'static>, Operator<'static>); 8] = [
    ("F32Mul", Operator::F32Mul, Operator::F32Neg),
    ("F64Mul", Operator::F64Mul, Operator::F64Neg),
    ("F32x4Mul", Operator::F32x4Mul, Operator::F32x4Neg),
    ("F64x2Mul", Operator::F64x2Mul, Operator::F64x2Neg),
    (
        "F32x4RelaxedMadd",
        Operator::F32x4RelaxedMadd,
        Operator::F32x4Neg,
    ),
    (
        "F64x2RelaxedMadd",
        Operator::F64x2RelaxedMadd,
        Operator::F64x2Neg,
    ),
    (
        "F32x4RelaxedNmadd",
        Operator::F32x4RelaxedNmadd,
        Operator::F32x4Neg,
    ),
    (
        "F64x2RelaxedNmadd",
        Operator::F64x2RelaxedNmadd,
        Operator::F64x2Neg,
    ),
];

/// The operator's result where some of the operands, a bit each, are negated first.
fn evaluate_negated(
    operator: &Operator<'static>,
    negate: &Operator<'static>,
    negated: u32,
    case: &[Bits],
) -> Evaluated {
    let operands: Vec<_> = case
        .iter()
        .enumerate()
        .map(|(index, &operand)| {
            if negated & (1_u32 << index) == 0 {
                return operand;
            }
            let result = evaluate(negate, &[operand]).unwrap();
            assert_eq!(result.doubt, Doubt::default());
            result.bits
        })
        .collect();
    evaluate(operator, &operands).unwrap()
}

#[test]
fn only_bits_in_doubt_depend_on_negations() {
    let mut random = Random::new(3);
    let mut compared = 0;
    for (name, operator, negate) in OPERATORS {
        let types = operand_types(&operator).unwrap();
        let params: Vec<_> = types.iter().map(|&ty| encoded(ty)).collect();
        let cases = cases(name, types, &mut random);
        let mut otherwise = [0; LEVELS.len()];
        for negated in 0_u32..1 << types.len() {
            let prepare =
                |index: usize| (negated & (1_u32 << index) != 0).then(|| instruction(&negate));
            let prepared: Vec<_> = (0..types.len()).map(prepare).collect();
            let program = Program {
                code: &[instruction(&operator)],
                params: &params,
                prepared: &prepared,
                result: encoded(types[0]),
                cases: &cases,
                constants: &[],
            };
            for (level, otherwise) in LEVELS.into_iter().zip(&mut otherwise) {
                let outcomes = Guest::new(&engine(level), &program).run(From::Parameters);
                for (case, machine) in cases.iter().zip(outcomes) {
                    let evaluated = evaluate_negated(&operator, &negate, negated, case);
                    let differing = machine.unwrap() ^ evaluated.bits;
                    assert_eq!(
                        differing & !evaluated.doubt.negation,
                        0,
                        "{level:?} {name} {negated:b} {case:x?}: {evaluated:x?}"
                    );
                    if negated == 0 {
                        assert_eq!(differing, 0, "nothing was negated");
                    }
                    *otherwise += u64::from(differing != 0);
                    compared += 1;
                }
            }
        }
        println!("{name}: bits in doubt were otherwise {otherwise:?} times at {LEVELS:?}");
        // The optimizer cancels two negations of factors. The choice of instructions, which is the
        // same at both levels, merges each into a fused multiplication and addition.
        let fused = name.contains("Relaxed") && is_x86_feature_detected!("fma");
        for (level, count) in LEVELS.into_iter().zip(otherwise) {
            let merged = fused || level == OptLevel::Speed;
            assert_eq!(count > 0, merged, "{level:?} {name}");
        }
    }
    println!("negations: {compared} compared");
}
