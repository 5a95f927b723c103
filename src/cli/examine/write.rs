//! The files of a result.

use std::fs;
use std::path::Path;

use crate::media::digest;
use crate::media::limits::within;
use crate::report::{Report, html, json, pdf};
use crate::text::visible;
use crate::{Error, Result, table};

/// Writes the files of a result; `run.json` last, with the digests of the
/// others. More than `most` bytes in all are an error.
pub(super) fn write(report: &Report, folder: &Path, csv: bool, most: u64) -> Result<()> {
    let put = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|e| Error::io(&path, e))
    };
    let mut names =
        ["findings.json", "measurements.parquet", "report.html"].map(str::to_owned).to_vec();
    let found: Vec<_> = report.checks.iter().map(|c| (c.name.as_str(), &c.finding)).collect();
    let mut rows = table::table(&report.exhibit.sha256, &found)?;
    table::write_parquet(&mut rows, &folder.join("measurements.parquet"))?;
    if csv {
        table::write_csv(&rows, &folder.join("measurements.csv"))?;
        names.push("measurements.csv".to_owned());
    }
    for checked in &report.checks {
        for attachment in &checked.finding.attachments {
            let name = checked.file_name(attachment);
            put(&name, &json::attachment(attachment)?)?;
            names.push(name);
        }
    }
    if !report.weighed.is_empty() {
        put("evaluation.json", &json::evaluation(&report.weighed)?)?;
        names.push("evaluation.json".to_owned());
    }
    put("findings.json", &json::findings(report)?)?;
    put("report.html", &html::render(report)?)?;
    match pdf::render(report) {
        Ok(bytes) => {
            let path = folder.join("report.pdf");
            fs::write(&path, bytes).map_err(|e| Error::io(&path, e))?;
            names.push("report.pdf".to_owned());
        }
        // The same content stands in the HTML: better that than nothing.
        Err(error) => eprintln!("waarmerk: no report.pdf: {}", visible(&error.to_string())),
    }
    let sizes = names.iter().map(|name| fs::metadata(folder.join(name)).map_or(0, |m| m.len()));
    within(folder, "bytes of results", sizes.sum(), "output", most)?;
    let digests: Result<Vec<_>> = names
        .into_iter()
        .map(|name| Ok((name.clone(), digest::sha256(&folder.join(name))?)))
        .collect();
    put("run.json", &json::run(report, &digests?)?)
}
