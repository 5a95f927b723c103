//! Every fixed word of a report, in both languages side by side.

use crate::checks::{Group, Standing, Status};
use crate::media::Kind;
use crate::text::{Lang, Text};

/// A fixed text in both languages.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    pub en: &'static str,
    pub nl: &'static str,
}

impl Label {
    pub const fn get(self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Nl => self.nl,
        }
    }
}

impl From<Label> for Text {
    fn from(label: Label) -> Self {
        Text::new(label.en, label.nl)
    }
}

/// The language as BCP 47 names it.
pub fn code(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::Nl => "nl",
    }
}

macro_rules! labels {
    ($($name:ident: $en:literal, $nl:literal;)*) => {
        $(pub const $name: Label = Label { en: $en, nl: $nl };)*
        /// All labels, for the test that none is left in the wrong language.
        #[cfg(test)]
        pub const ALL: &[Label] = &[$($name),*];
    };
}

labels! {
    REPORT: "Examination report", "Onderzoeksrapport";
    SUBTITLE: "Forensic analysis of digital image, video and sound", "Forensisch onderzoek van digitaal beeld en geluid";
    REPORT_ID: "Report", "Rapport";
    PERFORMED: "Examination performed", "Onderzoek uitgevoerd";
    ISSUED: "Report made", "Rapport opgemaakt";
    SKIP: "Skip to the findings", "Naar de bevindingen";
    ONLY_ITEMS: "The results relate only to the item examined.",
        "De resultaten hebben uitsluitend betrekking op het onderzochte materiaal.";
    CONTENTS: "Contents", "Inhoud";
    ITEM: "Item examined", "Onderzocht materiaal";
    CONDITION: "Condition of the item", "Toestand van het materiaal";
    SUMMARY: "Summary of findings", "Samenvatting van de bevindingen";
    TIMELINE: "Time line", "Tijdlijn";
    FINDINGS: "Findings by check", "Bevindingen per onderzoeksmethode";
    EVALUATION: "Evaluation", "Interpretatie";
    LIMITS: "What is not established", "Wat niet is vastgesteld";
    RUN: "Method and reproduction", "Werkwijze en reproductie";
    SIGN: "Administration and sign-off", "Administratie en ondertekening";

    NAME: "File name", "Bestandsnaam";
    KIND: "Kind", "Soort";
    SIZE: "Size", "Grootte";
    AFTERWARDS: "SHA-256 after the examination", "SHA-256 na het onderzoek";
    THE_SAME: "the same", "dezelfde";
    ANOTHER: "another: the file changed", "een andere: het bestand is veranderd";
    BYTES: "bytes", "bytes";
    CONTAINER: "Container format", "Containerformaat";
    DURATION: "Duration", "Duur";
    TAGS: "Tags of the file", "Tags van het bestand";
    VIDEO_TAGS: "Tags of the picture stream", "Tags van de beeldstroom";
    AUDIO_TAGS: "Tags of the sound stream", "Tags van de geluidsstroom";
    OF_WHAT: "Of", "Van";
    OF_FILE: "file", "bestand";
    OF_PICTURE: "picture stream", "beeldstroom";
    OF_SOUND_STREAM: "sound stream", "geluidsstroom";
    TAG: "Tag", "Tag";
    AS_STORED: "As stored in the file", "Zoals opgeslagen in het bestand";
    NOTES: "Noted while opening the file", "Opgemerkt bij het openen van het bestand";
    RUN_NOTES: "Remarks on this examination", "Opmerkingen bij dit onderzoek";

    CODED: "Coded size", "Gecodeerde afmetingen";
    DISPLAYED: "Size as displayed", "Afmetingen bij weergave";
    ROTATION: "Rotation", "Rotatie";
    MIRRORED: "mirrored", "gespiegeld";
    VIDEO_CODEC: "Picture coding", "Beeldcodering";
    PIXELS: "Pixel format", "Pixelformaat";
    COLOUR: "Colour", "Kleur";
    DECLARED: "declared by the file", "in het bestand vermeld";
    BY_FORMAT: "by the rule of the format", "volgens de regel van het formaat";
    ASSUMED: "assumed from the size", "aangenomen op grond van de afmetingen";
    FULL: "full range", "volledig bereik";
    LIMITED: "limited range", "beperkt bereik";
    RATE: "Frame rate", "Beeldfrequentie";
    PER_SECOND: "frames/s (mean)", "beelden/s (gemiddeld)";
    VIDEO_BITS: "Bit rate, picture", "Bitrate beeld";
    AUDIO_BITS: "Bit rate, sound", "Bitrate geluid";
    AUDIO_CODEC: "Sound coding", "Geluidscodering";
    CHANNELS: "channels", "kanalen";
    CHANNEL: "channel", "kanaal";
    NO_AUDIO: "no sound stream", "geen geluidsstroom";
    EXAMINED: "Examined", "Onderzocht";
    FRAMES: "frames", "beelden";
    FRAME: "frame", "beeld";
    OF_SOUND: "of sound", "geluid";
    FACES: "Faces followed", "Gevolgde gezichten";
    FACE_SIZE: "Width of the faces", "Breedte van de gezichten";
    MEDIAN: "median", "mediaan";
    NOT_DETERMINED: "not determined", "niet bepaald";
    CONDITION_WHY: "Resolution, compression and the size of faces bound what any method can show. Error rates published for other conditions do not carry over to this item.",
        "Resolutie, compressie en de grootte van gezichten begrenzen wat een methode kan laten zien. Foutkansen die voor andere omstandigheden zijn gepubliceerd, gelden niet zonder meer voor dit materiaal.";

    CHECK: "Check", "Methode";
    GROUP: "Group", "Groep";
    STANDING: "Standing", "Bewijsstatus";
    STATUS: "Status", "Uitkomst";
    RESULT: "Result", "Resultaat";
    NO_CHECKS: "No check was run.", "Er is geen methode toegepast.";
    SUMMARY_WHY: "Checks of one group look at the same cause: their results are not independent and must not be counted as separate support.",
        "Methoden uit één groep kijken naar dezelfde oorzaak: hun resultaten zijn niet onafhankelijk en mogen niet als afzonderlijke steun worden geteld.";
    NOTHING_RESTS: "A dash stands where the check found nothing of what it looks for: nothing rests on that.",
        "Een streepje staat waar de methode niets aantrof van wat zij zoekt: daarop rust niets.";
    ORDER: "Findings stand in a fixed order, whatever was found: first evidential ones, then indicators, then historical ones; among these in the order of the program's list of checks.",
        "De bevindingen staan in een vaste volgorde, ongeacht wat is aangetroffen: eerst die met bewijswaarde, dan aanwijzingen, dan historische; daarbinnen in de volgorde van de methodenlijst van het programma.";
    TERMS: "Terms used for checks", "Gebruikte termen";
    CHECKS: "Checks", "Methoden";
    SILENT: "What was not examined, and why", "Wat niet is onderzocht, en waarom";
    SILENT_WHY: "These checks say nothing about the item. That is no finding for or against it. The method of each: waarmerk explain, followed by its name.",
        "Deze methoden zeggen niets over het materiaal. Dat is geen bevinding vóór of tegen. De werkwijze van elk: waarmerk explain, gevolgd door de naam.";

    TIMELINE_WHY: "Measurements over the length of the item, each on its own scale. Vertical lines mark the frames shown in this report. All values are in measurements.parquet.",
        "Metingen over de duur van het materiaal, elk op een eigen schaal. Verticale lijnen geven de in dit rapport getoonde beelden aan. Alle waarden staan in measurements.parquet.";

    TL_SLIDER: "Place on the time line", "Plaats op de tijdlijn";
    TL_CLOSER: "Zoom in", "Inzoomen";
    TL_WIDER: "Zoom out", "Uitzoomen";
    TL_WHOLE: "Whole clip", "Hele fragment";
    TL_BEFORE: "Previous picture", "Vorige afbeelding";
    TL_AFTER: "Next picture", "Volgende afbeelding";
    TL_SIGNAL: "Signal", "Signaal";
    TL_AT: "Measured at", "Gemeten op";
    TL_CHOOSE: "Choose signals", "Signalen kiezen";
    TL_KEYS: "Point to read values, drag to zoom, double-click for the whole clip. Keys: arrows move (with Shift further), + and − zoom, 0 shows the whole clip, n and p go to the next and the previous picture, Home and End to the ends.",
        "Wijs aan om waarden te lezen, sleep om in te zoomen, dubbelklik voor het hele fragment. Toetsen: pijlen verplaatsen (met Shift verder), + en − zoomen, 0 toont het hele fragment, n en p gaan naar de volgende en vorige afbeelding, Home en End naar het begin en het einde.";
    TL_FRAME: "Nearest picture in this report:", "Dichtstbijzijnde afbeelding in dit rapport:";
    TL_NONE: "no value", "geen waarde";

    REASON: "Reason", "Reden";
    STATE: "State", "Toestand";
    SCORE: "Raw score", "Ruwe score";
    SCORE_WHY: "higher = more likely manipulated according to the method; not a probability",
        "hoger = volgens de methode eerder gemanipuleerd; geen kans";
    NFA: "log₁₀ of the expected number of false alarms", "log₁₀ van het verwachte aantal valse alarmen";
    NFA_WHY: "a bound on false alarms for an untouched item, not a likelihood ratio",
        "een grens aan het aantal valse alarmen bij onbewerkt materiaal, geen likelihood ratio";
    WARNINGS: "Before using this result", "Bij gebruik van dit resultaat";
    VALUES: "Values", "Waarden";
    QUANTITY: "Quantity", "Grootheid";
    UNIT: "Unit", "Eenheid";
    VALUE: "Value", "Waarde";
    ROUNDED: "Numbers in this report are rounded to about four digits; findings.json holds them in full.",
        "Getallen in dit rapport zijn afgerond op ongeveer vier cijfers; findings.json bevat ze volledig.";
    OVER_TIME: "Measurements over time", "Metingen in de tijd";
    TRACK: "Face (track)", "Gezicht (nr.)";
    COUNT: "Number", "Aantal";
    MIDDLE: "Median", "Mediaan";
    LOWEST: "Lowest", "Laagste";
    HIGHEST: "Highest", "Hoogste";
    HIGHEST_AT: "Highest at (s)", "Hoogste bij (s)";
    MEASURED_WHERE: "Every single measurement is in measurements.parquet, under the name of this check.",
        "Elke afzonderlijke meting staat in measurements.parquet, onder de naam van deze methode.";
    METHOD: "Method", "Methode in het kort";
    FIGURE: "Figure", "Figuur";
    TABLE: "Table", "Tabel";
    FIGURE_DATA: "Values of this figure", "Waarden van deze figuur";
    NOT_PRINTED: "the values can be opened in the HTML file; they are not printed",
        "de waarden zijn in het HTML-bestand uit te klappen; ze worden niet afgedrukt";
    NO_FIGURE: "This figure could not be drawn", "Deze figuur kon niet worden getekend";
    IN_FULL: "In full in the file beside this report", "Volledig in het bestand naast dit rapport";
    EMPTY_TABLE: "no rows", "geen rijen";
    AT: "at", "bij";
    REDUCED: "shown at", "weergegeven als";
    CURVE: "Curve", "Kromme";

    SHOWN_FACES: "faces only, the rest made unrecognisable", "alleen gezichten, de rest onherkenbaar gemaakt";
    SHOWN_NONE: "without redaction", "zonder afscherming";
    SHOWN_ALL: "not shown (--redact all)", "niet getoond (--redact all)";
    MAP_FACES: "This map lies over the picture: outside faces it shows the means of at most 16 blocks a side (--redact faces).",
        "Deze kaart ligt over het beeld: buiten gezichten toont zij de gemiddelden van hooguit 16 blokken per zijde (--redact faces).";
    MAP_ALL: "This map lies over the picture and is not shown (--redact all).",
        "Deze kaart ligt over het beeld en wordt niet getoond (--redact all).";
    REDACTION: "Pictures", "Afbeeldingen";
    REDACT_FACES: "Pictures in this report show faces only, with the ears beside them; everything else has been made unrecognisable before encoding (--redact faces).",
        "De afbeeldingen in dit rapport tonen alleen gezichten, met de oren ernaast; al het overige is vóór het coderen onherkenbaar gemaakt (--redact faces).";
    REDACT_NONE: "Pictures in this report are shown without redaction, at the examiner's explicit request (--redact none). They may be sensitive.",
        "De afbeeldingen in dit rapport zijn op uitdrukkelijk verzoek van de onderzoeker niet afgeschermd (--redact none). Zij kunnen gevoelig zijn.";
    REDACT_ALL: "This report shows no picture of the material, faces neither (--redact all).",
        "Dit rapport toont geen enkele afbeelding uit het materiaal, ook geen gezichten (--redact all).";

    PROPOSITIONS: "Question and propositions", "Vraagstelling en hypothesen";
    PROPOSITIONS_WHY: "What is asked is put as pairs of propositions. A finding is worth something only for one of a pair against the other. The groups name the checks that look at traces of it; a group without a result says nothing about the pair.",
        "De vraag is gesteld als paren hypothesen. Een bevinding heeft alleen betekenis voor de ene hypothese van een paar tegenover de andere. De groepen noemen de methoden die naar sporen ervan kijken; een groep zonder resultaat zegt niets over het paar.";
    ABOUT: "At issue", "In het geding";
    PROPOSITION_1: "Proposition 1", "Hypothese 1";
    PROPOSITION_2: "Proposition 2", "Hypothese 2";
    GROUPS: "Groups of checks", "Groepen methoden";
    CUSTODY: "Custody", "Bewaarketen";
    CUSTODY_WHY: "From the log of the case, each line of which holds the digest of the line before. Digest of its last line when this examination began:",
        "Uit het logboek van de zaak, waarvan elke regel de hashwaarde van de vorige regel bevat. Hashwaarde van de laatste regel toen dit onderzoek begon:";
    NO_CUSTODY: "This examination was not part of a case of this program: what happened to the item before is not recorded here.",
        "Dit onderzoek maakte geen deel uit van een zaak in dit programma: wat eerder met het materiaal is gebeurd, is hier niet vastgelegd.";
    LOG_LINE: "Line", "Regel";
    MOMENT: "Moment", "Moment";
    WHO: "By", "Door";
    EVENT: "Event", "Gebeurtenis";
    EVALUATION_OF: "Evaluation of findings", "Interpretatie van bevindingen";
    REFERENCE: "Reference set", "Referentieset";
    REFERENCE_SHA256: "SHA-256 of the set", "SHA-256 van de set";
    MADE_BY: "Scores of the set", "Scores van de set";
    SAME_PROGRAM: "made by this very program", "gemaakt met dit programma zelf";
    OTHER_PROGRAM: "made by another build of the program: the examiner has to judge whether its scores are the same",
        "gemaakt met een andere versie van het programma: de onderzoeker moet beoordelen of de scores gelijk zijn";
    UNKNOWN_PROGRAM: "which program made them is not recorded", "met welk programma zij zijn gemaakt, is niet vastgelegd";
    LOG10_LR: "log₁₀ of the likelihood ratio, within the bounds", "log₁₀ van de likelihood ratio, binnen de grenzen";
    BOUNDS: "Bounds (ELUB)", "Grenzen (ELUB)";
    BEFORE_BOUNDS: "before the bounds 95 %:", "vóór de grenzen 95 %:";
    BOUND_HIT: "the bound was reached", "de grens is bereikt";
    OUTSIDE: "beyond every score of the set, so the ratio is extrapolated", "buiten alle scores van de set; de ratio is geëxtrapoleerd";
    CHOSEN: "Reference condition chosen", "Gekozen referentieconditie";
    NO_CONDITION: "none", "geen";
    HELD: "Scores / sources of propositions 1; 2", "Scores / bronnen van hypothese 1; 2";
    CLLR: "C_llr before the bounds, sources held out", "C_llr vóór de grenzen, bronnen apart gehouden";
    MISLEADING: "Share of misleading ratios, propositions 1; 2", "Aandeel misleidende ratio's, hypothese 1; 2";
    COVERAGE: "Share of the set with a score", "Aandeel van de set met een score";
    TO: "to", "tot";
    RATIOS_WHY: "Each ratio is about what its heading names: one check, or several (+) weighed together by one function learnt from the same items. Ratios must not be multiplied: checks share causes, and nothing else is known here of how they depend on each other. What a ratio is worth depends on whether the reference set resembles the case, which the examiner has to judge.",
        "Elke ratio gaat over wat de kop noemt: één methode, of meer (+) die samen zijn gewogen met één functie, geleerd van dezelfde items. Ratio's mogen niet worden vermenigvuldigd: methoden hebben gedeelde oorzaken, en verder is hier niet bekend hoe ze samenhangen. Wat een ratio waard is, hangt ervan af of de referentieset op de zaak lijkt; dat moet de onderzoeker beoordelen.";
    SET_UNSUITED: "The reference set does not suit this exhibit; each check says why.",
        "De referentieset past niet bij dit onderzochte bestand; per methode staat waarom.";
    OTHERS_RAW: "Findings without a ratio of their own are raw results of a method: no probabilities, not comparable between checks, and not put into words.",
        "Bevindingen zonder eigen ratio zijn ruwe uitkomsten van een methode: geen kansen, tussen methoden niet vergelijkbaar en niet in woorden uitgedrukt.";
    INTEGRITY: "Integrity of the file, as the examiner concludes (SWGDE 23-V-001)", "Integriteit van het bestand volgens de onderzoeker (SWGDE 23-V-001)";
    CODED_BEFORE: "Signs of an earlier coding", "Tekenen van een eerdere codering";
    SPEECH: "Speech", "Spraak";
    PRECISION: "Precision", "Rekenprecisie";
    PRECISION_WHY: "networks in single precision (32 bits); measurements in double precision",
        "netwerken in enkele precisie (32 bits); metingen in dubbele precisie";
    SEED: "Random numbers", "Toevalsgetallen";
    SEED_WHY: "none, but for intervals by resampling, from a fixed seed", "geen, behalve voor intervallen door herbemonsteren, met een vast startgetal";
    NO_LR: "No likelihood ratio can be given.", "Er kan geen likelihood ratio worden gegeven.";
    NO_LR_WHY: "A likelihood ratio compares how probable the findings are under two stated propositions. It takes a validated reference set of known originals and known manipulations, recorded and compressed as this item was. No such set was part of this examination. Scores are therefore raw results of a method: they are not probabilities, they cannot be compared between checks, and they are not put into words.",
        "Een likelihood ratio vergelijkt hoe waarschijnlijk de bevindingen zijn onder twee vooraf gestelde hypothesen. Daarvoor is een gevalideerde referentieset nodig van bekende originelen en bekende manipulaties die op vergelijkbare wijze zijn opgenomen en gecomprimeerd als dit materiaal. Een dergelijke set maakte geen deel uit van dit onderzoek. Scores zijn daarom ruwe uitkomsten van een methode: het zijn geen kansen, ze zijn tussen methoden niet vergelijkbaar en ze worden niet in woorden uitgedrukt.";
    NFA_NOT_LR: "Where a check controls its own false alarms, that bound holds for untouched material only; it says nothing of how often the method finds a manipulation.",
        "Waar een methode haar eigen valse alarmen beheerst, geldt die grens alleen voor onbewerkt materiaal; zij zegt niets over hoe vaak de methode een manipulatie vindt.";

    LIMIT_VERDICT: "Whether the item is authentic or manipulated. Each check reports one property; none decides this question.",
        "Of het materiaal authentiek of gemanipuleerd is. Elke methode beschrijft één eigenschap; geen enkele beslist deze vraag.";
    LIMIT_ABSENCE: "That the item is untouched where no trace was found. Re-encoding, resizing and sharing through platforms remove traces, and some manipulations leave none that these checks look for.",
        "Dat het materiaal onbewerkt is waar geen spoor is aangetroffen. Hercoderen, schalen en verspreiden via platforms wissen sporen uit, en sommige manipulaties laten geen sporen na waarnaar deze methoden zoeken.";
    LIMIT_INTENT: "Why a trace is there. Editing, a platform or a camera's own processing can cause the same trace as a forgery.",
        "Waardoor een spoor is ontstaan. Bewerking, een platform of de verwerking in de camera zelf kan hetzelfde spoor veroorzaken als een vervalsing.";
    LIMIT_WHO: "Who is depicted or heard, by whom, when and where the item was made. What the file declares about this can be edited.",
        "Wie is afgebeeld of te horen is, en door wie, wanneer en waar het materiaal is gemaakt. Wat het bestand hierover vermeldt, kan zijn gewijzigd.";
    LIMIT_BEFORE: "The handling of the item before this program opened it. The digests identify the bytes that were read.",
        "De behandeling van het materiaal voordat dit programma het opende. De hashwaarden leggen vast welke bytes zijn gelezen.";
    NOT_RUN: "not asked for", "niet gevraagd";
    NOT_RUN_WHY: "These checks exist in this program and were not asked for.",
        "Deze methoden kent dit programma; er is niet om gevraagd.";

    PROGRAM: "Program", "Programma";
    COMMIT: "Source commit", "Broncode (commit)";
    BINARY: "SHA-256 of the program", "SHA-256 van het programma";
    FFMPEG: "ffmpeg libraries", "ffmpeg-bibliotheken";
    DEVICE: "Computing device", "Rekenapparaat";
    STARTED: "Started", "Begonnen";
    FINISHED: "Finished", "Beëindigd";
    COMMAND: "Command that reproduces this report", "Opdracht waarmee dit rapport is te reproduceren";
    COMMAND_WHY: "With the same file, program, options and device (the same kind of processor) the measurements are the same to the byte. On another kind of processor numbers may differ by up to 0.1 %: waarmerk reproduce-report compares every one.",
        "Met hetzelfde bestand, hetzelfde programma, dezelfde opties en hetzelfde apparaat (hetzelfde soort processor) zijn de metingen tot op de byte gelijk. Op een ander soort processor mogen getallen tot 0,1 % verschillen: waarmerk reproduce-report vergelijkt ze stuk voor stuk.";
    OPTIONS: "Options in force", "Gebruikte opties";
    OPTION: "Option", "Optie";
    SETTING: "Setting", "Instelling";
    MODELS: "Models used", "Gebruikte modellen";
    MODEL: "Model", "Model";
    ORIGIN: "Origin", "Herkomst";
    LICENCE: "Licence", "Licentie";
    NO_MODELS: "No model was used.", "Er is geen model gebruikt.";
    TIMINGS: "Time taken by stage", "Tijdsduur per fase";
    STAGE: "Stage", "Fase";
    SECONDS: "Seconds", "Seconden";

    BY_HAND: "What is open here is to be completed by the laboratory.", "Wat hier open staat, vult het laboratorium in.";
    CASE: "Case and item number", "Zaaknummer en spoor (SIN)";
    CUSTOMER: "Commissioned by", "Opdrachtgever";
    QUESTION: "Question", "Vraagstelling";
    EXAMINED_BY: "Examiner", "Onderzoeker";
    REVIEWED_BY: "Reviewer", "Tweede lezer";
    RECEIVED: "Item received on, from", "Materiaal ontvangen op, van";
    DEVIATIONS: "Deviations from the method", "Afwijkingen van de werkwijze";
    EXAMINER: "Examiner (name, date, signature)", "Onderzoeker (naam, datum, handtekening)";
    REVIEWER: "Reviewer (name, date, signature)", "Tweede lezer (naam, datum, handtekening)";
    END: "End of report", "Einde van het rapport";
    METHODS: "Appendix: methods", "Bijlage: methoden";
    METHODS_WHY: "What each method is about, when it misleads, and where it comes from. How it works in full: in report.html, or with waarmerk explain, followed by its name.",
        "Waar elke methode over gaat, wanneer zij misleidt en waar zij vandaan komt. De volledige werkwijze: in report.html, of met waarmerk explain, gevolgd door de naam.";
    IN_HTML: "report.html and the files beside it hold all.", "report.html en de bestanden ernaast bevatten alles.";
    ESCAPES: "Characters of the evidence that cannot be seen, or for which this document has no sign, are written as ⟨U+…⟩ with their number in Unicode.",
        "Tekens uit het materiaal die niet zichtbaar zijn, of waarvoor dit document geen letterteken heeft, staan als ⟨U+…⟩ met hun nummer in Unicode.";
    TIMINGS_ALL: "Time taken", "Tijdsduur";
    PAGE: "Page", "Pagina";
    OF: "of", "van";
}

