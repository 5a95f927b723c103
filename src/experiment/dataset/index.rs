//! From a folder on disk to a manifest.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::labels::{self, Said};
use super::pattern::{Captures, Pattern};
use super::problem::Problem;
use super::{Dataset, Files, Item, Label, Labels, Manifest, Media, split_name};
use crate::media::digest;
use crate::{Error, Result};

/// A manifest, with what was met on the way to it.
#[derive(Clone, Debug, Default)]
pub struct Indexed {
    /// The items.
    pub manifest: Manifest,
    /// What a user must know before using them.
    pub problems: Vec<Problem>,
}

/// Reads the folder `root` as the data set `set`; `progress` is told how many
/// files of how many have been digested.
///
/// # Errors
///
/// [`Error::Io`] when the folder or a label list cannot be read,
/// [`Error::Unreadable`] for a label that the data set does not know or a
/// split list that is none.
pub fn index(set: &Dataset, root: &Path, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Indexed> {
    let mut problems = Vec::new();
    let mut paths = Vec::new();
    walk(root, "", &mut paths, &mut problems)?;
    paths.sort();
    let mut items = matched(set, &paths, &mut problems)?;
    for rule in &set.labels {
        label(rule, root, &paths, &mut items, &mut problems)?;
    }
    if let Some(pairs) = &set.pairs {
        pair(&Pattern::new(&pairs.files)?, root, &paths, &mut items)?;
    }
    let (done, all) = (AtomicU64::new(0), items.len() as u64);
    let digested: Vec<Option<String>> = items
        .par_iter_mut()
        .map(|item| {
            let path = root.join(&item.path);
            let found = std::fs::metadata(&path).map_err(|e| Error::io(&path, e));
            let found = found.and_then(|there| Ok((there.len(), digest::sha256(&path)?)));
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, all);
            match found {
                Ok((bytes, sha256)) => {
                    (item.bytes, item.sha256) = (bytes, sha256);
                    None
                }
                Err(_) => Some(item.path.clone()),
            }
        })
        .collect();
    let unreadable: Vec<String> = digested.into_iter().flatten().collect();
    items.retain(|item| !item.sha256.is_empty());
    Problem::note(&mut problems, "could not be read", unreadable);
    let unlabelled = items.iter().filter(|item| item.label.is_none());
    Problem::note(
        &mut problems,
        "has no label",
        unlabelled.map(|item| item.path.clone()).collect(),
    );
    Ok(Indexed { manifest: Manifest { dataset: set.name.clone(), items }, problems })
}

/// All files below `root`, as relative paths with `/`.
fn walk(
    root: &Path,
    below: &str,
    into: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) -> Result<()> {
    let folder = root.join(below);
    for entry in std::fs::read_dir(&folder).map_err(|e| Error::io(&folder, e))? {
        let entry = entry.map_err(|e| Error::io(&folder, e))?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !name.contains('\\')) else {
            let shown = Path::new(below).join(&name).to_string_lossy().into_owned();
            Problem::note(
                problems,
                "has a name that is not plain UTF-8 and is left out",
                vec![shown],
            );
            continue;
        };
        let path = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
        let kind = entry.file_type().map_err(|e| Error::io(&folder, e))?;
        if kind.is_dir() {
            walk(root, &path, into, problems)?;
        } else if kind.is_file() || (kind.is_symlink() && root.join(&path).is_file()) {
            into.push(path);
        } else if kind.is_symlink() {
            Problem::note(
                problems,
                "is a link to a folder, or to nothing, and is left out",
                vec![path],
            );
        }
    }
    Ok(())
}

/// The items that the data set's patterns find among `paths`.
fn matched(set: &Dataset, paths: &[String], problems: &mut Vec<Problem>) -> Result<Vec<Item>> {
    let rules: Vec<(Pattern, &Files)> = set
        .files
        .iter()
        .map(|files| Ok((Pattern::new(&files.path)?, files)))
        .collect::<Result<_>>()?;
    let mut stray = Vec::new();
    let mut items = Vec::new();
    for path in paths {
        let media = is_media(set.media, path);
        let hit = rules.iter().filter(|_| media).find_map(|(pattern, files)| {
            let captures = pattern.matches(path)?;
            let excepted = captures.iter().any(|(name, text)| {
                files.except.get(name).is_some_and(|texts| texts.contains(text))
            });
            (!excepted).then_some((captures, *files))
        });
        match hit {
            Some((captures, files)) => items.push(item(set, path, &captures, files)),
            None if media => stray.push(path.clone()),
            None => {}
        }
    }
    Problem::note(problems, "is in no place where this data set has items", stray);
    Ok(items)
}

