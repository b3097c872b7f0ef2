//! Loads make of the bytes in memory what the machine does.

use super::cases::Random;
use super::guest::{Constants, From, Guest, Program, RECORD};
use super::operators::known;
use super::{LEVELS, Tally, encoded, engine, instruction};
use trapline_compile::evaluate::{Bits, Evaluated, Load, load};

/// Records each of which has an index to a place in its own last operand, a vector, and the bytes
/// there.
fn cases(load: &Load, count: u64, random: &mut Random) -> Vec<Vec<Bits>> {
    let mut next = || Bits::from(random.next()) << 64 | Bits::from(random.next());
    (0..count)
        .map(|record| {
            let places = Bits::from(17 - load.width());
            let index = Bits::from(record * RECORD + 32) + next() % places;
            vec![index, next(), next()]
        })
        .collect()
}

fn expected(load: &Load, case: &[Bits]) -> Evaluated {
    let bytes = case[2] >> ((case[0] as u64 % RECORD - 32) * 8);
    let vector = load.takes_vector().then_some(case[1]);
    Evaluated {
        bits: load.value(bytes, vector).expect("there is what it takes"),
        doubt: Default::default(),
    }
}

#[test]
fn loads_yield_what_the_machine_does() {
    let engines = LEVELS.map(engine);
    let mut tally = Tally::default();
    let mut random = Random::new(2);
    let operators = known().into_iter().flat_map(|known| known.samples);
    for (operator, load) in operators.filter_map(|it| Some((it.clone(), load(&it)?))) {
        let cases = cases(&load, 500, &mut random);
        if load.value(0, load.takes_vector().then_some(0)).is_none() {
            continue; // There is no such lane.
        }
        let mut params = vec![wasm_encoder::ValType::I32];
        if load.takes_vector() {
            params.push(wasm_encoder::ValType::V128);
        }
        let constants: Vec<_> = cases
            .iter()
            .take(16)
            .zip((1_u32..1 << params.len()).cycle())
            .map(|(operands, constant)| Constants {
                operands: operands.clone(),
                constant,
            })
            .collect();
        let program = Program {
            code: &[instruction(&operator)],
            params: &params,
            prepared: &[],
            result: encoded(load.result_type()),
            cases: &cases,
            constants: &constants,
        };
        for (engine, level) in engines.iter().zip(LEVELS) {
            let mut guest = Guest::new(engine, &program);
            let what = format!("{level:?}: {operator:?}");
            let mut compare = |case: &[Bits], machine: &_| {
                tally.compare(&what, case, Ok(expected(&load, case)), machine, false);
            };
            for from in From::ALL {
                for (case, machine) in cases.iter().zip(&guest.run(from)) {
                    compare(case, machine);
                }
            }
            for (case, machine) in constants.iter().zip(&guest.run_constants()) {
                compare(&case.operands, machine);
            }
        }
    }
    let compared = tally.finish("loads");
    assert!(compared > 100_000);
}