/// What no examination establishes.
pub const ALL_LIMITS: &[Label] =
    &[LIMIT_VERDICT, LIMIT_ABSENCE, LIMIT_INTENT, LIMIT_WHO, LIMIT_BEFORE];

/// How many checks say something.
pub fn counted(some: usize, all: usize, lang: Lang) -> String {
    match (lang, all) {
        (Lang::En, 1) => format!("{some} of 1 check has a result."),
        (Lang::En, _) => format!("{some} of {all} checks have a result."),
        (Lang::Nl, 1) => format!("{some} van 1 methode heeft een resultaat."),
        (Lang::Nl, _) => format!("{some} van de {all} methoden hebben een resultaat."),
    }
}

/// How many of `total` are not shown, if any.
pub fn cut(total: usize, most: usize, lang: Lang) -> Option<String> {
    let left = total.checked_sub(most).filter(|left| *left > 0)?;
    Some(match lang {
        Lang::En => format!("{left} further of {total} in all are not shown here."),
        Lang::Nl => format!("Nog {left} van in totaal {total} zijn hier niet getoond."),
    })
}

/// What a standing is called, and what it means.
pub fn standing(standing: Standing) -> (Label, Label) {
    match standing {
        Standing::Evidential => (
            Label { en: "evidential", nl: "bewijswaarde" },
            Label {
                en: "a fact read from the file, or a finding whose false alarms the method itself controls",
                nl: "een uit het bestand gelezen feit, of een bevinding waarvan de methode zelf de valse alarmen beheerst",
            },
        ),
        Standing::Indicator => (
            Label { en: "indicator", nl: "aanwijzing" },
            Label {
                en: "of use together with other findings and after calibration, never alone",
                nl: "bruikbaar samen met andere bevindingen en na kalibratie, nooit op zichzelf",
            },
        ),
        Standing::Historical => (
            Label { en: "historical", nl: "historisch" },
            Label {
                en: "a measurement that carries a warning; no conclusion may rest on it",
                nl: "een meting met een waarschuwing; er mag geen conclusie op rusten",
            },
        ),
    }
}

