//! Dates as people write them, in both languages.

use crate::text::Lang;

const MONTHS: [(&str, &str); 12] = [
    ("January", "januari"),
    ("February", "februari"),
    ("March", "maart"),
    ("April", "april"),
    ("May", "mei"),
    ("June", "juni"),
    ("July", "juli"),
    ("August", "augustus"),
    ("September", "september"),
    ("October", "oktober"),
    ("November", "november"),
    ("December", "december"),
];

/// Year, month, day, hour, minute, second and offset of an RFC 3339 time.
fn parts(rfc3339: &str) -> Option<([u16; 6], &str)> {
    let mut digits = [0; 6];
    // Places of the fields in `2026-01-02T03:04:05`.
    for (slot, (from, to)) in
        digits.iter_mut().zip([(0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19)])
    {
        *slot = rfc3339.get(from..to)?.parse().ok()?;
    }
    let rest = rfc3339.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    Some((digits, rest))
}

/// `rfc3339` in the words of `lang`, with its offset; as it stands where it is
/// no such time.
pub fn moment(rfc3339: &str, lang: Lang) -> String {
    let Some(([year, month, day, h, m, s], offset)) = parts(rfc3339) else {
        return rfc3339.to_owned();
    };
    let Some((en, nl)) = MONTHS.get(usize::from(month).wrapping_sub(1)) else {
        return rfc3339.to_owned();
    };
    let zone = match offset {
        "Z" | "z" | "+00:00" => "UTC".to_owned(),
        other => format!("UTC{}", other.replace('-', "−")),
    };
    match lang {
        Lang::En => format!("{day} {en} {year}, {h:02}:{m:02}:{s:02} ({zone})"),
        Lang::Nl => format!("{day} {nl} {year}, {h:02}:{m:02}:{s:02} uur ({zone})"),
    }
}

/// Year, month, day, hour, minute and second as `rfc3339` writes them, and its
/// offset in minutes.
pub fn fields(rfc3339: &str) -> Option<([u16; 6], i32)> {
    let (digits, offset) = parts(rfc3339)?;
    let minutes = match offset {
        "Z" | "z" => 0,
        signed => {
            let (h, m) = signed.get(1..)?.split_once(':')?;
            let minutes = h.parse::<i32>().ok()? * 60 + m.parse::<i32>().ok()?;
            if signed.starts_with('-') { -minutes } else { minutes }
        }
    };
    Some((digits, minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well_in_both_languages_and_keep_their_offset() {
        let time = "2026-03-02T03:04:05+01:00";
        assert_eq!(moment(time, Lang::En), "2 March 2026, 03:04:05 (UTC+01:00)");
        assert_eq!(moment(time, Lang::Nl), "2 maart 2026, 03:04:05 uur (UTC+01:00)");
        assert_eq!(
            moment("2026-12-31T23:59:00.123Z", Lang::En),
            "31 December 2026, 23:59:00 (UTC)"
        );
        assert_eq!(fields("2026-03-02T03:04:05-01:30"), Some(([2026, 3, 2, 3, 4, 5], -90)));
        for odd in ["", "yesterday", "2026-13-02T03:04:05Z", "2026-é3-02T03:04:05Z"] {
            assert_eq!(moment(odd, Lang::En), odd);
        }
    }
}
