//! What a pass over an exhibit met on its way.

mod words;

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
        let repeated = self.duplicate_times + self.backward_times;
        let trimmed = u64::from(self.sound_trimmed_s > 0.0);
        let filled_s = self.sound_filled_s;
        // How often, seconds where the sentence has some, and the sentence.
        let counted = [
            (self.decode_errors, 0.0, &words::DECODE_ERRORS),
            (self.damaged_frames, 0.0, &words::DAMAGED_FRAMES),
            (self.hidden_frames, 0.0, &words::HIDDEN_FRAMES),
            (self.container_errors, 0.0, &words::CONTAINER_ERRORS),
            (self.missing_times, 0.0, &words::MISSING_TIMES),
            (repeated, 0.0, &words::REPEATED_TIMES),
            (self.gaps, 0.0, &words::GAPS),
            (u64::from(self.variable_frame_rate), 0.0, &words::VARIABLE_FRAME_RATE),
            (self.resized_frames, 0.0, &words::RESIZED_FRAMES),
            (self.sound_holes, filled_s, &words::SOUND_HOLES),
            (trimmed, self.sound_trimmed_s, &words::SOUND_TRIMMED),
            (self.sound_jumps, 0.0, &words::SOUND_JUMPS),
            (self.sound_changes, 0.0, &words::SOUND_CHANGES),
            (self.sound_not_numbers, 0.0, &words::SOUND_NOT_NUMBERS),
        ];
        for (count, seconds, sentence) in counted {
            if count > 0 {
                self.warnings.push(sentence.said(count, seconds));
            }
        }
    }
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
