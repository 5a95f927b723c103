//! Shapes and the front end; the outputs are held in tests/it/aasist.rs.
#![allow(clippy::unwrap_used)] // a test may stop where it stands

use super::*;

#[test]
fn there_are_as_many_parameters_as_published() {
    let count = |name: &str| -> usize {
        let tensors = tensors(name).unwrap();
        let learned = tensors.iter().filter(|(name, _)| !name.contains(".running_"));
        learned.map(|(_, shape)| shape.iter().product::<usize>()).sum()
    };
    assert_eq!(count("aasist"), 297_866);
    assert_eq!(count("aasist-l"), 85_306);
    assert_eq!(count("aasist-asvspoof5"), 297_866);
    assert!(tensors("iris").is_none());
}

#[test]
fn filters_pass_their_own_band() {
    let filters = sinc_filters();
    let gain = |filter: usize, hz: f64| {
        let taps = &filters[filter * TAPS..(filter + 1) * TAPS];
        let (mut re, mut im) = (0.0, 0.0);
        for (i, tap) in taps.iter().enumerate() {
            let angle = std::f64::consts::TAU * hz * i as f64 / f64::from(RATE);
            re += f64::from(*tap) * angle.cos();
            im += f64::from(*tap) * angle.sin();
        }
        re.hypot(im)
    };
    // The last filter spans about 7,690 to 8,000 Hz.
    assert!(gain(69, 7850.0) > 0.6 && gain(69, 4000.0) < 0.01);
    assert!(gain(0, 20.0) < gain(0, 0.0) * 1.01 && gain(0, 4000.0) < 0.01);
}
