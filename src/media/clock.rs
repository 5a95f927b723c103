//! Timestamps of frames: made relative, filled in where missing, and counted.

/// The unit of a stream's timestamps: `num / den` seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tick {
    num: f64,
    den: f64,
}

impl Tick {
    /// A time base; a senseless one is taken as microseconds.
    pub(crate) fn new(num: i32, den: i32) -> Self {
        let (num, den) = if num > 0 && den > 0 { (num, den) } else { (1, 1_000_000) };
        Self { num: num.into(), den: den.into() }
    }

    /// Seconds of `ticks`. Divided last, so that 3 ticks of 1/25 s are the
    /// number nearest to 0.12.
    pub(crate) fn seconds(self, ticks: i64) -> f64 {
        ticks as f64 * self.num / self.den
    }

    /// Seconds of one tick.
    pub(crate) fn length_s(self) -> f64 {
        self.num / self.den
    }
}

/// What the timestamps of a picture stream were like.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Times {
    pub first_s: Option<f64>,
    pub last_s: Option<f64>,
    /// Frames without a timestamp.
    pub missing: u64,
    /// Frames with the time of the one before.
    pub duplicate: u64,
    /// Frames with an earlier time than the one before.
    pub backward: u64,
    /// Steps longer than 1.75 frame durations.
    pub gaps: u64,
    shortest: Option<f64>,
    longest: f64,
}

/// Turns timestamps of one stream into seconds from the exhibit's origin.
pub(crate) struct Clock {
    tick: Tick,
    /// Where on the container's clock the exhibit's time starts.
    origin_s: f64,
    /// Duration of a frame by the average frame rate.
    step_s: Option<f64>,
    pub times: Times,
}

impl Clock {
    pub(crate) fn new(tick: Tick, origin_s: f64, fps: Option<f64>) -> Self {
        let step_s = fps.filter(|fps| *fps > 0.0).map(f64::recip);
        Self { tick, origin_s, step_s, times: Times::default() }
    }

    /// The time of a frame with timestamp `ticks`. One without is put a frame
    /// duration after the one before it (1/25 s if no rate is known: any
    /// positive step keeps the order).
    pub(crate) fn time_s(&mut self, ticks: Option<i64>) -> f64 {
        let times = &mut self.times;
        let time = match ticks {
            Some(ticks) => self.tick.seconds(ticks) - self.origin_s,
            None => {
                times.missing += 1;
                times.last_s.map_or(0.0, |last| last + self.step_s.unwrap_or(0.04))
            }
        };
        if let Some(last) = times.last_s {
            let step = time - last;
            if step == 0.0 {
                times.duplicate += 1;
            } else if step < 0.0 {
                times.backward += 1;
            } else {
                times.shortest = Some(times.shortest.map_or(step, |shortest| shortest.min(step)));
                times.longest = times.longest.max(step);
                // 1.75: one lost frame doubles a step; time bases too coarse
                // for the rate (1 ms at 60/s) move it by a few per cent.
                if self.step_s.is_some_and(|nominal| step > 1.75 * nominal) {
                    times.gaps += 1;
                }
            }
        }
        times.first_s.get_or_insert(time);
        times.last_s = Some(time);
        time
    }

    /// Whether steps differ by more than rounding to the time base explains
    /// (two ticks, and 1 % of a frame for what a container rounds itself).
    pub(crate) fn variable_rate(&self) -> bool {
        let rounding = 2.0 * self.tick.length_s() + 0.01 * self.step_s.unwrap_or(0.0) + 1e-9;
        self.times.shortest.is_some_and(|shortest| self.times.longest - shortest > rounding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_times_are_regular() {
        // 30000/1001 frames a second on a clock of milliseconds.
        let mut clock = Clock::new(Tick::new(1, 1000), 1.0, Some(30000.0 / 1001.0));
        for frame in 0..300u32 {
            let ticks = (1000.0 + f64::from(frame) * 1001.0 / 30.0).round() as i64;
            clock.time_s(Some(ticks));
        }
        assert!(!clock.variable_rate());
        assert_eq!(clock.times.first_s, Some(0.0));
        assert_eq!(
            (clock.times.gaps, clock.times.duplicate, clock.times.backward, clock.times.missing),
            (0, 0, 0, 0)
        );
    }

    #[test]
    fn irregular_times_are_counted() {
        let mut clock = Clock::new(Tick::new(1, 25), 0.0, Some(25.0));
        for ticks in [Some(0), Some(1), Some(1), None, Some(6), Some(5)] {
            clock.time_s(ticks);
        }
        let times = &clock.times;
        assert_eq!((times.gaps, times.duplicate, times.backward, times.missing), (1, 1, 1, 1));
        assert!(clock.variable_rate());
    }
}
