//! Every architecture against PyTorch with the same made-up weights.
//!
//! The reference was run with torch 2.0.1 (F3-Net, SPSL and SRM with 2.15.0),
//! timm 1.0.31 (ResNet, Xception) and efficientnet_pytorch 0.7.1 on a processor.
//! NPR and DeepfakeBench's variants are put together from those as their
//! repositories do it.
//!
//! ```python
//! import sys, warnings, numpy as np, torch, torch.nn as nn, torch.nn.functional as F
//! warnings.filterwarnings('ignore')
//! torch.set_num_threads(1)
//! def noise(name, n):                      # uniform in [-1, 1)
//!     h = 2166136261
//!     for b in name.encode(): h = ((h ^ b) * 16777619) & 0xffffffff
//!     with np.errstate(over='ignore'):
//!         x = np.uint32(h) + np.arange(n, dtype=np.uint32) * np.uint32(2654435761)
//!         x ^= x >> np.uint32(16); x *= np.uint32(0x7feb352d); x ^= x >> np.uint32(15); x *= np.uint32(0x846ca68b); x ^= x >> np.uint32(16)
//!     return (x >> np.uint32(8)).astype(np.float32) / np.float32(1 << 23) - np.float32(1)
//! def fill(net, gain):
//!     for name, t in net.state_dict().items():
//!         if not t.is_floating_point(): continue
//!         u = noise(name, t.numel())
//!         if name.endswith('running_var'): u = 1 + u / 2
//!         elif any(p in name for p in ('filters', 'kernel', 'gamma')): pass
//!         elif t.dim() == 1: u = u / 10 + (1 if name.endswith('weight') else 0)
//!         else: u = u * np.float32((gain / (t.numel() / t.shape[0])) ** 0.5)
//!         t.copy_(torch.from_numpy(u.astype(np.float32)).reshape(t.shape))
//!     return net.eval()
//! def show(name, net, side, gain=3):
//!     x = torch.from_numpy(noise('picture', 2 * 3 * side * side)).reshape(2, 3, side, side)
//!     with torch.no_grad(): y = fill(net, gain)(x)
//!     print(f'("{name}", {side}, {gain}.0, &{[[float(f"{v:.6g}") for v in r] for r in y.tolist()]}),'.replace('[[','[').replace(']]',']').replace('], [',', '), flush=True)
//! import timm
//! from efficientnet_pytorch import EfficientNet
//! def eff(b, n): return EfficientNet.from_name(f'efficientnet-b{b}', num_classes=n)
//! class Dfb(nn.Module):
//!     def __init__(s):
//!         super().__init__(); s.efficientnet = eff(4, 2); s.efficientnet._conv_stem = nn.Conv2d(3, 48, 3, 2, bias=False)
//!         s.efficientnet._fc = nn.Identity(); s.last_layer = nn.Linear(1792, 2)
//!     def forward(s, x): return s.last_layer(s.efficientnet.extract_features(x).mean((2, 3)))
//! class Npr(nn.Module):
//!     def __init__(s):
//!         super().__init__(); r = timm.create_model('resnet50'); s.conv1 = nn.Conv2d(3, 64, 3, 2, 1, bias=False)
//!         s.bn1, s.layer1, s.layer2, s.fc1 = r.bn1, r.layer1, r.layer2, nn.Linear(512, 1)
//!     def forward(s, x):
//!         h = F.interpolate(x, scale_factor=.5, mode='nearest', recompute_scale_factor=True)
//!         x = (x - F.interpolate(h, scale_factor=2, mode='nearest', recompute_scale_factor=True)) * 2 / 3
//!         x = F.max_pool2d(F.relu(s.bn1(s.conv1(x))), 3, 2, 1)
//!         return s.fc1(s.layer2(s.layer1(x)).mean((2, 3)))
//! class Xc(nn.Module):
//!     def __init__(s, c=3):
//!         super().__init__(); x = timm.create_model('legacy_xception', num_classes=2, in_chans=c)
//!         for n, m in list(x.named_children()):
//!             setattr(s, 'last_linear' if n == 'fc' else n, m)
//!     def stem(s, n, x): return F.relu(getattr(s, f'bn{n}')(getattr(s, f'conv{n}')(x)))
//!     def blocks(s, a, b, x):
//!         for i in range(a, b + 1): x = getattr(s, f'block{i}')(x)
//!         return x
//!     def tail(s, x): return s.bn4(s.conv4(F.relu(s.bn3(s.conv3(x)))))
//!     def answer(s, x): return s.last_linear(F.relu(x).mean((2, 3)))
//!     def forward(s, x): return s.answer(s.tail(s.blocks(1, 12, s.stem(2, s.stem(1, x)))))
//! class Spsl(Xc):                          # DeepfakeBench, one picture at a time
//!     def __init__(s): super().__init__(4)
//!     def forward(s, x):
//!         u = torch.exp(1j * torch.angle(torch.fft.fft2(x.mean(1, keepdim=True))))
//!         return super().forward(torch.cat([x, torch.fft.ifft2(u).real], 1))
//! def bag(**parts):
//!     m = nn.Module()
//!     for n, p in parts.items(): setattr(m, n, p if isinstance(p, nn.Module) else nn.Parameter(p.clone()))
//!     return m
//! class F3(nn.Module):                     # DeepfakeBench: its frequency-aware branch alone
//!     def __init__(s):
//!         super().__init__(); s.backbone, z = Xc(12), torch.zeros(256, 256)
//!         s.backbone.last_linear = nn.Sequential(nn.Dropout(.5), s.backbone.last_linear)
//!         s.FAD_head = bag(_DCT_all=z, _DCT_all_T=z, filters=nn.ModuleList([bag(base=z, learnable=z) for _ in range(4)]))
//!     def forward(s, x):
//!         h = s.FAD_head; d, t = h._DCT_all, h._DCT_all_T; x = d @ x @ t
//!         return s.backbone(torch.cat([t @ (x * (f.base + 2 * torch.sigmoid(f.learnable) - 1)) @ d for f in h.filters], 1))
//! class Cross(nn.Module):
//!     def __init__(s, c=728, n=256):
//!         super().__init__(); o = lambda i, o: nn.Conv2d(i, o, 1)
//!         s.key_conv1, s.key_conv2, s.key_conv_share = o(c, c // 8), o(c, c // 8), o(c // 8, c // 8)
//!         s.linear1, s.linear2, s.value_conv1, s.value_conv2 = nn.Linear(n, n), nn.Linear(n, n), o(c, c), o(c, c)
//!         s.gamma1, s.gamma2 = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
//!     def forward(s, x, y):
//!         k, l = s.key_conv_share(s.key_conv1(x)).flatten(2), s.key_conv_share(s.key_conv2(y)).flatten(2)
//!         e = k.transpose(1, 2) @ l; a, b = s.linear1(e).softmax(-1), s.linear2(e.transpose(1, 2)).softmax(-1)
//!         return (x + s.gamma1 * (s.value_conv2(y).flatten(2) @ a.transpose(1, 2)).view_as(x),
//!                 y + s.gamma2 * (s.value_conv1(x).flatten(2) @ b.transpose(1, 2)).view_as(y))
//! class Srm(nn.Module):                    # DeepfakeBench
//!     def __init__(s):
//!         super().__init__(); s.backbone_rgb, s.backbone_srm, z = Xc(), Xc(), torch.zeros; bn = nn.BatchNorm2d
//!         conv = lambda i, o, *k: nn.Conv2d(i, o, *k, bias=False)
//!         s.srm_conv0 = bag(kernel=z(3, 3, 5, 5))
//!         for n, c in (1, 32), (2, 64):
//!             setattr(s, f'srm_conv{n}', bag(kernel=z(3 * c, 1, 5, 5), out_conv=nn.Sequential(conv(3 * c, c, 1), bn(c), nn.ReLU())))
//!         s.srm_sa = bag(srm=bag(kernel=z(3, 3, 5, 5)), pa=bag(conv=nn.Conv2d(2, 1, 7, padding=3, bias=False)),
//!                        conv=nn.Sequential(conv(3, 32, 3, 2), bn(32), nn.ReLU(), conv(32, 64, 3), bn(64), nn.ReLU()))
//!         s.srm_sa_post, s.dual_cma0, s.dual_cma1 = nn.Sequential(bn(64), nn.ReLU()), Cross(), Cross()
//!         s.fusion = bag(convblk=nn.Sequential(conv(4096, 2048, 1), bn(2048), nn.ReLU()),
//!                        ca=bag(sharedMLP=nn.Sequential(conv(2048, 128, 1), nn.ReLU(), conv(128, 2048, 1))))
//!     def forward(s, x):
//!         r, n, cut = s.backbone_rgb, s.backbone_srm, lambda x, k, g=1: F.hardtanh(F.conv2d(x, k, padding=2, groups=g), -3, 3)
//!         noise = cut(x, s.srm_conv0.kernel); x = r.stem(1, x)
//!         y = F.relu(n.stem(1, noise) + s.srm_conv1.out_conv(cut(x, s.srm_conv1.kernel, 32))); x = r.stem(2, x)
//!         y = F.relu(n.stem(2, y) + s.srm_conv2.out_conv(cut(x, s.srm_conv2.kernel, 64)))
//!         m = s.srm_sa.conv(cut(noise, s.srm_sa.srm.kernel))
//!         m = torch.sigmoid(s.srm_sa.pa.conv(torch.cat([m.mean(1, True), m.amax(1, True)], 1)))
//!         x, y = s.dual_cma0(r.blocks(1, 3, s.srm_sa_post(x * m + x)), n.blocks(1, 3, y))
//!         x, y = s.dual_cma1(r.blocks(4, 7, x), n.blocks(4, 7, y))
//!         x, y = r.tail(r.blocks(8, 12, x)), n.tail(n.blocks(8, 12, y))
//!         f, mlp = s.fusion.convblk(torch.cat([x, y], 1)), s.fusion.ca.sharedMLP
//!         return r.answer(f * torch.sigmoid(mlp(f.mean((2, 3), True)) + mlp(f.amax((2, 3), True))))
//! class Meso(nn.Module):                   # DariusAf/MesoNet, classifiers.py
//!     def __init__(s, inception):
//!         super().__init__(); s.inception, wide, c = inception, [11, 12, 16, 16] if inception else [8, 8, 16, 16], 3
//!         for i, w in enumerate(wide, 1):
//!             m = nn.Module(); setattr(s, f'stage{i}', m); m.norm = nn.BatchNorm2d(w, eps=1e-3)
//!             if inception and i < 3:
//!                 for b, n in enumerate([(1, 4, 4, 2), (2, 4, 4, 2)][i - 1], 1):
//!                     l = [nn.Conv2d(c, n, 1)] + ([nn.Conv2d(n, n, 3, padding='same', dilation=b - 1)] if b > 1 else [])
//!                     setattr(m, f'branch{b}', nn.Sequential(*l))
//!             else: m.conv = nn.Conv2d(c, w, 3 if i == 1 else 5, padding='same')
//!             c = w
//!         s.dense1, s.dense2 = nn.Linear(1024, 16), nn.Linear(16, 1)
//!     def forward(s, x):
//!         for i in range(1, 5):
//!             m = getattr(s, f'stage{i}')
//!             if hasattr(m, 'conv'): x = F.relu(m.conv(x))
//!             else:
//!                 y = []
//!                 for b in range(1, 5):
//!                     z = x
//!                     for l in getattr(m, f'branch{b}'): z = F.relu(l(z))
//!                     y.append(z)
//!                 x = torch.cat(y, 1)
//!             x = F.max_pool2d(m.norm(x), 4 if i == 4 else 2)
//!         return s.dense2(F.leaky_relu(s.dense1(x.permute(0, 2, 3, 1).flatten(1)), 0.1))
//! class Block(nn.Module):                  # openai/CLIP, clip/model.py
//!     def __init__(s, w):
//!         super().__init__(); s.attn = nn.MultiheadAttention(w, w // 64); s.ln_1, s.ln_2 = nn.LayerNorm(w), nn.LayerNorm(w)
//!         s.mlp = nn.Module(); s.mlp.c_fc, s.mlp.c_proj = nn.Linear(w, 4 * w), nn.Linear(4 * w, w)
//!     def forward(s, x):
//!         y = s.ln_1(x); x = x + s.attn(y, y, y, need_weights=False)[0]
//!         y = s.mlp.c_fc(s.ln_2(x)); return x + s.mlp.c_proj(y * torch.sigmoid(1.702 * y))
//! class Clip(nn.Module):
//!     def __init__(s, p, w, d, f):
//!         super().__init__(); s.model = nn.Module(); s.model.visual = v = nn.Module(); P = nn.Parameter
//!         v.conv1, v.class_embedding = nn.Conv2d(3, w, p, p, bias=False), P(torch.zeros(w))
//!         v.positional_embedding, v.proj = P(torch.zeros((224 // p) ** 2 + 1, w)), P(torch.zeros(w, f))
//!         v.ln_pre, v.ln_post, v.transformer = nn.LayerNorm(w), nn.LayerNorm(w), nn.Module()
//!         v.transformer.resblocks = nn.Sequential(*[Block(w) for _ in range(d)]); s.fc = nn.Linear(f, 1)
//!     def forward(s, x):
//!         v = s.model.visual; x = v.conv1(x).flatten(2).permute(0, 2, 1)
//!         x = torch.cat([v.class_embedding.expand(len(x), 1, -1), x], 1) + v.positional_embedding
//!         x = v.transformer.resblocks(v.ln_pre(x).permute(1, 0, 2)).permute(1, 0, 2)
//!         return s.fc(v.ln_post(x[:, 0]) @ v.proj)
//! if __name__ == '__main__':
//!     show('meso4', Meso(False), 256)
//!     show('meso-inception4', Meso(True), 256)
//!     show('xception', Xc(), 96)
//!     show('f3net', F3(), 256)
//!     show('spsl', Spsl(), 96)
//!     show('srm', Srm(), 256)
//!     show('xception-timm', timm.create_model('legacy_xception', num_classes=2), 99)
//!     for d in (18, 34, 50, 101): show(f'resnet{d}', timm.create_model(f'resnet{d}', num_classes=2), 75)
//!     show('cnndetection', timm.create_model('resnet50', num_classes=1), 64)
//!     show('npr', Npr(), 64)
//!     for b in range(8): show(f'efficientnet-b{b}', eff(b, 2), 64, 5 if b == 7 else 6)
//!     show('sbi', eff(4, 2), 96, 6)
//!     show('efficientnet-b4-deepfakebench', Dfb(), 96, 6)
//!     show('clip-vit-b16', Clip(16, 768, 12, 512), 224)
//!     show('clip-vit-l14', Clip(14, 1024, 24, 768), 224)
//! ```
#![allow(clippy::unwrap_used)] // a test may stop where it stands

