//! What Typst may see: the layout, the words, the figures, three fonts, and
//! nothing of this machine.

use std::collections::HashMap;
use std::sync::OnceLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use crate::{Error, Result};

/// The layout.
const LAYOUT: &str = include_str!("report.typ");
const MAIN: &str = "report.typ";

/// The files of one report.
pub struct Desk {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    main: Source,
    files: HashMap<FileId, Bytes>,
}

/// The fonts, read once: a text face, one for digests with many signs, and
/// pictograms.
pub fn fonts() -> &'static [Font] {
    static FONTS: OnceLock<Vec<Font>> = OnceLock::new();
    FONTS.get_or_init(|| {
        [
            epaint_default_fonts::UBUNTU_LIGHT,
            epaint_default_fonts::HACK_REGULAR,
            epaint_default_fonts::NOTO_EMOJI_REGULAR,
        ]
        .into_iter()
        .filter_map(|font| Font::new(Bytes::new(font), 0))
        .collect()
    })
}

/// Whether a font has a sign for `c`.
pub fn drawn(c: char) -> bool {
    fonts().iter().any(|font| font.info().coverage.contains(u32::from(c)))
}

impl Desk {
    /// With `files` by name beside the layout.
    pub fn new(files: Vec<(String, Vec<u8>)>) -> Result<Self> {
        let files: Result<HashMap<FileId, Bytes>> =
            files.into_iter().map(|(name, data)| Ok((id(&name)?, Bytes::new(data)))).collect();
        Ok(Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(fonts())),
            main: Source::new(id(MAIN)?, LAYOUT.to_owned()),
            files: files?,
        })
    }
}

fn id(name: &str) -> Result<FileId> {
    let path = VirtualPath::new(name).map_err(|e| Error::compute("PDF", e))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.get(&id).cloned().ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        fonts().get(index).cloned()
    }

    /// No clock: the report brings its own times.
    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
