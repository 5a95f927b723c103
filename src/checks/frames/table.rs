//! The tables of what to look at, and of the edit lists.

use super::Frames;
use super::edits::Edits;
use super::events::Events;
use super::say::Times;
use crate::checks::Figure;
use crate::text::Text;

/// Most events listed.
const ROWS: usize = 200;

impl Frames {
    pub(super) fn table(&self, events: &Events, times: &Times) -> Option<Figure> {
        let mut rows: Vec<(usize, &str, String)> = Vec::new();
        if events.cadence.is_none() {
            rows.extend(events.duplicates.iter().map(|&i| (i, "duplicate", String::new())));
        }
        let level = |i: usize| {
            let (r, l) = (events.residual.get(i), events.level.get(i));
            format!("{:.1} / {:.1}", r.unwrap_or(&0.0), l.unwrap_or(&0.0))
        };
        rows.extend(events.jumps.iter().map(|&i| (i, "jump", level(i))));
        rows.extend(events.inserted.iter().map(|&(i, n)| (i, "inserted", format!("{n}"))));
        rows.extend(events.freezes.iter().map(|&(i, n)| (i, "freeze", format!("{n}"))));
        rows.extend(
            events.repeats.iter().map(|&(from, to, n)| (to, "repeat", format!("{n} ← {from}"))),
        );
        rows.extend(times.gaps.iter().map(|&(i, n)| (i, "time gap", format!("+{n:.0}"))));
        rows.sort();
        if rows.is_empty() {
            return None;
        }
        let more = rows.len().saturating_sub(ROWS);
        let wat = |what: &str| match what {
            "duplicate" => "dubbel",
            "jump" => "sprong",
            "inserted" => "ingevoegd",
            "freeze" => "bevroren",
            "repeat" => "herhaling",
            _ => "gat in de tijd",
        };
        let mut rows: Vec<Vec<Text>> = rows
            .into_iter()
            .take(ROWS)
            .map(|(i, what, about)| {
                let time = format!("{:.3}", self.time(i));
                vec![
                    Text::same(i.to_string()),
                    Text::new(time.clone(), time.replace('.', ",")),
                    Text::new(what, wat(what)),
                    Text::new(about.clone(), about.replace('.', ",")),
                ]
            })
            .collect();
        if more > 0 {
            rows.push(vec![
                Text::same(format!("… +{more}")),
                Text::default(),
                Text::default(),
                Text::default(),
            ]);
        }
        Some(Figure::Words {
            title: Text::new("Frames to look at", "Te bekijken beelden"),
            columns: vec![
                Text::new("Frame", "Beeld"),
                Text::new("Time (s)", "Tijd (s)"),
                Text::new("What", "Wat"),
                Text::new(
                    "Size / level, frames, or where from",
                    "Grootte / niveau, beelden, of waarvandaan",
                ),
            ],
            rows,
        })
    }
}

pub(super) fn edit_table(edits: &[Edits]) -> Figure {
    let row = |e: &Edits| {
        let begins = format!("{:.3}", e.begins_s);
        let entries = e.entries.join("; ");
        let vermeldingen = entries.replace(" units, media from ", " eenheden, media vanaf ");
        vec![
            Text::same(e.handler.clone()),
            Text::new(begins.clone(), begins.replace('.', ",")),
            Text::new(entries, vermeldingen),
        ]
    };
    Figure::Words {
        title: Text::new("Edit lists", "Bewerkingslijsten (edit lists)"),
        columns: vec![
            Text::new("Track", "Spoor"),
            Text::new("Begins in the media at (s)", "Begint in de media op (s)"),
            Text::new("Entries", "Vermeldingen"),
        ],
        rows: edits.iter().take(ROWS).map(row).collect(),
    }
}
