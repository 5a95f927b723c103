//! Person: does this face move as the enrolled person does?
//!
//! # What it measures
//!
//! People move brows, lids, lips and head together in their own way. Twenty
//! signals are read off the mesh in each frame (brows, lids, cheeks, nose,
//! lips, jaw, pitch and roll, all over the distance of the eyes and in the
//! head's own axes), and in windows of 10 s, every 5 s, the 190 correlations
//! between them are taken. `waarmerk person enrol NAME CLIP...` keeps the
//! windows of authentic clips; `examine --person NAME` gives
//! `person_distance`: the root mean square of the difference from the mean of
//! the enrolled windows in their standard deviations (of at least 0.1), median
//! over windows and for the face seen longest.
//!
//! How large it is for the person is measured by leaving out each enrolled clip
//! in turn: `loo_median` and `loo_p95` are those distances, and `person_p` is
//! the share of enrolled windows at least as far out (with one added to both
//! counts), the model's own error. It is low when the face moves unlike the
//! enrolled person; it says nothing about who else it could be.
//!
//! Enrolment takes at least two clips and two minutes of one face; examination
//! at least three windows (20 s) at 15 frames a second. Beside the distance stand
//! those from everybody else who is enrolled. `clips_apart` is how many times as far
//! the windows of a clip lie from another clip's mean as from their own's: enrolment
//! and examination warn above 1.3, since a model of several persons fits anybody.
//!
//! # When it misleads
//!
//! - Another occasion, task or language, an interview against a speech, a
//!   beard, illness or age changes how the same person moves.
//! - Clips from one occasion make the model too narrow: `loo_p95` cannot know.
//! - A face driven by the person, or by a good actor, moves alike.
//! - The published separation was on hours of video of politicians, with other
//!   signals: the figures of this enrolment count, not those.
//!
//! # References
//!
//! - Agarwal, Farid, Gu, He, Nagano and Li (2019), Protecting world leaders
//!   against deep fakes, CVPRW.
//!
//! # Titel
//!
//! Persoon: beweegt dit gezicht zoals de bewaarde persoon?
//!
//! # Wat het meet
//!
//! Mensen bewegen wenkbrauwen, oogleden, lippen en hoofd op een eigen manier
//! samen. In elk beeld worden twintig signalen van het raster gelezen
//! (wenkbrauwen, oogleden, wangen, neus, lippen, kaak, knikken en hellen, alle
//! gedeeld door de oogafstand en in de assen van het hoofd zelf), en in vensters
//! van 10 s, om de 5 s, de 190 correlaties daartussen. `waarmerk person enrol
//! NAAM CLIP...` bewaart de vensters van authentieke clips; `examine --person
//! NAAM` geeft `person_distance`: de wortel van het gemiddelde kwadraat van het
//! verschil met het gemiddelde van de bewaarde vensters in hun
//! standaarddeviaties (van minstens 0,1), mediaan over vensters en voor het
//! gezicht dat het langst te zien is.
//!
//! Hoe groot die voor de persoon zelf is, wordt gemeten door elke bewaarde clip
//! om beurten weg te laten: `loo_median` en `loo_p95` zijn die afstanden, en
//! `person_p` is het deel van de bewaarde vensters dat minstens zo ver weg ligt
//! (met één bij beide aantallen), de eigen fout van het model. Het is laag als
//! het gezicht anders beweegt dan de bewaarde persoon; wie het anders zou zijn,
//! zegt het niet.
//!
//! Bewaren vergt minstens twee clips en twee minuten van één gezicht; onderzoek
//! minstens drie vensters (20 s) bij 15 beelden per seconde. Naast de afstand staan
//! die tot alle anderen die bewaard zijn. `clips_apart` is hoeveel keer zo ver de
//! vensters van een clip van het gemiddelde van een andere clip liggen als van dat
//! van hun eigen clip: bewaren en onderzoek waarschuwen boven 1,3, omdat een model
//! van verschillende personen op iedereen past.
//!
//! # Wanneer het misleidt
//!
//! - Een andere gelegenheid, taak of taal, een interview tegenover een toespraak,
//!   een baard, ziekte of leeftijd verandert hoe dezelfde persoon beweegt.
//! - Clips van één gelegenheid maken het model te nauw: `loo_p95` weet dat niet.
//! - Een gezicht dat door de persoon of een goede acteur wordt aangestuurd,
//!   beweegt gelijk.
//! - Het gepubliceerde onderscheid gold uren video van politici, met andere
//!   signalen: de getallen van deze opname tellen, niet die.

pub mod model;
pub mod signals;

#[cfg(test)]
mod tests;