use std::collections::HashMap;

use candle_core::Var;
use candle_nn::VarMap;

use super::made_up::noise;
use super::*;

/// Architecture, side of the picture, gain, and what two pictures give.
const REFERENCE: &[(&str, usize, f32, &[f32])] = &[
    ("meso4", 256, 3.0, &[-1.3757, -1.34904]),
    ("meso-inception4", 256, 3.0, &[-0.610087, -0.56744]),
    ("xception", 96, 3.0, &[-0.892143, -0.538404, -0.758117, -0.56554]),
    ("f3net", 256, 3.0, &[-0.109794, 0.00266972, -0.12469, -0.0274295]),
    ("spsl", 96, 3.0, &[-0.684031, -0.506346, -0.754273, -0.485598]),
    ("srm", 256, 3.0, &[-0.132147, -3.77626, 1.28594, -3.48629]),
    ("xception-timm", 99, 3.0, &[0.858054, 0.0824602, 0.845821, 0.0907977]),
    ("resnet18", 75, 3.0, &[0.535025, -0.603204, 0.600033, -0.504746]),
    ("resnet34", 75, 3.0, &[0.837319, -0.302773, 0.555946, -0.347664]),
    ("resnet50", 75, 3.0, &[1.71028, 0.949049, 1.67139, 0.955957]),
    ("resnet101", 75, 3.0, &[7.16585, 3.39139, 7.56634, 3.64938]),
    ("cnndetection", 64, 3.0, &[1.55203, 1.54932]),
    ("npr", 64, 3.0, &[-0.429625, -0.412712]),
    ("efficientnet-b0", 64, 6.0, &[-0.104516, -0.130664, -0.10555, -0.130463]),
    ("efficientnet-b1", 64, 6.0, &[-0.190669, -0.368809, -0.192858, -0.369213]),
    ("efficientnet-b2", 64, 6.0, &[0.0919723, -0.250517, 0.092962, -0.249717]),
    ("efficientnet-b3", 64, 6.0, &[-0.025584, -0.118407, -0.0256868, -0.120124]),
    ("efficientnet-b4", 64, 6.0, &[0.0992467, 0.0676582, 0.091662, 0.0651243]),
    ("efficientnet-b5", 64, 6.0, &[0.26173, 0.142, 0.256971, 0.129699]),
    ("efficientnet-b6", 64, 6.0, &[-0.115059, -0.364351, -0.105893, -0.362852]),
    ("efficientnet-b7", 64, 5.0, &[0.0701782, -0.107516, 0.0700859, -0.107188]),
    ("sbi", 96, 6.0, &[0.085465, 0.15675, 0.0863404, 0.167831]),
    ("efficientnet-b4-deepfakebench", 96, 6.0, &[0.240196, -0.0407943, 0.255024, -0.0422558]),
    ("clip-vit-b16", 224, 3.0, &[0.888047, 1.52692]),
    ("clip-vit-l14", 224, 3.0, &[0.137661, -0.459763]),
];

