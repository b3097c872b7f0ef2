//! The rules of arithmetic, one by one.

use super::{AddressWidth, FloatType, IntegerType, Scalar, ScalarType};
use crate::expression::ast::{BinaryOperator, UnaryOperator};
use crate::expression::problem::Problem;

fn type_of(bits: u8, signed: bool) -> IntegerType {
    IntegerType::new(bits, signed).unwrap()
}

fn signed(bits: u8, value: i128) -> Scalar {
    Scalar::integer(type_of(bits, true), value)
}

fn unsigned(bits: u8, value: u128) -> Scalar {
    Scalar::new(ScalarType::Integer(type_of(bits, false)), value)
}

fn text(scalar: Scalar) -> String {
    format!("{scalar} {}", scalar.type_())
}

fn apply(operator: BinaryOperator, left: Scalar, right: Scalar) -> String {
    text(operator.apply(left, right).unwrap())
}

#[test]
fn small_types_are_computed_with_as_32_bits() {
    let add = |left, right| apply(BinaryOperator::Add, left, right);
    assert_eq!(add(unsigned(8, 255), unsigned(8, 1)), "256 i32");
    assert_eq!(add(signed(8, -128), signed(8, -1)), "-129 i32");
    assert_eq!(
        add(unsigned(16, 0xffff), unsigned(16, 0xffff)),
        "131070 i32"
    );
    assert_eq!(add(Scalar::boolean(true), Scalar::boolean(true)), "2 i32");
    assert_eq!(
        add(unsigned(7, 127), unsigned(31, 0x7fff_ffff)),
        "-2147483522 i32"
    );
    let letter = Scalar::new(ScalarType::Character(type_of(8, true)), 97);
    assert_eq!(add(letter, signed(32, 1)), "98 i32");
    let unicode = Scalar::new(ScalarType::Character(type_of(32, false)), 97);
    assert_eq!(add(unicode, signed(32, 1)), "98 u32");
}

#[test]
fn two_integers_become_the_larger_type_of_both() {
    let add = |left, right| apply(BinaryOperator::Add, left, right);
    assert_eq!(add(signed(32, -1), unsigned(32, 0)), "4294967295 u32");
    assert_eq!(add(signed(64, -1), unsigned(32, 0)), "-1 i64");
    assert_eq!(
        add(signed(32, -1), unsigned(64, 0)),
        "18446744073709551615 u64"
    );
    assert_eq!(add(unsigned(64, 1), signed(128, -2)), "-1 i128");
    assert_eq!(add(signed(33, -1), unsigned(32, 0)), "-1 i33");
}

#[test]
fn integers_wrap_around() {
    assert_eq!(
        apply(
            BinaryOperator::Add,
            signed(32, i32::MAX.into()),
            signed(32, 1)
        ),
        "-2147483648 i32"
    );
    assert_eq!(
        apply(BinaryOperator::Subtract, unsigned(64, 0), unsigned(64, 1)),
        "18446744073709551615 u64"
    );
    assert_eq!(
        apply(
            BinaryOperator::Multiply,
            signed(128, i128::MAX),
            signed(128, 2)
        ),
        "-2 i128"
    );
    let minus = |operand| text(UnaryOperator::Minus.apply(operand).unwrap());
    assert_eq!(
        minus(signed(64, i64::MIN.into())),
        "-9223372036854775808 i64"
    );
    assert_eq!(minus(unsigned(32, 1)), "4294967295 u32");
    assert_eq!(minus(signed(8, -128)), "128 i32");
    let complement = |operand| text(UnaryOperator::Complement.apply(operand).unwrap());
    assert_eq!(complement(unsigned(8, 0)), "-1 i32");
    assert_eq!(complement(unsigned(128, 0)), format!("{} u128", u128::MAX));
}

