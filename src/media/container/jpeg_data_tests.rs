//! Coefficients against another decoder, between two ways of coding, and from
//! damaged files.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is the failed test")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::jpeg_data::Coefficients;
use crate::signal::synth::SplitMix;

// Gradients with noise, 45×27 in colour with 4:2:0, quality 60, written twice
// by the library of the Independent JPEG Group (through Pillow 13):
//   y, x = np.mgrid[:27, :45]; noise = default_rng(5).normal(0, 12, (27, 45, 1))
//   np.stack([5*x + 10, 200 - 5*y, 60 + 2*x + 3*y], -1) + noise
// once sequentially with a restart marker every two units, once progressively.
const SEQUENTIAL: &str = "\
    /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywt\
    QFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09P\
    T09PT09PT09PT09PT09PT09PT0//wAARCAAbAC0DASIAAhEBAxEB/8QAGAABAQEBAQAAAAAAAAAAAAAABAUDAgb/xAAm\
    EAEAAgICAQQABwAAAAAAAAABAhEAAyExQRIiMlFCUmFxgYKR/8QAFwEBAAMAAAAAAAAAAAAAAAAABQIDBP/EABgRAAMB\
    AQAAAAAAAAAAAAAAAAABAxMU/90ABAAC/9oADAMBAAIRAxEAPwDjXsiyqCpVpite4iXK+eyRbWSIbGuaL+Q4rVtCoMo1\
    XH1z4zPzgMZFPXteApebTEw2HBOyxtclQ3PqjQVd98OK1bJNBIL481dXkucWjI//0L0JxepC9XdU4k2Qkvn9Uecl6t5S\
    NNFX4xMNzGJFeTlS+XKuc2SkeI1bqblz466zaE19zIq/dVhxkwnKDFi033jdAM4n5jn/AHGcUCxmj//RLq32vgi/HzWb\
    6ZpJGR3x91gNYSfcfir+LzScmMpxOiDI/fFcUXxmirHZKwPpLfr7xOvZ6o+2Xp/qN5Ngr6S3mnvOp7Zk0JcHBksUKymj\
    /9k=";
const PROGRESSIVE: &str = "\
    /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywt\
    QFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09P\
    T09PT09PT09PT09PT09PT09PT0//wgARCAAbAC0DASIAAhEBAxEB/8QAGAABAQEBAQAAAAAAAAAAAAAAAwQCAQX/xAAX\
    AQEBAQEAAAAAAAAAAAAAAAAEAAED/9oADAMBAAIQAxAAAAHKyLzBSsi6upJVleHuZmip2GpVSzd1f//EABcQAQEBAQAA\
    AAAAAAAAAAAAAAEAERD/2gAIAQEAAQUCGGG3m2w2ww2w8GLYeEd2/8QAFREBAQAAAAAAAAAAAAAAAAAAAgD/2gAIAQMB\
    AT8BBgYmBgYm/8QAFhEBAQEAAAAAAAAAAAAAAAAAABIT/9oACAECAQE/Ac2bNCEP/8QAFBABAAAAAAAAAAAAAAAAAAAA\
    QP/aAAgBAQAGPwJH/8QAIBAAAgEEAgMBAAAAAAAAAAAAAAERITFBURBhcYGh4f/aAAgBAQABPyFE0Ib/AHgWwmtkGL9G\
    CUKtDN8KioNonmfJ8cD1uJiRUceiWogvXZVfY3Da6kWBtNz/2gAMAwEAAgADAAAAEMLGtE4v/8QAFhEBAQEAAAAAAAAA\
    AAAAAAAAAAEQ/9oACAEDAQE/ENXggk//xAAWEQEBAQAAAAAAAAAAAAAAAAAAERD/2gAIAQIBAT8Q0QhD/8QAHxABAQAC\
    AwACAwAAAAAAAAAAAREAITFBUWFxgZHB/9oACAEBAAE/EEQ1JUwBa3yCsxdBF3UwtFlGrjuAvFsjgp7+Ud403C8HDI4T\
    Xm+sbQEt504yAC67llw4jGEvWMCdm1LtyTduuOMd2EvChrLr0L7TFEI517MoA8SvnufwAbg1KN5wiXjf7wC08fi4wXAx\
    941iu484dhoaM//Z";

