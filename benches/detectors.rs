//! The networks that judge pictures, for `benches/peers/detectors.py`: the same
//! made-up weights as there, one picture of the size that the authors feed.

use std::{collections::HashMap, hint::black_box, time::Instant};

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use waarmerk::{Result, models::architecture::architecture};

#[path = "../src/models/architecture/made_up.rs"]
mod made_up;

/// Least time of calls, in seconds, and least number of them.
const LEAST: (f64, usize) = (1.0, 3);

/// Times calls of network `name` with the reference's gain on one picture, on as
/// many threads as `RAYON_NUM_THREADS` says, and prints fastest and median
/// milliseconds of a call, then the answer.
pub fn one(name: &str, gain: f32) -> Result<()> {
    let architecture = architecture(name)?;
    let weights: HashMap<String, Tensor> = made_up::weights(architecture.tensors()?, gain)?;
    let weights = VarBuilder::from_tensors(weights, DType::F32, &Device::Cpu);
    let network = architecture.build(&weights)?;
    let side = architecture.feed.side;
    let picture = made_up::noise("picture", 3 * side * side);
    let picture = Tensor::from_vec(picture, (1, 3, side, side), &Device::Cpu)?;
    let mut answer = network.forward(&picture, false)?;
    let (mut times, begun) = (Vec::new(), Instant::now());
    while times.len() < LEAST.1 || begun.elapsed().as_secs_f64() < LEAST.0 {
        let start = Instant::now();
        answer = black_box(network.forward(black_box(&picture), false)?);
        times.push(1e3 * start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    let answer: Vec<f32> = answer.flatten_all()?.to_vec1()?;
    let answer: Vec<String> = answer.iter().map(f32::to_string).collect();
    println!("{:.3} {:.3} {}", times[0], times[times.len() / 2], answer.join(" "));
    Ok(())
}
