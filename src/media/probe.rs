//! From a file to what is known of it.

use std::fs::File;
use std::io::Seek;
use std::path::Path;

use super::Limits;
use super::av::{self, Demuxer};
use super::colour;
use super::container::Structure;
use super::exhibit::{AudioInfo, Exhibit, Kind, VideoInfo};
use super::first::{self, Chosen, First, Picture};
use super::layout::Layout;
use super::limits::within;
use super::listen;
use super::names;
use super::orient::Orientation;
use super::sniff;
use super::upright;
use crate::text::Text;
use crate::{Error, Result};

/// Sample aspect ratios beyond this, either way, are taken for damage.
const MOST_ASPECT: f64 = 16.0;

/// What the file itself gave before anything in it was read.
pub(crate) struct Bytes {
    pub bytes: u64,
    pub sha256: String,
    pub sha512: String,
}

/// Bytes of all tags, of the container and of its streams.
fn tag_bytes(demuxer: &Demuxer) -> u64 {
    let streams = (0..demuxer.streams()).filter_map(|index| demuxer.stream(index));
    let all = streams.flat_map(|stream| stream.tags()).chain(demuxer.tags());
    all.map(|(name, value)| (name.len() + value.len()) as u64).sum()
}

/// Recognises the content of `file` and fills an exhibit.
pub(crate) fn probe(path: &Path, mut file: File, of: Bytes, limits: &Limits) -> Result<Exhibit> {
    let still = ("pixels", limits.pixels);
    let handle = file.try_clone().map_err(|source| Error::io(path, source))?;
    let mut demuxer = match Demuxer::open(handle, limits) {
        Ok(demuxer) => demuxer,
        Err(av::TOO_LARGE) => {
            let most = limits.still_bytes;
            within(path, "bytes in a still picture", of.bytes, "still-bytes", most)?;
            return Err(av::unreadable(path, "opening it", av::TOO_LARGE));
        }
        Err(code) => {
            guard_size(path, sniff::declared_size(&mut file), still)?;
            let mut why = av::message(code);
            if code == -libc::ENOMEM {
                why += &format!("; or more than {} streams", limits.streams);
            }
            if let Some(medium) = sniff::medium(&mut file) {
                return Ok(undecodable(path, of, &medium, "", &why));
            }
            let what = sniff::describe(&mut file);
            return Err(Error::unreadable(path, format!("{what} (ffmpeg: {why})")));
        }
    };
    within(path, "streams", demuxer.streams() as u64, "streams", limits.streams)?;
    within(path, "bytes of tags", tag_bytes(&demuxer), "tags", limits.tags)?;
    // Rounded down: two days are not too long for a frame more.
    let seconds = demuxer.duration_s().map_or(0, |seconds| seconds.max(0.0) as u64);
    within(path, "seconds, as it declares", seconds, "seconds", limits.seconds)?;
    let container = demuxer.name();
    let chosen = first::choose(&demuxer);
    if let Some(stream) = chosen.video.and_then(|index| demuxer.stream(index)) {
        guard_size(path, stream.size(), still)?;
    }
    let still_container = is_still_container(&container)
        || (container.starts_with("mov") && is_still_brand(&mut file));
    let mut look = first::look(&mut demuxer, chosen, still_container, limits);
    // A damaged header can declare hundreds of channels; pictures beside such sound
    // are examined all the same.
    let unheard = look.sounding.take_if(|s| !listen::audible(s.rate, s.channels as usize));
    let unheard = unheard.map(|s| format!("sound of {} channels at {} Hz", s.channels, s.rate));
    if let Some(picture) = &look.picture {
        guard_size(path, (picture.width, picture.height), still)?;
    }
    if look.picture.is_none() && look.sounding.is_none() {
        guard_size(path, sniff::declared_size(&mut file), still)?;
        let why = unheard.unwrap_or_else(|| nothing_decodes(&demuxer, chosen, &look));
        if let Some(medium) = sniff::medium(&mut file) {
            return Ok(undecodable(path, of, &medium, &container, &why));
        }
        let what = sniff::describe(&mut file);
        return Err(Error::unreadable(path, format!("{what} (ffmpeg: {why})")));
    }

    let structure = (container == "tiff_pipe").then(|| Structure::parse(&mut file, of.bytes));
    if structure.as_ref().is_some_and(holds_jpeg)
        && let Some(medium) = sniff::medium(&mut file)
    {
        let why = "JPEG compression inside TIFF, of which ffmpeg makes a black picture";
        return Ok(undecodable(path, of, &medium, &container, why));
    }

    let mut notes = Vec::new();
    if let Some(what) = &unheard {
        notes.push(Text::new(
            format!("The file declares {what}, which is not examined; only the pictures were."),
            format!("Het bestand geeft geluid op dat niet wordt onderzocht ({what}); alleen de beelden zijn onderzocht."),
        ));
    }
    let kind = match (&look.picture, &look.sounding) {
        (Some(_), None)
            if still_container && (container.ends_with("_pipe") || look.pictures < 2) =>
        {
            Kind::Image
        }
        (Some(_), _) => Kind::Video,
        (None, _) => Kind::Audio,
    };
    if let (Kind::Video, Some(picture)) = (kind, &look.picture) {
        let moving = ("moving-pixels", limits.moving_pixels);
        guard_size(path, (picture.width, picture.height), moving)?;
    }
    let video = match (&look.picture, chosen.video) {
        (Some(picture), Some(index)) => {
            Some(video_info(&demuxer, index, picture, kind, &mut file, &mut notes)?)
        }
        _ => None,
    };
    let audio = look.sounding.as_ref().zip(chosen.audio).and_then(|(sounding, index)| {
        let stream = demuxer.stream(index)?;
        Some(AudioInfo {
            codec: stream.codec(),
            rate: sounding.rate,
            channels: sounding.channels,
            sample_format: sounding.format.clone(),
            start_s: sounding
                .ticks
                .map(|ticks| stream.tick().seconds(ticks))
                .or_else(|| stream.start_s()),
            bit_rate: stream.bit_rate(),
            tags: stream.tags(),
        })
    });
    note_name(path, &container, &mut notes);
    let picture_error = picture_error(&demuxer, chosen, &look);
    if let Some(why) = &picture_error {
        notes.push(Text::new(
            format!("The file holds pictures, but they could not be decoded ({why}); only the sound was examined.", why = why.en),
            format!("Het bestand bevat beelden, maar die konden niet worden gedecodeerd ({why}); alleen het geluid is onderzocht.", why = why.nl),
        ));
    }
    note_streams(&demuxer, chosen, &look, kind, &mut notes);
    if let Some(structure) = &structure {
        note_pages(structure, &mut notes);
    }
    Ok(Exhibit {
        path: path.to_owned(),
        name: name(path),
        bytes: of.bytes,
        sha256: of.sha256,
        sha512: of.sha512,
        kind,
        container,
        duration_s: if kind == Kind::Image { None } else { demuxer.duration_s() },
        video,
        picture_error,
        audio,
        tags: demuxer.tags(),
        notes,
    })
}

