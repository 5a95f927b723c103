//! What is asked, as pairs of propositions: a finding is worth something only
//! for one proposition against another (ENFSI guideline for evaluative
//! reporting 2015, 2.1). One pair for each kind of manipulation at issue; a
//! laboratory may name a pair of its own.

use serde::{Deserialize, Serialize};

use super::Report;
use crate::checks::Group;
use crate::media::Kind;
use crate::text::Text;

/// A kind of manipulation that may be at issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Another face, or the same face driven by another.
    FaceSwap,
    /// Parts changed: inserted, removed, undressed, cut.
    Local,
    /// Wholly made by a generator.
    Generated,
    /// A voice made to sound like someone.
    Voice,
    /// Sound and picture brought together afterwards.
    Synchrony,
    /// Coded again, or passed through a platform.
    Republished,
}

/// A pair, and the causes that findings about it share.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// What it is about.
    pub about: Text,
    /// Proposition 1.
    pub h1: Text,
    /// Proposition 2.
    pub h2: Text,
    /// Groups of checks that look at traces of it; empty for a pair of the
    /// laboratory's own.
    pub groups: &'static [Group],
}

impl Subject {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 6] = [
        Self::FaceSwap,
        Self::Local,
        Self::Generated,
        Self::Voice,
        Self::Synchrony,
        Self::Republished,
    ];

    /// Whether an item of this kind, with or without sound, can be asked so.
    fn suits(self, kind: Kind, sound: bool) -> bool {
        match self {
            Self::FaceSwap => kind != Kind::Audio,
            Self::Voice => sound,
            Self::Synchrony => kind == Kind::Video && sound,
            _ => true,
        }
    }

    /// The pair.
    pub fn pair(self) -> Pair {
        let of = |about: (&str, &str), h1: (&str, &str), h2: (&str, &str), groups| Pair {
            about: Text::new(about.0, about.1),
            h1: Text::new(h1.0, h1.1),
            h2: Text::new(h2.0, h2.1),
            groups,
        };
        match self {
            Self::FaceSwap => of(
                ("Replaced or driven face", "Vervangen of aangestuurd gezicht"),
                (
                    "the face was replaced by that of another person, or its expression was driven from elsewhere",
                    "het gezicht is vervangen door dat van een ander, of de uitdrukking ervan is van elders aangestuurd",
                ),
                (
                    "the face is that of the person who was recorded, as recorded",
                    "het gezicht is dat van de persoon die is opgenomen, zoals opgenomen",
                ),
                &[Group::Face, Group::Physiology, Group::Synchrony],
            ),
            Self::Local => of(
                ("Local manipulation", "Plaatselijke bewerking"),
                (
                    "parts were put in, taken out, painted over (undressing included) or cut after the recording",
                    "na de opname zijn delen ingevoegd, verwijderd, overgeschilderd (waaronder ontkleden) of geknipt",
                ),
                ("no part was changed after the recording", "na de opname is geen deel gewijzigd"),
                &[Group::Coding, Group::Spectral],
            ),
            Self::Generated => of(
                ("Fully generated", "Geheel gegenereerd"),
                (
                    "the item was made by a generator as a whole",
                    "het materiaal is in zijn geheel door een generator gemaakt",
                ),
                (
                    "the item was recorded with a camera or a microphone",
                    "het materiaal is met een camera of microfoon opgenomen",
                ),
                &[Group::Provenance, Group::Spectral, Group::Face],
            ),
            Self::Voice => of(
                ("Cloned voice", "Gekloonde stem"),
                (
                    "the voice was synthesised or converted to sound like someone",
                    "de stem is gesynthetiseerd of omgezet om op iemand te lijken",
                ),
                (
                    "the voice is that of the person who spoke, as recorded",
                    "de stem is die van de persoon die sprak, zoals opgenomen",
                ),
                &[Group::Voice],
            ),
            Self::Synchrony => of(
                ("Sound and picture", "Geluid en beeld"),
                (
                    "sound and picture were not recorded together: one was replaced or shifted, or the mouth was made to follow the sound",
                    "geluid en beeld zijn niet samen opgenomen: een van beide is vervangen of verschoven, of de mond is aan het geluid aangepast",
                ),
                (
                    "sound and picture were recorded together",
                    "geluid en beeld zijn samen opgenomen",
                ),
                &[Group::Synchrony],
            ),
            Self::Republished => of(
                ("Coded again or published again", "Hergecodeerd of opnieuw gepubliceerd"),
                (
                    "the file was coded again, or passed through a platform, after the recording",
                    "het bestand is na de opname opnieuw gecodeerd of via een platform gegaan",
                ),
                (
                    "the file is as the recording device wrote it",
                    "het bestand is zoals het opnameapparaat het schreef",
                ),
                &[Group::Provenance, Group::Coding],
            ),
        }
    }
}

/// The pairs of this report: those the laboratory chose, or all that suit the
/// item; the laboratory's own first.
pub fn pairs(report: &Report) -> Vec<Pair> {
    let lab = &report.lab;
    let own = lab.proposition_1.as_ref().zip(lab.proposition_2.as_ref()).map(|(h1, h2)| Pair {
        about: Text::new("As asked", "Zoals gevraagd"),
        h1: Text::same(h1),
        h2: Text::same(h2),
        groups: &[],
    });
    let (kind, sound) = (report.exhibit.kind, report.exhibit.audio.is_some());
    let chosen = |subject: &Subject| {
        if lab.about.is_empty() {
            own.is_none() && subject.suits(kind, sound)
        } else {
            lab.about.contains(subject)
        }
    };
    let standard = Subject::ALL.into_iter().filter(chosen).map(Subject::pair);
    own.iter().cloned().chain(standard).collect()
}