fn made_up(architecture: &Architecture, gain: f32) -> HashMap<String, Tensor> {
    super::made_up::weights(architecture.tensors().unwrap(), gain).unwrap()
}

fn pictures(side: usize) -> Tensor {
    Tensor::from_vec(noise("picture", 6 * side * side), (2, 3, side, side), &Device::Cpu).unwrap()
}

#[test]
fn every_network_agrees_with_pytorch() {
    for (name, side, gain, expected) in REFERENCE {
        let architecture = architecture(name).unwrap();
        let weights = made_up(&architecture, *gain);
        let weights = VarBuilder::from_tensors(weights, DType::F32, &Device::Cpu);
        let network = architecture.build(&weights).unwrap();
        let found = network.forward(&pictures(*side), false).unwrap();
        let found = found.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(found.len(), expected.len(), "{name}");
        let apart = found.iter().zip(*expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let largest = expected.iter().map(|v| v.abs()).fold(0.0, f32::max);
        println!("{name}: max |difference| {apart:.1e} where |values| reach {largest:.2}");
        assert!(apart <= 1e-4, "{name}: {found:?}, expected {expected:?}");
    }
}

#[test]
fn every_architecture_is_tested() {
    // Designs of our own have no published network to agree with; their layers
    // are held to candle's and to difference quotients.
    let own = |name: &str| name == "rich" || name.starts_with("compact-");
    for known in architectures().iter().filter(|known| !own(known.name)) {
        assert!(REFERENCE.iter().any(|row| row.0 == known.name), "{}", known.name);
    }
    assert!(architecture("resnet").is_err_and(|e| e.to_string().contains("resnet50")));
}

/// What a network with weights that could learn says: the plain way.
fn plain(architecture: &Architecture, pictures: &Tensor) -> Tensor {
    let variable = |(name, tensor)| (name, Var::from_tensor(&tensor).unwrap().into_inner());
    let weights = made_up(architecture, 3.0).into_iter().map(variable).collect();
    let weights = VarBuilder::from_tensors(weights, DType::F32, &Device::Cpu);
    architecture.build(&weights).unwrap().forward(pictures, false).unwrap()
}

/// The fast way, which agrees with PyTorch above, against candle's own operations.
#[test]
fn the_fast_way_says_what_the_plain_one_says() {
    for (name, side) in
        [("xception", 75), ("spsl", 82), ("resnet18", 67), ("resnet50", 90), ("npr", 51)]
    {
        let architecture = architecture(name).unwrap();
        let weights = made_up(&architecture, 3.0);
        let weights = VarBuilder::from_tensors(weights, DType::F32, &Device::Cpu);
        let network = architecture.build(&weights).unwrap();
        let fast = network.forward(&pictures(side), false).unwrap();
        let expected = plain(&architecture, &pictures(side));
        let numbers = |x: &Tensor| x.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let (found, expected) = (numbers(&fast), numbers(&expected));
        let apart = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let largest = expected.iter().map(|v| v.abs()).fold(1.0, f32::max);
        println!("{name}: fast and plain are {apart:.1e} apart where |values| reach {largest:.2}");
        assert!(apart <= 2e-5 * largest, "{name}: {found:?}, expected {expected:?}");
        // After statistics moved, they are folded anew.
        network.forward(&pictures(side), true).unwrap();
        let moved = numbers(&network.forward(&pictures(side), false).unwrap());
        let by = moved.iter().zip(&found).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(by > 1e-3, "{name}: {moved:?} after training, {found:?} before");
    }
}

#[test]
fn training_has_a_gradient_for_every_weight_and_moves_the_statistics() {
    for name in ["meso-inception4", "resnet18", "npr"] {
        let architecture = architecture(name).unwrap();
        let map = VarMap::new();
        for (name, tensor) in made_up(&architecture, 3.0) {
            let mut data = map.data().lock().unwrap();
            data.insert(name, Var::from_tensor(&tensor).unwrap());
        }
        let weights = VarBuilder::from_varmap(&map, DType::F32, &Device::Cpu);
        let network = architecture.build(&weights).unwrap();
        let side = if name == "meso-inception4" { 256 } else { 64 };
        let statistics = || -> Vec<f32> {
            let data = map.data().lock().unwrap();
            let mean = data.iter().find(|(name, _)| name.ends_with("running_mean")).unwrap().1;
            mean.to_vec1().unwrap()
        };
        let before = statistics();
        let answer = network.forward(&pictures(side), true).unwrap();
        assert_ne!(statistics(), before, "{name}");
        let slopes = answer.sqr().unwrap().sum_all().unwrap().backward().unwrap();
        let data = map.data().lock().unwrap();
        for (tensor, var) in data.iter().filter(|(name, _)| !name.contains("running_")) {
            assert!(slopes.get(var.as_tensor()).is_some(), "{name}: {tensor} has no gradient");
        }
    }
}
