//! One pass over one exhibit, shared by every check.
//!
//! The exhibit drives; the pass hands each check what it asked for, at the
//! rate it asked for, and keeps the others going when one fails. The checks of a
//! still picture, each of which may take a second, look at it two at a time.

mod abreast;
mod slot;

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use self::abreast::abreast;
use self::slot::Slot;
use super::voice_activity::{Listener, SOUND as SPEECH};
use super::{Entry, Finding, Options, People, Status};
use crate::faces::{Face, Follower, Reel};
use crate::media::limits::within;
use crate::media::{
    Exhibit, FaceDetail, Frame, Kind, Limits, Needs, Play, Played, Rate, Sample, Sound,
};
use crate::text::Text;
use crate::{Error, Result};

/// Pixels from which a still picture is looked at by one check at a time: 2^25, so that
/// what is held of it stays within a gigabyte (`reports/faults`).
const LARGE: usize = 1 << 25;

/// Where faces come from.
pub enum FaceSource {
    /// Networks are loaded.
    Ready(Box<Follower>),
    /// They are, and what they say is kept; or what they said before is read.
    Kept(Reel),
    /// They are not, for this reason; checks that live by faces abstain.
    Missing(Text),
}

impl FaceSource {
    fn follow(&mut self, frame: &Frame<'_>, detail: FaceDetail) -> Result<Vec<Face>> {
        match self {
            Self::Ready(follower) => follower.follow(frame, detail),
            Self::Kept(reel) => reel.follow(frame, detail),
            Self::Missing(_) => Ok(Vec::new()),
        }
    }
}

/// How far a pass has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Seconds of the exhibit seen.
    pub time_s: f64,
    /// Frames decoded.
    pub frames: u64,
}

/// A check's finding, with what it cost.
pub struct Examined {
    /// The line of the table of checks.
    pub entry: &'static Entry,
    /// What it found.
    pub finding: Finding,
    /// Seconds on the clock in the check itself; those of a still picture work
    /// side by side, so that theirs overlap.
    pub seconds: f64,
}

/// Everything one pass brought.
pub struct Outcome {
    /// One finding a check, in the order asked.
    pub examined: Vec<Examined>,
    /// What the decoder met; `None` when no check needed decoding.
    pub played: Option<Played>,
    /// Why decoding stopped early, if it did.
    pub broken: Option<String>,
    /// Seconds of pictures seen: the sum of the steps from one to the next,
    /// so that a clock that goes back does not hide any.
    pub seen_s: f64,
    /// Seconds of the whole pass.
    pub seconds: f64,
    /// Seconds spent finding and following faces, part of the above.
    pub face_seconds: f64,
}

