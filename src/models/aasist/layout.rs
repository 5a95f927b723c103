//! Names and shapes of the checkpoint's tensors.

/// Bands of the map that the encoder reads.
pub(super) const BANDS: usize = 23;
/// Width of the mixed graphs.
pub(super) const NARROW: usize = 32;

/// Input and output channels of the six encoder blocks.
pub(super) fn channels(wide: usize) -> [(usize, usize); 6] {
    [(1, 32), (32, 32), (32, wide), (wide, wide), (wide, wide), (wide, wide)]
}

/// Every floating-point tensor. The counts of batches that PyTorch keeps
/// beside them are of no use here.
pub(super) fn tensors(wide: usize) -> Vec<(String, Vec<usize>)> {
    let mut list = List(Vec::new());
    list.push("pos_S", &[1, BANDS, wide]);
    list.push("master1", &[1, 1, wide]);
    list.push("master2", &[1, 1, wide]);
    list.norm("first_bn", 1);
    for (i, (inputs, outputs)) in channels(wide).into_iter().enumerate() {
        let block = format!("encoder.{i}.0");
        if i > 0 {
            list.norm(&format!("{block}.bn1"), inputs);
        }
        list.both(&format!("{block}.conv1"), &[outputs, inputs, 2, 3]);
        list.norm(&format!("{block}.bn2"), outputs);
        list.both(&format!("{block}.conv2"), &[outputs, outputs, 2, 3]);
        if inputs != outputs {
            list.both(&format!("{block}.conv_downsample"), &[outputs, inputs, 1, 3]);
        }
    }
    for layer in ["GAT_layer_S", "GAT_layer_T"] {
        list.push(&format!("{layer}.att_weight"), &[wide, 1]);
        for part in ["att_proj", "proj_with_att", "proj_without_att"] {
            list.both(&format!("{layer}.{part}"), &[wide, wide]);
        }
        list.norm(&format!("{layer}.bn"), wide);
    }
    for (layer, inputs) in [("11", wide), ("12", NARROW), ("21", wide), ("22", NARROW)] {
        let layer = format!("HtrgGAT_layer_ST{layer}");
        for part in ["11", "22", "12", "M"] {
            list.push(&format!("{layer}.att_weight{part}"), &[NARROW, 1]);
        }
        for part in ["proj_type1", "proj_type2"] {
            list.both(&format!("{layer}.{part}"), &[inputs, inputs]);
        }
        for part in ["att_proj", "proj_with_att", "proj_without_att"] {
            list.both(&format!("{layer}.{part}"), &[NARROW, inputs]);
            list.both(&format!("{layer}.{part}M"), &[NARROW, inputs]);
        }
        list.norm(&format!("{layer}.bn"), NARROW);
    }
    for (pool, inputs) in [
        ("S", wide),
        ("T", wide),
        ("hS1", NARROW),
        ("hT1", NARROW),
        ("hS2", NARROW),
        ("hT2", NARROW),
    ] {
        list.both(&format!("pool_{pool}.proj"), &[1, inputs]);
    }
    list.both("out_layer", &[2, 5 * NARROW]);
    list.0
}

struct List(Vec<(String, Vec<usize>)>);

impl List {
    fn push(&mut self, name: &str, shape: &[usize]) {
        self.0.push((name.to_owned(), shape.to_vec()));
    }

    /// A layer's weight of `shape` and its bias.
    fn both(&mut self, name: &str, shape: &[usize]) {
        self.push(&format!("{name}.weight"), shape);
        self.push(&format!("{name}.bias"), &shape[..1]);
    }

    /// A batch normalisation.
    fn norm(&mut self, name: &str, channels: usize) {
        for part in ["weight", "bias", "running_mean", "running_var"] {
            self.push(&format!("{name}.{part}"), &[channels]);
        }
    }
}
