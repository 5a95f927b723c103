//! The check jpeg-grid through the library's public door, on the reference
//! pictures of ZERO.

use std::path::Path;

use waarmerk::checks::pass::{FaceSource, run};
use waarmerk::checks::{Entry, Figure, Finding, Options, jpeg_grid};
use waarmerk::media::{Exhibit, Limits};
use waarmerk::text::Text;

/// Runs one check over a file.
pub fn examine(path: &Path, entry: &'static Entry) -> Finding {
    let exhibit = Exhibit::open(path, &Limits::default()).unwrap();
    let mut faces = FaceSource::Missing(Text::same("no models in this test"));
    let mut outcome = run(&exhibit, &[entry], &Options::default(), &mut faces, &mut |_| {});
    outcome.examined.remove(0).finding
}

pub fn value(finding: &Finding, quantity: &str) -> Option<f64> {
    finding.values.iter().find(|value| value.quantity == quantity).map(|value| value.value)
}

static ENTRY: Entry = jpeg_grid::ENTRY;

#[test]
fn the_published_numbers_of_zero_come_back() {
    let Some(root) = std::env::var_os("WAARMERK_SHARED") else {
        println!("skipped: the_published_numbers_of_zero_come_back (WAARMERK_SHARED is not set)");
        return;
    };
    let folder = Path::new(&root).join("data/manipulated");
    let of = |name: &str| examine(&folder.join(name), &ENTRY);

    let roma = of("zero_roma.png");
    assert_eq!(roma.state.as_deref(), Some("no-grid"));
    assert_eq!(value(&roma, "main_grid"), None);
    assert_eq!(value(&roma, "foreign_regions"), Some(0.0));
    assert_eq!(value(&roma, "missing_regions"), Some(0.0));

    let saved = of("zero_roma99.jpg");
    assert_eq!(saved.state.as_deref(), Some("one-grid"));
    assert_eq!(value(&saved, "main_grid"), Some(0.0));
    assert_eq!(format!("{:.3}", value(&saved, "log10_nfa").unwrap()), "-295.346");
    assert_eq!(value(&saved, "foreign_regions"), Some(0.0));
    assert_eq!(value(&saved, "missing_regions"), Some(0.0));

    let tampered = of("zero_tampered1.png");
    assert_eq!(tampered.state.as_deref(), Some("foreign-grid"));
    assert_eq!(value(&tampered, "main_grid"), None);
    assert_eq!(value(&tampered, "foreign_regions"), Some(1.0));
    let strongest = value(&tampered, "strongest_foreign_log10_nfa").unwrap();
    assert_eq!(format!("{strongest:.4}"), "-25.8163");
    assert_eq!(tampered.log10_nfa, Some(strongest));
    let rows = tampered.figures.iter().find_map(|figure| match figure {
        Figure::Words { rows, .. } => Some(rows),
        _ => None,
    });
    let row: Vec<&str> = rows.unwrap()[0].iter().map(|cell| cell.en.as_str()).collect();
    assert!(row.contains(&"#0 (0, 0)"), "{row:?}");
    assert!(row.contains(&"104,94–153,159"), "{row:?}");
}

#[test]
fn genuine_camera_photographs_have_no_foreign_grid() {
    let Some(root) = std::env::var_os("WAARMERK_SHARED") else {
        println!(
            "skipped: genuine_camera_photographs_have_no_foreign_grid (WAARMERK_SHARED is not set)"
        );
        return;
    };
    let mut measured = 0;
    for entry in std::fs::read_dir(Path::new(&root).join("data/camera")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "jpg") {
            let finding = examine(&path, &ENTRY);
            let Some(regions) = value(&finding, "foreign_regions") else { continue };
            measured += 1;
            assert_eq!(regions, 0.0, "{}", path.display());
        }
    }
    assert!(measured >= 8, "only {measured} measured");
}
