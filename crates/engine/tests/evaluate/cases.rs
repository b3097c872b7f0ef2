//! Operands to try: where arithmetic has its edges, crossed, and others by a seeded generator.

use trapline_compile::evaluate::Bits;
use trapline_compile::types::ValType;

/// A generator of numbers that look random (SplitMix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// How the bits of a lane are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lane {
    Int(u32),
    F32,
    F64,
}

impl Lane {
    fn width(self) -> u32 {
        match self {
            Lane::Int(width) => width,
            Lane::F32 => 32,
            Lane::F64 => 64,
        }
    }

    fn edges(self) -> Vec<u64> {
        match self {
            Lane::Int(width) => integers(width),
            Lane::F32 => floats32(),
            Lane::F64 => floats64(),
        }
    }
}

/// Zero, the least and the greatest, powers of two, and what lies next to them.
fn integers(width: u32) -> Vec<u64> {
    let mask = u64::MAX >> (64 - width);
    let mut values = vec![0, 5, 100, 0xaaaa_aaaa_aaaa_aaaa, 0x1234_5678_9abc_def0];
    for power in [0, 1, 3, 4, 7, 8, 15, 16, 30, 31, 32, 53, 62, 63] {
        if power < width {
            let bit = 1_u64 << power;
            values.extend([bit, bit - 1, bit + 1, !bit, bit.wrapping_neg()]);
        }
    }
    values.iter_mut().for_each(|value| *value &= mask);
    values.sort();
    values.dedup();
    values
}

fn floats32() -> Vec<u64> {
    let mut values: Vec<u32> = [
        0.0,
        0.1,
        0.5,
        0.9,
        1.0,
        1.5,
        2.5,
        127.5,
        65535.0,
        8388607.5,
        16777216.0,
        2147483500.0,
        2147483648.0,
        2147483904.0,
        4294967000.0,
        4294967296.0,
        9.223371e18,
        9.223372e18,
        1.8446744e19,
        1e30,
        f32::MAX,
        f32::MIN_POSITIVE,
        f32::INFINITY,
    ]
    .map(f32::to_bits)
    .into();
    // Denormals; quiet and signalling NaNs, without and with payload.
    values.extend([1, 0x003f_ffff, 0x007f_ffff]);
    values.extend([
        0x7fc0_0000,
        0x7fc5_4321,
        0x7fff_ffff,
        0x7f80_0001,
        0x7fa5_5aa5,
    ]);
    both_signs(values.into_iter().map(u64::from), 31)
}

fn floats64() -> Vec<u64> {
    let mut values: Vec<u64> = [
        0.0,
        0.1,
        0.5,
        0.999999,
        1.0,
        1.5,
        2.5,
        65535.0,
        2147483647.0,
        2147483647.5,
        2147483648.0,
        2147483648.9,
        2147483649.0,
        4294967295.0,
        4294967295.9,
        4294967296.0,
        4503599627370495.5,
        9007199254740993.0,
        9223372036854774784.0,
        9223372036854775808.0,
        18446744073709549568.0,
        18446744073709551616.0,
        // Next to the least and the greatest of the smaller format.
        1.0e-46,
        7.0e-46,
        1.17549435e-38,
        1.0000000596046448,
        3.4028235e38,
        3.40282357e38,
        1e300,
        f64::MAX,
        f64::MIN_POSITIVE,
        f64::INFINITY,
    ]
    .map(f64::to_bits)
    .into();
    values.extend([1, 0x000f_ffff_ffff_ffff]);
    values.extend([
        0x7ff8_0000_0000_0000,
        0x7ff8_dead_beef_cafe,
        0x7fff_ffff_ffff_ffff,
        0x7ff0_0000_0000_0001,
        0x7ff4_1234_5678_9abc,
        0x7ff0_0000_2000_0000,
    ]);
    both_signs(values, 63)
}

fn both_signs(values: impl IntoIterator<Item = u64>, sign: u32) -> Vec<u64> {
    let signs = |value| [value, value | 1 << sign];
    values.into_iter().flat_map(signs).collect()
}

