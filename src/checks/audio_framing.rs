//! Audio framing: frames that an earlier AAC or MP3 coding left in the sound
//!
//! # What it measures
//!
//! AAC codes sound in frames of 1024 samples, MP3 in granules of 576, and both round
//! many coefficients of each to nothing. In the decoded sound those coefficients are still nearly nothing,
//! but only where frames are laid exactly as the coder laid them; this outlives
//! storing as WAV or FLAC and often a second coding. Segments of nearly half a
//! second (10,240 samples at the file's own rate), at most 16, evenly spread over
//! the first ten minutes, are transformed at each of the 1024 places, with the
//! sine and the Kaiser-Bessel-derived window, and, through MP3's bank of filters, at
//! each of its 576. A place counts when its coefficients
//! are smaller than at the others by six deviations and by twice what the next
//! place has. `framings_found` says in how many `segments` one does,
//! `framing_offset` which it is most often. Where two segments in a row have one
//! and the next two another, the framing changes there (`framing_changes`):
//! samples were cut out or put in after that coding. Of MP3 the same stands in
//! `mp3_framings_found`, `mp3_framing_offset` and `mp3_framing_changes`.
//!
//! A file that is AAC or MP3 itself has frames of its own; where the packets tell their
//! place, framings within 64 samples of it are left out (`own_framings`,
//! `mp3_own_framings`).
//!
//! # When it misleads
//!
//! - An earlier coding is the usual fate of sound: phones, messengers and sites code
//!   anew. It says that this is not the first file, and nothing else.
//! - Open editing of a decoded recording changes the framing too, and so do holes
//!   in a file's time line, which are filled with silence.
//! - A cut of a multiple of 64 samples is not told: frames that move by so many
//!   are also what Vorbis leaves. Vorbis files themselves are not judged; one of four
//!   recordings decoded from Vorbis seemed to have one framing.
//! - Resampling, filters, noise, a change of speed and high bit rates remove the
//!   trace: no framing says nothing. On four recordings it was found in 31 of 48
//!   segments after AAC of 64 kbit/s, in 10 after 96 and in 7 after 128
//!   (`reports/voice-trial/framing.md`).
//! - Opus and other codings have other transforms and are not looked for; nor is AAC
//!   at half the rate (HE-AAC).
//!
//! # References
//!
//! - Herre and Schug (2000), Analysis of decompressed audio: the inverse decoder,
//!   AES convention 109.
//! - Yang, Qu and Huang (2008), Detecting digital audio forgeries by checking
//!   frame offsets, ACM workshop on multimedia and security (for MP3).
//! - ISO/IEC 14496-3, subpart 4: the windows and frame length of AAC.
//! - ISO/IEC 11172-3, 2.4.3.4 and annex C: the bank of filters of MP3.
//!
//! # Titel
//!
//! Audioframing: frames die een eerdere AAC- of MP3-codering in het geluid heeft nagelaten
//!
//! # Wat het meet
//!
//! AAC codeert geluid in frames van 1024 monsters, MP3 in granules van 576, en beide
//! ronden veel coëfficiënten daarvan af op niets. In het gedecodeerde geluid zijn die coëfficiënten nog
//! steeds bijna niets, maar alleen waar de frames precies zo liggen als bij de
//! codering; dat overleeft opslag als WAV of FLAC en vaak een tweede codering.
//! Segmenten van bijna een halve seconde (10.240 monsters op de eigen
//! bemonsteringsfrequentie), hoogstens 16, gelijkmatig verspreid over de eerste
//! tien minuten, worden op elk van de 1024 plaatsen getransformeerd, met het
//! sinusvenster en het van Kaiser-Bessel afgeleide, en door de filterbank van MP3 op elk
//! van haar 576. Een plaats telt als haar
//! coëfficiënten zes afwijkingen kleiner zijn dan die van de andere, en tweemaal
//! zoveel als die van de volgende plaats. `framings_found` zegt in hoeveel van de
//! `segments` er een is, `framing_offset` welke het vaakst. Hebben twee segmenten
//! op rij er een en de volgende twee een andere, dan verandert de framing daar
//! (`framing_changes`): na die codering zijn monsters weggeknipt of ingevoegd. Voor MP3
//! staat hetzelfde in `mp3_framings_found`, `mp3_framing_offset` en
//! `mp3_framing_changes`.
//!
//! Een bestand dat zelf AAC of MP3 is heeft eigen frames; waar de pakketten zeggen waar
//! die liggen, blijven framings binnen 64 monsters daarvan buiten beschouwing
//! (`own_framings`, `mp3_own_framings`).
//!
//! # Wanneer het misleidt
//!
//! - Een eerdere codering is het gewone lot van geluid: telefoons, berichtendiensten
//!   en websites coderen opnieuw. Zij zegt dat dit niet het eerste bestand is, en
//!   verder niets.
//! - Openlijke montage van een gedecodeerde opname verandert de framing ook, en
//!   gaten in de tijdlijn van een bestand, die met stilte worden gevuld, evenzeer.
//! - Een knip van een veelvoud van 64 monsters wordt niet gemeld: frames die zoveel
//!   verspringen laat Vorbis ook na. Vorbisbestanden zelf worden niet beoordeeld; een
//!   van vier uit Vorbis gedecodeerde opnamen leek één framing te hebben.
//! - Hermonsteren, filters, ruis, een andere snelheid en veel bits nemen het spoor
//!   weg: geen framing zegt niets. In vier opnamen werd zij na AAC van 64 kbit/s in
//!   31 van 48 segmenten gevonden, na 96 in 10 en na 128 in 7
//!   (`reports/voice-trial/framing.md`).
//! - Opus en andere coderingen hebben andere transformaties en worden niet gezocht;
//!   AAC op halve bemonsteringsfrequentie (HE-AAC) ook niet.

