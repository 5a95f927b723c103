//! The pass: one check's fault is that check's alone, and each gets what it
//! asked for.

use waarmerk::checks::pass::{self, FaceSource};
use waarmerk::checks::{Check, Entry, Finding, Group, Options, Scene, Standing, Status};
use waarmerk::media::{Exhibit, FaceDetail, Limits, Needs, Packet, Rate, Sound, SoundFormat};
use waarmerk::text::Text;
use waarmerk::{Error, Result};

use crate::fixtures;

/// Counts what it is shown; misbehaves at the frame its name says.
#[derive(Default)]
struct Probe {
    needs: Needs,
    err_at: Option<u64>,
    panic_at: Option<u64>,
    times: Vec<f64>,
    sound_s: f64,
    packets: u32,
}

impl Check for Probe {
    fn needs(&self) -> Needs {
        self.needs.clone()
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        assert!(self.panic_at != Some(scene.frame.index), "as asked");
        if self.err_at == Some(scene.frame.index) {
            return Err(Error::compute("probing", "as asked"));
        }
        self.times.push(scene.frame.time_s);
        Ok(())
    }

    fn hear(&mut self, sound: &Sound<'_>) -> Result<()> {
        self.sound_s += sound.samples.len() as f64 / sound.channels as f64 / f64::from(sound.rate);
        Ok(())
    }

    fn packet(&mut self, packet: &Packet) -> Result<()> {
        self.packets += u32::from(packet.video);
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        let mut finding = Finding::new(Status::Derived, Text::same("probed"));
        finding.value("frames", "1", self.times.len() as f64);
        finding.value("sound_s", "s", self.sound_s);
        finding.value("packets", "1", f64::from(self.packets));
        Ok(finding)
    }
}

const fn entry(name: &'static str, make: fn(&Options) -> Box<dyn Check>) -> Entry {
    Entry { name, group: Group::Coding, standing: Standing::Indicator, source: "", make }
}

fn needs(frames: Rate) -> Needs {
    Needs { frames, ..Needs::default() }
}

static EVERY: Entry =
    entry("every", |_| Box::new(Probe { needs: needs(Rate::Every), ..Probe::default() }));
static FIVE: Entry =
    entry("five", |_| Box::new(Probe { needs: needs(Rate::PerSecond(5.0)), ..Probe::default() }));
static ERRS: Entry = entry("errs", |_| {
    Box::new(Probe { needs: needs(Rate::Every), err_at: Some(3), ..Probe::default() })
});
static PANICS: Entry = entry("panics", |_| {
    Box::new(Probe { needs: needs(Rate::Every), panic_at: Some(3), ..Probe::default() })
});
static HEARS: Entry = entry("hears", |_| {
    let sound = Some(SoundFormat { rate: Some(16_000), mono: true });
    Box::new(Probe {
        needs: Needs { sound, packets: true, ..Needs::default() },
        ..Probe::default()
    })
});
static FACES: Entry = entry("faces", |_| {
    let faces = Needs {
        frames: Rate::Every,
        faces: FaceDetail::Mesh,
        faces_essential: true,
        ..Needs::default()
    };
    Box::new(Probe { needs: faces, ..Probe::default() })
});
static LIKES_FACES: Entry = entry("likes-faces", |_| {
    let faces = Needs { frames: Rate::Every, faces: FaceDetail::Mesh, ..Needs::default() };
    Box::new(Probe { needs: faces, ..Probe::default() })
});

fn number(finding: &Finding, quantity: &str) -> f64 {
    finding.values.iter().find(|v| v.quantity == quantity).unwrap().value
}

fn run(entries: &[&'static Entry]) -> Vec<Finding> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    fixtures::clip(&path, 2.0);
    let exhibit = Exhibit::open(&path, &Limits::default()).unwrap();
    let mut faces = FaceSource::Missing(Text::same("no networks here"));
    let mut last = 0;
    let outcome =
        pass::run(&exhibit, entries, &Options::default(), &mut faces, &mut |at| last = at.frames);
    if entries
        .iter()
        .any(|e| (e.make)(&waarmerk::checks::Options::default()).needs().frames != Rate::None)
    {
        assert_eq!(last, 50, "progress counts every frame");
    }
    assert!(outcome.broken.is_none());
    outcome.examined.into_iter().map(|examined| examined.finding).collect()
}

#[test]
fn a_check_that_errs_or_panics_abstains_and_the_others_see_everything() {
    let findings = run(&[&ERRS, &PANICS, &EVERY]);
    for failed in &findings[..2] {
        assert_eq!(failed.status, Status::Error);
        assert!(failed.reason.as_ref().unwrap().en.contains("as asked"), "{:?}", failed.reason);
        assert!(failed.reason.as_ref().unwrap().nl.contains("as asked"));
    }
    assert_eq!(findings[2].status, Status::Derived);
    assert_eq!(number(&findings[2], "frames"), 50.0);
}

#[test]
fn checks_of_a_still_picture_work_side_by_side_and_a_panic_is_its_own() {
    static AT_ONCE: Entry = entry("at-once", |_| {
        Box::new(Probe { needs: needs(Rate::Every), panic_at: Some(0), ..Probe::default() })
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("still.png");
    fixtures::still(&path);
    let exhibit = Exhibit::open(&path, &Limits::default()).unwrap();
    let mut faces = FaceSource::Missing(Text::same("no networks here"));
    let entries: Vec<&'static Entry> = (0..8).flat_map(|_| [&AT_ONCE, &EVERY]).collect();
    let outcome = pass::run(&exhibit, &entries, &Options::default(), &mut faces, &mut |_| {});
    assert_eq!(outcome.examined.len(), 16);
    for (examined, entry) in outcome.examined.iter().zip(entries) {
        assert_eq!(examined.entry.name, entry.name, "in the order asked");
        let panicked = examined.finding.status == Status::Error;
        assert_eq!(panicked, entry.name == "at-once");
        assert!(panicked || number(&examined.finding, "frames") == 1.0);
    }
}

#[test]
fn frames_come_at_the_rate_asked_for() {
    let findings = run(&[&FIVE, &EVERY]);
    // 2 s at 25 frames a second, five a second: at 0, 0.2, … 1.8 s.
    assert_eq!(number(&findings[0], "frames"), 10.0);
    assert_eq!(number(&findings[1], "frames"), 50.0);
}

#[test]
fn sound_and_packets_reach_who_asked_and_nobody_else() {
    let findings = run(&[&HEARS, &EVERY]);
    assert!((number(&findings[0], "sound_s") - 2.0).abs() < 0.05);
    assert_eq!(number(&findings[0], "packets"), 50.0);
    assert_eq!(number(&findings[0], "frames"), 0.0);
    assert_eq!(number(&findings[1], "sound_s"), 0.0);
    assert_eq!(number(&findings[1], "packets"), 0.0);
}

#[test]
fn without_networks_no_check_claims_that_there_are_no_faces() {
    let findings = run(&[&FACES, &LIKES_FACES]);
    assert_eq!(findings[0].status, Status::Insufficient);
    assert_eq!(findings[0].reason.as_ref().unwrap().en, "no networks here");
    assert_eq!(findings[1].status, Status::Derived);
    assert_eq!(number(&findings[1], "frames"), 50.0);
    assert!(findings[1].warnings.iter().any(|w| w.en == "no networks here"));
}
