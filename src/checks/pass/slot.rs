//! One check on its way through the pass: what it waits for, and how it ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::{Examined, FaceSource, told};
use crate::checks::{Check, Entry, Finding, Options, Scene, Status};
use crate::faces::Face;
use crate::media::{FaceDetail, Frame, Needs, Rate};
use crate::text::Text;
use crate::{Error, Result};

/// A check on its way through the pass.
pub(super) struct Slot {
    entry: &'static Entry,
    check: Option<Box<dyn Check>>,
    pub(super) needs: Needs,
    /// Time from which the next frame is due.
    next_s: f64,
    /// Set as soon as the check's end is known before the pass ends.
    pub(super) verdict: Option<Finding>,
    /// Why faces were wanted and not had, for the finding's warnings.
    faceless: Option<Text>,
    pub(super) seconds: f64,
}

impl Slot {
    pub(super) fn new(entry: &'static Entry, options: &Options, source: &FaceSource) -> Self {
        let check = (entry.make)(options);
        let needs = check.needs();
        let faceless = match source {
            FaceSource::Missing(why) if needs.faces > FaceDetail::None => Some(why.clone()),
            _ => None,
        };
        let verdict = faceless
            .clone()
            .filter(|_| needs.faces_essential)
            .map(|why| Finding::abstain(Status::Insufficient, why));
        Self {
            entry,
            check: Some(check),
            needs,
            next_s: f64::NEG_INFINITY,
            verdict,
            faceless,
            seconds: 0.0,
        }
    }

    pub(super) fn waits_for_speech(&self) -> bool {
        self.needs.speech && self.verdict.is_none()
    }

    /// Whether a frame at `time_s` is to be shown, by the check's rate.
    pub(super) fn due(&mut self, time_s: f64) -> bool {
        match self.needs.frames {
            Rate::None => false,
            Rate::Every => true,
            Rate::PerSecond(rate) => {
                // Half a millisecond of slack: timestamps are rounded.
                let step = 1.0 / rate;
                // A clock that went back (joined recordings) starts anew;
                // otherwise nothing would be shown until it caught up.
                if time_s < self.next_s - step - 5e-4 {
                    self.next_s = f64::NEG_INFINITY;
                }
                let due = time_s + 5e-4 >= self.next_s;
                if due {
                    let late = self.next_s.is_finite() && time_s < self.next_s + step;
                    self.next_s = if late { self.next_s + step } else { time_s + step };
                }
                due
            }
        }
    }

    pub(super) fn see(&mut self, frame: &Frame<'_>, faces: &Result<Vec<Face>>) {
        if self.needs.faces == FaceDetail::None {
            return self.call(|check| check.see(&Scene { frame, faces: &[] }));
        }
        match faces {
            Ok(faces) => self.call(|check| check.see(&Scene { frame, faces })),
            Err(error) if self.needs.faces_essential => {
                self.call(|_| Err(Error::compute("looking for faces", error)));
            }
            Err(error) => {
                self.faceless.get_or_insert_with(|| {
                    Text::new(
                        format!("Faces were not found in every frame: {error}"),
                        format!("Niet in elk beeld konden gezichten worden gezocht: {error}"),
                    )
                });
                self.call(|check| check.see(&Scene { frame, faces: &[] }));
            }
        }
    }

    /// Calls the check unless its end is known already. An error or a panic
    /// is its end; the check is dropped, since its state can no longer be
    /// trusted.
    pub(super) fn call(&mut self, what: impl FnOnce(&mut Box<dyn Check>) -> Result<()>) {
        if self.verdict.is_some() {
            return;
        }
        let Some(check) = self.check.as_mut() else { return };
        let start = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| what(check)));
        self.seconds += start.elapsed().as_secs_f64();
        match result {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                self.check = None;
                self.verdict = Some(refused(&error));
            }
            Err(panic) => self.fail(&told(&*panic)),
        }
    }

    fn fail(&mut self, reason: &str) {
        self.check = None;
        self.verdict = Some(failed(reason));
    }

    pub(super) fn conclude(mut self, broken: Option<&str>) -> Examined {
        let Needs { frames, packets, sound, speech, .. } = self.needs;
        let waiting = frames != Rate::None || packets || sound.is_some() || speech;
        let start = Instant::now();
        let finding = match (self.verdict.take(), self.check.take(), broken) {
            (Some(finding), _, _) => finding,
            (None, Some(_), Some(reason)) if waiting => failed(reason),
            (None, Some(check), _) => match catch_unwind(AssertUnwindSafe(|| check.conclude())) {
                Ok(Ok(finding)) => finding,
                Ok(Err(error)) => refused(&error),
                Err(panic) => failed(&told(&*panic)),
            },
            (None, None, _) => failed("the check ended without a finding"),
        };
        let finding = match self.faceless {
            Some(why) if !self.needs.faces_essential => warned(finding, why),
            _ => finding,
        };
        let seconds = self.seconds + start.elapsed().as_secs_f64();
        Examined { entry: self.entry, finding, seconds }
    }
}

fn warned(mut finding: Finding, why: Text) -> Finding {
    finding.warnings.push(why);
    finding
}

/// A check's error: a network that is missing or not the one expected is no
/// fault of the check, and the reason says what to do.
fn refused(error: &Error) -> Finding {
    match error {
        Error::Model { .. } => Finding::abstain(
            Status::Insufficient,
            Text::new(
                format!("A network cannot be used: {error}."),
                format!("Een netwerk kan niet worden gebruikt: {error}."),
            ),
        ),
        error => failed(&error.to_string()),
    }
}

fn failed(reason: &str) -> Finding {
    Finding::abstain(
        Status::Error,
        Text::new(
            format!("The check failed: {reason}"),
            format!("De methode kon niet worden uitgevoerd: {reason}"),
        ),
    )
}