fn item(set: &Dataset, path: &str, captures: &Captures, files: &Files) -> Item {
    let taken = |wanted: &str| {
        captures.iter().find(|(name, _)| name == wanted).map(|(_, text)| text.clone())
    };
    let label = files.label.or_else(|| Label::from_word(&taken("label")?));
    let stem = Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    Item {
        key: format!("{}/{path}", set.name),
        path: path.to_owned(),
        label,
        method: files.method.clone().or_else(|| taken("method")),
        compression: files.compression.clone().or_else(|| taken("compression")),
        split: files.split.clone().or_else(|| taken("split")).map(|split| split_name(&split)),
        source: taken("source").or(stem),
        source2: taken("source2"),
        ..Item::default()
    }
}

/// Whether a file is of the kind, by its name alone.
fn is_media(media: Media, path: &str) -> bool {
    let extension = path.rsplit('.').next().unwrap_or_default().to_lowercase();
    let known: &[&str] = match media {
        Media::Video => &["mp4", "mov", "avi", "mkv", "webm", "m4v", "mpg", "mpeg"],
        Media::Picture => {
            &["jpg", "jpeg", "png", "webp", "tif", "tiff", "bmp", "heic", "avif", "gif"]
        }
        Media::Sound => &["wav", "flac", "mp3", "m4a", "aac", "ogg", "opus"],
    };
    known.contains(&extension.as_str())
}

/// Says what the lists of `rule` say of the items.
fn label(
    rule: &Labels,
    root: &Path,
    paths: &[String],
    items: &mut [Item],
    problems: &mut Vec<Problem>,
) -> Result<()> {
    let pattern = Pattern::new(&rule.file)?;
    let mut listed = vec![false; items.len()];
    let (mut absent, mut contrary, mut lists, mut twice) = (Vec::new(), Vec::new(), 0, Vec::new());
    let names = names(items);
    for list in paths {
        let Some(captures) = pattern.matches(list) else { continue };
        lists += 1;
        let split = captures.iter().find(|(name, _)| name == "split").map(|(_, t)| t.as_str());
        let folder = list.rsplit_once('/').map_or("", |(folder, _)| folder);
        for said in labels::read(rule, &root.join(list), split)? {
            let found = find(&names, folder, &said.file);
            match found {
                [] => absent.push(said.file.clone()),
                [at] => {
                    if let (Some(item), Some(mark)) = (items.get_mut(*at), listed.get_mut(*at)) {
                        *mark = true;
                        apply(&said, item, &mut contrary);
                    }
                }
                _ => twice.push(said.file.clone()),
            }
        }
    }
    if let Some(others) = &rule.others {
        let rest = items.iter_mut().zip(&listed).filter(|(_, listed)| !**listed && lists > 0);
        rest.for_each(|(item, _)| item.split = Some(split_name(others)));
    }
    if lists == 0 {
        Problem::note(problems, "is missing: a list of labels or splits", vec![rule.file.clone()]);
    }
    let missing = format!("is listed in {} but not on this disk", rule.file);
    Problem::note(problems, &missing, absent);
    let several = format!("is listed in {} by a name that several files have", rule.file);
    Problem::note(problems, &several, twice);
    let polarity = format!(
        "has a label in {} that contradicts its folder: is the list's polarity the one assumed?",
        rule.file
    );
    Problem::note(problems, &polarity, contrary);
    Ok(())
}

fn apply(said: &Said, item: &mut Item, contrary: &mut Vec<String>) {
    match (item.label, said.label) {
        (Some(folder), Some(list)) if folder != list => contrary.push(item.path.clone()),
        (None, Some(list)) => item.label = Some(list),
        _ => {}
    }
    let set = |cell: &mut Option<String>, word: &Option<String>| {
        if word.is_some() {
            cell.clone_from(word);
        }
    };
    set(&mut item.split, &said.split);
    set(&mut item.method, &said.method);
    if let Some(source) = &said.source {
        // Some lists name the source by its file.
        let stem = source.rsplit_once('.').map_or(source.as_str(), |(stem, _)| stem);
        item.source = Some(stem.to_owned());
    }
}

