//! Numbers as people read them.

use crate::text::Lang;

/// `value` with four significant digits: digits grouped by narrow spaces, the
/// decimal sign of `lang`, a power of ten below 0.001 and from ten million on.
pub fn number(value: f64, lang: Lang) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-3..1e7).contains(&magnitude) {
        let scientific = format!("{value:.3e}");
        let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        return format!("{} × 10{}", localised(trimmed(mantissa), lang), superscript(exponent));
    }
    if value.fract() == 0.0 {
        return localised(&format!("{value:.0}"), lang);
    }
    let decimals = match magnitude {
        m if m >= 1000.0 => 1,
        m if m >= 100.0 => 1,
        m if m >= 10.0 => 2,
        m if m >= 1.0 => 3,
        m if m >= 0.1 => 4,
        m if m >= 0.01 => 5,
        _ => 6,
    };
    localised(trimmed(&format!("{value:.decimals$}")), lang)
}

/// A whole number with its digits grouped.
pub fn grouped(value: u64, lang: Lang) -> String {
    localised(&value.to_string(), lang)
}

/// Without zeros that end a decimal fraction.
fn trimmed(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

/// A decimal number in ASCII with the decimal sign of `lang`, a true minus
/// sign, and groups of three from five digits on (ISO 80000-1, 7.3.1).
fn localised(ascii: &str, lang: Lang) -> String {
    let (sign, digits) = match ascii.strip_prefix('-') {
        Some(digits) => ("−", digits),
        None => ("", ascii),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut out = sign.to_owned();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && whole.len() > 4 && (whole.len() - i) % 3 == 0 {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    if !fraction.is_empty() {
        out.push(if lang == Lang::Nl { ',' } else { '.' });
        out.push_str(fraction);
    }
    out
}

/// `exponent` in raised digits.
fn superscript(exponent: &str) -> String {
    exponent
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '0' | '4'..='9' => char::from_u32(u32::from(c) - u32::from('0') + 0x2070).unwrap_or(c),
            other => other,
        })
        .collect()
}

/// 10 to the power `exponent`, as `10⁻³`.
pub fn power(exponent: i32) -> String {
    format!("10{}", superscript(&exponent.to_string()))
}

/// Seconds as `0:07`, `12:30` or `1:02:03`, for long axes.
pub fn clock(seconds: f64) -> String {
    let sign = if seconds < 0.0 { "−" } else { "" };
    let whole = seconds.abs().round().min(1e15) as u64;
    let (h, m, s) = (whole / 3600, whole / 60 % 60, whole % 60);
    if h > 0 { format!("{sign}{h}:{m:02}:{s:02}") } else { format!("{sign}{m}:{s:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well_in_both_languages() {
        let en = |v| number(v, Lang::En);
        assert_eq!(en(0.0), "0");
        assert_eq!(en(-295.346), "−295.3");
        assert_eq!(en(1.5), "1.5");
        assert_eq!(en(1234567.0), "1\u{202f}234\u{202f}567");
        assert_eq!(en(1.23e-5), "1.23 × 10⁻⁵");
        assert_eq!(en(2e12), "2 × 10¹²");
        assert_eq!(en(0.02998), "0.02998");
        assert_eq!(en(f64::NAN), "–");
        assert_eq!(number(29.97, Lang::Nl), "29,97");
        assert_eq!(grouped(1920, Lang::Nl), "1920");
        assert_eq!(clock(3723.0), "1:02:03");
        assert_eq!(clock(7.2), "0:07");
        assert_eq!(power(-12), "10⁻¹²");
    }
}