/// How the vectors that an operator takes are read, going by its name.
fn lanes(name: &str) -> Vec<Lane> {
    let all = [
        ("I8x16", Lane::Int(8)),
        ("I16x8", Lane::Int(16)),
        ("I32x4", Lane::Int(32)),
        ("I64x2", Lane::Int(64)),
        ("F32x4", Lane::F32),
        ("F64x2", Lane::F64),
    ];
    let named = all.iter().filter(|(part, _)| name.contains(part));
    let named: Vec<_> = named.map(|&(_, lane)| lane).collect();
    if named.is_empty() {
        vec![Lane::Int(8), Lane::Int(64)]
    } else {
        named
    }
}

/// Operands for an operator that takes these types.
pub fn cases(name: &str, types: &[ValType], random: &mut Random) -> Vec<Vec<Bits>> {
    let mut cases = Vec::new();
    if types.contains(&ValType::V128) {
        for lane in lanes(name) {
            vector_cases(lane, types, random, &mut cases);
        }
    } else {
        let edges: Vec<Vec<u64>> = types.iter().map(|&ty| scalar_edges(ty)).collect();
        cross(&edges, 4000, random, |case| {
            cases.push(case.iter().map(|&value| value.into()).collect());
        });
    }
    for _ in 0..200 {
        cases.push(types.iter().map(|&ty| random_value(ty, random)).collect());
    }
    cases
}

fn scalar_lane(ty: ValType) -> Lane {
    match ty {
        ValType::I32 => Lane::Int(32),
        ValType::F32 => Lane::F32,
        ValType::F64 => Lane::F64,
        _ => Lane::Int(64),
    }
}

fn scalar_edges(ty: ValType) -> Vec<u64> {
    scalar_lane(ty).edges()
}

fn random_value(ty: ValType, random: &mut Random) -> Bits {
    match ty {
        ValType::V128 => Bits::from(random.next()) << 64 | Bits::from(random.next()),
        ty => {
            let lane = scalar_lane(ty);
            Bits::from(random.next() >> (64 - lane.width()))
        }
    }
}

/// All combinations if they are not more than `most`; else as many, at random.
fn cross(lists: &[Vec<u64>], most: usize, random: &mut Random, mut each: impl FnMut(&[u64])) {
    let total: usize = lists.iter().map(Vec::len).product();
    let mut case = vec![0; lists.len()];
    for index in 0..total.min(most) {
        let mut rest = if total <= most {
            index
        } else {
            random.below(total)
        };
        for (value, list) in case.iter_mut().zip(lists) {
            *value = list[rest % list.len()];
            rest /= list.len();
        }
        each(&case);
    }
}

/// Combinations of edges, side by side in the lanes.
fn vector_cases(lane: Lane, types: &[ValType], random: &mut Random, cases: &mut Vec<Vec<Bits>>) {
    let edges = lane.edges();
    let of_type = |&ty| match ty {
        ValType::V128 => edges.clone(),
        ty => scalar_edges(ty),
    };
    let lists: Vec<Vec<u64>> = types.iter().map(of_type).collect();
    let width = lane.width();
    let count = 128 / width;
    let mut used = 0;
    let mut case = vec![0; types.len()];
    cross(&lists, 8000, random, |values| {
        for ((operand, &value), ty) in case.iter_mut().zip(values).zip(types) {
            match ty {
                ValType::V128 => *operand |= Bits::from(value) << (used * width),
                _ => *operand = value.into(),
            }
        }
        used += 1;
        if used == count {
            cases.push(std::mem::replace(&mut case, vec![0; types.len()]));
            used = 0;
        }
    });
    cases.push(case);
}

/// Some of the cases, for what is slow to try.
pub fn few(cases: &[Vec<Bits>], count: usize, random: &mut Random) -> Vec<Vec<Bits>> {
    (0..count.min(cases.len()))
        .map(|_| cases[random.below(cases.len())].clone())
        .collect()
}
