//! A trunk with two branches, as the face mesh and the iris network are.

use std::sync::Arc;

use candle_core::{Device, Tensor};
use candle_nn::VarBuilder;

use crate::{
    Result,
    nn::{
        compile::{self, Compiler},
        kernels::Plan,
        layers::{Stage, StageSpec},
    },
};

/// The layers: a description with `S` = [`StageSpec`], with weights with
/// `S` = [`Stage`].
#[derive(Clone, Debug)]
pub struct Fork<S> {
    /// First to last; both branches start at its end.
    pub trunk: Vec<S>,
    /// The two branches, in the order of the outputs.
    pub branches: [Vec<S>; 2],
}

impl Fork<StageSpec> {
    /// All layers, trunk first.
    pub fn stages(self) -> Vec<StageSpec> {
        self.trunk.into_iter().chain(self.branches.into_iter().flatten()).collect()
    }
}

/// The network with its weights.
#[derive(Clone, Debug)]
pub struct ForkNet {
    side: usize,
    layers: Fork<Stage>,
    /// The fast way, on a CPU.
    plan: Option<Arc<Plan>>,
}

impl ForkNet {
    /// The network of `spec` for pictures of `side` pixels, with its weights.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn new(side: usize, spec: Fork<StageSpec>, weights: &VarBuilder<'_>) -> Result<Self> {
        let load = |specs: Vec<StageSpec>| -> Result<Vec<Stage>> {
            specs.iter().map(|stage| stage.load(weights)).collect()
        };
        let [first, second] = spec.branches;
        let layers = Fork { trunk: load(spec.trunk)?, branches: [load(first)?, load(second)?] };
        let plan = match weights.device() {
            Device::Cpu => Some(Arc::new(plan(side, &layers)?)),
            _ => None,
        };
        Ok(Self { side, layers, plan })
    }

    /// What both branches give for `(N, 3, side, side)`, each `(N, outputs)`.
    ///
    /// # Errors
    /// [`crate::Error::Compute`] when the input has another shape.
    pub fn forward(&self, pictures: &Tensor) -> Result<(Tensor, Tensor)> {
        super::check_input(pictures, self.side)?;
        let Some(plan) = &self.plan else { return self.forward_naive(pictures) };
        let Some(outputs) = compile::run(plan, pictures)? else {
            return self.forward_naive(pictures);
        };
        let count = outputs.len();
        let gather = |which: usize| outputs.iter().flat_map(move |o| o[which].iter().copied());
        let tensor = |which| Tensor::from_iter(gather(which), &Device::Cpu)?.reshape((count, ()));
        Ok((tensor(0)?, tensor(1)?))
    }

    /// As [`Self::forward`], in candle's own operations only: the reference
    /// that faster ways are accepted against.
    ///
    /// # Errors
    /// [`crate::Error::Compute`] when the input has another shape.
    pub fn forward_naive(&self, pictures: &Tensor) -> Result<(Tensor, Tensor)> {
        super::check_input(pictures, self.side)?;
        let trunk = super::run(&self.layers.trunk, pictures)?;
        let [first, second] = &self.layers.branches;
        let flat = |branch: &[Stage]| -> Result<Tensor> {
            Ok(super::run(branch, &trunk)?.flatten_from(1)?)
        };
        Ok((flat(first)?, flat(second)?))
    }
}

/// The network on the CPU's kernels, with one output a branch.
fn plan(side: usize, layers: &Fork<Stage>) -> Result<Plan> {
    let (mut compiler, input) = Compiler::new(side)?;
    let trunk = compiler.run(input, &layers.trunk)?;
    let [first, second] = &layers.branches;
    let outputs = [compiler.run(trunk, first)?, compiler.run(trunk, second)?];
    compiler.finish(&outputs)
}