fn bytes(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

/// The samples by the definition of the inverse transform.
fn samples(c: &Coefficients) -> Vec<f64> {
    let cosine = |x: usize, u: usize| {
        let norm = if u == 0 { 0.125f64.sqrt() } else { 0.5 };
        norm * ((2 * x + 1) as f64 * u as f64 * std::f64::consts::PI / 16.0).cos()
    };
    let mut out = vec![0.0; c.width * c.height];
    for (i, value) in out.iter_mut().enumerate() {
        let (x, y) = (i % c.width, i / c.width);
        let block = &c.blocks[y / 8 * c.columns + x / 8];
        *value = 128.0;
        for (k, (&level, &step)) in block.iter().zip(&c.steps).enumerate() {
            let value_k = f64::from(level) * f64::from(step);
            *value += value_k * cosine(x % 8, k % 8) * cosine(y % 8, k / 8);
        }
    }
    out
}

#[test]
fn samples_are_those_of_another_decoder() {
    let mut random = SplitMix::new(4);
    let (w, h) = (51usize, 38usize);
    let pixels: Vec<u8> = (0..w * h)
        .map(|i| (40 + 2 * (i % w) + i / w * 2 + random.next() as usize % 40) as u8)
        .collect();
    let mut file = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 83);
    encoder.encode(&pixels, w as u32, h as u32, image::ExtendedColorType::L8).unwrap();
    let read = Coefficients::read(&file).unwrap();
    assert_eq!((read.width, read.height, read.columns, read.rows), (w, h, 7, 5));
    assert!(!read.progressive && !read.damaged && read.luma);
    let decoded = image::load_from_memory(&file).unwrap().to_luma8();
    for (ours, theirs) in samples(&read).iter().zip(decoded.as_raw()) {
        // One level: the rounding of an integer transform.
        assert!((ours.clamp(0.0, 255.0) - f64::from(*theirs)).abs() <= 1.01);
    }
}

#[test]
fn both_ways_of_coding_hold_the_same_numbers() {
    let sequential = Coefficients::read(&bytes(SEQUENTIAL)).unwrap();
    let progressive = Coefficients::read(&bytes(PROGRESSIVE)).unwrap();
    assert!(!sequential.progressive && progressive.progressive);
    assert!(!sequential.damaged && !progressive.damaged);
    assert_eq!(sequential.steps, progressive.steps);
    assert_eq!(sequential.blocks, progressive.blocks);
    assert_eq!((sequential.columns, sequential.rows), (6, 4));
    let filled = sequential.blocks.iter().filter(|b| b[1..].iter().any(|&v| v != 0)).count();
    assert!(filled >= 20, "{filled}");
}

#[test]
fn damaged_files_end_in_an_error_or_a_mark() {
    for file in [bytes(SEQUENTIAL), bytes(PROGRESSIVE)] {
        let whole = Coefficients::read(&file).unwrap();
        let mut marked = 0;
        for length in 0..file.len() - 2 {
            if let Ok(read) = Coefficients::read(&file[..length]) {
                assert!(read.damaged || read.blocks == whole.blocks);
                marked += usize::from(read.damaged);
            }
        }
        assert!(marked > 50, "{marked}");
        for at in 0..file.len() {
            for flip in [0x01, 0x10, 0x80, 0xff] {
                let mut bad = file.clone();
                bad[at] ^= flip;
                let _ = Coefficients::read(&bad);
            }
        }
    }
    // A size that no data back up.
    let mut bad = bytes(SEQUENTIAL);
    let frame = bad.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    bad[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    assert!(Coefficients::read(&bad).is_err());
}
