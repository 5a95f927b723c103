//! The faces of a file, frame by frame, kept so that they need not be found twice.
//!
//! [`Reel::write`] follows faces and writes down what was found; [`Reel::read`] gives
//! the same again, bit for bit, without a network. Neither holds more than one frame
//! in memory. Who keeps the files, and under which name, is `experiment::kept`'s
//! business: a reel belongs to one file, one program, one set of networks and one
//! order of questions.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::{Clarity, Face, Follower, Iris};
use crate::media::{FaceDetail, Frame, Rect};
use crate::{Error, Result};

/// First bytes of a file.
const MAGIC: &[u8; 8] = b"wmreel1\n";
/// Bytes of the digest at its end.
const DIGEST: u64 = 32;
/// Most points and most faces that a file may claim.
const MOST: u32 = 100_000;

/// Faces that are found and written down, or read.
pub enum Reel {
    /// A follower, and where its words go.
    Write(Box<Follower>, Box<Writer>),
    /// What one said before.
    Read(Box<BufReader<File>>),
}

/// Writes what a follower says to a file of its own, which is gone unless it is
/// [finished](Reel::finish).
pub struct Writer {
    out: BufWriter<NamedTempFile>,
    digest: Sha256,
    /// Whether a frame was asked for.
    begun: bool,
    /// Something went wrong: there is nothing worth keeping.
    failed: bool,
}

impl Reel {
    /// Follows with `follower` and writes it down in a new file in `folder`.
    ///
    /// # Errors
    /// [`Error::Io`] when no file can be made there.
    pub fn write(follower: Follower, folder: &Path) -> Result<Self> {
        let file = NamedTempFile::new_in(folder).map_err(|e| Error::io(folder, e))?;
        Ok(Self::Write(Box::new(follower), Box::new(Writer::new(file))))
    }

    /// Reads the file at `path` again. `None` when there is none, or it is not whole.
    pub fn read(path: &Path) -> Option<Self> {
        let mut input = BufReader::new(File::open(path).ok()?);
        let length = input.get_ref().metadata().ok()?.len().checked_sub(DIGEST)?;
        let mut digest = Sha256::new();
        io::copy(&mut (&mut input).take(length), &mut Digested(&mut digest)).ok()?;
        let mut told = [0; DIGEST as usize];
        input.read_exact(&mut told).ok()?;
        if digest.finalize().as_slice() != told {
            return None;
        }
        input.rewind().ok()?;
        let mut magic = [0; MAGIC.len()];
        input.read_exact(&mut magic).ok()?;
        (magic == *MAGIC).then(|| Self::Read(Box::new(input)))
    }

    /// The faces of the next frame, as [`Follower::follow`] gives them.
    ///
    /// # Errors
    /// As there; [`Error::Compute`] when the file was made for other frames.
    pub fn follow(&mut self, frame: &Frame<'_>, detail: FaceDetail) -> Result<Vec<Face>> {
        let asked = (frame.index, frame.time_s.to_bits(), detail as u8);
        match self {
            Self::Write(follower, writer) => {
                let faces = follower.follow(frame, detail);
                match &faces {
                    Ok(faces) => writer.frame(asked, faces),
                    Err(_) => writer.failed = true,
                }
                faces
            }
            Self::Read(input) => {
                let other =
                    "faces kept earlier belong to other frames: empty the folder of --cache";
                match frame_of(input) {
                    Ok((there, faces)) if there == asked => Ok(faces),
                    _ => Err(Error::compute("faces", other)),
                }
            }
        }
    }

    /// Puts what was written at `path`, at once; its length. Nothing when it was read,
    /// when no frame was asked for, or when the follower failed.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn finish(self, path: &Path) -> Result<Option<u64>> {
        let Self::Write(_, writer) = self else { return Ok(None) };
        let Writer { mut out, digest, begun, failed } = *writer;
        if failed || !begun {
            return Ok(None);
        }
        let io = |e| Error::io(path, e);
        out.write_all(&digest.finalize()).map_err(io)?;
        let file = out.into_inner().map_err(|e| io(e.into_error()))?;
        let length = file.as_file().metadata().map_err(io)?.len();
        file.persist(path).map_err(|e| io(e.error))?;
        Ok(Some(length))
    }
}

/// Number, time and detail of what was asked.
type Asked = (u64, u64, u8);

impl Writer {
    fn new(file: NamedTempFile) -> Self {
        let out = BufWriter::new(file);
        let mut writer = Self { out, digest: Sha256::new(), begun: false, failed: false };
        writer.put(MAGIC);
        writer
    }

    fn put(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        self.failed |= self.out.write_all(bytes).is_err();
    }

    fn count(&mut self, count: usize) {
        self.put(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
    }

    fn numbers(&mut self, numbers: &[f32]) {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.put(&bytes);
    }

    /// A number that may be missing.
    fn maybe(&mut self, number: Option<f32>) {
        self.put(&[u8::from(number.is_some())]);
        self.numbers(&[number.unwrap_or(0.0)]);
    }

    fn frame(&mut self, (index, time, detail): Asked, faces: &[Face]) {
        self.begun = true;
        self.put(&index.to_le_bytes());
        self.put(&time.to_le_bytes());
        self.put(&[detail]);
        self.count(faces.len());
        for face in faces {
            self.face(face);
        }
    }

    fn face(&mut self, face: &Face) {
        // Taken apart, so that a field that is added cannot be forgotten here.
        let Face { track, score, bounds, mesh, presence, irises, clarity } = face;
        let Clarity { blur_px, covered, cut_off, bridge_line } = clarity;
        self.put(&track.to_le_bytes());
        self.numbers(&[*score, *presence, bounds.x, bounds.y, bounds.width, bounds.height]);
        self.count(mesh.len());
        self.numbers(mesh.as_flattened());
        self.put(&[u8::from(irises.is_some())]);
        for Iris { points, contour } in irises.iter().flatten() {
            self.numbers(points.as_flattened());
            self.count(contour.len());
            self.numbers(contour.as_flattened());
        }
        self.maybe(*blur_px);
        self.maybe(*bridge_line);
        self.put(&covered.map(u8::from));
        self.put(&[u8::from(*cut_off)]);
    }
}

fn bytes<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes).map(|()| bytes)
}