/// An error when a picture has more pixels than the bound called `name` allows.
fn guard_size(path: &Path, (width, height): (u32, u32), (name, most): (&str, u64)) -> Result<()> {
    if u64::from(width) * u64::from(height) <= most {
        return Ok(());
    }
    let what = format!(
        "{}: a picture of {width} × {height} pixels (`--limit {name}=...` raises it)",
        path.display()
    );
    Err(Error::Limit { what, limit: most })
}

/// Containers that hold one picture, or may.
fn is_still_container(container: &str) -> bool {
    container.ends_with("_pipe") || matches!(container, "gif" | "apng" | "mjpeg")
}

/// Whether an ISO base media file says that it is a picture (ISO/IEC 23008-12).
fn is_still_brand(file: &mut File) -> bool {
    use std::io::Read;
    let mut head = [0; 12];
    let read = file.rewind().and_then(|()| file.read_exact(&mut head));
    read.is_ok()
        && head.get(4..8) == Some(b"ftyp")
        && matches!(head.get(8..12), Some(b"avif" | b"mif1" | b"heic" | b"heix"))
}

/// What ffmpeg met where it could open the file and decode nothing.
fn nothing_decodes(demuxer: &Demuxer, chosen: Chosen, look: &First) -> String {
    let Some(stream) = chosen.video.or(chosen.audio).and_then(|index| demuxer.stream(index)) else {
        return "no picture or sound in it".to_owned();
    };
    let code = look.picture_error.or(look.sound_error);
    match code.filter(|_| stream.is_decodable()) {
        Some(code) => format!("{}: {}", stream.codec(), av::message(code)),
        None if stream.is_decodable() => format!("{}: no data", stream.codec()),
        None => format!("no decoder for {}", stream.codec()),
    }
}

