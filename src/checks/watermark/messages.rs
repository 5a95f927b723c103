//! The messages that are publicly known to be embedded with `dwtDct`.

/// A message and who embeds it.
pub(super) struct Message {
    /// Name in `state`.
    pub name: &'static str,
    /// Who embeds it, for people; product names, the same in every language.
    pub by: &'static str,
    content: Content,
}

enum Content {
    /// Letters, most significant bit first.
    Letters(&'static str),
    /// Binary digits.
    Digits(&'static str),
}

/// All that are looked for. Sources: the scripts `txt2img.py` of
/// CompVis/stable-diffusion and Stability-AI/stablediffusion; `WATERMARK_MESSAGE`
/// in Stability-AI/generative-models and in diffusers
/// (`stable_diffusion_xl/watermark.py`); the same in black-forest-labs/flux.
/// FLUX writes its number with `bin()`, which drops the two leading zeros of
/// 48, so that 46 bits are embedded.
pub(super) static MESSAGES: [Message; 4] = [
    Message {
        name: "stable-diffusion-v1",
        by: "Stable Diffusion 1 (CompVis scripts)",
        content: Content::Letters("StableDiffusionV1"),
    },
    Message {
        name: "stable-diffusion-v2",
        by: "Stable Diffusion 2 (Stability AI scripts)",
        content: Content::Letters("SDV2"),
    },
    Message {
        name: "stable-diffusion-xl",
        by: "Stable Diffusion XL (Stability AI generative-models, Hugging Face diffusers)",
        content: Content::Digits("101100111110110010010000011110111011000110011110"),
    },
    Message {
        name: "flux",
        by: "FLUX (Black Forest Labs scripts)",
        content: Content::Digits("1010101111111010000111100111001111010100101110"),
    },
];

impl Message {
    /// The bits in the order in which blocks carry them.
    pub(super) fn bits(&self) -> Vec<bool> {
        match self.content {
            Content::Letters(text) => text
                .bytes()
                .flat_map(|byte| (0..8).rev().map(move |shift| byte >> shift & 1 == 1))
                .collect(),
            Content::Digits(text) => text.bytes().map(|digit| digit == b'1').collect(),
        }
    }
}
