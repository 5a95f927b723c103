//! What a pass over an exhibit met on its way.

use crate::text::Text;

/// The account of one [`Exhibit::play`](super::Exhibit::play).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Played {
    /// Whether the end of the file was reached (the visitor did not stop).
    pub complete: bool,
    /// Pictures decoded.
    pub frames: u64,
    /// Seconds of sound decoded, filled holes included.
    pub sound_s: f64,
    /// Times that a decoder refused data.
    pub decode_errors: u64,
    /// Pictures that the decoder itself marked as damaged and repaired by guess.
    pub damaged_frames: u64,
    /// Coded pictures that the file's edit list (ISO/IEC 14496-12 §8.6.6)
    /// leaves out: players do not show them, and they are not pushed.
    pub hidden_frames: u64,
    /// Times that the container could not be read on.
    pub container_errors: u64,
    /// Time of the first picture in seconds (0 unless it could not be decoded
    /// this time), and of the last.
    pub first_s: Option<f64>,
    /// Time of the last picture in seconds.
    pub last_s: Option<f64>,
    /// Steps between pictures longer than 1.75 frame durations.
    pub gaps: u64,
    /// Pictures with the time of the one before.
    pub duplicate_times: u64,
    /// Pictures with an earlier time than the one before.
    pub backward_times: u64,
    /// Pictures without a timestamp; theirs was made from the frame rate.
    pub missing_times: u64,
    /// Whether steps differ by more than rounding explains.
    pub variable_frame_rate: bool,
    /// Pictures of another size than the first.
    pub resized_frames: u64,
    /// Holes in the sound that were filled with silence.
    pub sound_holes: u64,
    /// Seconds of silence put in them.
    pub sound_filled_s: f64,
    /// Seconds of sound thrown away because it overlapped what came before.
    pub sound_trimmed_s: f64,
    /// Jumps of the sound's clock too large to fill or trim.
    pub sound_jumps: u64,
    /// Blocks of sound with another rate or number of channels than the first.
    pub sound_changes: u64,
    /// Samples of sound that were no numbers, made zero.
    pub sound_not_numbers: u64,
    /// All that a reader must know of this, in words.
    pub warnings: Vec<Text>,
}