use self::model::{Clip, Model};
use self::signals::{COUNT, Window};
use super::finding::{Axis, Series};
use super::tracks::Tracks;
use super::{Attachment, Check, Entry, Figure, Finding, Group, Measurement, Scene};
use super::{Standing, Status};
use crate::Result;
use crate::media::{Exhibit, FaceDetail, Kind, Needs, Rate};
use crate::signal::stats::{median, quantile};
use crate::text::Text;

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "person",
    group: Group::Face,
    standing: Standing::Indicator,
    source: include_str!("person.rs"),
    make: |options| Box::new(Person { name: options.person.clone(), ..Person::default() }),
};

/// The same eyes for enrolment: the finding holds the windows of the face seen
/// longest as the attachment `windows`, which [`Clip`] is made of.
pub const ENROL: Entry = Entry {
    name: "person-enrol",
    group: Group::Face,
    standing: Standing::Indicator,
    source: include_str!("person.rs"),
    make: |_| Box::new(Person { enrol: true, ..Person::default() }),
};

/// Fewest windows for a distance: their median then is one that was measured
/// and has another on each side.
const LEAST_WINDOWS: usize = 3;
/// Most other persons compared with.
const OTHERS: usize = 50;

/// What was seen of movements so far.
#[derive(Default)]
struct Person {
    name: Option<String>,
    model: Option<Model>,
    /// The other enrolled persons, to compare with.
    others: Vec<Model>,
    enrol: bool,
    tracks: Tracks,
}

impl Check for Person {
    fn needs(&self) -> Needs {
        if self.name.is_none() && !self.enrol {
            return Needs::default();
        }
        Needs {
            frames: Rate::Every,
            faces: FaceDetail::Mesh,
            faces_essential: true,
            ..Needs::default()
        }
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.tracks.still = exhibit.kind == Kind::Image;
        // A name that is none is told before the pass, not after it.
        if let Some(name) = &self.name {
            let folder = model::folder()?;
            self.model = Some(model::load(&folder, name)?);
            let others = model::names(&folder)?.into_iter().filter(|other| other != name);
            self.others =
                others.filter_map(|other| model::load(&folder, &other).ok()).take(OTHERS).collect();
        }
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        self.tracks.shown(scene);
        for face in scene.faces {
            if let Some(row) = signals::row(&face.mesh) {
                self.tracks.push(face.track, scene.frame.index, scene.frame.time_s, &row);
            }
        }
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        if self.enrol {
            return Ok(enrolled(&self.tracks));
        }
        let Some(model) = &self.model else {
            return Ok(Finding::abstain(
                Status::NotApplicable,
                Text::new(
                    "No enrolled person was named (`--person`).",
                    "Er is geen bewaarde persoon genoemd (`--person`).",
                ),
            ));
        };
        Ok(compared(&self.tracks, model, &self.others))
    }
}

fn none(tracks: &Tracks) -> Option<Finding> {
    if tracks.still {
        return Some(Finding::abstain(
            Status::NotApplicable,
            Text::new(
                "A single picture shows no movement.",
                "Eén enkel beeld toont geen beweging.",
            ),
        ));
    }
    tracks.nothing(&[])
}

/// Windows of the face that has most of them.
fn most(tracks: &Tracks) -> (u32, Vec<Window>) {
    let found = tracks.longest().into_iter().map(|track| {
        let rows: Vec<Vec<f64>> = (0..COUNT).map(|k| track.column(k).to_vec()).collect();
        let times: Vec<f64> = track.at.iter().map(|a| a.1).collect();
        (track.number, signals::windows(&times, &rows))
    });
    let most = found.max_by_key(|(number, w)| (w.len(), std::cmp::Reverse(*number)));
    most.unwrap_or((0, Vec::new()))
}

fn enrolled(tracks: &Tracks) -> Finding {
    if let Some(finding) = none(tracks) {
        return finding;
    }
    let (_, windows) = most(tracks);
    let mut finding =
        Finding::new(Status::Derived, Text::same(format!("{} windows", windows.len())));
    let rows: Vec<&Vec<f32>> = windows.iter().map(|w| &w.correlations).collect();
    finding.attachments.push(Attachment { name: "windows", data: serde_json::json!(rows) });
    finding
}

