//! What was examined, and in what state.

use maud::{Markup, html};

use super::{Page, facts, line, lines, scroll};
use crate::plot::{grouped, number};
use crate::report::label;
use crate::text::Text;

/// Most tags of one stream shown; the others are counted.
const MOST_TAGS: usize = 500;

impl Page<'_> {
    pub(super) fn item(&self) -> Markup {
        let exhibit = &self.report.exhibit;
        let mut rows = vec![
            (self.t(label::NAME), line(&exhibit.name)),
            (self.t(label::KIND), html! { (self.t(label::kind(exhibit.kind))) }),
            (
                self.t(label::SIZE),
                html! { (grouped(exhibit.bytes, self.lang)) " " (self.t(label::BYTES)) },
            ),
            (self.t(label::CONTAINER), line(&exhibit.container)),
            (self.t(label::DURATION), self.seconds(exhibit.duration_s)),
            ("SHA-256", html! { code.digest { (exhibit.sha256) } }),
            ("SHA-512", html! { code.digest { (exhibit.sha512) } }),
        ];
        if !exhibit.notes.is_empty() {
            let notes =
                html! { ul { @for note in &exhibit.notes { li { (line(note.get(self.lang))) } } } };
            rows.push((self.t(label::NOTES), notes));
        }
        let fresh = |note: &&Text| !exhibit.notes.contains(note);
        let remarks: Vec<&Text> = self.report.notes.iter().filter(fresh).collect();
        let video = exhibit.video.as_ref().map_or(&[][..], |v| &v.tags);
        let audio = exhibit.audio.as_ref().map_or(&[][..], |a| &a.tags);
        html! {
            section #item {
                h2 { (self.t(label::ITEM)) }
                (facts(&rows))
                (self.tags(label::TAGS, &exhibit.tags))
                (self.tags(label::VIDEO_TAGS, video))
                (self.tags(label::AUDIO_TAGS, audio))
                @if !remarks.is_empty() {
                    h3 { (self.t(label::RUN_NOTES)) }
                    ul { @for note in remarks { li { (line(note.get(self.lang))) } } }
                }
            }
        }
    }

    fn tags(&self, name: label::Label, tags: &[(String, String)]) -> Markup {
        if tags.is_empty() {
            return html! {};
        }
        let table = html! {
            table {
                thead { tr {
                    th scope="col" { (self.t(label::TAG)) }
                    th scope="col" { (self.t(label::AS_STORED)) }
                } }
                tbody { @for (tag, value) in tags.iter().take(MOST_TAGS) {
                    tr { th scope="row" { (line(tag)) } td { (lines(value)) } }
                } }
            }
        };
        html! {
            h3 { (self.t(name)) }
            (scroll(self.t(name), table))
            (self.cut(tags.len(), MOST_TAGS))
        }
    }

    pub(super) fn condition(&self) -> Markup {
        let none = || html! { (self.t(label::NOT_DETERMINED)) };
        let condition = &self.report.condition;
        let mut rows: Vec<(&str, Markup)> = Vec::new();
        if let Some(video) = &self.report.exhibit.video {
            rows.push((self.t(label::CODED), html! { (video.width) " × " (video.height) " px" }));
            rows.push((self.t(label::DISPLAYED), html! {
                (video.display_width) " × " (video.display_height) " px"
                @if video.rotation_deg != 0 { "; " (self.t(label::ROTATION)) " " (video.rotation_deg) "°" }
                @if video.mirrored { "; " (self.t(label::MIRRORED)) }
            }));
            rows.push((self.t(label::VIDEO_CODEC), html! {
                (line(&video.codec)) @if let Some(profile) = &video.profile { ", " (line(profile)) }
            }));
            rows.push((self.t(label::PIXELS), line(&video.pixel_format)));
            let origin = if video.matrix_declared { label::DECLARED } else { label::ASSUMED };
            let range = if video.full_range { label::FULL } else { label::LIMITED };
            rows.push((
                self.t(label::COLOUR),
                html! {
                    (line(&video.matrix)) " (" (self.t(origin)) "), " (self.t(range))
                },
            ));
            if let Some(fps) = video.fps {
                rows.push((
                    self.t(label::RATE),
                    html! { (number(fps, self.lang)) " " (self.t(label::PER_SECOND)) },
                ));
            }
            if let Some(bits) = video.bit_rate {
                rows.push((self.t(label::VIDEO_BITS), self.kilobits(bits)));
            }
        }
        rows.push((
            self.t(label::AUDIO_CODEC),
            match &self.report.exhibit.audio {
                None => html! { (self.t(label::NO_AUDIO)) },
                Some(audio) => html! {
                    (line(&audio.codec)) ", " (grouped(u64::from(audio.rate), self.lang)) " Hz, "
                    (audio.channels) " " (self.t(label::CHANNELS))
                },
            },
        ));
        if let Some(bits) = self.report.exhibit.audio.as_ref().and_then(|a| a.bit_rate) {
            rows.push((self.t(label::AUDIO_BITS), self.kilobits(bits)));
        }
        let mut examined = Vec::new();
        if let Some(s) = condition.seconds {
            examined.push(html! { (number(s, self.lang)) " s" });
        }
        if let Some(n) = condition.frames {
            examined.push(html! { (grouped(n, self.lang)) " " (self.t(if n == 1 { label::FRAME } else { label::FRAMES })) });
        }
        if let Some(s) = condition.sound_s {
            examined.push(html! { (number(s, self.lang)) " s " (self.t(label::OF_SOUND)) });
        }
        rows.push((
            self.t(label::EXAMINED),
            if examined.is_empty() { none() } else { joined(&examined) },
        ));
        rows.push((self.t(label::FACES), condition.faces.map_or_else(none, |n| html! { (n) })));
        if let Some((low, median, high)) = condition.face_px {
            let n = |v| number(v, self.lang);
            rows.push((
                self.t(label::FACE_SIZE),
                html! {
                    (n(low)) "–" (n(high)) " px, " (self.t(label::MEDIAN)) " " (n(median)) " px"
                },
            ));
        }
        html! {
            section #condition {
                h2 { (self.t(label::CONDITION)) }
                p { (self.t(label::CONDITION_WHY)) }
                (facts(&rows))
            }
        }
    }

    fn seconds(&self, seconds: Option<f64>) -> Markup {
        match seconds {
            Some(s) => html! { (number(s, self.lang)) " s" },
            None => html! { (self.t(label::NOT_DETERMINED)) },
        }
    }

    fn kilobits(&self, bits: u64) -> Markup {
        html! { (number(bits as f64 / 1000.0, self.lang)) " kbit/s" }
    }
}

fn joined(parts: &[Markup]) -> Markup {
    html! { @for (i, part) in parts.iter().enumerate() { @if i > 0 { ", " } (part) } }
}
