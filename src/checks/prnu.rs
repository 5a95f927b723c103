//! Camera pattern: whether a photograph comes from a camera you have photographs of
//!
//! # What it measures
//!
//! No two pixels of a sensor answer light equally. The differences, a percent or
//! so, are fixed for the life of a sensor and lie under every photograph it makes
//! (PRNU). `waarmerk camera enrol NAME PHOTO...` estimates the pattern from
//! reference photographs: of each the noise W is taken (wavelets of Daubechies with
//! 8 taps, four levels, σ 5), and K = ΣWI/ΣI² with I the brightness; the means of
//! rows and columns and lines in the spectrum are removed, because all cameras of a
//! model share them. `waarmerk examine PHOTO --camera NAME` correlates the noise of
//! the questioned photograph with K times its brightness. `pce` is the
//! peak-to-correlation energy: the squared correlation where the pixels lie on each
//! other, over the mean square of all other shifts outside a square of 5×5, with the
//! sign of the correlation. From 60 the pattern is called `found`.
//!
//! The published rate of false matches at 60 is 2.4 in 100 000, on a million
//! photographs from a sharing site (Goljan et al. 2009); it holds for cameras as
//! they were then. `best_pce` is the same at the best of all shifts (`best_shift_x_px`,
//! `best_shift_y_px`): a picture that was moved without being scaled shows there.
//! `own_pce` says how well the reference photographs, each left out in turn, agree
//! with the others; enrolling refuses a set in which they do not.
//!
//! # When it misleads
//!
//! - The photograph must have the size of the reference photographs and must not have
//!   been scaled, straightened or corrected for distortion. Cameras that combine
//!   several exposures, stabilise electronically or zoom digitally, as most
//!   telephones do, move the pattern about: not found then means nothing.
//! - `not-found` does not say that another camera was used: dark, strongly
//!   compressed, denoised or much edited photographs lose the pattern.
//! - Newer telephones of one model were seen to share patterns that their processing
//!   adds, with PCE far above 60 between different devices. Hold the photograph
//!   against other devices of the same model as well.
//! - A pattern can be put into or taken out of a photograph by someone who has
//!   photographs of the same camera.
//! - It says which sensor, not who used it and not whether the picture was edited.
//!
//! # References
//!
//! - Lukáš, Fridrich and Goljan (2006), Digital camera identification from sensor
//!   pattern noise, IEEE Transactions on Information Forensics and Security 1.
//! - Chen, Fridrich, Goljan and Lukáš (2008), Determining image origin and integrity
//!   using sensor noise, IEEE Transactions on Information Forensics and Security 3.
//! - Goljan, Fridrich and Filler (2009), Large scale test of sensor fingerprint camera
//!   identification, Proceedings of SPIE 7254. PCE, threshold 60 and its error rates.
//! - Mıhçak, Kozintsev and Ramchandran (1999), Spatially adaptive statistical modeling
//!   of wavelet image coefficients and its application to denoising, ICASSP.
//! - Iuliani, Fontani and Piva (2021), A leak in PRNU based source identification,
//!   IEEE Access 9. Patterns that newer telephones share.
//!
//! # Titel
//!
//! Camerapatroon: komt een foto uit een camera waarvan u foto's hebt?
//!
//! # Wat het meet
//!
//! Geen twee pixels van een sensor reageren gelijk op licht. Die verschillen, ongeveer
//! een procent, blijven de hele levensduur gelijk en liggen onder elke foto (PRNU).
//! `waarmerk camera enrol NAAM FOTO...` schat het patroon uit referentiefoto's: van elk
//! wordt de ruis W genomen (wavelets, vier niveaus, σ 5), en K = ΣWI/ΣI². Wat alle
//! camera's van een model delen, gaat eraf. `waarmerk examine FOTO --camera NAAM`
//! correleert de ruis van de betwiste foto met K maal haar helderheid. `pce` is de
//! piekenergie: het kwadraat van de correlatie waar de pixels op elkaar liggen, gedeeld
//! door het gemiddelde kwadraat bij alle andere verschuivingen. Vanaf 60 heet het patroon
//! `found` (gevonden); de gepubliceerde kans op een valse overeenkomst is dan 2,4 op
//! 100 000 (Goljan e.a. 2009), voor camera's van toen.
//!
//! # Wanneer het misleidt
//!
//! - De foto moet even groot zijn als de referentiefoto's en mag niet geschaald of
//!   rechtgezet zijn. Telefoons die opnamen combineren of stabiliseren, verplaatsen het
//!   patroon; niet gevonden betekent dan niets.
//! - `not-found` zegt niet dat een andere camera is gebruikt: donkere, sterk
//!   gecomprimeerde of bewerkte foto's verliezen het patroon.
//! - Nieuwere telefoons van één model bleken patronen te delen die hun bewerking
//!   toevoegt. Vergelijk ook met andere toestellen van hetzelfde model.
//! - Een patroon kan worden ingebracht of verwijderd.
//! - Het zegt welke sensor, niet wie hem gebruikte en niet of het beeld is bewerkt.

pub mod enrol;
mod fourier;
mod pattern;
mod say;
pub mod store;
mod wavelet;

#[cfg(test)]
mod tests;

use self::pattern::{Agreement, Plane, agreement};
use self::store::Card;
use super::still::Still;
use super::{Check, Entry, Finding, Group, Options, Scene, Standing};
use crate::Result;
use crate::media::{Exhibit, Needs};

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "prnu",
    group: Group::Provenance,
    // Its rates are published and kept on drawn sensors; two real cameras of one
    // model have not been compared with it.
    standing: Standing::Indicator,
    source: include_str!("prnu.rs"),
    make: |options: &Options| Box::new(Prnu { camera: options.camera.clone(), ..Prnu::default() }),
};

/// Smallest side of a picture, in pixels: the noise of fewer is too little for a
/// pattern of a percent.
const LEAST_SIDE: usize = 256;
/// PCE from which the pattern is called found (Goljan et al. 2009).
const FOUND: f64 = 60.0;

/// The comparison of one exhibit.
#[derive(Default)]
struct Prnu {
    camera: Option<String>,
    /// Of the exhibit.
    sha256: String,
    still: Still,
    compared: Option<Compared>,
}

/// A photograph held against a camera.
struct Compared {
    card: Card,
    size: (usize, usize),
    /// `None` when the sizes differ.
    agreement: Option<Agreement>,
    usable: f64,
}

impl Check for Prnu {
    fn needs(&self) -> Needs {
        if self.camera.is_some() { Still::needs() } else { Needs::default() }
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.still = Still::begin(exhibit);
        self.sha256.clone_from(&exhibit.sha256);
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        let Some(name) =
            self.camera.as_ref().filter(|_| self.still.admits(scene.frame, LEAST_SIDE))
        else {
            return Ok(());
        };
        let (card, pattern) = store::read(&store::folder()?, name)?;
        let luma = scene.frame.luma_f32(None);
        let size = (luma.width, luma.height);
        let plane = Plane::new(&luma.data, luma.width, luma.height);
        let fits = size == (card.width, card.height);
        let agreement = fits.then(|| agreement(&plane, &pattern));
        self.compared = Some(Compared { card, size, agreement, usable: plane.usable() });
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        Ok(match (&self.compared, &self.camera) {
            (Some(compared), _) if compared.card.photos.iter().any(|p| p.sha256 == self.sha256) => {
                say::one_of_the_references(&compared.card.name)
            }
            (Some(compared), _) => compared.report(),
            (None, Some(_)) => self.still.nothing(LEAST_SIDE),
            (None, None) => say::no_camera(),
        })
    }
}
