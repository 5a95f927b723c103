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
                "The decoder refused data {n} time(s): the file is damaged or cut off, and pictures or sound may be missing."
            ),
            format!(
                "De decoder weigerde {n} keer gegevens: het bestand is beschadigd of afgebroken, en beelden of geluid kunnen ontbreken."
            ),
        );
        let n = self.damaged_frames;
        say(
            n,
            format!(
                "{n} picture(s) were damaged and repaired by guess by the decoder; what is measured there may be the repair."
            ),
            format!(
                "{n} beeld(en) waren beschadigd en zijn door de decoder naar schatting hersteld; wat daar gemeten is, kan het herstel zijn."
            ),
        );
        let n = self.hidden_frames;
        say(
            n,
            format!(
                "{n} coded picture(s) in the file are not shown by players and were not examined: an edit list leaves them out, as after trimming without re-coding."
            ),
            format!(
                "{n} gecodeerd(e) beeld(en) in het bestand worden door spelers niet getoond en zijn niet onderzocht: een bewerkingslijst (edit list) laat ze weg, zoals na inkorten zonder hercoderen."
            ),
        );
        let n = self.container_errors;
        say(
            n,
            format!(
                "The container could not be read on {n} time(s): the file is damaged or cut off."
            ),
            format!(
                "De container was {n} keer niet verder te lezen: het bestand is beschadigd of afgebroken."
            ),
        );
        let n = self.missing_times;
        say(
            n,
            format!("{n} picture(s) had no timestamp; theirs was derived from the frame rate."),
            format!(
                "{n} beeld(en) hadden geen tijdstempel; die is afgeleid van de beeldfrequentie."
            ),
        );
        let n = self.duplicate_times + self.backward_times;
        say(
            n,
            format!("{n} picture(s) had the same or an earlier time than the picture before."),
            format!("{n} beeld(en) hadden dezelfde of een eerdere tijd dan het beeld ervoor."),
        );
        let n = self.gaps;
        say(
            n,
            format!(
                "{n} step(s) between pictures were longer than 1.75 frame durations: pictures were dropped, or the recording paused."
            ),
            format!(
                "{n} stap(pen) tussen beelden duurden langer dan 1,75 beeldduur: er zijn beelden weggevallen, of de opname heeft stilgestaan."
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
            format!("{n} picture(s) had another size than the first."),
            format!("{n} beeld(en) hadden een ander formaat dan het eerste."),
        );
        let (n, seconds) = (self.sound_holes, self.sound_filled_s);
        say(
            n,
            format!(
                "The sound had {n} hole(s), filled with {seconds:.3} s of silence to keep its time."
            ),
            format!(
                "Het geluid had {n} onderbreking(en), opgevuld met {} s stilte om de tijd te laten kloppen.",
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
                "The clock of the sound jumped {n} time(s); times of sound after that are uncertain."
            ),
            format!(
                "De klok van het geluid versprong {n} keer; tijden van geluid daarna zijn onzeker."
            ),
        );
        let n = self.sound_changes;
        say(
            n,
            format!(
                "{n} block(s) of sound had another rate or number of channels than the first and were converted."
            ),
            format!(
                "{n} geluidsblok(ken) hadden een andere bemonsteringsfrequentie of een ander aantal kanalen dan het eerste en zijn omgezet."
            ),
        );
        let n = self.sound_not_numbers;
        say(
            n,
            format!("{n} sample(s) of sound were no numbers and were made zero."),
            format!("{n} geluidsmonster(s) waren geen getallen en zijn op nul gezet."),
        );
    }
}

/// A number of seconds as Dutch writes it.
fn comma(seconds: f64) -> String {
    format!("{seconds:.3}").replace('.', ",")
}
