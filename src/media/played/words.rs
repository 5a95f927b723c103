//! What a reader must know of the pictures and sound that were decoded, in
//! words: a sentence for once and one for several times, in both languages.

use crate::text::Text;

/// For one, and for several. `{n}` stands for the number, `{s}` for seconds.
pub(super) struct Sentence {
    en: [&'static str; 2],
    nl: [&'static str; 2],
}

impl Sentence {
    /// The sentence with its number and seconds put in.
    pub(super) fn said(&self, n: u64, seconds: f64) -> Text {
        let seconds = format!("{seconds:.3}");
        let put = |[one, several]: [&str; 2], seconds: &str| {
            let sentence = if n == 1 { one } else { several };
            sentence.replace("{n}", &n.to_string()).replace("{s}", seconds)
        };
        Text::new(put(self.en, &seconds), put(self.nl, &seconds.replace('.', ",")))
    }
}

pub(super) const DECODE_ERRORS: Sentence = Sentence {
    en: [
        "The decoder refused data once: the file is damaged or cut off, and pictures or sound may be missing.",
        "The decoder refused data {n} times: the file is damaged or cut off, and pictures or sound may be missing.",
    ],
    nl: [
        "De decoder weigerde één keer gegevens: het bestand is beschadigd of afgebroken, en beelden of geluid kunnen ontbreken.",
        "De decoder weigerde {n} keer gegevens: het bestand is beschadigd of afgebroken, en beelden of geluid kunnen ontbreken.",
    ],
};

pub(super) const DAMAGED_FRAMES: Sentence = Sentence {
    en: [
        "1 picture was damaged and repaired by guess by the decoder; what is measured there may be the repair.",
        "{n} pictures were damaged and repaired by guess by the decoder; what is measured there may be the repair.",
    ],
    nl: [
        "1 beeld was beschadigd en door de decoder naar schatting hersteld; wat daar gemeten is, kan het herstel zijn.",
        "{n} beelden waren beschadigd en door de decoder naar schatting hersteld; wat daar gemeten is, kan het herstel zijn.",
    ],
};

pub(super) const HIDDEN_FRAMES: Sentence = Sentence {
    en: [
        "1 coded picture in the file is not shown by players and not examined: an edit list leaves out part of the file, as after trimming without re-coding.",
        "{n} coded pictures in the file are not shown by players and not examined: an edit list leaves out part of the file, as after trimming without re-coding.",
    ],
    nl: [
        "1 gecodeerd beeld in het bestand is voor spelers verborgen en niet onderzocht: een bewerkingslijst (edit list) laat een deel van het bestand weg, zoals na inkorten zonder hercoderen.",
        "{n} gecodeerde beelden in het bestand zijn voor spelers verborgen en niet onderzocht: een bewerkingslijst (edit list) laat een deel van het bestand weg, zoals na inkorten zonder hercoderen.",
    ],
};

pub(super) const CONTAINER_ERRORS: Sentence = Sentence {
    en: [
        "The container could not be read on once: the file is damaged or cut off.",
        "The container could not be read on {n} times: the file is damaged or cut off.",
    ],
    nl: [
        "De container was één keer niet verder te lezen: het bestand is beschadigd of afgebroken.",
        "De container was {n} keer niet verder te lezen: het bestand is beschadigd of afgebroken.",
    ],
};

pub(super) const MISSING_TIMES: Sentence = Sentence {
    en: [
        "1 picture had no timestamp; its time was derived from the frame rate.",
        "{n} pictures had no timestamp; theirs was derived from the frame rate.",
    ],
    nl: [
        "1 beeld had geen tijdstempel; die is afgeleid van de beeldfrequentie.",
        "{n} beelden hadden geen tijdstempel; die is afgeleid van de beeldfrequentie.",
    ],
};

pub(super) const REPEATED_TIMES: Sentence = Sentence {
    en: [
        "1 picture had the same or an earlier time than the picture before.",
        "{n} pictures had the same or an earlier time than the picture before.",
    ],
    nl: [
        "1 beeld had dezelfde of een eerdere tijd dan het beeld ervoor.",
        "{n} beelden hadden dezelfde of een eerdere tijd dan het beeld ervoor.",
    ],
};

pub(super) const GAPS: Sentence = Sentence {
    en: [
        "1 step between pictures was longer than 1.75 frame durations: pictures were dropped, the recording paused, or the material was cut or edited.",
        "{n} steps between pictures were longer than 1.75 frame durations: pictures were dropped, the recording paused, or the material was cut or edited.",
    ],
    nl: [
        "1 stap tussen beelden duurde langer dan 1,75 beeldduur: er zijn beelden weggevallen, de opname heeft stilgestaan, of het materiaal is geknipt of gemonteerd.",
        "{n} stappen tussen beelden duurden langer dan 1,75 beeldduur: er zijn beelden weggevallen, de opname heeft stilgestaan, of het materiaal is geknipt of gemonteerd.",
    ],
};

pub(super) const VARIABLE_FRAME_RATE: Sentence = Sentence {
    en: [
        "The frame rate varies; times were taken from the file's own timestamps.",
        "The frame rate varies; times were taken from the file's own timestamps.",
    ],
    nl: [
        "De beeldfrequentie is variabel; de tijden komen uit de tijdstempels van het bestand zelf.",
        "De beeldfrequentie is variabel; de tijden komen uit de tijdstempels van het bestand zelf.",
    ],
};

pub(super) const RESIZED_FRAMES: Sentence = Sentence {
    en: [
        "1 picture had another size than the first.",
        "{n} pictures had another size than the first.",
    ],
    nl: [
        "1 beeld had een ander formaat dan het eerste.",
        "{n} beelden hadden een ander formaat dan het eerste.",
    ],
};

pub(super) const SOUND_HOLES: Sentence = Sentence {
    en: [
        "The sound had 1 hole, filled with {s} s of silence to keep its time.",
        "The sound had {n} holes, filled with {s} s of silence to keep its time.",
    ],
    nl: [
        "Het geluid had 1 onderbreking, opgevuld met {s} s stilte om de tijd te laten kloppen.",
        "Het geluid had {n} onderbrekingen, opgevuld met {s} s stilte om de tijd te laten kloppen.",
    ],
};

pub(super) const SOUND_TRIMMED: Sentence = Sentence {
    en: [
        "{s} s of sound overlapped what came before and was left out.",
        "{s} s of sound overlapped what came before and was left out.",
    ],
    nl: [
        "{s} s geluid overlapte met wat eraan voorafging en is weggelaten.",
        "{s} s geluid overlapte met wat eraan voorafging en is weggelaten.",
    ],
};

pub(super) const SOUND_JUMPS: Sentence = Sentence {
    en: [
        "The clock of the sound jumped once; times of sound after that are uncertain.",
        "The clock of the sound jumped {n} times; times of sound after that are uncertain.",
    ],
    nl: [
        "De klok van het geluid versprong één keer; tijden van geluid daarna zijn onzeker.",
        "De klok van het geluid versprong {n} keer; tijden van geluid daarna zijn onzeker.",
    ],
};

pub(super) const SOUND_CHANGES: Sentence = Sentence {
    en: [
        "1 block of sound had another rate or number of channels than the first and was converted.",
        "{n} blocks of sound had another rate or number of channels than the first and were converted.",
    ],
    nl: [
        "1 geluidsblok had een andere bemonsteringsfrequentie of een ander aantal kanalen dan het eerste en is omgezet.",
        "{n} geluidsblokken hadden een andere bemonsteringsfrequentie of een ander aantal kanalen dan het eerste en zijn omgezet.",
    ],
};

pub(super) const SOUND_NOT_NUMBERS: Sentence = Sentence {
    en: [
        "1 sample of sound was no number and was made zero.",
        "{n} samples of sound were no numbers and were made zero.",
    ],
    nl: [
        "1 geluidsmonster was geen getal en is op nul gezet.",
        "{n} geluidsmonsters waren geen getallen en zijn op nul gezet.",
    ],
};
