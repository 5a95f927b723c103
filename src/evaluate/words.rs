//! Words for bounded, calibrated likelihood ratios, in both directions, and
//! for findings about integrity. Nothing else gets words.

use crate::text::Text;

/// Upper ends of the bands, and the strength of the support (ENFSI guideline
/// for evaluative reporting 2015, 2.4; bands as the Netherlands Forensic
/// Institute uses them). An end belongs to the band below it.
const BANDS: [(f64, &str, &str); 6] = [
    (2.0, "no", "geen"),
    (10.0, "weak", "zwakke"),
    (100.0, "moderate", "matige"),
    (1_000.0, "moderately strong", "matig sterke"),
    (10_000.0, "strong", "sterke"),
    (1_000_000.0, "very strong", "zeer sterke"),
];

/// The strength of the support for one proposition over the other, as words
/// about the findings, never about the propositions. `log10_lr` must be within
/// its bounds; `h1` and `h2` name the propositions.
pub fn support(log10_lr: f64, h1: &Text, h2: &Text) -> Text {
    let size = log10_lr.abs();
    let band = BANDS.iter().find(|band| size <= band.0.log10() + 1e-12);
    let (en, nl) = band.map_or(("extremely strong", "uiterst sterke"), |b| (b.1, b.2));
    let (one, other) = if log10_lr >= 0.0 { (h1, h2) } else { (h2, h1) };
    if en == "no" {
        return Text::new(
            "The finding gives no support for either proposition over the other.",
            "De bevinding geeft voor geen van beide hypothesen meer steun dan voor de andere.",
        );
    }
    Text::new(
        format!(
            "The finding gives {en} support for the proposition \"{}\" over the proposition \"{}\".",
            one.en, other.en
        ),
        format!(
            "De bevinding geeft {nl} steun voor de hypothese \"{}\" ten opzichte van de hypothese \"{}\".",
            one.nl, other.nl
        ),
    )
}

/// What an examination of integrity may conclude (SWGDE 23-V-001).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Integrity {
    /// What was found is as in an original.
    Consistent,
    /// What was found cannot be in an original.
    Inconsistent,
    /// Neither can be said.
    Inconclusive,
}

impl Integrity {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Consistent, Self::Inconsistent, Self::Inconclusive];

    /// The words.
    pub fn text(self) -> Text {
        match self {
            Self::Consistent => {
                Text::new("consistent with an original", "in overeenstemming met een origineel")
            }
            Self::Inconsistent => Text::new(
                "inconsistent with an original",
                "niet in overeenstemming met een origineel",
            ),
            Self::Inconclusive => Text::new("inconclusive", "geen uitsluitsel"),
        }
    }
}