impl Played {
    /// Puts what was counted into words.
    pub(crate) fn word(&mut self) {
        let mut say = |count: u64, en: String, nl: String| {
            if count > 0 {
                self.warnings.push(Text::new(en, nl));
            }
        };
        let n = self.decode_errors;
        say(
            n,
            format!(
                "The decoder refused data {}: the file is damaged or cut off, and pictures or sound may be missing.",
                pick(n, "once", "{n} times")
            ),
            format!(
                "De decoder weigerde {n} keer gegevens: het bestand is beschadigd of afgebroken, en beelden of geluid kunnen ontbreken."
            ),
        );
        let n = self.damaged_frames;
        say(
            n,
            format!(
                "{} damaged and repaired by guess by the decoder; what is measured there may be the repair.",
                pick(n, "1 picture was", "{n} pictures were")
            ),
            format!(
                "{} beschadigd en door de decoder naar schatting hersteld; wat daar gemeten is, kan het herstel zijn.",
                pick(n, "1 beeld was", "{n} beelden waren")
            ),
        );
        let n = self.hidden_frames;
        say(
            n,
            format!(
                "{} not shown by players and not examined: an edit list leaves out part of the file, as after trimming without re-coding.",
                pick(n, "1 coded picture in the file is", "{n} coded pictures in the file are")
            ),
            format!(
                "{} voor spelers verborgen en niet onderzocht: een bewerkingslijst (edit list) laat een deel van het bestand weg, zoals na inkorten zonder hercoderen.",
                pick(
                    n,
                    "1 gecodeerd beeld in het bestand is",
                    "{n} gecodeerde beelden in het bestand zijn"
                )
            ),
        );
        let n = self.container_errors;
        say(
            n,
            format!(
                "The container could not be read on {}: the file is damaged or cut off.",
                pick(n, "once", "{n} times")
            ),
            format!(
                "De container was {n} keer niet verder te lezen: het bestand is beschadigd of afgebroken."
            ),
        );
        let n = self.missing_times;
        say(
            n,
            pick(
                n,
                "1 picture had no timestamp; its time was derived from the frame rate.",
                "{n} pictures had no timestamp; theirs was derived from the frame rate.",
            ),
            format!(
                "{} geen tijdstempel; die is afgeleid van de beeldfrequentie.",
                pick(n, "1 beeld had", "{n} beelden hadden")
            ),
        );
        let n = self.duplicate_times + self.backward_times;
        say(
            n,
            format!(
                "{} had the same or an earlier time than the picture before.",
                pick(n, "1 picture", "{n} pictures")
            ),
            format!(
                "{} dezelfde of een eerdere tijd dan het beeld ervoor.",
                pick(n, "1 beeld had", "{n} beelden hadden")
            ),
        );
        let n = self.gaps;
        say(
            n,
            format!(
                "{} longer than 1.75 frame durations: pictures were dropped, the recording paused, or the material was cut or edited.",
                pick(n, "1 step between pictures was", "{n} steps between pictures were")
            ),
            format!(
                "{} langer dan 1,75 beeldduur: er zijn beelden weggevallen, de opname heeft stilgestaan, of het materiaal is geknipt of gemonteerd.",
                pick(n, "1 stap tussen beelden duurde", "{n} stappen tussen beelden duurden")
            ),
        );
        say(
            u64::from(self.variable_frame_rate),
            "The frame rate varies; times were taken from the file's own timestamps.".to_owned(),
            "De beeldfrequentie is variabel; de tijden komen uit de tijdstempels van het bestand zelf.".to_owned(),
        );
        let n = self.resized_frames;
        say(
            n,
            format!(
                "{} another size than the first.",
                pick(n, "1 picture had", "{n} pictures had")
            ),
            format!(
                "{} een ander formaat dan het eerste.",
                pick(n, "1 beeld had", "{n} beelden hadden")
            ),
        );
        let (n, seconds) = (self.sound_holes, self.sound_filled_s);
        say(
            n,
            format!(
                "The sound had {}, filled with {seconds:.3} s of silence to keep its time.",
                pick(n, "1 hole", "{n} holes")
            ),
            format!(
                "Het geluid had {}, opgevuld met {} s stilte om de tijd te laten kloppen.",
                pick(n, "1 onderbreking", "{n} onderbrekingen"),
                comma(seconds)
            ),
        );
        let seconds = self.sound_trimmed_s;
        say(
            u64::from(seconds > 0.0),
            format!("{seconds:.3} s of sound overlapped what came before and was left out."),
            format!(
                "{} s geluid overlapte met wat eraan voorafging en is weggelaten.",
                comma(seconds)
            ),
        );
        let n = self.sound_jumps;
        say(
            n,
            format!(
                "The clock of the sound jumped {}; times of sound after that are uncertain.",
                pick(n, "once", "{n} times")
            ),
            format!(
                "De klok van het geluid versprong {n} keer; tijden van geluid daarna zijn onzeker."
            ),
        );
        let n = self.sound_changes;
        say(
            n,
            format!(
                "{} another rate or number of channels than the first and {} converted.",
                pick(n, "1 block of sound had", "{n} blocks of sound had"),
                pick(n, "was", "were")
            ),
            format!(
                "{} een andere bemonsteringsfrequentie of een ander aantal kanalen dan het eerste en {} omgezet.",
                pick(n, "1 geluidsblok had", "{n} geluidsblokken hadden"),
                pick(n, "is", "zijn")
            ),
        );
        let n = self.sound_not_numbers;
        say(
            n,
            pick(
                n,
                "1 sample of sound was no number and was made zero.",
                "{n} samples of sound were no numbers and were made zero.",
            ),
            pick(
                n,
                "1 geluidsmonster was geen getal en is op nul gezet.",
                "{n} geluidsmonsters waren geen getallen en zijn op nul gezet.",
            ),
        );
    }
}

/// The words for one, or those for several with their number put in.
fn pick(n: u64, one: &str, several: &str) -> String {
    if n == 1 { one.to_owned() } else { several.replace("{n}", &n.to_string()) }
}

/// A number of seconds as Dutch writes it.
fn comma(seconds: f64) -> String {
    format!("{seconds:.3}").replace('.', ",")
}

#[cfg(test)]
mod tests {
    use super::Played;

    #[test]
    fn one_and_several_are_worded_as_such() {
        let said = |n: u64| {
            let mut played = Played {
                decode_errors: n,
                damaged_frames: n,
                hidden_frames: n,
                container_errors: n,
                gaps: n,
                duplicate_times: n,
                missing_times: n,
                resized_frames: n,
                sound_holes: n,
                sound_jumps: n,
                sound_changes: n,
                sound_not_numbers: n,
                ..Played::default()
            };
            played.word();
            played.warnings
        };
        assert!(said(0).is_empty());
        for (one, three) in said(1).iter().zip(&said(3)) {
            assert!(three.en.contains('3') && three.nl.contains('3'), "{three:?}");
            for text in [&one.en, &one.nl, &three.en, &three.nl] {
                assert!(!text.contains("(s)") && !text.contains("(en)"), "{text}");
                assert!(!text.contains('{') && !text.contains('}'), "{text}");
            }
            for plural in ["1 pictures", "1 steps", "1 times", "1 beelden", "1 stappen"] {
                assert!(!one.en.contains(plural) && !one.nl.contains(plural), "{one:?}");
            }
        }
        let cut =
            said(1).into_iter().find(|said| said.en.starts_with("1 step")).map(|s| (s.en, s.nl));
        assert!(cut.is_some_and(|(en, nl)| en.contains("cut or edited") && nl.contains("geknipt")));
    }
}
