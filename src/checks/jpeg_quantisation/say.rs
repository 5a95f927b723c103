//! The finding in words, numbers and tables.

use sha2::{Digest, Sha256};

use super::super::{Figure, Finding, Status};
use super::Quantisation;
use super::tables::{Coding, Nearest, Table, in_scan_order, nearest};
use crate::text::Text;

/// Correlation below which the summary says that the thumbnail shows
/// something else. Of the pictures of the development set, seven whole ones
/// with a thumbnail reach 0.981 and more, one of damaged data 0.27.
const ALIKE: f64 = 0.9;
/// The same for a sixteenth of it, less since a small part has less to vary.
const PART_ALIKE: f64 = 0.7;
/// Relative difference of aspects that rounding to 160 × 120 does not explain.
const ASPECT: f64 = 0.03;

/// What the tables of one picture come to.
struct Judged {
    luma: Nearest,
    chroma: Option<Nearest>,
}

impl Judged {
    fn of(coding: &Coding) -> Option<Self> {
        let luma = nearest(&coding.table_of(0)?.steps, true);
        // Of four components that share one table none is chroma: CMYK.
        let shared = coding.components.len() == 4
            && coding
                .components
                .iter()
                .all(|c| Some(c.table) == coding.components.first().map(|c| c.table));
        let chroma = coding.table_of(1).filter(|_| !shared).map(|t| nearest(&t.steps, false));
        Some(Self { luma, chroma })
    }

    fn standard(&self) -> bool {
        self.luma.exact() && self.chroma.is_none_or(|c| c.exact())
    }
}

pub(super) fn finding(check: &Quantisation) -> Finding {
    let coding = &check.coding;
    let mut finding = Finding::new(Status::Observed, Text::default());
    let Some(judged) = Judged::of(coding) else { return finding };
    finding.state = Some(if judged.standard() { "standard" } else { "own" }.into());
    finding.value("quality_luma", "1", f64::from(judged.luma.quality));
    finding.value("difference_luma", "1", judged.luma.difference);
    if let Some(chroma) = judged.chroma {
        finding.value("quality_chroma", "1", f64::from(chroma.quality));
        finding.value("difference_chroma", "1", chroma.difference);
    }
    finding.value("standard_tables", "1", f64::from(u8::from(judged.standard())));
    finding.value("tables", "1", coding.tables.len() as f64);
    finding.value("components", "1", coding.components.len() as f64);
    finding.value("pictures", "1", f64::from(check.pictures));
    if let Some(code) = coding.subsampling() {
        finding.value("subsampling", "1", f64::from(code));
    }
    let present = check.thumbnail.is_some();
    finding.value("thumbnail_present", "1", f64::from(u8::from(present)));
    finding.figures.push(list(check));
    for (name_en, name_nl, index) in [("luma", "luminantie", 0), ("chroma", "chrominantie", 1)] {
        let there = index == 0 || judged.chroma.is_some();
        if let Some(table) = coding.table_of(index).filter(|_| there) {
            finding.figures.push(steps(name_en, name_nl, table));
        }
    }
    thumbnail(check, &mut finding);
    finding.summary = summary(check, &judged);
    finding
}

fn thumbnail(check: &Quantisation, finding: &mut Finding) {
    let Some(thumbnail) = &check.thumbnail else { return };
    finding.value("thumbnail_bytes", "byte", thumbnail.bytes as f64);
    if let Some(judged) = Judged::of(&thumbnail.coding) {
        finding.value("thumbnail_quality_luma", "1", f64::from(judged.luma.quality));
        let standard = f64::from(u8::from(judged.standard()));
        finding.value("thumbnail_standard_tables", "1", standard);
    }
    if let Some(picture) = &thumbnail.picture {
        let (width, height) = picture.size();
        finding.value("thumbnail_width", "px", width as f64);
        finding.value("thumbnail_height", "px", height as f64);
    } else {
        finding.warnings.push(Text::new(
            "The thumbnail could not be decoded; it was not compared with the picture.",
            "De miniatuur kon niet worden gedecodeerd en is niet met het beeld vergeleken.",
        ));
    }
    if let Some(comparison) = check.comparison {
        finding.value("thumbnail_correlation", "1", comparison.correlation);
        let least = comparison.least.unwrap_or(f64::NAN);
        finding.value("thumbnail_least_correlation", "1", least);
        finding.value("thumbnail_aspect_ratio", "1", comparison.aspect);
        finding.value("thumbnail_upright", "1", f64::from(u8::from(comparison.upright)));
    }
}

