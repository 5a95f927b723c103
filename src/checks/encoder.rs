//! What wrote the file: names that encoders and programs left in a video or recording
//!
//! # What it measures
//!
//! Every name under which software or a device signed: the text that x264 and
//! x265 put into the coded pictures themselves (user data of type 5 with their
//! UUID, found by that identifier in the first 512 MiB of the file wherever it
//! stands), with version and option string; the names of libavcodec (Lavc),
//! LAME, XviD and DivX in the media data; the writing application and the
//! muxer of MP4, Matroska, WebM, AVI, WAV, Ogg, FLAC and MP3 (`©too`,
//! MuxingApp, WritingApp, ISFT, Lavf and the like); the make and model; and
//! the names of the track handlers. From the option string of x264 or x265 the
//! numbers that bear on other checks are taken: `keyint`, `bframes`, `crf` or
//! `bitrate_kbps`.
//!
//! `state` is `software-encoder` when an encoder named itself that runs on
//! computers and telephones as software, `software-writer` when only a program
//! that writes files did, `names` when there are other names only, and `none`.
//! `distinct_user_data` above 1 means that streams of different encodings were
//! joined in one file.
//!
//! # When it misleads
//!
//! - Software that names itself shows that it coded or wrote this file, hence
//!   as a rule that the material was encoded again. That is the ordinary fate
//!   of a video that was shared, cut or converted, and no sign of fakery. Some
//!   devices and apps (dash cams, drones, screen recorders, conference programs)
//!   record with the same software, and then it is the first encoding.
//! - The names are text and can be removed or written by anyone; a file that
//!   was wrapped anew keeps the encoder's name and gets another writer's.
//! - Handler names are often kept or copied by other programs and say least.
//! - Most hardware encoders and most closed ones leave no name: that none was found
//!   does not show that the file is the device's own.
//!
//! # References
//!
//! - ITU-T H.264 and H.265, annex D: user data unregistered (payload type 5).
//! - x264, `encoder/set.c`, and x265, `encoder/encoder.cpp`: the UUIDs and texts.
//! - Gloe, Fischer and Kirchner (2014), Forensic analysis of video file formats,
//!   Digital Investigation.
//!
//! # Titel
//!
//! Wat het bestand schreef: namen die encoders en programma's in een opname achterlieten
//!
//! # Wat het meet
//!
//! Elke naam waaronder programma's of apparaten hebben getekend: de tekst die
//! x264 en x265 in de gecodeerde beelden zelf zetten (gevonden aan hun UUID in
//! de eerste 512 MiB van het bestand), met versie en instellingen; de namen van
//! libavcodec (Lavc), LAME, XviD en DivX in de mediagegevens; het programma dat
//! het bestand schreef (`©too`, MuxingApp, WritingApp, ISFT, Lavf); merk en
//! model; en de namen van de spoorhandlers. Uit de instellingen van x264 of x265
//! komen `keyint`, `bframes`, `crf` of `bitrate_kbps`.
//!
//! `state` is `software-encoder` als een coderingsprogramma zich noemt,
//! `software-writer` als alleen een schrijvend programma dat doet, `names` bij
//! alleen andere namen, en `none`. `distinct_user_data` boven 1 betekent dat
//! stromen van verschillende coderingen in één bestand zijn samengevoegd.
//!
//! # Wanneer het misleidt
//!
//! - Software die zich noemt, heeft dit bestand gecodeerd of geschreven; in de
//!   regel is het materiaal dus opnieuw gecodeerd. Dat is het gewone lot van een
//!   gedeelde, geknipte of omgezette video en geen aanwijzing voor vervalsing.
//!   Sommige apparaten en apps (dashcams, drones, schermopnamen, vergaderprogramma's)
//!   nemen met dezelfde software op; dan is het de eerste codering.
//! - De namen zijn tekst; iedereen kan ze verwijderen of schrijven. Een opnieuw
//!   verpakt bestand houdt de naam van de encoder en krijgt die van een andere
//!   schrijver.
//! - Namen van handlers worden vaak behouden of overgenomen en zeggen het minst.
//! - De meeste hardware-encoders en gesloten encoders laten geen naam achter: dat er geen
//!   is gevonden, toont niet dat het bestand het oorspronkelijke van het apparaat is.

mod names;
mod say;

#[cfg(test)]
mod tests;

use super::{Check, Entry, Finding, Group, Standing};
use crate::media::container::{Structure, Tag, UserData, user_data};
use crate::media::{Exhibit, Kind, Needs};
use crate::{Error, Result};

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "encoder",
    group: Group::Provenance,
    standing: Standing::Evidential,
    source: include_str!("encoder.rs"),
    make: |_| Box::new(Encoder::default()),
};

/// Reads the names when the examination begins.
#[derive(Default)]
struct Encoder {
    finding: Option<Finding>,
}

impl Check for Encoder {
    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.finding = Some(if exhibit.kind == Kind::Image {
            say::not_for_pictures()
        } else {
            let structure = Structure::read(&exhibit.path)?;
            say::finding(&traces(&structure, exhibit, user_data(&exhibit.path)?), &structure)
        });
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        self.finding
            .ok_or_else(|| Error::compute("reading the names of encoders", "begin was not called"))
    }
}

/// Everything that names what wrote the file.
struct Traces {
    /// What x264 and x265 wrote into the coded pictures.
    user_data: Vec<UserData>,
    /// All other names, each once.
    tags: Vec<Tag>,
}

fn traces(structure: &Structure, exhibit: &Exhibit, user_data: Vec<UserData>) -> Traces {
    // The container's search finds the first user data too.
    let mut tags: Vec<Tag> =
        structure.encoder_tags.iter().filter(|t| !t.key.ends_with(" SEI")).cloned().collect();
    // Formats whose structure is not read here still have tags that ffmpeg tells.
    let streams = [
        Some(&exhibit.tags),
        exhibit.video.as_ref().map(|v| &v.tags),
        exhibit.audio.as_ref().map(|a| &a.tags),
    ];
    for (key, value) in streams.into_iter().flatten().flatten() {
        let known = tags.iter().any(|t| t.value.trim() == value.trim());
        if names::of_software(key) && !known && !value.trim().is_empty() {
            let source = "ffmpeg".to_owned();
            tags.push(Tag { source, key: key.clone(), value: value.clone() });
        }
    }
    Traces { user_data, tags }
}