fn compared(tracks: &Tracks, model: &Model, others: &[Model]) -> Finding {
    if let Some(finding) = none(tracks) {
        return finding;
    }
    let (number, windows) = most(tracks);
    if windows.len() < LEAST_WINDOWS {
        let n = windows.len();
        return Finding::abstain(
            Status::Insufficient,
            Text::new(
                format!(
                    "{n} windows of 10 s without a gap at 15 frames a second or more show one face; {LEAST_WINDOWS} are needed."
                ),
                format!(
                    "{n} vensters van 10 s zonder gat bij 15 beelden per seconde of meer tonen één gezicht; nodig zijn er {LEAST_WINDOWS}."
                ),
            ),
        );
    }
    let Some(scale) = model::Scale::of(model.clips.iter().collect::<Vec<&Clip>>().as_slice())
    else {
        return Finding::abstain(
            Status::Error,
            Text::new(
                "The enrolled model holds no windows.",
                "Het bewaarde model bevat geen vensters.",
            ),
        );
    };
    let distances: Vec<f64> = windows.iter().map(|w| scale.distance(&w.correlations)).collect();
    let own = model.left_out();
    let middle = median(&mut distances.clone()).unwrap_or(f64::NAN);
    let further = own.iter().filter(|d| **d >= middle).count();
    let p = (further + 1) as f64 / (own.len() + 1) as f64;
    let q = |q: f64| quantile(&mut own.clone(), q).unwrap_or(f64::NAN);
    let (half, high) = (q(0.5), q(0.95));
    let (n, name) = (windows.len(), &model.name);
    let mut finding = Finding::new(
        Status::Derived,
        Text::measured(
            format!(
                "Face {number} moves at a distance of {middle:.2} from the enrolled {name} ({n} windows); left-out clips of {name} lie at {half:.2} (median) and {high:.2} (95 %), and {further} of their {} windows are as far out or further (windows overlap). A large distance speaks against the person; a small one is no sign that it is this person, since wide models fit anybody.",
                own.len()
            ),
            format!(
                "Gezicht {number} beweegt op een afstand van {middle:.2} van de bewaarde {name} ({n} vensters); weggelaten clips van {name} liggen op {half:.2} (mediaan) en {high:.2} (95 %), en {further} van hun {} vensters liggen even ver of verder (vensters overlappen). Een grote afstand spreekt tegen de persoon; een kleine wijst niet op deze persoon, want ruime modellen passen op iedereen.",
                own.len()
            ),
        ),
    );
    finding.value("person_distance", "1", middle);
    finding.value("person_p", "1", p);
    finding.value("loo_median", "1", half);
    finding.value("loo_p95", "1", high);
    finding.value("windows", "1", n as f64);
    finding.value("enrolled_clips", "1", model.clips.len() as f64);
    finding.warnings.push(Text::new(
        "The error is that of the enrolled clips alone: another occasion, language or task moves the same person differently.",
        "De fout is alleen die van de bewaarde clips: een andere gelegenheid, taal of taak laat dezelfde persoon anders bewegen.",
    ));
    if let Some(ratio) = model.clips_apart() {
        finding.value("clips_apart", "1", ratio);
        if ratio > model::MIXED {
            finding.warnings.push(model::mixed(ratio));
        }
    }
    finding.figures.extend(beside(model, others, &windows));
    tracks.warn_if_full(&mut finding);
    let row = |w: &Window, value| Measurement {
        quantity: "person_distance",
        unit: "1",
        time_s: Some(w.start_s),
        frame: None,
        track: Some(number),
        value,
    };
    finding.measurements = windows.iter().zip(&distances).map(|(w, d)| row(w, *d)).collect();
    let ends = [windows.first(), windows.last()].into_iter().flatten();
    let level = |v: f64| ends.clone().map(|w| (w.start_s, v)).collect();
    finding.figures.push(Figure::Lines {
        title: Text::new(
            format!("Distance from {name}, windows of 10 s"),
            format!("Afstand tot {name}, vensters van 10 s"),
        ),
        x: Axis { label: Text::new("start (s)", "begin (s)"), ..Axis::default() },
        y: Axis { label: Text::new("distance", "afstand"), ..Axis::default() },
        series: vec![
            Series {
                name: Text::new("this clip", "deze clip"),
                points: windows.iter().zip(&distances).map(|(w, d)| (w.start_s, *d)).collect(),
            },
            Series {
                name: Text::new("left-out clips, 95 %", "weggelaten clips, 95 %"),
                points: level(high),
            },
        ],
    });
    finding
}

/// The same windows against everybody enrolled: a distance that all persons share
/// tells them apart no more than chance.
fn beside(model: &Model, others: &[Model], windows: &[Window]) -> Option<Figure> {
    if others.is_empty() {
        return None;
    }
    let row = |of: &Model| {
        let scale = model::Scale::of(of.clips.iter().collect::<Vec<&Clip>>().as_slice())?;
        let mut distances: Vec<f64> =
            windows.iter().map(|w| scale.distance(&w.correlations)).collect();
        let middle = median(&mut distances)?;
        let own = of.left_out();
        let q = |q: f64| quantile(&mut own.clone(), q).map_or("–".into(), |v| format!("{v:.2}"));
        Some(vec![of.name.clone(), format!("{middle:.2}"), q(0.5), q(0.95)])
    };
    Some(
        Figure::Table {
            title: Text::new(
                "This clip against everybody enrolled, the person named first",
                "Deze clip tegen alle bewaarde personen, de genoemde eerst",
            ),
            columns: vec![
                Text::new("Person", "Persoon"),
                Text::new("Distance of this clip", "Afstand van deze clip"),
                Text::new("Own left-out clips, median", "Eigen weggelaten clips, mediaan"),
                Text::new("95 %", "95 %"),
            ],
            rows: std::iter::once(model).chain(others).filter_map(row).collect(),
        }
        .numbers(),
    )
}
