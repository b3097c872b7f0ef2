//! Conversions between lanes of integers and floats.

use super::super::conversions::{demote, promote};
use super::super::floats::Float;
use super::super::values::{Double, Single, operators};

operators! {
    ([Single; 4]) -> [i32; 4] {
        I32x4TruncSatF32x4S = |a| a.map(|a| a.host() as i32);
    }
    ([Single; 4]) -> [u32; 4] {
        I32x4TruncSatF32x4U = |a| a.map(|a| a.host() as u32);
    }
    ([Double; 2]) -> [i32; 4] {
        I32x4TruncSatF64x2SZero = |[a, b]| [a.host() as i32, b.host() as i32, 0, 0];
    }
    ([Double; 2]) -> [u32; 4] {
        I32x4TruncSatF64x2UZero = |[a, b]| [a.host() as u32, b.host() as u32, 0, 0];
    }
    ([i32; 4]) -> [Single; 4] {
        F32x4ConvertI32x4S = |a| a.map(|a| Single::host_bits(a as f32));
    }
    ([u32; 4]) -> [Single; 4] {
        F32x4ConvertI32x4U = |a| a.map(|a| Single::host_bits(a as f32));
    }
    ([i32; 4]) -> [Double; 2] {
        F64x2ConvertLowI32x4S = |[a, b, ..]| [a, b].map(|a| Double::host_bits(a.into()));
    }
    ([u32; 4]) -> [Double; 2] {
        F64x2ConvertLowI32x4U = |[a, b, ..]| [a, b].map(|a| Double::host_bits(a.into()));
    }
    ([Double; 2]) -> [Single; 4] {
        F32x4DemoteF64x2Zero = |[a, b]| [demote(a), demote(b), Single(0), Single(0)];
    }
    ([Single; 4]) -> [Double; 2] {
        F64x2PromoteLowF32x4 = |[a, b, ..]| [promote(a), promote(b)];
    }
}
