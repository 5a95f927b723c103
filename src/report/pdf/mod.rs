//! The report as a PDF, set by Typst from the same data as the page in HTML.
//!
//! Every string goes to the layout as data (`report.json` in Typst's own
//! little file system), so nothing from the evidence is ever read as Typst.
//! The file is made as PDF/A-2a and PDF/UA-1: fonts embedded, text selectable,
//! tagged for readers, fit to be archived. The same report gives the same
//! bytes.

mod evaluation;
mod finding;
mod fit;
mod item;
mod page;
mod words;
mod world;

use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use super::Report;
use super::moment::fields;
use crate::{Error, Result};

/// The report as PDF.
///
/// # Errors
///
/// When a figure's picture cannot be encoded or the page cannot be set.
pub fn render(report: &Report) -> Result<Vec<u8>> {
    let (page, mut files) = page::page(report)?;
    let page = serde_json::to_vec(&page).map_err(|e| Error::compute("PDF", e))?;
    files.push(("report.json".to_owned(), page));
    let desk = world::Desk::new(files)?;
    let document = typst::compile::<PagedDocument>(&desk).output;
    let document = document.map_err(|errors| failed(&errors))?;
    let id = report.id()?;
    let archival = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1]);
    let archival = archival.map_err(|e| Error::compute("PDF", e.message()))?;
    let file = typst_pdf::pdf(&document, &options(report, &id, archival)).or_else(|_| {
        // A string of the evidence that cannot be set to these standards
        // (signs that only exist joined, say) must not cost the report.
        typst_pdf::pdf(&document, &options(report, &id, PdfStandards::default()))
    });
    // What Typst remembers for a next time would only grow.
    typst::comemo::evict(0);
    file.map_err(|errors| failed(&errors))
}

fn options(report: &Report, id: &str, standards: PdfStandards) -> PdfOptions {
    PdfOptions {
        ident: Smart::Custom(id.to_owned()),
        creator: Smart::Custom(Some(format!("waarmerk {}", report.tool.version))),
        timestamp: timestamp(&report.finished),
        standards,
        ..PdfOptions::default()
    }
}

/// The time the report itself gives: no clock is read here.
fn timestamp(finished: &str) -> Option<Timestamp> {
    let ([year, month, day, h, m, s], minutes) = fields(finished)?;
    let small = |n: u16| u8::try_from(n).ok();
    let date = Datetime::from_ymd_hms(
        i32::from(year),
        small(month)?,
        small(day)?,
        small(h)?,
        small(m)?,
        small(s)?,
    )?;
    if minutes == 0 { Some(Timestamp::new_utc(date)) } else { Timestamp::new_local(date, minutes) }
}

fn failed(errors: &[SourceDiagnostic]) -> Error {
    let first = errors.first().map(|e| e.message.to_string()).unwrap_or_default();
    Error::compute("PDF", first)
}
