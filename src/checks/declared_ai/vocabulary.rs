//! The vocabulary of IPTC, Digital Source Type NewsCodes (release of
//! 2024-10-23, twenty terms of which three are retired), in words of our own.

use crate::text::Text;

/// What a term says about generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::checks) enum Says {
    /// All of it was made by a trained model.
    Generated,
    /// Part of it was made or changed by a trained model or is synthetic.
    Partly,
    /// Made by a computer without a trained model.
    Synthetic,
    /// Nothing about generation.
    Other,
}

/// One term.
pub(in crate::checks) struct Term {
    /// Last part of its URI.
    pub name: &'static str,
    /// What it says about generation.
    pub says: Says,
    en: &'static str,
    nl: &'static str,
}

impl Term {
    /// What the term means.
    pub(in crate::checks) fn meaning(&self) -> Text {
        Text::new(self.en, self.nl)
    }
}

const fn term(name: &'static str, says: Says, en: &'static str, nl: &'static str) -> Term {
    Term { name, says, en, nl }
}

static TERMS: [Term; 20] = [
    term(
        "digitalCapture",
        Says::Other,
        "recorded from life by a digital camera or recorder",
        "naar het leven opgenomen met een digitale camera of recorder",
    ),
    term(
        "computationalCapture",
        Says::Other,
        "several recordings from life merged by the device without generative AI",
        "meerdere opnamen naar het leven, door het apparaat samengevoegd zonder generatieve AI",
    ),
    term("negativeFilm", Says::Other, "scanned from a negative", "gescand van een negatief"),
    term("positiveFilm", Says::Other, "scanned from a transparency", "gescand van een dia"),
    term("print", Says::Other, "scanned from a print", "gescand van een afdruk"),
    term(
        "minorHumanEdits",
        Says::Other,
        "original with small changes by a person (retired term)",
        "origineel met kleine wijzigingen door een persoon (vervallen term)",
    ),
    term(
        "humanEdits",
        Says::Other,
        "changed by a person with tools that are not generative",
        "door een persoon gewijzigd met middelen die niet generatief zijn",
    ),
    term(
        "algorithmicallyEnhanced",
        Says::Other,
        "changed by an algorithm without generative AI",
        "gewijzigd door een algoritme zonder generatieve AI",
    ),
    term(
        "softwareImage",
        Says::Other,
        "made with software (retired term)",
        "met software gemaakt (vervallen term)",
    ),
    term(
        "digitalArt",
        Says::Other,
        "made by a person with digital tools (retired term)",
        "door een persoon gemaakt met digitale middelen (vervallen term)",
    ),
    term(
        "digitalCreation",
        Says::Other,
        "made by a person with tools that are not generative",
        "door een persoon gemaakt met middelen die niet generatief zijn",
    ),
    term(
        "dataDrivenMedia",
        Says::Other,
        "data made visible or audible by a program",
        "gegevens die door een programma zichtbaar of hoorbaar zijn gemaakt",
    ),
    term(
        "trainedAlgorithmicMedia",
        Says::Generated,
        "made by a model that was trained on examples (generative AI)",
        "gemaakt door een model dat op voorbeelden is getraind (generatieve AI)",
    ),
    term(
        "algorithmicMedia",
        Says::Synthetic,
        "made by an algorithm without a trained model",
        "gemaakt door een algoritme zonder getraind model",
    ),
    term("screenCapture", Says::Other, "taken from a screen", "van een scherm overgenomen"),
    term(
        "virtualRecording",
        Says::Other,
        "recording of a virtual event, which may hold synthetic parts",
        "opname van een virtuele gebeurtenis, die kunstmatige delen kan bevatten",
    ),
    term(
        "composite",
        Says::Other,
        "put together from several parts of any origin",
        "samengesteld uit meerdere delen van willekeurige herkomst",
    ),
    term(
        "compositeCapture",
        Says::Other,
        "put together from parts that were all recorded from life",
        "samengesteld uit delen die alle naar het leven zijn opgenomen",
    ),
    term(
        "compositeSynthetic",
        Says::Partly,
        "put together from parts of which at least one is synthetic",
        "samengesteld uit delen waarvan er ten minste één kunstmatig is",
    ),
    term(
        "compositeWithTrainedAlgorithmicMedia",
        Says::Partly,
        "changed or extended with generative AI",
        "gewijzigd of aangevuld met generatieve AI",
    ),
];

/// The term that `value` names: a URI of the vocabulary, a code such as
/// `digsrctype:print`, or the bare word; letter case does not matter.
pub(in crate::checks) fn term_of(value: &str) -> Option<&'static Term> {
    let value = value.trim().trim_end_matches('/');
    let word = value.rsplit(['/', ':', '#']).next().unwrap_or(value);
    TERMS.iter().find(|t| t.name.eq_ignore_ascii_case(word))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests {
    use super::*;

    #[test]
    fn terms_are_found_in_every_form_and_nothing_else_is() {
        for value in [
            "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
            "https://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia/",
            "digsrctype:trainedAlgorithmicMedia",
            " TrainedAlgorithmicMedia\n",
        ] {
            assert_eq!(term_of(value).unwrap().says, Says::Generated, "{value}");
        }
        assert_eq!(term_of("compositeSynthetic").unwrap().says, Says::Partly);
        assert_eq!(term_of("algorithmicMedia").unwrap().says, Says::Synthetic);
        assert_eq!(term_of("digitalCapture").unwrap().says, Says::Other);
        for value in ["", "/", "AlgorithmicMediaX", "http://example.org/", "trained"] {
            assert!(term_of(value).is_none(), "{value}");
        }
        let mut names: Vec<_> = TERMS.iter().map(|t| t.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TERMS.len());
    }
}