/// What a status is called, and what it means.
pub fn status(status: Status) -> (Label, Label) {
    match status {
        Status::Observed => (
            Label { en: "observed", nl: "waargenomen" },
            Label {
                en: "read from the file as it stands",
                nl: "rechtstreeks uit het bestand gelezen",
            },
        ),
        Status::Derived => (
            Label { en: "derived", nl: "afgeleid" },
            Label { en: "worked out by a method", nl: "met een methode bepaald" },
        ),
        Status::NotApplicable => (
            Label { en: "not applicable", nl: "niet van toepassing" },
            Label {
                en: "the item has nothing that this check looks at",
                nl: "het materiaal bevat niets waarnaar deze methode kijkt",
            },
        ),
        Status::Insufficient => (
            Label { en: "insufficient", nl: "onvoldoende" },
            Label {
                en: "there is something to look at, but too little or of too low quality",
                nl: "er is iets om naar te kijken, maar te weinig of van te lage kwaliteit",
            },
        ),
        Status::Error => (
            Label { en: "error", nl: "fout" },
            Label {
                en: "the check failed, for the reason given",
                nl: "de methode is mislukt, om de vermelde reden",
            },
        ),
    }
}

/// What a stage of a run is called; `None` for a check, whose name is its own.
pub fn stage(stage: &str) -> Option<Label> {
    let nl = match stage {
        "open" => "openen",
        "decode" => "decoderen",
        "finding and following faces" => "gezichten zoeken en volgen",
        _ => return None,
    };
    let en = match stage {
        "open" => "open",
        "decode" => "decode",
        _ => "finding and following faces",
    };
    Some(Label { en, nl })
}

/// What a group is called.
pub fn group(group: Group) -> Label {
    let (en, nl) = match group {
        Group::Provenance => ("provenance", "herkomst"),
        Group::Coding => ("coding", "codering"),
        Group::Spectral => ("frequency content", "frequentie-inhoud"),
        Group::Face => ("face", "gezicht"),
        Group::Physiology => ("physiology", "fysiologie"),
        Group::Voice => ("voice", "stem"),
        Group::Synchrony => ("sound and picture", "geluid en beeld"),
    };
    Label { en, nl }
}

/// What a kind of item is called.
pub fn kind(kind: Kind) -> Label {
    let (en, nl) = match kind {
        Kind::Video => ("video", "video"),
        Kind::Image => ("still picture", "foto of afbeelding"),
        Kind::Audio => ("sound recording", "geluidsopname"),
    };
    Label { en, nl }
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn every_label_is_translated() {
        let shared = ["bytes", "Tag", "Status", "Model", "Moment"];
        for label in ALL {
            assert!(!label.en.is_empty() && !label.nl.is_empty());
            assert!(label.en != label.nl || shared.contains(&label.en), "{}", label.en);
        }
    }
}