fn flag(input: &mut impl Read) -> io::Result<bool> {
    Ok(bytes::<1>(input)? != [0])
}

fn count(input: &mut impl Read) -> io::Result<usize> {
    match u32::from_le_bytes(bytes(input)?) {
        count if count <= MOST => Ok(count as usize),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn number(input: &mut impl Read) -> io::Result<f32> {
    Ok(f32::from_le_bytes(bytes(input)?))
}

fn point<const N: usize>(input: &mut impl Read) -> io::Result<[f32; N]> {
    let mut point = [0.0; N];
    for value in &mut point {
        *value = number(input)?;
    }
    Ok(point)
}

fn points(input: &mut impl Read) -> io::Result<Vec<[f32; 3]>> {
    (0..count(input)?).map(|_| point(input)).collect()
}

fn maybe(input: &mut impl Read) -> io::Result<Option<f32>> {
    let there = flag(input)?;
    Ok(Some(number(input)?).filter(|_| there))
}

fn frame_of(input: &mut impl Read) -> io::Result<(Asked, Vec<Face>)> {
    let (index, time) = (u64::from_le_bytes(bytes(input)?), u64::from_le_bytes(bytes(input)?));
    let [detail] = bytes(input)?;
    let faces = (0..count(input)?).map(|_| face_of(input)).collect::<io::Result<_>>()?;
    Ok(((index, time, detail), faces))
}

fn iris(input: &mut impl Read) -> io::Result<Iris> {
    let mut edge = [[0.0; 2]; 5];
    for place in &mut edge {
        *place = point(input)?;
    }
    Ok(Iris { points: edge, contour: points(input)? })
}

fn face_of(input: &mut impl Read) -> io::Result<Face> {
    let track = u32::from_le_bytes(bytes(input)?);
    let [score, presence, x, y, width, height] = point(input)?;
    let mesh = points(input)?;
    let irises = if flag(input)? { Some([iris(input)?, iris(input)?]) } else { None };
    let (blur_px, bridge_line) = (maybe(input)?, maybe(input)?);
    let covered = bytes::<7>(input)?.map(|byte| byte != 0);
    let clarity = Clarity { blur_px, covered, cut_off: flag(input)?, bridge_line };
    let bounds = Rect { x, y, width, height };
    Ok(Face { track, score, bounds, mesh, presence, irises, clarity })
}

/// Lets a digest be written to.
struct Digested<'a>(&'a mut Sha256);

impl Write for Digested<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::super::synth::Head;
    use super::*;

    /// A file of two frames, the second with two faces, without a network.
    fn written(path: &Path) -> Vec<Vec<Face>> {
        let folder = path.parent().unwrap();
        let mut writer = Writer::new(NamedTempFile::new_in(folder).unwrap());
        let drawn = |turn: f32| Head { turn: [turn, 0.0, 0.0], ..Head::default() }.render().face;
        let mut bare = drawn(10.0);
        (bare.irises, bare.clarity.blur_px, bare.score) = (None, None, f32::from_bits(0x3f7f_ffff));
        let frames = vec![vec![], vec![drawn(0.0), bare]];
        for (index, faces) in frames.iter().enumerate() {
            writer.frame((index as u64, (0.04 * index as f64).to_bits(), 1), faces);
        }
        let Writer { mut out, digest, .. } = writer;
        out.write_all(&digest.finalize()).unwrap();
        out.into_inner().unwrap().persist(path).unwrap();
        frames
    }

    #[test]
    fn faces_come_back_bit_for_bit_and_only_for_the_frames_they_are_of() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reel");
        let frames = written(&path);
        let mut reel = Reel::read(&path).unwrap();
        let blank = || Frame::from_gray(&[], 400, 400);
        for (index, faces) in frames.iter().enumerate() {
            let frame = Frame { index: index as u64, time_s: 0.04 * index as f64, ..blank() };
            let back = reel.follow(&frame, FaceDetail::Mesh).unwrap();
            // Rust's shortest decimals tell any two numbers apart.
            assert_eq!(format!("{back:?}"), format!("{faces:?}"));
        }
        assert!(reel.follow(&blank(), FaceDetail::Mesh).is_err(), "after the last frame");
        let mut other = Reel::read(&path).unwrap();
        assert!(other.follow(&blank(), FaceDetail::Iris).is_err(), "asked for more");
    }

    #[test]
    fn a_file_that_was_cut_or_changed_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reel");
        written(&path);
        let whole = std::fs::read(&path).unwrap();
        for cut in [0, 7, 40, whole.len() / 2, whole.len() - 1] {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert!(Reel::read(&path).is_none(), "cut at {cut}");
        }
        for at in [0, 30, whole.len() / 2, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            std::fs::write(&path, &changed).unwrap();
            assert!(Reel::read(&path).is_none(), "changed at {at}");
        }
    }
}
