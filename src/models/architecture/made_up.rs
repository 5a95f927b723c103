//! Weights that follow from their names, for comparisons with other programs: as
//! `noise` and `fill` of the reference in `tests.rs`. The benches use this file too.

use std::collections::{BTreeMap, HashMap};

use candle_core::{Device, Result, Tensor};

/// Numbers in [−1, 1) that follow from a name.
pub fn noise(name: &str, count: usize) -> Vec<f32> {
    let start = name
        .bytes()
        .fold(2_166_136_261u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
    let number = |index: usize| {
        let mut x = start.wrapping_add((index as u32).wrapping_mul(2_654_435_761));
        x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
        x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
        x ^= x >> 16;
        (x >> 8) as f32 / 8_388_608.0 - 1.0
    };
    (0..count).map(number).collect()
}

/// A value for every tensor of these names and shapes.
pub fn weights(
    tensors: BTreeMap<String, Vec<usize>>,
    gain: f32,
) -> Result<HashMap<String, Tensor>> {
    let made = |(name, shape): (String, Vec<usize>)| {
        let count: usize = shape.iter().product();
        let scale = (gain / (count / shape[0]) as f32).sqrt();
        let values = noise(&name, count).into_iter().map(|u| {
            if name.ends_with("running_var") {
                1.0 + u / 2.0
            } else if ["filters", "kernel", "gamma"].iter().any(|part| name.contains(part)) {
                u
            } else if shape.len() == 1 {
                u / 10.0 + if name.ends_with("weight") { 1.0 } else { 0.0 }
            } else {
                u * scale
            }
        });
        Ok((name.clone(), Tensor::from_vec(values.collect(), shape, &Device::Cpu)?))
    };
    tensors.into_iter().map(made).collect()
}