/// An exhibit of which ffmpeg, for what it `said`, gives nothing.
fn undecodable(
    path: &Path,
    of: Bytes,
    medium: &sniff::Medium,
    container: &str,
    said: &str,
) -> Exhibit {
    let format = medium.format;
    // By sound: an MP4, an animated WebP.
    let vowel = ["a", "A", "O", "MP", "M4"].iter().any(|start| format.starts_with(start));
    let article = if vowel { "an" } else { "a" };
    let why = Text::new(
        format!(
            "it is {article} {format} file that is damaged or that this ffmpeg does not read ({said})"
        ),
        format!(
            "het is een {format}-bestand dat beschadigd is of dat deze ffmpeg niet leest ({said})"
        ),
    );
    let mut exhibit = bytes_alone(path, of, medium.kind, container, why);
    exhibit.notes.push(Text::new(
        "To have the rest examined, convert a copy without loss and examine that too.",
        "Zet voor de rest een kopie zonder verlies om en onderzoek die ook.",
    ));
    exhibit
}

/// Recognises the content of `file` by its first bytes, and leaves the rest
/// to the checks that read bytes.
pub(crate) fn bytes_of(path: &Path, mut file: File, of: Bytes, why: Text) -> Result<Exhibit> {
    match sniff::medium(&mut file) {
        Some(medium) => Ok(bytes_alone(path, of, medium.kind, "", why)),
        None => Err(Error::unreadable(path, why.en)),
    }
}

/// An exhibit of which only the bytes can be examined.
fn bytes_alone(path: &Path, of: Bytes, kind: Kind, container: &str, why: Text) -> Exhibit {
    let note = Text::new(
        format!(
            "Present but not decoded: {}. Only the file's bytes were examined: structure, metadata and digests.",
            why.en
        ),
        format!(
            "Aanwezig maar niet gedecodeerd: {}. Alleen de bytes van het bestand zijn onderzocht: structuur, metagegevens en hashwaarden.",
            why.nl
        ),
    );
    Exhibit {
        path: path.to_owned(),
        name: name(path),
        bytes: of.bytes,
        sha256: of.sha256,
        sha512: of.sha512,
        kind,
        container: container.to_owned(),
        duration_s: None,
        video: None,
        picture_error: Some(why),
        audio: None,
        tags: Vec::new(),
        notes: vec![note],
    }
}

/// File name without folder.
fn name(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy())
        .into_owned()
}

/// Why there is no picture although there is a stream of pictures.
fn picture_error(demuxer: &Demuxer, chosen: Chosen, look: &First) -> Option<Text> {
    let stream = chosen.video.and_then(|index| demuxer.stream(index))?;
    if look.picture.is_some() {
        return None;
    }
    let none = || Text::new("no complete picture in it", "er is geen volledig beeld in");
    let why = look.picture_error.map_or_else(none, |code| Text::same(av::message(code)));
    let codec = stream.codec();
    Some(Text::new(format!("{codec}: {}", why.en), format!("{codec}: {}", why.nl)))
}