#[test]
fn division_rounds_to_zero_and_traps_where_webassembly_does() {
    let divide = |left, right| BinaryOperator::Divide.apply(left, right);
    let remainder = |left, right| BinaryOperator::Remainder.apply(left, right);
    assert_eq!(
        divide(signed(32, -7), signed(32, 2)).map(text),
        Ok("-3 i32".to_string())
    );
    assert_eq!(
        remainder(signed(32, -7), signed(32, 2)).map(text),
        Ok("-1 i32".to_string())
    );
    assert_eq!(
        divide(signed(32, -7), signed(32, -1)).map(text),
        Ok("7 i32".to_string())
    );
    assert_eq!(
        divide(signed(32, -2), unsigned(32, 2)).map(text),
        Ok("2147483647 u32".to_string())
    );
    for bits in [32, 64, 128] {
        let smallest = signed(bits, (1_i128 << (bits - 2)) * -2);
        let minus_one = signed(bits, -1);
        let problem = Problem::DivisionOverflow(format!("i{bits}"));
        assert_eq!(divide(smallest, minus_one), Err(problem));
        assert_eq!(remainder(smallest, minus_one), Ok(signed(bits, 0)));
        assert_eq!(
            divide(smallest, signed(bits, 0)),
            Err(Problem::DivisionByZero)
        );
        assert_eq!(
            remainder(smallest, unsigned(bits, 0)),
            Err(Problem::DivisionByZero)
        );
    }
    assert_eq!(
        divide(signed(8, -128), signed(8, -1)).map(text),
        Ok("128 i32".to_string())
    );
    let infinite = divide(Scalar::f64(1.0), signed(32, 0)).map(text);
    assert_eq!(infinite, Ok("inf f64".to_string()));
}

#[test]
fn shifts_keep_the_left_type_and_its_sign() {
    let left = |value, count| apply(BinaryOperator::ShiftLeft, value, count);
    let right = |value, count| apply(BinaryOperator::ShiftRight, value, count);
    assert_eq!(left(signed(32, 1), unsigned(64, 31)), "-2147483648 i32");
    assert_eq!(left(unsigned(8, 255), signed(8, 4)), "4080 i32");
    assert_eq!(right(signed(32, -8), signed(32, 1)), "-4 i32");
    assert_eq!(
        right(unsigned(32, 0xffff_fff8), signed(32, 1)),
        "2147483644 u32"
    );
    assert_eq!(right(signed(128, i128::MIN), signed(32, 127)), "-1 i128");
    assert_eq!(
        left(unsigned(128, 1), signed(32, 127)),
        format!("{} u128", 1_u128 << 127)
    );
    for (value, count) in [
        (signed(32, 1), signed(32, 32)),
        (signed(8, 1), signed(32, 32)),
        (signed(32, 1), signed(32, -1)),
        (unsigned(128, 1), unsigned(128, u128::MAX)),
        (signed(64, 1), unsigned(64, 1 << 32)),
    ] {
        for operator in [BinaryOperator::ShiftLeft, BinaryOperator::ShiftRight] {
            let problem = operator.apply(value, count).unwrap_err();
            assert!(matches!(problem, Problem::ShiftTooFar { .. }), "{problem}");
        }
    }
    assert!(
        BinaryOperator::ShiftLeft
            .apply(Scalar::f64(1.0), signed(32, 1))
            .is_err()
    );
}

#[test]
fn comparisons_are_made_in_the_common_type() {
    let holds = |operator: BinaryOperator, left, right| {
        let result = operator.apply(left, right).unwrap();
        assert_eq!(result.type_(), ScalarType::Boolean);
        result.is_true()
    };
    assert!(holds(BinaryOperator::Less, signed(32, -1), signed(32, 1)));
    assert!(!holds(
        BinaryOperator::Less,
        signed(32, -1),
        unsigned(32, 1)
    ));
    assert!(holds(BinaryOperator::Less, signed(64, -1), unsigned(32, 1)));
    assert!(holds(
        BinaryOperator::Equal,
        signed(32, -1),
        unsigned(32, 0xffff_ffff)
    ));
    assert!(holds(
        BinaryOperator::GreaterOrEqual,
        unsigned(128, u128::MAX),
        signed(128, -1)
    ));
    assert!(holds(
        BinaryOperator::NotEqual,
        Scalar::f32(1.1),
        Scalar::f64(1.1)
    ));
    assert!(holds(
        BinaryOperator::LessOrEqual,
        Scalar::f64(0.5),
        signed(32, 1)
    ));
    let nan = Scalar::f64(f64::NAN);
    for operator in [
        BinaryOperator::Equal,
        BinaryOperator::Less,
        BinaryOperator::LessOrEqual,
        BinaryOperator::Greater,
        BinaryOperator::GreaterOrEqual,
    ] {
        assert!(!holds(operator, nan, nan));
    }
    assert!(holds(BinaryOperator::NotEqual, nan, nan));
}