/// Every name by which a list may know an item: its path, its file name, and
/// its stem.
fn names(items: &[Item]) -> HashMap<String, Vec<usize>> {
    let mut names: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, item) in items.iter().enumerate() {
        let file = item.path.rsplit('/').next().unwrap_or_default();
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let mut of_item = vec![item.path.clone(), format!("name:{file}"), format!("name:{stem}")];
        of_item.dedup();
        for name in of_item {
            names.entry(name).or_default().push(at);
        }
    }
    names
}

fn find<'a>(names: &'a HashMap<String, Vec<usize>>, folder: &str, file: &str) -> &'a [usize] {
    let file = file.trim_start_matches("./");
    let beside = if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
    let last = file.rsplit('/').next().unwrap_or_default();
    [beside, file.to_owned(), format!("name:{last}")]
        .iter()
        .find_map(|name| names.get(name))
        .map_or(&[], Vec::as_slice)
}

/// Splits by lists of pairs of sources: `[["000", "003"], …]`.
fn pair(pattern: &Pattern, root: &Path, paths: &[String], items: &mut [Item]) -> Result<()> {
    let mut split_of: HashMap<String, String> = HashMap::new();
    for list in paths {
        let Some(captures) = pattern.matches(list) else { continue };
        let Some((_, split)) = captures.iter().find(|(name, _)| name == "split") else { continue };
        let path = root.join(list);
        let text = std::fs::read_to_string(&path).map_err(|e| Error::io(&path, e))?;
        let pairs: Vec<Vec<String>> =
            serde_json::from_str(&text).map_err(|e| Error::unreadable(&path, e.to_string()))?;
        for source in pairs.into_iter().flatten() {
            split_of.insert(source, split_name(split));
        }
    }
    for item in items {
        if let Some(split) = item.source.as_ref().and_then(|source| split_of.get(source)) {
            item.split = Some(split.clone());
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::super::{all, find as named};
    use super::*;

    /// A folder with these files, each with its own content.
    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        root
    }

    fn indexed(name: &str, root: &Path) -> Indexed {
        let sets = all(None).unwrap();
        index(named(&sets, name).unwrap(), root, &|_, _| {}).unwrap()
    }

    fn row<'a>(indexed: &'a Indexed, path: &str) -> &'a Item {
        indexed.manifest.items.iter().find(|item| item.path == path).unwrap()
    }

    #[test]
    fn a_clip_name_under_four_methods_stays_four_items_of_one_source() {
        let mut files = vec![
            ("original_sequences/youtube/c23/videos/000.mp4".to_owned(), "r".to_owned()),
            ("splits/test.json".to_owned(), "[[\"000\",\"003\"]]".to_owned()),
            ("splits/train.json".to_owned(), "[[\"071\",\"054\"]]".to_owned()),
        ];
        for method in ["Deepfakes", "Face2Face", "FaceSwap", "NeuralTextures"] {
            let path = format!("manipulated_sequences/{method}/c23/videos/000_003.mp4");
            files.push((path, method.to_owned()));
            let path = format!("manipulated_sequences/{method}/c40/videos/071_054.mp4");
            files.push((path, format!("{method}40")));
        }
        let files: Vec<(&str, &str)> =
            files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let root = folder(&files);
        let found = indexed("faceforensics", root.path());
        assert_eq!(found.manifest.items.len(), 9);
        let keys: std::collections::BTreeSet<_> =
            found.manifest.items.iter().map(|item| &item.key).collect();
        assert_eq!(keys.len(), 9);
        let fake = row(&found, "manipulated_sequences/FaceSwap/c23/videos/000_003.mp4");
        assert_eq!(fake.label, Some(Label::Fake));
        assert_eq!(fake.method.as_deref(), Some("FaceSwap"));
        assert_eq!(fake.compression.as_deref(), Some("c23"));
        assert_eq!((fake.source.as_deref(), fake.source2.as_deref()), (Some("000"), Some("003")));
        assert_eq!(fake.split.as_deref(), Some("test"));
        let train = row(&found, "manipulated_sequences/FaceSwap/c40/videos/071_054.mp4");
        assert_eq!(train.split.as_deref(), Some("train"));
    }

    #[test]
    fn the_list_of_celeb_df_says_one_for_real() {
        let list = "1 Celeb-real/id0_0001.mp4\n0 Celeb-synthesis/id0_id1_0001.mp4\n1 YouTube-real/00007.mp4\n";
        let files = [
            ("List_of_testing_videos.txt", list),
            ("Celeb-real/id0_0001.mp4", "a"),
            ("Celeb-real/id0_0002.mp4", "b"),
            ("Celeb-synthesis/id0_id1_0001.mp4", "c"),
        ];
        let root = folder(&files);
        let found = indexed("celeb-df-v2", root.path());
        assert_eq!(row(&found, "Celeb-real/id0_0001.mp4").split.as_deref(), Some("test"));
        assert_eq!(row(&found, "Celeb-real/id0_0002.mp4").split.as_deref(), Some("train"));
        let said: Vec<&str> = found.problems.iter().map(|p| p.what.as_str()).collect();
        assert!(said.iter().any(|what| what.contains("not on this disk")), "{said:?}");
        assert!(!said.iter().any(|what| what.contains("polarity")), "{said:?}");
        // The same list with the polarity that most others have is noticed.
        std::fs::write(
            root.path().join("List_of_testing_videos.txt"),
            "0 Celeb-real/id0_0001.mp4\n1 Celeb-synthesis/id0_id1_0001.mp4\n",
        )
        .unwrap();
        let found = indexed("celeb-df-v2", root.path());
        assert!(found.problems.iter().any(|p| p.what.contains("polarity") && p.items == 2));
    }

    #[test]
    fn labels_come_from_json_beside_the_clips_and_from_protocols() {
        let json = r#"{"a.mp4":{"label":"FAKE","split":"train","original":"b.mp4"},
                       "b.mp4":{"label":"REAL","split":"train"}}"#;
        let files = [
            ("dfdc_train_part_0/metadata.json", json),
            ("dfdc_train_part_0/a.mp4", "a"),
            ("dfdc_train_part_0/b.mp4", "b"),
        ];
        let root = folder(&files);
        let found = indexed("dfdc", root.path());
        let fake = row(&found, "dfdc_train_part_0/a.mp4");
        assert_eq!((fake.label, fake.source.as_deref()), (Some(Label::Fake), Some("b")));
        assert_eq!(row(&found, "dfdc_train_part_0/b.mp4").label, Some(Label::Real));

        let files = [
            (
                "ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm.dev.trl.txt",
                "LA_0069 LA_D_1 - A01 spoof\nLA_0070 LA_D_2 - - bonafide\n",
            ),
            ("ASVspoof2019_LA_dev/flac/LA_D_1.flac", "a"),
            ("ASVspoof2019_LA_dev/flac/LA_D_2.flac", "b"),
        ];
        let root = folder(&files);
        let found = indexed("asvspoof2019-la", root.path());
        let spoof = row(&found, "ASVspoof2019_LA_dev/flac/LA_D_1.flac");
        assert_eq!((spoof.label, spoof.source.as_deref()), (Some(Label::Fake), Some("LA_0069")));
        assert_eq!((spoof.method.as_deref(), spoof.split.as_deref()), (Some("A01"), Some("val")));
    }

    #[test]
    fn a_label_that_is_no_label_is_an_error() {
        let files = [("meta.csv", "file,speaker,label\na.wav,X,maybe\n"), ("a.wav", "a")];
        let root = folder(&files);
        let sets = all(None).unwrap();
        let set = named(&sets, "in-the-wild").unwrap();
        let error = index(set, root.path(), &|_, _| {}).unwrap_err().to_string();
        assert!(error.contains("`maybe`"), "{error}");
    }

    #[test]
    fn a_users_own_folder_needs_three_lines() {
        let own = folder(&[(
            "mine.toml",
            "[[dataset]]\nname='mine'\nmedia='picture'\nlayout='folders'\n",
        )]);
        let root = folder(&[("real/x/1.jpg", "a"), ("fake/2.png", "b"), ("other/3.png", "c")]);
        let sets = all(Some(&own.path().join("mine.toml"))).unwrap();
        let found = index(named(&sets, "mine").unwrap(), root.path(), &|_, _| {}).unwrap();
        assert_eq!(row(&found, "real/x/1.jpg").label, Some(Label::Real));
        assert_eq!(row(&found, "fake/2.png").label, Some(Label::Fake));
        assert_eq!(row(&found, "other/3.png").label, None);
        assert!(found.problems.iter().any(|p| p.what.contains("no label")));
    }
}