fn video_info(
    demuxer: &Demuxer,
    index: usize,
    picture: &Picture,
    kind: Kind,
    file: &mut File,
    notes: &mut Vec<Text>,
) -> Result<VideoInfo> {
    let stream =
        demuxer.stream(index).ok_or_else(|| Error::compute("reading a stream", "it vanished"))?;
    let still = kind == Kind::Image;
    let layout = Layout::of(picture.format)?;
    let format = picture.format_name();
    let (orientation, exact) = orientation(demuxer, index, picture, still, file);
    if !exact {
        notes.push(Text::new(
            "The file asks for a rotation that is no multiple of 90°; the nearest multiple was used.",
            "Het bestand vraagt om een rotatie die geen veelvoud van 90° is; het dichtstbijzijnde veelvoud is gebruikt.",
        ));
    }
    let sample_aspect = aspect(stream.sample_aspect().or(picture.sample_aspect), still, notes);
    let colour = colour::in_force(picture.declared, &format, layout.rgb, still, picture.height);
    if let Some(number) = colour::unknown_matrix(picture.declared)
        && !layout.rgb
    {
        notes.push(Text::new(
            format!("The file declares matrix coefficients (ITU-T H.273 code {number}) that are not supported; {} was used, so colours may be off. Luma is not affected.", colour.matrix),
            format!("Het bestand vermeldt matrixcoëfficiënten (ITU-T H.273-code {number}) die niet worden ondersteund; {} is gebruikt, zodat kleuren kunnen afwijken. Voor de luma maakt dit niets uit.", colour.matrix),
        ));
    }
    if picture.transparent {
        notes.push(Text::new(
            "Parts of the picture are transparent; transparency was left aside, colours are those stored.",
            "Delen van het beeld zijn doorzichtig; de doorzichtigheid is buiten beschouwing gelaten, de kleuren zijn zoals opgeslagen.",
        ));
    }
    let (display_width, display_height) =
        orientation.display_size(picture.width, picture.height, sample_aspect);
    Ok(VideoInfo {
        codec: stream.codec(),
        profile: stream.profile(),
        pixel_format: format,
        width: picture.width,
        height: picture.height,
        display_width,
        display_height,
        rotation_deg: orientation.rotation_deg,
        mirrored: orientation.mirrored,
        sample_aspect,
        fps: if still { None } else { stream.fps() },
        matrix: colour.matrix.to_owned(),
        matrix_declared: colour.declared,
        full_range: colour.full_range,
        start_s: picture
            .ticks
            .map(|ticks| stream.tick().seconds(ticks))
            .or_else(|| stream.start_s()),
        bit_rate: stream.bit_rate(),
        tags: stream.tags(),
    })
}

/// The way up: of a still picture by EXIF, of a video by its display matrix.
/// The flag is false if the file asks for an angle that was rounded.
fn orientation(
    demuxer: &Demuxer,
    index: usize,
    picture: &Picture,
    still: bool,
    file: &mut File,
) -> (Orientation, bool) {
    if still
        && !demuxer.name().starts_with("mov")
        && let Some(found) = upright::exif(file)
    {
        return (found, true);
    }
    let matrix = demuxer.display_matrix(index).or(picture.matrix);
    if still && matrix.is_none() && demuxer.name().starts_with("mov") {
        return (upright::heif(file).unwrap_or_default(), true);
    }
    matrix
        .and_then(|matrix| Orientation::from_matrix(&matrix))
        .unwrap_or((Orientation::default(), true))
}