#[test]
fn floating_point_numbers_keep_their_precision() {
    let add = |left, right| apply(BinaryOperator::Add, left, right);
    assert_eq!(
        add(Scalar::f32(0.1), Scalar::f32(0.2)),
        "0.3 f32".replace("0.3", &format!("{:?}", 0.1_f32 + 0.2_f32))
    );
    assert_eq!(
        add(Scalar::f64(0.1), Scalar::f64(0.2)),
        "0.30000000000000004 f64"
    );
    assert_eq!(
        add(Scalar::f32(16_777_216.0), signed(32, 1)),
        "16777216.0 f32"
    );
    assert_eq!(
        apply(BinaryOperator::Remainder, Scalar::f64(5.5), signed(32, 2)),
        "1.5 f64"
    );
    assert!(
        BinaryOperator::And
            .apply(Scalar::f64(1.0), signed(32, 1))
            .is_err()
    );
    assert!(
        BinaryOperator::ExclusiveOr
            .apply(Scalar::f32(1.0), Scalar::f32(1.0))
            .is_err()
    );
    let minus = |operand| text(UnaryOperator::Minus.apply(operand).unwrap());
    assert_eq!(minus(Scalar::f32(0.0)), "-0.0 f32");
    assert_eq!(minus(Scalar::f64(1.5)), "-1.5 f64");
    assert!(UnaryOperator::Complement.apply(Scalar::f64(1.5)).is_err());
    let plus = |operand| text(UnaryOperator::Plus.apply(operand).unwrap());
    assert_eq!(plus(Scalar::f64(-1.5)), "-1.5 f64");
    assert_eq!(plus(unsigned(8, 5)), "5 i32");
}

#[test]
fn addresses_count_bytes() {
    let address = |value| Scalar::address(AddressWidth::Bits32, value);
    assert_eq!(
        apply(BinaryOperator::Add, address(0x10), signed(32, -1)),
        "0xf 32-bit address"
    );
    assert_eq!(
        apply(BinaryOperator::Add, signed(8, -1), address(0x10)),
        "0xf 32-bit address"
    );
    assert_eq!(
        apply(BinaryOperator::Subtract, address(0), signed(32, 1)),
        "0xffffffff 32-bit address"
    );
    assert_eq!(
        apply(BinaryOperator::Subtract, address(1), address(3)),
        "-2 i32"
    );
    assert_eq!(
        apply(BinaryOperator::And, address(0x1234), signed(32, 0xff)),
        "52 u32"
    );
    assert_eq!(
        apply(BinaryOperator::Less, address(0xffff_ffff), address(1)),
        "false bool"
    );
    assert_eq!(
        apply(BinaryOperator::Equal, address(0x10), signed(32, 16)),
        "true bool"
    );
    assert!(BinaryOperator::Add.apply(address(1), address(1)).is_err());
    assert!(
        BinaryOperator::Subtract
            .apply(signed(32, 1), address(1))
            .is_ok()
    );
    assert!(
        BinaryOperator::Add
            .apply(address(1), Scalar::f64(1.0))
            .is_err()
    );
    assert!(UnaryOperator::Minus.apply(address(1)).is_err());
    assert_eq!(
        UnaryOperator::Complement.apply(address(0)).map(text),
        Ok("4294967295 u32".to_string())
    );
    assert!(UnaryOperator::Not.apply(address(0)).unwrap().is_true());
}

#[test]
fn casts_cut_extend_and_saturate() {
    let to = |scalar: Scalar, bits, signed| {
        let target = ScalarType::Integer(type_of(bits, signed));
        scalar.cast(target).unwrap().to_string()
    };
    assert_eq!(to(signed(32, -1), 8, false), "255");
    assert_eq!(to(signed(32, 0x1234), 8, true), "52");
    assert_eq!(to(signed(8, -1), 64, false), "18446744073709551615");
    assert_eq!(to(unsigned(8, 255), 64, true), "255");
    assert_eq!(to(unsigned(8, 255), 8, true), "-1");
    assert_eq!(to(Scalar::f64(-1.9), 32, true), "-1");
    assert_eq!(to(Scalar::f64(1e30), 32, true), "2147483647");
    assert_eq!(to(Scalar::f64(-1e30), 32, true), "-2147483648");
    assert_eq!(to(Scalar::f64(-1.0), 32, false), "0");
    assert_eq!(to(Scalar::f64(300.0), 8, false), "255");
    assert_eq!(to(Scalar::f64(f64::NAN), 32, true), "0");
    assert_eq!(
        to(Scalar::f64(f64::INFINITY), 128, false),
        u128::MAX.to_string()
    );
    assert_eq!(to(Scalar::boolean(true), 32, true), "1");

    let float = |scalar: Scalar, type_| scalar.cast(ScalarType::Float(type_)).unwrap().to_string();
    assert_eq!(float(signed(32, -3), FloatType::F32), "-3.0");
    assert_eq!(
        float(unsigned(64, u64::MAX.into()), FloatType::F64),
        "1.8446744073709552e19"
    );
    assert_eq!(float(Scalar::f64(0.1), FloatType::F32), "0.1");

    let truth = |scalar: Scalar| scalar.cast(ScalarType::Boolean).unwrap().is_true();
    assert!(truth(unsigned(64, 1 << 63)));
    assert!(truth(Scalar::f64(0.1)));
    assert!(!truth(Scalar::f64(-0.0)));
    assert!(truth(Scalar::f64(f64::NAN)));

    let address = ScalarType::Address(AddressWidth::Bits32);
    assert_eq!(
        signed(64, -1).cast(address).unwrap().to_string(),
        "0xffffffff"
    );
    assert!(Scalar::f64(1.0).cast(address).is_err());
    assert!(
        Scalar::address(AddressWidth::Bits64, 1)
            .cast(ScalarType::Float(FloatType::F64))
            .is_err()
    );
}