mod coding;
mod say;

use self::coding::{Coding, Looker, SPAN};
use super::{Check, Entry, Finding, Group, Standing, Status};
use crate::Result;
use crate::media::{Exhibit, Needs, Packet, Sound, SoundFormat};
use crate::signal::framing::Framing;
use crate::text::Text;

/// This check's line in the table. An indicator: the trace has innocent causes
/// as well.
pub const ENTRY: Entry = Entry {
    name: "audio-framing",
    group: Group::Coding,
    standing: Standing::Indicator,
    source: include_str!("audio_framing.rs"),
    make: |_| Box::new(AudioFraming::default()),
};

/// Samples kept: ten minutes at 48 kHz, 58 MB.
const MOST: usize = 600 * 48_000;
/// Segments at most: each takes some tenths of a second.
const MOST_SEGMENTS: usize = 16;
/// When a place counts. Of 1081 segments of sound that was neither AAC nor Vorbis one
/// reached both (`reports/voice-trial/framing.md`).
const LEAST_Z: f64 = 6.0;
const LEAST_RATIO: f64 = 2.0;
/// Framings this near to a file's own are its own: timestamps in milliseconds are
/// up to 48 samples off.
const NEAR_OWN: usize = 64;
/// A segment whose loudest sample is below this has nothing to tell: −50 dB.
const LEAST_PEAK: f32 = 0.003;

#[derive(Default)]
struct AudioFraming {
    codec: String,
    /// Time of the first sound on the container's clock.
    first_s: Option<f64>,
    /// The stream of sound packets and the time of its first; `None` twice over
    /// where there are several streams.
    packets: Option<Option<(usize, f64)>>,
    start_s: f64,
    rate: f64,
    /// 16 bits are what decoded sound has.
    samples: Vec<i16>,
}

/// A framing of one segment.
#[derive(Clone, Debug)]
struct Seen {
    /// First sample of the segment.
    from: usize,
    /// On the recording's own count of samples.
    framing: Framing,
}

impl Check for AudioFraming {
    fn needs(&self) -> Needs {
        let sound = Some(SoundFormat { rate: None, mono: true });
        Needs { sound, packets: true, ..Needs::default() }
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        if let Some(audio) = &exhibit.audio {
            (self.codec, self.first_s) = (audio.codec.clone(), audio.start_s);
        }
        Ok(())
    }

    fn packet(&mut self, packet: &Packet) -> Result<()> {
        if !packet.video {
            let this = packet.pts_s.map(|time_s| (packet.stream, time_s));
            let first = *self.packets.get_or_insert(this);
            if first.is_some_and(|(stream, _)| stream != packet.stream) {
                self.packets = Some(None);
            }
        }
        Ok(())
    }

    fn hear(&mut self, sound: &Sound<'_>) -> Result<()> {
        if self.samples.is_empty() {
            (self.start_s, self.rate) = (sound.time_s, f64::from(sound.rate));
        }
        let room = MOST - self.samples.len();
        let kept = sound.samples.iter().take(room);
        self.samples.extend(kept.map(|v| (v * 32_768.0).round() as i16));
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        if self.samples.is_empty() {
            let text = Text::new("There is no sound.", "Er is geen geluid.");
            return Ok(Finding::abstain(Status::NotApplicable, text));
        }
        if self.codec == "vorbis" {
            let text = Text::new(
                "The sound is Vorbis, whose own frames look like those of AAC.",
                "Het geluid is Vorbis, waarvan de eigen frames op die van AAC lijken.",
            );
            return Ok(Finding::abstain(Status::NotApplicable, text));
        }
        let (seen, segments) = self.segments();
        if segments == 0 {
            let text = Text::new(
                "The sound is too short or too quiet.",
                "Het geluid is te kort of te zacht.",
            );
            return Ok(Finding::abstain(Status::Insufficient, text));
        }
        let found = seen.map(|(coding, seen)| self.sort(coding, seen, segments));
        Ok(say::say(&found))
    }
}