/// Runs `entries` over `exhibit` in one decoding pass.
///
/// Never fails as a whole: a check that errs or panics becomes a finding with
/// status `error`, and so do checks that wait for samples when decoding fails.
pub fn run(
    exhibit: &Exhibit,
    entries: &[&'static Entry],
    options: &Options,
    faces: &mut FaceSource,
    progress: &mut dyn FnMut(Progress),
) -> Outcome {
    let start = Instant::now();
    let mut slots: Vec<Slot> =
        entries.iter().map(|entry| Slot::new(entry, options, faces)).collect();
    if let Some(why) = &exhibit.picture_error {
        let nothing = exhibit.undecodable().is_some();
        for slot in slots.iter_mut().filter(|slot| !slot.needs.bytes_suffice) {
            let waits = slot.needs.sound.is_some() || slot.needs.speech || slot.needs.packets;
            if slot.needs.frames != Rate::None || (nothing && waits) {
                slot.verdict = Some(undecodable(why, nothing));
            }
        }
    }
    abreast(slots.iter_mut().collect(), |slot| slot.call(|check| check.begin(exhibit)));
    let mut want = wanted(&slots);
    want.frames &= exhibit.picture_error.is_none();
    if exhibit.undecodable().is_some() {
        want = Play::default();
    }
    let mut ears = slots.iter().any(Slot::waits_for_speech).then(Ears::default);
    let mut face_seconds = 0.0;
    let mut played = None;
    let mut broken = None;
    let mut seen_s = 0.0;
    if want != Play::default() {
        let mut at = Progress::default();
        let result = exhibit.play(&want, |sample| {
            match sample {
                Sample::Frame(frame) => {
                    if at.frames > 0 {
                        seen_s += (frame.time_s - at.time_s).max(0.0);
                    }
                    at = Progress { time_s: frame.time_s, frames: at.frames + 1 };
                    let limits = &options.limits;
                    within(&exhibit.path, "pictures", at.frames, "frames", limits.frames)?;
                    lasts(exhibit, limits, frame.time_s)?;
                    let still = exhibit.kind == Kind::Image;
                    show(&frame, still, &mut slots, faces, &mut face_seconds);
                }
                Sample::Sound(sound) => {
                    lasts(exhibit, &options.limits, sound.time_s)?;
                    if at.frames == 0 {
                        at.time_s = at.time_s.max(sound.time_s);
                    }
                    if let Some(ears) = ears.as_mut().filter(|_| sound.format == SPEECH) {
                        ears.hear(&sound);
                    }
                    for slot in slots.iter_mut().filter(|s| s.needs.sound == Some(sound.format)) {
                        slot.call(|check| check.hear(&sound));
                    }
                }
                Sample::Packet(packet) => {
                    for slot in slots.iter_mut().filter(|s| s.needs.packets) {
                        slot.call(|check| check.packet(&packet));
                    }
                }
            }
            progress(at);
            Ok(ControlFlow::Continue(()))
        });
        match result {
            Ok(summary) => played = Some(summary),
            Err(error) => broken = Some(error.to_string()),
        }
    }
    if let Some(ears) = ears {
        ears.tell(&mut slots);
    }
    let mut people = People::new(options.device);
    for slot in slots.iter_mut().filter(|slot| slot.needs.people) {
        slot.call(|check| check.people(&mut people));
    }
    let damage = played.as_ref().and_then(|played| damage(exhibit, played));
    let examined = slots
        .into_iter()
        .map(|slot| {
            let Needs { frames, bytes_suffice, .. } = slot.needs;
            let looks = frames != Rate::None;
            let mut examined = slot.conclude(broken.as_deref());
            if let Some(damage) = damage.as_ref().filter(|_| looks) {
                mark(&mut examined.finding, damage, exhibit.kind);
            }
            if let Some(why) = exhibit.picture_error.as_ref().filter(|_| bytes_suffice) {
                examined.finding.warnings.push(undecoded(why, exhibit.undecodable().is_some()));
            }
            examined
        })
        .collect();
    Outcome {
        examined,
        played,
        broken,
        seen_s,
        seconds: start.elapsed().as_secs_f64(),
        face_seconds,
    }
}

/// An error when the exhibit lasts longer than it may, whatever it declares.
fn lasts(exhibit: &Exhibit, limits: &Limits, time_s: f64) -> Result<()> {
    let seconds = time_s.max(0.0) as u64;
    within(&exhibit.path, "seconds", seconds, "seconds", limits.seconds)
}

/// What is to be said of a picture or clip that could not be decoded cleanly.
fn damage(exhibit: &Exhibit, played: &Played) -> Option<Text> {
    exhibit.video.as_ref()?;
    let harmed = played.decode_errors + played.damaged_frames + played.container_errors;
    (harmed > 0).then(|| {
        Text::new(
            "The picture data are damaged or cut off: what was measured may be the damage, and what was not found may be in the part that is missing.",
            "De beeldgegevens zijn beschadigd of afgebroken: wat is gemeten kan de beschadiging zijn, en wat niet is gevonden kan in het ontbrekende deel staan.",
        )
    })
}

/// Marks a finding as resting on damaged pictures. Of a still picture there is
/// nothing else, so nothing is concluded from it; what was merely read stands.
fn mark(finding: &mut Finding, damage: &Text, kind: Kind) {
    if kind == Kind::Image && matches!(finding.status, Status::Derived | Status::NotApplicable) {
        finding.status = Status::Insufficient;
        finding.reason = Some(damage.clone());
        finding.summary = Text::new(
            format!("{} {}", damage.en, finding.summary.en),
            format!("{} {}", damage.nl, finding.summary.nl),
        );
        finding.state = None;
    } else {
        finding.warnings.push(damage.clone());
    }
}

/// The union of what the checks want, as far as decoding is concerned.
fn wanted(slots: &[Slot]) -> Play {
    let mut want = Play::default();
    for slot in slots.iter().filter(|slot| slot.verdict.is_none()) {
        want.frames |= slot.needs.frames != Rate::None;
        want.packets |= slot.needs.packets;
        want.sounds.extend(slot.needs.sound);
        want.sounds.extend(slot.needs.speech.then_some(SPEECH));
    }
    want.sounds.sort_unstable();
    want.sounds.dedup();
    want
}

/// Shows `frame` to the checks whose turn it is, with the faces in it.
fn show(
    frame: &Frame<'_>,
    still: bool,
    slots: &mut [Slot],
    source: &mut FaceSource,
    face_seconds: &mut f64,
) {
    let due: Vec<bool> = slots.iter_mut().map(|slot| slot.due(frame.time_s)).collect();
    let detail = slots
        .iter()
        .zip(&due)
        .filter_map(|(slot, due)| due.then_some(slot.needs.faces))
        .max()
        .unwrap_or_default();
    let faces = match detail {
        FaceDetail::None => Ok(Vec::new()),
        FaceDetail::Mesh | FaceDetail::Iris => {
            let start = Instant::now();
            let faces = catch_unwind(AssertUnwindSafe(|| source.follow(frame, detail)));
            *face_seconds += start.elapsed().as_secs_f64();
            faces.unwrap_or_else(|panic| {
                // What it knew of the faces can no longer be trusted.
                let why = told(&*panic);
                *source = FaceSource::Missing(Text::new(
                    format!("The search for faces broke down: {why}"),
                    format!("Het zoeken naar gezichten is vastgelopen: {why}"),
                ));
                Err(Error::compute("looking for faces", why))
            })
        }
    };
    let due = slots.iter_mut().zip(&due).filter_map(|(slot, due)| due.then_some(slot));
    // Two at a time hold twice the memory: of a large picture one is enough.
    let (width, height) = frame.pixels.size();
    if still && width * height <= LARGE {
        abreast(due.collect(), |slot: &mut Slot| slot.see(frame, &faces));
    } else {
        due.for_each(|slot| slot.see(frame, &faces));
    }
}

/// The speech network, heard by once for all checks that ask.
#[derive(Default)]
struct Ears {
    listener: Listener,
    error: Option<Error>,
    seconds: f64,
}

impl Ears {
    fn hear(&mut self, sound: &Sound<'_>) {
        self.call(|listener| listener.hear(sound.time_s, sound.samples));
    }

    fn call(&mut self, what: impl FnOnce(&mut Listener) -> Result<()>) {
        if self.error.is_some() {
            return;
        }
        let start = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| what(&mut self.listener)));
        let failed = |panic: Box<dyn std::any::Any + Send>| {
            Err(Error::compute("telling speech", told(&*panic)))
        };
        self.error = result.unwrap_or_else(failed).err();
        self.seconds += start.elapsed().as_secs_f64();
    }

    /// Tells the checks that asked; the first of them bears the cost.
    fn tell(mut self, slots: &mut [Slot]) {
        self.call(Listener::finish);
        for slot in slots.iter_mut().filter(|slot| slot.waits_for_speech()) {
            slot.seconds += std::mem::take(&mut self.seconds);
            let speech = self.error.as_ref().map_or(Ok(&self.listener.speech), Err);
            slot.call(|check| check.speech(speech));
        }
    }
}

/// For checks that look or listen, when what they wait for is there and cannot
/// be decoded: to say that there is none would be untrue.
fn undecodable(why: &Text, nothing: bool) -> Finding {
    Finding::abstain(Status::Insufficient, undecoded(why, nothing))
}

/// That there is a picture (or `nothing` at all) that could be decoded.
fn undecoded(why: &Text, nothing: bool) -> Text {
    if nothing {
        return Text::new(
            format!("Present but not decoded: {}.", why.en),
            format!("Aanwezig maar niet gedecodeerd: {}.", why.nl),
        );
    }
    Text::new(
        format!("There is a picture, but it could not be decoded: {}.", why.en),
        format!("Er is een beeld, maar het kon niet worden gedecodeerd: {}.", why.nl),
    )
}

/// What a panic said.
fn told(panic: &(dyn std::any::Any + Send)) -> String {
    let said = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    said.unwrap_or_else(|| "an internal fault without a message".to_owned())
}