/// The sample aspect ratio to use. Densities in still pictures (JFIF, pHYs)
/// are about printing: viewers show such pictures with square pixels.
fn aspect(told: Option<(u32, u32)>, still: bool, notes: &mut Vec<Text>) -> (u32, u32) {
    let (num, den) = told.unwrap_or((1, 1));
    if num == den {
        return (1, 1);
    }
    let ratio = f64::from(num) / f64::from(den);
    if still || !(1.0 / MOST_ASPECT..=MOST_ASPECT).contains(&ratio) {
        notes.push(Text::new(
            format!("The file gives pixels of {num}:{den}; they were taken as square."),
            format!("Volgens het bestand zijn pixels {num}:{den}; ze zijn als vierkant opgevat."),
        ));
        return (1, 1);
    }
    (num, den)
}

fn note_name(path: &Path, container: &str, notes: &mut Vec<Text>) {
    let extension = path
        .extension()
        .map(|extension| extension.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let usual = names::usual_extensions(container);
    if extension.is_empty() || usual.is_empty() || usual.contains(&extension.as_str()) {
        return;
    }
    notes.push(Text::new(
        format!(
            "The name ends in .{extension}, but by its content the file is {}.",
            names::container(container)
        ),
        format!(
            "De naam eindigt op .{extension}, maar naar de inhoud is het bestand {}.",
            names::container(container)
        ),
    ));
}

/// Whether the first page of a TIFF is compressed as JPEG, in the old way (6) or
/// the new one (7; Adobe Photoshop TIFF Technical Notes, 2002).
fn holds_jpeg(tiff: &Structure) -> bool {
    let page = tiff.nodes.first().map_or(&[][..], |page| &page.children);
    let compression = page.iter().find(|tag| tag.kind == "Compression");
    compression.and_then(|tag| tag.get("value")).is_some_and(|value| matches!(value, "6" | "7"))
}

/// ffmpeg decodes the first page of a TIFF and is silent about the others.
fn note_pages(tiff: &Structure, notes: &mut Vec<Text>) {
    let pages = tiff.pictures;
    if pages > 1 {
        notes.push(Text::new(
            format!("The file holds {pages} TIFF pages; only the first was examined. Further pages may be thumbnails of it."),
            format!("Het bestand bevat {pages} TIFF-pagina's; alleen de eerste is onderzocht. De andere kunnen miniaturen ervan zijn."),
        ));
    }
}

fn note_streams(
    demuxer: &Demuxer,
    chosen: Chosen,
    look: &First,
    kind: Kind,
    notes: &mut Vec<Text>,
) {
    let streams = || (0..demuxer.streams()).filter_map(|index| demuxer.stream(index));
    let videos = streams().filter(|stream| stream.is_video() && !stream.is_cover()).count();
    let audios = streams().filter(av::Stream::is_audio).count();
    for (count, index, en, nl) in [
        (videos, chosen.video, "picture", "beeldsporen"),
        (audios, chosen.audio, "sound", "geluidssporen"),
    ] {
        if let (2.., Some(index)) = (count, index) {
            notes.push(Text::new(
                format!("The file holds {count} {en} streams; only stream {index} was examined."),
                format!("Het bestand bevat {count} {nl}; alleen spoor {index} is onderzocht."),
            ));
        }
    }
    if streams().any(|stream| stream.is_cover()) {
        notes.push(Text::new(
            "The file carries cover art or a thumbnail, which was not examined as a picture.",
            "Het bestand bevat een omslagafbeelding of miniatuur; die is niet als beeld onderzocht.",
        ));
    }
    if let (Some(index), None) = (chosen.audio, &look.sounding) {
        let codec = demuxer.stream(index).map(|stream| stream.codec()).unwrap_or_default();
        notes.push(Text::new(
            format!("The sound stream ({codec}) gave no sound near the start of the file; it was not examined."),
            format!("Het geluidsspoor ({codec}) gaf aan het begin van het bestand geen geluid; het is niet onderzocht."),
        ));
    }
    if kind == Kind::Image && look.pictures > 1 {
        notes.push(Text::new(
            "Further pictures or other data follow the first picture in the file; only the first was examined.",
            "Na het eerste beeld volgen in het bestand nog andere beelden of gegevens; alleen het eerste is onderzocht.",
        ));
    }
}
