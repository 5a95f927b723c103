//! The keys of a file's parts in Dutch. The file's own names and values stay
//! as they are in either language.

use crate::text::Text;

const KEYS: &[(&str, &str)] = &[
    ("MD5 of the samples", "MD5 van de monsters"),
    ("average bits/s", "gemiddeld bits/s"),
    ("begins at", "begint op"),
    ("begins with", "begint met"),
    ("bits", "bits"),
    ("block size", "blokgrootte"),
    ("channels", "kanalen"),
    ("checksum", "controlesom"),
    ("chunks", "blokken"),
    ("clusters", "clusters"),
    ("coded at", "gecodeerd als"),
    ("coded bytes", "gecodeerde bytes"),
    ("codec", "codec"),
    ("coding history", "codeergeschiedenis"),
    ("colour", "kleur"),
    ("colour transform", "kleurtransformatie"),
    ("comments", "opmerkingen"),
    ("compatible", "verenigbaar met"),
    ("components", "componenten"),
    ("compressor", "compressor"),
    ("content", "inhoud"),
    ("content type", "inhoudstype"),
    ("count", "aantal"),
    ("created", "gemaakt"),
    ("data size", "omvang van de gegevens"),
    ("delay and padding", "vertraging en opvulling"),
    ("density", "dichtheid"),
    ("duration", "duur"),
    ("each", "elk"),
    ("edit", "bewerking"),
    ("encoder", "encoder"),
    ("entries", "ingangen"),
    ("first chunk", "eerste blok"),
    ("first frame", "eerste frame"),
    ("flags", "vlaggen"),
    ("format", "formaat"),
    ("frames", "frames"),
    ("gamma", "gamma"),
    ("handler", "handler"),
    ("header", "kop"),
    ("holds", "bevat"),
    ("id", "id"),
    ("identifier", "kenmerk"),
    ("interlaced", "verweven"),
    ("item", "item"),
    ("items", "items"),
    ("key", "sleutel"),
    ("language", "taal"),
    ("last granule", "laatste granule"),
    ("layer", "laag"),
    ("length", "lengte"),
    ("level", "niveau"),
    ("major", "hoofdmerk"),
    ("maker", "maker"),
    ("manufacturer", "fabrikant"),
    ("minor", "versie"),
    ("modified", "gewijzigd"),
    ("name", "naam"),
    ("next track", "volgend spoor"),
    ("note", "opmerking"),
    ("packets", "pakketten"),
    ("pages", "pagina's"),
    ("part", "deel"),
    ("pictures", "beelden"),
    ("pixel aspect", "pixelverhouding"),
    ("pixels a unit", "pixels per eenheid"),
    ("primaries/transfer/matrix", "primaire kleuren/overdracht/matrix"),
    ("primary item", "hoofditem"),
    ("process", "procedé"),
    ("profile", "profiel"),
    ("rate", "frequentie"),
    ("restart interval", "herstartinterval"),
    ("restart markers", "herstartmarkeringen"),
    ("rotation", "rotatie"),
    ("samples", "monsters"),
    ("sampling", "bemonstering"),
    ("sequence", "volgnummer"),
    ("serial", "serienummer"),
    ("service", "dienst"),
    ("shown at", "weergegeven als"),
    ("size", "afmetingen"),
    ("spectral selection", "spectrale selectie"),
    ("start", "begin"),
    ("stream", "stroom"),
    ("streams", "stromen"),
    ("subsampling", "kleuronderbemonstering"),
    ("tables", "tabellen"),
    ("text", "tekst"),
    ("thumbnail", "miniatuur"),
    ("time reference", "tijdreferentie"),
    ("timescale", "tijdschaal"),
    ("track", "spoor"),
    ("type", "type"),
    ("uuid", "uuid"),
    ("value", "waarde"),
    ("vendor", "leverancier"),
    ("version", "versie"),
    ("µs a frame", "µs per frame"),
];

/// What our parsers say of a value in words of their own.
const VALUES: &[(&str, &str)] = &[
    ("not zero", "niet nul"),
    ("unknown", "onbekend"),
    ("wrong", "onjuist"),
    ("too deep", "te diep"),
    ("too short for its fields", "te kort voor zijn velden"),
];

/// Names that our parsers give to parts that have none.
const PARTS: &[(&str, &str)] = &[
    ("(trailing data)", "(gegevens na het einde)"),
    ("pack header", "pakketkop (pack header)"),
    ("sequence header", "reekskop (sequence header)"),
    ("system header", "systeemkop (system header)"),
    ("graphic control", "beeldbesturing (graphic control)"),
    ("plain text", "platte tekst (plain text)"),
];

fn known(list: &[(&str, &'static str)], word: &str) -> Option<&'static str> {
    list.iter().find(|(en, _)| *en == word).map(|(_, nl)| *nl)
}

/// The name of a part.
pub fn part(kind: &str) -> Text {
    Text::new(kind, known(PARTS, kind).unwrap_or(kind))
}

/// The details of a part in one line.
pub fn details(details: &[(String, String)]) -> Text {
    let en = details.iter().map(|(key, value)| format!("{key}: {value}"));
    let nl = details.iter().map(|(key, value)| {
        let value = match key.as_str() {
            "edit" => value.replace(" units, media from ", " eenheden, media vanaf "),
            // Numbers of ours; a dot would be read as thousands.
            "duration" | "gamma" => Text::measured("", value).nl,
            "tables" => Text::measured("", value.replace(", mean ", ", gemiddeld ")).nl,
            _ => known(VALUES, value).unwrap_or(value).to_owned(),
        };
        format!("{}: {value}", known(KEYS, key).unwrap_or(key))
    });
    Text::new(en.collect::<Vec<_>>().join("; "), nl.collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_translated_and_the_evidence_is_not() {
        let pair = |k: &str, v: &str| (k.to_owned(), v.to_owned());
        let text = details(&[pair("entries", "2"), pair("name", "entries"), pair("odd", "wrong")]);
        assert_eq!(text.en, "entries: 2; name: entries; odd: wrong");
        assert_eq!(text.nl, "ingangen: 2; naam: entries; odd: onjuist");
        assert_eq!(part("moov"), Text::same("moov"));
        let text = details(&[
            pair("duration", "4353 = 4.353 s"),
            pair("tables", "0 (8 bit, mean 1.0)"),
            pair("name", "4.353"),
        ]);
        assert_eq!(
            text.nl,
            "duur: 4353 = 4,353 s; tabellen: 0 (8 bit, gemiddeld 1,0); naam: 4.353"
        );
    }

    /// Every key that a parser writes has its Dutch word.
    #[test]
    fn no_key_is_forgotten() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/media/container");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().ends_with("tests.rs") {
                continue;
            }
            let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
            for call in ["note(\"", "with(\""] {
                let own = |at: &usize| !text[..*at].ends_with('_');
                for at in text.match_indices(call).map(|(at, _)| at).filter(own) {
                    let key = text[at + call.len()..].split('"').next().unwrap_or_default();
                    assert!(known(KEYS, key).is_some(), "{key}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 60, "{seen}");
    }
}
