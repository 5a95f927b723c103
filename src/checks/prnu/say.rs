//! The finding: numbers, state, words.

use super::{Compared, FOUND};
use crate::checks::{Figure, Finding, Status};
use crate::text::Text;

/// When the exhibit made the pattern it would be held against.
pub(super) fn one_of_the_references(name: &str) -> Finding {
    Finding::abstain(
        Status::Insufficient,
        Text::new(
            format!(
                "The picture is one of the photographs from which the pattern of {name} was estimated: it would be found in itself."
            ),
            format!(
                "Het beeld is een van de foto's waaruit het patroon van {name} is geschat: het zou in zichzelf gevonden worden."
            ),
        ),
    )
}

/// When the user named no camera.
pub(super) fn no_camera() -> Finding {
    Finding::abstain(
        Status::NotApplicable,
        Text::new(
            "No camera was given to hold the photograph against (`--camera NAME`, after `waarmerk camera enrol`).",
            "Er is geen camera opgegeven om de foto mee te vergelijken (`--camera NAAM`, na `waarmerk camera enrol`).",
        ),
    )
}

impl Compared {
    pub(super) fn report(&self) -> Finding {
        let (name, count) = (&self.card.name, self.card.photos.len());
        let Some(found) = self.agreement else {
            let ((w, h), (cw, ch)) = (self.size, (self.card.width, self.card.height));
            return Finding::abstain(
                Status::Insufficient,
                Text::new(
                    format!(
                        "The picture has {w}×{h} pixels, the photographs of {name} {cw}×{ch}; only the same size can be compared."
                    ),
                    format!(
                        "Het beeld heeft {w}×{h} pixels, de foto's van {name} {cw}×{ch}; alleen gelijke maten zijn te vergelijken."
                    ),
                ),
            );
        };
        let shifted = found.best >= FOUND && found.shift != (0, 0);
        let (state, pce) = match found.pce {
            pce if pce >= FOUND => ("found", pce),
            _ if shifted => ("found-shifted", found.best),
            pce => ("not-found", pce),
        };
        let summary = match state {
            "found" => Text::new(
                format!(
                    "The sensor pattern of {name} ({count} photographs) is in the picture (PCE {pce:.0}; from {FOUND:.0} it counts as found). Newer telephones of one model can share a pattern: hold it against other devices of the model as well."
                ),
                format!(
                    "Het sensorpatroon van {name} ({count} foto's) zit in het beeld (PCE {pce:.0}; vanaf {FOUND:.0} geldt het als gevonden). Nieuwere telefoons van één model kunnen een patroon delen: vergelijk ook met andere toestellen van het model."
                ),
            ),
            "found-shifted" => Text::new(
                format!(
                    "The sensor pattern of {name} is in the picture, but moved by ({}, {}) pixels (PCE {pce:.0}, the best of all shifts). The published rate of false matches is for no shift; newer telephones of one model can share a pattern.",
                    found.shift.0, found.shift.1
                ),
                format!(
                    "Het sensorpatroon van {name} zit in het beeld, maar ({}, {}) pixels verschoven (PCE {pce:.0}, de beste van alle verschuivingen). De gepubliceerde kans op een valse treffer geldt zonder verschuiving; nieuwere telefoons van één model kunnen een patroon delen.",
                    found.shift.0, found.shift.1
                ),
            ),
            _ => Text::measured(
                format!(
                    "The sensor pattern of {name} ({count} photographs) was not found (PCE {pce:.1}; it counts as found from {FOUND:.0}). This does not say that another camera was used."
                ),
                format!(
                    "Het sensorpatroon van {name} ({count} foto's) is niet gevonden (PCE {pce:.1}; het geldt als gevonden vanaf {FOUND:.0}). Dat zegt niet dat een andere camera is gebruikt."
                ),
            ),
        };
        let mut finding = Finding::new(Status::Derived, summary);
        finding.state = Some(state.into());
        finding.value("pce", "1", found.pce);
        finding.value("threshold", "1", FOUND);
        finding.value("best_pce", "1", found.best);
        finding.value("best_shift_x_px", "px", found.shift.0 as f64);
        finding.value("best_shift_y_px", "px", found.shift.1 as f64);
        finding.value("correlation", "1", found.correlation);
        finding.value("own_pce", "1", self.card.own_pce);
        finding.value("reference_photos", "1", count as f64);
        finding.value("usable_share", "1", self.usable);
        finding.figures.push(Figure::Table {
            title: Text::new(
                "Reference photographs of the camera",
                "Referentiefoto's van de camera",
            ),
            columns: vec![Text::new("file", "bestand"), Text::same("SHA-256")],
            rows: self.card.photos.iter().map(|p| vec![p.name.clone(), p.sha256.clone()]).collect(),
        });
        if count < super::enrol::ENOUGH {
            finding.warnings.push(Text::new(
                format!(
                    "The pattern rests on {count} photographs; {} or more are advised.",
                    super::enrol::ENOUGH
                ),
                format!(
                    "Het patroon berust op {count} foto's; {} of meer worden aanbevolen.",
                    super::enrol::ENOUGH
                ),
            ));
        }
        finding
    }
}
