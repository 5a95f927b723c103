//! The numbers that Keras gives layers in the order it meets them. The source
//! files keep them, so a network's spec is written in that order.

use crate::nn::layers::{ActSpec, ConvSpec, Padding};

/// Counters of the three kinds of layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    /// Next `conv2d`.
    pub conv: usize,
    /// Next `depthwise_conv2d`.
    pub depthwise: usize,
    /// Next `p_re_lu`; `None` in networks with ReLU.
    pub prelu: Option<usize>,
}

impl Names {
    /// A full convolution, SAME when it is larger than its stride.
    pub fn conv(
        &mut self,
        name: String,
        (inputs, outputs): (usize, usize),
        (kernel, stride): (usize, usize),
    ) -> ConvSpec {
        let source = numbered("conv2d", self.conv);
        self.conv += 1;
        let padding = if kernel > stride { Padding::Same } else { Padding::Valid };
        let act = ActSpec::None;
        ConvSpec { name, source, depthwise: false, inputs, outputs, kernel, stride, padding, act }
    }

    /// A 3 × 3 depthwise convolution, SAME.
    pub fn depthwise(&mut self, name: String, channels: usize, stride: usize) -> ConvSpec {
        let source = numbered("depthwise_conv2d", self.depthwise);
        self.depthwise += 1;
        ConvSpec {
            name,
            source,
            depthwise: true,
            inputs: channels,
            outputs: channels,
            kernel: 3,
            stride,
            padding: Padding::Same,
            act: ActSpec::None,
        }
    }

    /// The network's activation.
    pub fn act(&mut self, name: String) -> ActSpec {
        match &mut self.prelu {
            None => ActSpec::Relu,
            Some(next) => {
                let source = numbered("p_re_lu", *next);
                *next += 1;
                ActSpec::Prelu { name, source }
            }
        }
    }

    /// `conv` with the network's activation, named `<conv>.act`, behind it.
    pub fn activated(&mut self, mut conv: ConvSpec) -> ConvSpec {
        conv.act = self.act(format!("{}.act", conv.name));
        conv
    }
}

/// Keras leaves out the number 0.
fn numbered(kind: &str, number: usize) -> String {
    if number == 0 { kind.to_owned() } else { format!("{kind}_{number}") }
}
