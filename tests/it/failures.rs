//! Pictures of misjudged items in the report of a run.

use std::path::Path;

use base64::Engine as _;
use image::{GrayImage, Luma};

use crate::run::{told, waarmerk};

/// A picture full of detail, saved as JPEG.
fn photo(path: &Path, quality: u8) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let picture = GrayImage::from_fn(256, 192, |x, y| Luma([255 * ((x / 8 + y / 8) % 2) as u8]));
    let mut file = std::fs::File::create(path).unwrap();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, quality);
    encoder.encode_image(&picture).unwrap();
}

/// The pictures of a page.
fn pictures(page: &str) -> Vec<GrayImage> {
    let data = page.split("data:image/jpeg;base64,").skip(1);
    let decoded = data.map(|rest| {
        let text = rest.split('"').next().unwrap();
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
        image::load_from_memory(&bytes).unwrap().to_luma8()
    });
    decoded.collect()
}

/// Greatest difference between neighbours in a row.
fn detail(image: &GrayImage) -> u8 {
    let pixel = |x: u32, y: u32| image.get_pixel(x, y)[0];
    let (w, h) = image.dimensions();
    (0..h).flat_map(|y| (1..w).map(move |x| pixel(x, y).abs_diff(pixel(x - 1, y)))).max().unwrap()
}

#[test]
fn misjudged_items_are_shown_and_nothing_but_faces_can_be_recognised() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    // The higher quality is taken for fake: one real item scores more than both fakes,
    // and so both fakes less than some real item. The other real item is judged rightly.
    for (name, quality) in
        [("real/low", 60), ("real/high", 95), ("fake/high", 90), ("fake/low", 70)]
    {
        photo(&at.join(format!("data/{name}.jpg")), quality);
    }
    let own = "[[dataset]]\nname = 'mine'\nmedia = 'picture'\nlayout = 'folders'\n";
    std::fs::write(at.join("mine.toml"), own).unwrap();
    let experiment = "question = '?'\nseed = 1\nmetrics = ['auc']\n\
        [[slice]]\nname = 's'\ndataset = 'mine'\n\
        [[method]]\nname = 'quality'\ncheck = 'jpeg-quantisation'\nvalue = 'quality_luma'\n";
    std::fs::write(at.join("e.toml"), experiment).unwrap();
    let index = ["datasets", "index", "mine", "--root", "data", "--datasets", "mine.toml"];
    assert_eq!(waarmerk(at, &index).status.code(), Some(0));
    let data = ["--data", "mine=mine.parquet,data"];
    for (redact, most) in [("faces", Some(8)), ("none", None), ("all", None)] {
        let more = ["run", "e.toml", "--out", redact, "--redact", redact];
        let run = waarmerk(at, &[&more[..], &data[..]].concat());
        assert_eq!(run.status.code(), Some(0), "{}", told(&run));
        let page = std::fs::read_to_string(at.join(redact).join("e/report.html")).unwrap();
        assert!(page.contains("false alarm of quality on s: score 95"), "{page}");
        assert!(page.contains("miss of quality on s: score 70"), "{page}");
        let shown = pictures(&page);
        assert_eq!(shown.len(), if redact == "all" { 0 } else { 3 }, "{redact}");
        for picture in &shown {
            match most {
                Some(most) => assert!(detail(picture) <= most, "{}", detail(picture)),
                None => assert!(detail(picture) > 200, "as it is"),
            }
        }
        let table = std::fs::read_to_string(at.join(redact).join("e/misjudged.csv")).unwrap();
        assert!(table.contains("s,quality,false alarm,real,mine/real/high.jpg,95"), "{table}");
    }
    // Shards on machines that have gone: numbers without files, pictures with them.
    let one = ["run", "e.toml", "--out", "parts", "--no-merge"];
    assert_eq!(waarmerk(at, &[&one[..], &data[..]].concat()).status.code(), Some(0));
    let page = || std::fs::read_to_string(at.join("parts/e/report.html")).unwrap();
    assert_eq!(waarmerk(at, &["merge", "parts/e"]).status.code(), Some(0));
    assert!(page().contains("No picture: the item is not at hand") && pictures(&page()).is_empty());
    let merged = waarmerk(at, &[&["merge", "parts/e"][..], &data[..]].concat());
    assert_eq!(merged.status.code(), Some(0), "{}", told(&merged));
    assert_eq!(pictures(&page()).len(), 3);
}
