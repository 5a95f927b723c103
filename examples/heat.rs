//! The first map of a check as numbers: `heat CHECK FILE`, a row of the map a line, commas
//! between. `reports/classical-maps.py` holds such maps against those of another program.

use std::path::Path;

use waarmerk::checks::pass::{self, FaceSource};
use waarmerk::checks::{Figure, Options, select};
use waarmerk::media::{Exhibit, Limits};
use waarmerk::text::Text;
use waarmerk::{Error, Result};

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(check), Some(file)) = (args.next(), args.next()) else {
        return Err(Error::Usage("heat CHECK FILE".to_owned()));
    };
    let entries = select(&[check])?;
    let exhibit = Exhibit::open(Path::new(&file), &Limits::default())?;
    let mut faces = FaceSource::Missing(Text::same("no networks here"));
    let outcome = pass::run(&exhibit, &entries, &Options::default(), &mut faces, &mut |_| {});
    for examined in outcome.examined {
        for figure in examined.finding.figures {
            if let Figure::Heat { width, values, .. } = figure {
                for row in values.chunks(width.max(1)) {
                    let cells: Vec<String> = row.iter().map(f32::to_string).collect();
                    println!("{}", cells.join(","));
                }
                return Ok(());
            }
        }
        eprintln!("no map: {}", examined.finding.summary.en);
    }
    Ok(())
}
