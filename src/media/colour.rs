//! Matrix and range: what the file says, and what is assumed when it is silent.

use super::frame::Colour;

/// ffmpeg's numbers for matrix coefficients and range (those of ITU-T H.273,
/// table 4, except the range), read as plain integers because they come from
/// the file and need not be in any list.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Declared {
    /// Matrix coefficients; 2 = not told.
    pub space: i32,
    /// 1 = limited, 2 = full, otherwise not told.
    pub range: i32,
}

/// The matrix and range in force.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InForce {
    /// `bt601`, `bt709`, `bt2020` or `rgb`.
    pub matrix: &'static str,
    /// Whether the file, or its format, fixes the matrix.
    pub declared: bool,
    /// Full range.
    pub full_range: bool,
}

/// What to go by: the file's word where it has one, else what its kind of
/// picture is by convention.
///
/// A silent YUV video of 720 lines or more is taken as BT.709, a smaller one
/// as BT.601, as players do; a still picture as BT.601 full range (JFIF 1.02,
/// p. 3). `format` is ffmpeg's pixel format name.
pub(crate) fn in_force(
    declared: Declared,
    format: &str,
    rgb: bool,
    still: bool,
    height: u32,
) -> InForce {
    if rgb {
        return InForce { matrix: "rgb", declared: true, full_range: true };
    }
    let matrix = match declared.space {
        1 => Some("bt709"),
        4..=6 => Some("bt601"),
        9 | 10 => Some("bt2020"),
        _ => None,
    };
    let full_range = match declared.range {
        1 => false,
        2 => true,
        _ => still || format.starts_with("yuvj"),
    };
    let assumed = if !still && height >= 720 { "bt709" } else { "bt601" };
    InForce { matrix: matrix.unwrap_or(assumed), declared: matrix.is_some(), full_range }
}

/// The code of a matrix that the file names and that is none of ours.
pub(crate) fn unknown_matrix(declared: Declared) -> Option<i32> {
    // 0 is RGB, 2 is silence, 3 is reserved.
    (!matches!(declared.space, 0 | 1 | 2 | 3 | 4..=6 | 9 | 10)).then_some(declared.space)
}

/// The numbers behind a matrix name: ITU-R BT.601-7 §2.5.1, BT.709-6 §3.2,
/// BT.2020-2 table 4. RGB has no matrix; its luma is worked out with BT.601.
pub(crate) fn colour(matrix: &str, full_range: bool) -> Colour {
    let (kr, kb) = match matrix {
        "bt709" => (0.2126, 0.0722),
        "bt2020" => (0.2627, 0.0593),
        _ => (0.299, 0.114),
    };
    Colour { kr, kb, full_range }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_believed_and_silence_is_filled_by_size() {
        let silent = Declared { space: 2, range: 0 };
        let of = |declared, format, still, height| in_force(declared, format, false, still, height);
        assert_eq!(
            of(silent, "yuv420p", false, 719),
            InForce { matrix: "bt601", declared: false, full_range: false }
        );
        assert_eq!(
            of(silent, "yuv420p", false, 720),
            InForce { matrix: "bt709", declared: false, full_range: false }
        );
        assert_eq!(
            of(silent, "yuvj420p", true, 4000),
            InForce { matrix: "bt601", declared: false, full_range: true }
        );
        let told = Declared { space: 9, range: 1 };
        assert_eq!(
            of(told, "yuvj420p", false, 64),
            InForce { matrix: "bt2020", declared: true, full_range: false }
        );
        assert!(!of(Declared { space: 77, range: 9 }, "yuv420p", false, 64).declared);
    }
}