impl AudioFraming {
    /// Where this file's own frames begin, if it is of that coding and its packets tell.
    fn own(&self, coding: Coding) -> Option<usize> {
        let (_, packet_s) = self.packets.flatten()?;
        let before = ((self.first_s? - packet_s) * self.rate).round() as i64;
        let own = self.codec == coding.codec();
        own.then_some((-before).rem_euclid(coding.frame() as i64) as usize)
    }

    /// The framings there are of each coding, and how many segments were looked at.
    fn segments(&self) -> ([(Coding, Vec<Seen>); 2], usize) {
        let mut found = Coding::ALL.map(|coding| (coding, Vec::new()));
        let Some(room) = self.samples.len().checked_sub(SPAN) else { return (found, 0) };
        let step = SPAN.max(room.div_ceil(MOST_SEGMENTS));
        let mut segments = 0;
        let mut looker = Looker::default();
        for from in (0..=room).step_by(step) {
            let part = self.samples.get(from..from + SPAN).unwrap_or_default();
            let samples: Vec<f32> = part.iter().map(|v| f32::from(*v) / 32_768.0).collect();
            if samples.iter().all(|v| v.abs() < LEAST_PEAK) {
                continue;
            }
            segments += 1;
            for (coding, seen) in &mut found {
                let clear = |f: &Framing| f.z >= LEAST_Z && f.z >= LEAST_RATIO * f.next_z;
                let framings = looker.look(*coding, &samples).into_iter().filter(clear);
                if let Some(mut framing) = framings.max_by(|a, b| a.z.total_cmp(&b.z)) {
                    framing.at = (from + framing.at) % coding.frame();
                    framing.curve.rotate_right(from % coding.frame());
                    seen.push(Seen { from, framing });
                }
            }
        }
        (found, segments)
    }

    /// What is the file's own put aside.
    fn sort(&self, coding: Coding, mut seen: Vec<Seen>, segments: usize) -> say::Found {
        let (all, own) = (seen.len(), self.own(coding));
        if let Some(own) = own {
            seen.retain(|seen| coding.apart(seen.framing.at, own) > NEAR_OWN);
        }
        say::Found {
            coding,
            start_s: self.start_s,
            rate: self.rate,
            segments,
            own: all - seen.len(),
            maybe_own: self.codec == coding.codec() && own.is_none(),
            seen,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;

    fn seen(at: usize, from: usize) -> Seen {
        Seen { from, framing: Framing { at, z: 9.0, next_z: 2.0, curve: vec![0.0; 1024] } }
    }

    #[test]
    fn a_files_own_frames_are_put_aside() {
        // Apple's coder puts 2112 samples before the first, of which players skip all.
        let mut check = AudioFraming {
            codec: "aac".into(),
            first_s: Some(0.0),
            packets: Some(Some((1, -2112.0 / 44_100.0))),
            rate: 44_100.0,
            ..AudioFraming::default()
        };
        assert_eq!(check.own(Coding::Aac), Some(960));
        let found = check.sort(Coding::Aac, vec![seen(960, 0), seen(0, 9), seen(400, 18)], 5);
        assert_eq!((found.own, found.seen.len(), found.maybe_own), (2, 1, false));
        // Another stream may be the sound's.
        let packet = |stream, pts_s| Packet {
            stream,
            video: false,
            bytes: 9,
            pts_s: Some(pts_s),
            dts_s: None,
            key: true,
        };
        check.packets = None;
        check.packet(&packet(1, 0.0)).unwrap();
        check.packet(&packet(1, 0.1)).unwrap();
        assert_eq!(check.own(Coding::Aac), Some(0));
        check.packet(&packet(2, 0.2)).unwrap();
        check.packet(&packet(1, 0.3)).unwrap();
        assert_eq!(check.own(Coding::Aac), None);
        assert!(check.sort(Coding::Aac, vec![seen(0, 0)], 5).maybe_own);
        check.codec = "mp3".into();
        assert!(!check.sort(Coding::Aac, vec![seen(0, 0)], 5).maybe_own);
        assert!(check.sort(Coding::Mp3, vec![seen(0, 0)], 5).maybe_own);
        // LAME's delay, which players skip: 1105 samples into the second granule.
        check.packets = Some(Some((1, -1105.0 / 44_100.0)));
        assert_eq!(check.own(Coding::Mp3), Some(47));
        assert_eq!(check.own(Coding::Aac), None);
    }

    #[test]
    fn what_cannot_be_judged_is_said() {
        let check =
            AudioFraming { codec: "vorbis".into(), samples: vec![9], ..AudioFraming::default() };
        assert_eq!(Box::new(check).conclude().unwrap().status, Status::NotApplicable);
        let none = Box::new(AudioFraming::default()).conclude().unwrap();
        assert_eq!(none.status, Status::NotApplicable);
        let quiet =
            AudioFraming { samples: vec![1; 2 * SPAN], rate: 8e3, ..AudioFraming::default() };
        assert_eq!(Box::new(quiet).conclude().unwrap().status, Status::Insufficient);
    }
}