fn summary(check: &Quantisation, judged: &Judged) -> Text {
    let mut en = Vec::new();
    let mut nl = Vec::new();
    let chroma = judged.chroma.map_or(String::new(), |c| format!(", chroma {}", c.quality));
    let chroma_nl =
        judged.chroma.map_or(String::new(), |c| format!(", chrominantie {}", c.quality));
    let luma = judged.luma.quality;
    if judged.standard() {
        en.push(format!(
            "The quantisation tables are exactly the standard ones (quality: luma {luma}{chroma})."
        ));
        nl.push(format!(
            "De kwantisatietabellen zijn exact de standaardtabellen (kwaliteit: luminantie \
             {luma}{chroma_nl})."
        ));
    } else {
        en.push(format!(
            "The quantisation tables are not the standard ones; the nearest are of quality luma \
             {luma}{chroma} (mean difference of a luma step {:.2}).",
            judged.luma.difference
        ));
        nl.push(format!(
            "De kwantisatietabellen zijn niet de standaardtabellen; de dichtstbijzijnde hebben \
             kwaliteit luminantie {luma}{chroma_nl} (gemiddeld verschil per luminantiestap \
             {}).",
            format!("{:.2}", judged.luma.difference).replace('.', ",")
        ));
    }
    if let Some(code) = check.coding.subsampling() {
        let name = name(code);
        en.push(format!("Chroma subsampling: {name}."));
        nl.push(format!("Kleurbemonstering: {name}."));
    }
    if check.coding.components.len() == 4 {
        en.push("Four components, as for print (CMYK or YCCK); \u{201c}luma\u{201d} is the table of the first.".into());
        nl.push("Vier componenten, zoals voor drukwerk (CMYK of YCCK); \u{201c}luminantie\u{201d} is de tabel van de eerste.".into());
    }
    let thumbnail = check.thumbnail.as_ref();
    match (thumbnail, check.comparison) {
        (None, _) => {
            en.push("The EXIF data hold no thumbnail.".into());
            nl.push("De EXIF-gegevens bevatten geen miniatuur.".into());
        }
        (Some(_), Some(c)) if c.correlation >= ALIKE && (c.aspect - 1.0).abs() <= ASPECT => {
            let least = c.least.unwrap_or(c.correlation);
            if least >= PART_ALIKE {
                en.push(format!(
                    "The thumbnail shows the same picture (correlation {:.3}, of its least like part {least:.3}).",
                    c.correlation
                ));
                nl.push(format!(
                    "De miniatuur toont hetzelfde beeld (correlatie {:.3}, van het minst gelijke deel {least:.3}).",
                    c.correlation
                ));
            } else {
                en.push(format!(
                    "The thumbnail agrees with the picture in the large (correlation {:.3}), but not in every part (the least alike of 16: {least:.3}): compare them by eye.",
                    c.correlation
                ));
                nl.push(format!(
                    "De miniatuur komt in het groot overeen met het beeld (correlatie {:.3}), maar niet in elk deel (het minst gelijke van 16: {least:.3}): vergelijk ze met het oog.",
                    c.correlation
                ));
            }
        }
        (Some(_), Some(c)) => {
            en.push(format!(
                "The thumbnail differs from the picture (correlation {:.3}, ratio of the aspects \
                 {:.3}): compare them by eye. One of them may have been changed after the other \
                 was made, or the camera made them differently.",
                c.correlation, c.aspect
            ));
            nl.push(format!(
                "De miniatuur wijkt af van het beeld (correlatie {:.3}, verhouding van de \
                 beeldverhoudingen {:.3}): vergelijk ze met het oog. Een van beide kan zijn \
                 gewijzigd nadat de andere is gemaakt, of de camera maakte ze verschillend.",
                c.correlation, c.aspect
            ));
        }
        (Some(_), None) => {
            en.push("The thumbnail could not be compared with the picture.".into());
            nl.push("De miniatuur kon niet met het beeld worden vergeleken.".into());
        }
    }
    Text::measured(en.join(" "), nl.join(" "))
}

fn name(code: u32) -> String {
    if code == 400 {
        return "4:0:0".into();
    }
    format!("{}:{}:{}", code / 100, code / 10 % 10, code % 10)
}

/// The first 16 digits of the SHA-256 of the steps.
fn digest(table: &Table) -> String {
    let mut hash = Sha256::new();
    for step in in_scan_order(&table.steps) {
        hash.update(step.to_be_bytes());
    }
    crate::text::hex(&hash.finalize()[..8])
}

fn list(check: &Quantisation) -> Figure {
    let mut rows = Vec::new();
    let thumbnail = check.thumbnail.as_ref().map(|t| &t.coding);
    let places = [Text::new("picture", "beeld"), Text::new("EXIF thumbnail", "EXIF-miniatuur")];
    for (place, coding) in places.into_iter().zip([Some(&check.coding), thumbnail]) {
        let Some(coding) = coding else { continue };
        for table in &coding.tables {
            let users =
                coding.components.iter().enumerate().filter(|(_, c)| c.table == table.number);
            let indices: Vec<usize> = users.map(|(i, _)| i).collect();
            let of: Vec<&str> =
                indices.iter().filter_map(|i| ["Y", "Cb", "Cr", "K"].get(*i).copied()).collect();
            let near = nearest(&table.steps, indices.first().is_none_or(|i| *i == 0));
            let facts = [
                format!("{} ({} bit)", table.number, table.bits),
                of.join(" "),
                near.quality.to_string(),
                format!("{:.2}", near.difference),
                digest(table),
            ];
            let facts = facts.map(|fact| Text::measured(fact.clone(), fact));
            rows.push([place.clone()].into_iter().chain(facts).collect());
        }
    }
    Figure::Words {
        title: Text::new("Quantisation tables", "Kwantisatietabellen"),
        columns: vec![
            Text::new("Of", "Van"),
            Text::new("Number", "Nummer"),
            Text::new("Components", "Componenten"),
            Text::new("Nearest quality", "Dichtstbijzijnde kwaliteit"),
            Text::new("Mean difference (0: exact)", "Gemiddeld verschil (0: exact)"),
            Text::new("Digest", "Hashwaarde"),
        ],
        rows,
    }
}

fn steps(en: &str, nl: &str, table: &Table) -> Figure {
    Figure::Table {
        title: Text::new(
            format!("Quantisation steps of {en}, frequency from left to right and downwards"),
            format!("Kwantisatiestappen van de {nl}, frequentie naar rechts en naar beneden"),
        ),
        columns: (0..8).map(|k| Text::same(k.to_string())).collect(),
        rows: table.steps.chunks(8).map(|row| row.iter().map(u16::to_string).collect()).collect(),
    }
}