#[test]
fn values_keep_to_their_types() {
    assert_eq!(IntegerType::new(0, true), None);
    assert_eq!(IntegerType::new(129, false), None);
    assert_eq!(unsigned(8, 0x1ff).bits(), 0xff);
    assert_eq!(signed(1, -1).to_integer(), Some(-1));
    assert_eq!(unsigned(1, 3).to_integer(), Some(1));
    assert_eq!(unsigned(128, u128::MAX).to_integer(), None);
    assert_eq!(Scalar::new(ScalarType::Boolean, 2), Scalar::boolean(true));
    let bytes = |bits| ScalarType::Integer(type_of(bits, false)).bytes();
    assert_eq!(
        [1, 8, 9, 17, 33, 65, 128].map(bytes),
        [1, 1, 2, 4, 8, 16, 16]
    );
}

#[test]
fn characters_are_shown_with_their_code() {
    let shown = |bits, signed, code| {
        Scalar::new(ScalarType::Character(type_of(bits, signed)), code).to_string()
    };
    assert_eq!(shown(8, true, 97), "97 'a'");
    assert_eq!(shown(8, true, 0), "0 '\\0'");
    assert_eq!(shown(8, true, 10), "10 '\\n'");
    assert_eq!(shown(8, true, 0xff), "-1");
    assert_eq!(shown(32, false, 0x1f600), "128512 '\u{1f600}'");
    assert_eq!(shown(32, false, 0xd800), "55296");
    assert_eq!(shown(32, true, 0xffff_ffff), "-1");
}

/// Every operator on every pair of types and numbers: a result or an error.
#[test]
fn no_operands_are_too_strange() {
    let operators = [
        BinaryOperator::Add,
        BinaryOperator::Subtract,
        BinaryOperator::Multiply,
        BinaryOperator::Divide,
        BinaryOperator::Remainder,
        BinaryOperator::ShiftLeft,
        BinaryOperator::ShiftRight,
        BinaryOperator::And,
        BinaryOperator::Or,
        BinaryOperator::ExclusiveOr,
        BinaryOperator::Equal,
        BinaryOperator::NotEqual,
        BinaryOperator::Less,
        BinaryOperator::LessOrEqual,
        BinaryOperator::Greater,
        BinaryOperator::GreaterOrEqual,
    ];
    let mut scalars = vec![
        Scalar::boolean(false),
        Scalar::boolean(true),
        Scalar::f32(f32::NAN),
        Scalar::f32(f32::MAX),
        Scalar::f64(f64::NEG_INFINITY),
        Scalar::f64(-0.0),
    ];
    for bits in [
        0,
        1,
        2,
        1 << 31,
        1 << 63,
        1 << 127,
        u128::MAX >> 1,
        u128::MAX,
    ] {
        for width in [1, 7, 8, 16, 31, 32, 33, 64, 127, 128] {
            for signed in [false, true] {
                let type_ = type_of(width, signed);
                scalars.push(Scalar::new(ScalarType::Integer(type_), bits));
                scalars.push(Scalar::new(ScalarType::Character(type_), bits));
            }
        }
        for width in [AddressWidth::Bits32, AddressWidth::Bits64] {
            scalars.push(Scalar::new(ScalarType::Address(width), bits));
        }
    }
    let mut results = 0;
    for left in &scalars {
        for right in &scalars {
            for operator in operators {
                results += usize::from(operator.apply(*left, *right).is_ok());
            }
            results += usize::from(left.cast(right.type_()).is_ok());
        }
        let _ = left.to_string();
    }
    assert!(results > scalars.len() * scalars.len() * 10);
}
