//! Comparisons and arithmetic of float lanes.
//!
//! A vector is loaded as integer lanes and only then read as floats, so no load becomes an operand
//! of the machine's float instructions, and operands do not change places as those of scalars do.

use super::super::floats::{
    Float, abs, add, ceil, div, floor, lane_max, lane_min, mul, nearest, neg, sqrt, sub, trunc,
};
use super::super::values::comparisons::{eq, ge, gt, le, lt, ne};
use super::super::values::{Double, Doubtful, Single, each, operators, test, zip};

operators! {
    ([Single; 4], [Single; 4]) -> [Single; 4] {
        F32x4Eq = test(eq);
        F32x4Ne = test(ne);
        F32x4Lt = test(lt);
        F32x4Gt = test(gt);
        F32x4Le = test(le);
        F32x4Ge = test(ge);
        F32x4Sub = zip(sub);
        F32x4Div = zip(div);
        F32x4Min = zip(lane_min);
        F32x4Max = zip(lane_max);
        F32x4PMin = zip(pseudo_min);
        F32x4PMax = zip(pseudo_max);
    }
    ([Double; 2], [Double; 2]) -> [Double; 2] {
        F64x2Eq = test(eq);
        F64x2Ne = test(ne);
        F64x2Lt = test(lt);
        F64x2Gt = test(gt);
        F64x2Le = test(le);
        F64x2Ge = test(ge);
        F64x2Sub = zip(sub);
        F64x2Div = zip(div);
        F64x2Min = zip(lane_min);
        F64x2Max = zip(lane_max);
        F64x2PMin = zip(pseudo_min);
        F64x2PMax = zip(pseudo_max);
    }
    ([Single; 4], [Single; 4]) -> [Doubtful<Single>; 4] {
        F32x4Add = zip(add);
        F32x4Mul = zip(mul);
    }
    ([Double; 2], [Double; 2]) -> [Doubtful<Double>; 2] {
        F64x2Add = zip(add);
        F64x2Mul = zip(mul);
    }
    ([Single; 4]) -> [Single; 4] {
        F32x4Abs = each(abs);
        F32x4Neg = each(neg);
        F32x4Ceil = each(ceil);
        F32x4Floor = each(floor);
        F32x4Trunc = each(trunc);
        F32x4Nearest = each(nearest);
        F32x4Sqrt = each(sqrt);
    }
    ([Double; 2]) -> [Double; 2] {
        F64x2Abs = each(abs);
        F64x2Neg = each(neg);
        F64x2Ceil = each(ceil);
        F64x2Floor = each(floor);
        F64x2Trunc = each(trunc);
        F64x2Nearest = each(nearest);
        F64x2Sqrt = each(sqrt);
    }
}

/// One of the operands as it is, a signalling NaN included.
fn pseudo_min<F: Float>(a: F, b: F) -> F {
    if b < a { b } else { a }
}

fn pseudo_max<F: Float>(a: F, b: F) -> F {
    if a < b { b } else { a }
}
