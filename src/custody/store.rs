//! Where a case is read from: a folder, or a zip that is not unpacked.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::print::Print;
use crate::{Error, Result};

/// Most files and folders read; a case has tens to thousands.
const MOST: usize = 1_000_000;

/// Files by name, with `/` between folders.
pub struct Store {
    inner: Inner,
    /// What every name starts with inside.
    prefix: String,
}

enum Inner {
    Folder(PathBuf),
    Zip { path: PathBuf, archive: Box<RefCell<ZipArchive<BufReader<File>>>> },
}

/// What stands under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Name, with `/` between folders.
    pub name: String,
    /// Size in bytes; `None` for what is no ordinary file (a link, a device).
    pub bytes: Option<u64>,
}

impl Store {
    /// Opens a folder or a zip.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Unreadable`].
    pub fn open(path: &Path) -> Result<Self> {
        if path.is_dir() {
            return Ok(Self { inner: Inner::Folder(path.to_owned()), prefix: String::new() });
        }
        let file = File::open(path).map_err(|e| Error::io(path, e))?;
        let archive = ZipArchive::new(BufReader::new(file)).map_err(|e| {
            Error::unreadable(path, format!("is neither a case folder nor a whole zip: {e}"))
        })?;
        let archive = Box::new(RefCell::new(archive));
        let inner = Inner::Zip { path: path.to_owned(), archive };
        let mut store = Self { inner, prefix: String::new() };
        // A bag stands in a folder of its own inside the zip.
        let items = store.list()?;
        let first =
            items.first().and_then(|i| i.name.split_once('/')).map(|(a, _)| format!("{a}/"));
        if let Some(first) = first.filter(|f| items.iter().all(|i| i.name.starts_with(f.as_str())))
        {
            store.prefix = first;
        }
        Ok(store)
    }

    /// The same, seen from the folder `name`.
    pub fn enter(mut self, name: &str) -> Self {
        self.prefix.push_str(name);
        self.prefix.push('/');
        self
    }

    /// The folder, when it is one.
    pub fn folder(&self) -> Option<PathBuf> {
        match &self.inner {
            Inner::Folder(root) => Some(root.join(&self.prefix)),
            Inner::Zip { .. } => None,
        }
    }

    /// Where it is, for messages.
    pub fn path(&self) -> &Path {
        match &self.inner {
            Inner::Folder(path) | Inner::Zip { path, .. } => path,
        }
    }

    /// Everything but folders, in the order of names. A zip that holds a name
    /// twice, or one that leads outside, is refused.
    pub fn list(&self) -> Result<Vec<Item>> {
        let mut items = match &self.inner {
            Inner::Folder(root) => walk(&root.join(&self.prefix))?,
            Inner::Zip { path, archive } => {
                let mut archive = archive.borrow_mut();
                let mut items = Vec::new();
                for i in 0..archive.len().min(MOST) {
                    let file = archive
                        .by_index_raw(i)
                        .map_err(|e| Error::unreadable(path, e.to_string()))?;
                    if file.enclosed_name().is_none() {
                        return Err(Error::unreadable(path, "holds a name that leads outside"));
                    }
                    if let Some(name) = file.name().strip_prefix(&self.prefix)
                        && !file.is_dir()
                    {
                        let plain = !file.is_symlink();
                        items.push(Item {
                            name: name.to_owned(),
                            bytes: plain.then_some(file.size()),
                        });
                    }
                }
                items
            }
        };
        items.sort_by(|a, b| a.name.cmp(&b.name));
        if items.windows(2).any(|pair| matches!(pair, [a, b] if a.name == b.name)) {
            return Err(Error::unreadable(self.path(), "holds one name twice"));
        }
        Ok(items)
    }

    /// Reads `name` through `read`.
    pub fn read<T>(&self, name: &str, read: impl FnOnce(&mut dyn Read) -> Result<T>) -> Result<T> {
        let whole = format!("{}{name}", self.prefix);
        match &self.inner {
            Inner::Folder(root) => {
                let path = root.join(whole);
                let kind = fs::symlink_metadata(&path).map_err(|e| Error::io(&path, e))?;
                if !kind.is_file() {
                    return Err(Error::unreadable(path, "is not an ordinary file"));
                }
                read(&mut File::open(&path).map_err(|e| Error::io(&path, e))?)
            }
            Inner::Zip { path, archive } => {
                let mut archive = archive.borrow_mut();
                let mut file = archive
                    .by_name(&whole)
                    .map_err(|e| Error::unreadable(path, format!("{whole}: {e}")))?;
                read(&mut file)
            }
        }
    }

    /// All bytes of `name`, at most `limit`.
    pub fn bytes(&self, name: &str, limit: u64) -> Result<Vec<u8>> {
        self.read(name, |from| {
            let mut bytes = Vec::new();
            from.take(limit + 1).read_to_end(&mut bytes).map_err(|e| Error::io(name, e))?;
            if bytes.len() as u64 > limit {
                return Err(Error::Limit { what: format!("{name}: its size"), limit });
            }
            Ok(bytes)
        })
    }

    /// The print of `name`.
    pub fn print(&self, name: &str) -> Result<Print> {
        self.read(name, |mut from| Print::of(&mut from, name))
    }
}

fn walk(root: &Path) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|e| Error::io(&folder, e))? {
            let path = entry.map_err(|e| Error::io(&folder, e))?.path();
            let kind = fs::symlink_metadata(&path).map_err(|e| Error::io(&path, e))?;
            if kind.is_dir() {
                folders.push(path);
                continue;
            }
            if items.len() >= MOST {
                return Err(Error::Limit {
                    what: format!("{}: files", root.display()),
                    limit: MOST as u64,
                });
            }
            let bytes = kind.is_file().then_some(kind.len());
            items.push(Item { name: super::case::name(root, &path), bytes });
        }
    }
    Ok(items)
}
