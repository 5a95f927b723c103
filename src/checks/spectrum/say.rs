//! The finding: numbers, state, warnings.

use super::draw;
use super::judge::{Cause, Coding, Context, Judged, judge, state};
use super::measure::{Lens, Slopes, Sums};
use super::traces::is_cfa;
use super::{SMALL, Spectrum, planned};
use crate::Result;
use crate::checks::{Finding, Status};
use crate::signal::fft::{Half, autocorrelation};
use crate::signal::peaks::{Peak, strongest_elsewhere};
use crate::text::Text;

/// A top band steeper than this is called steep: between most photographs and
/// noise doubled with interpolation (`experiments/001-spectrum-thresholds.md`,
/// table 3).
const STEEP: f64 = -8.0;
/// Contrast between even and odd columns or rows, in dB, from which the
/// picture is said to look doubled: between photographs and noise doubled with
/// interpolation (`experiments/001-spectrum-thresholds.md`, table 3).
const DOUBLED_DB: f64 = 1.5;

/// One measured thing: the whole picture, or a face.
pub(super) struct Measured {
    /// `None` for the whole picture.
    pub(super) track: Option<u32>,
    pub(super) n: usize,
    pub(super) slopes: Slopes,
    pub(super) ln_residual: Half,
    pub(super) judged: [Judged; 4],
    /// The strongest line off the lattices, at 0.1 cycle a pixel or above.
    pub(super) elsewhere: Option<Peak>,
}

impl Measured {
    fn new(lens: &Lens, sums: &Sums, track: Option<u32>, context: &Context) -> Option<Self> {
        let slopes = lens.slopes(sums)?;
        let ln_residual = sums.ln_residual();
        let judged = judge(lens.peaks(&ln_residual), lens.controls(&ln_residual), context);
        let elsewhere = strongest_elsewhere(&ln_residual, 16, 0.1);
        Some(Self { track, n: sums.n(), slopes, ln_residual, judged, elsewhere })
    }
}

impl Spectrum {
    /// The finding after the last frame.
    pub(super) fn report(mut self) -> Result<Finding> {
        let Some(sums) = self.picture.take() else { return Ok(self.nothing()) };
        let grid = self.grid.winner();
        let contrasts = self.parity.contrasts();
        let context = Context {
            coding: self.coding.unwrap_or(Coding::Blocks),
            grid: grid.is_some_and(|winner| winner.may_explain()),
            cfa: contrasts.as_ref().is_some_and(is_cfa),
        };
        let lens =
            planned(if sums.n() == SMALL { &mut self.small } else { &mut self.large }, sums.n())?;
        let Some(picture) = Measured::new(lens, &sums, None, &context) else {
            return Ok(flat(&sums));
        };
        let mut all = vec![picture];
        for (&track, sums) in &self.faces {
            let lens = planned(&mut self.small, SMALL)?;
            all.extend(Measured::new(lens, sums, Some(track), &context));
        }

        let judged: Vec<Judged> = all.iter().flat_map(|measured| measured.judged).collect();
        let state = state(&judged);
        let mut finding = Finding::new(Status::Derived, summary(state, &judged, &context));
        finding.state = Some(state.to_owned());
        numbers(&mut finding, &all);
        finding.value("residual_autocorrelation_8", "1", excess_at_8(&sums));
        finding.value("tile_size", "px", sums.n() as f64);
        finding.value("tiles", "1", sums.tiles as f64);
        finding.value("flat_tiles", "1", sums.flat as f64);
        finding.value("frames", "1", self.frames as f64);
        finding.value("faces_too_small", "1", self.small_faces as f64);
        if let Some(winner) = grid {
            finding.value("grid_8_strength", "1", winner.share);
            finding.value("grid_8_lead", "1", winner.lead);
            finding.value("grid_8_log10_nfa", "1", winner.log10_nfa);
            if winner.is_grid() {
                finding.value("grid_8_origin_x", "px", winner.x as f64);
                finding.value("grid_8_origin_y", "px", winner.y as f64);
            }
        }
        if let Some([diagonal, columns, rows]) = contrasts {
            finding.value("cfa_contrast_db", "dB", diagonal.db);
            finding.value("cfa_t", "1", diagonal.t);
            finding.value("column_contrast_db", "dB", columns.db);
            finding.value("row_contrast_db", "dB", rows.db);
        }
        let zmap = self.cosines.map();
        if let Some(map) = &zmap {
            finding.value("dct_peak_z", "1", map.peak.z);
            finding.value("dct_peak_frequency_x", "1/px", map.peak.across);
            finding.value("dct_peak_frequency_y", "1/px", map.peak.down);
            finding.value("dct_squares", "1", map.squares as f64);
        }
        let factor = self.scaled.as_ref().and_then(|scaled| scaled.factor);
        if let Some(scaled) = &self.scaled {
            finding.value("resampling_log10_nfa", "1", scaled.log10_nfa);
        }
        if let Some(factor) = factor {
            finding.value("resampling_factor", "1", factor);
        }
        let doubled = contrasts
            .is_some_and(|[_, columns, rows]| columns.db.abs().min(rows.db.abs()) >= DOUBLED_DB);
        finding.warnings = self.warnings(&context, &all, &sums, doubled);
        if let Some(factor) = factor {
            finding.warnings.push(Text::measured(
                format!("The picture repeats as after scaling by about {factor:.2} (method `resampling`): the slopes describe that scaling, and lines of before lie elsewhere."),
                format!("Het beeld herhaalt zich als na schalen met ongeveer {factor:.2} (methode `resampling`): de hellingen beschrijven die schaling, en eerdere lijnen liggen elders."),
            ));
        }
        finding.figures = vec![draw::profiles(&all), draw::residual(&all[0])];
        finding.figures.extend(zmap.map(super::zmap::ZMap::figure));
        finding.figures.push(draw::table(&all));
        finding.measurements = self.rows.into_iter().map(|(_, row)| row).collect();
        Ok(finding)
    }

    /// The abstention when no frame could be measured.
    fn nothing(&self) -> Finding {
        match self.too_small {
            Some((width, height)) => Finding::abstain(
                Status::Insufficient,
                Text::new(
                    format!(
                        "The picture is {width}×{height} pixels; the spectrum needs at least \
                         {SMALL} in both directions, and enlarging would make what it looks for."
                    ),
                    format!(
                        "Het beeld is {width}×{height} pixels; het spectrum vraagt er ten minste \
                         {SMALL} in beide richtingen, en vergroten zou maken wat wordt gezocht."
                    ),
                ),
            ),
            None => Finding::abstain(
                Status::NotApplicable,
                Text::new("There is no picture.", "Er is geen beeld."),
            ),
        }
    }

    fn warnings(
        &self,
        context: &Context,
        all: &[Measured],
        sums: &Sums,
        doubled: bool,
    ) -> Vec<Text> {
        let mut warnings = Vec::new();
        let mut warn = |en: &str, nl: &str| warnings.push(Text::new(en, nl));
        match context.coding {
            Coding::Jpeg => warn(
                "The file is a JPEG, whose blocks make lines at the multiples of 1/8 cycle a \
                 pixel; peaks there are reported and do not count.",
                "Het bestand is een JPEG; de blokken daarvan maken lijnen bij de veelvouden van \
                 1/8 periode per pixel. Pieken daar worden gemeld en tellen niet.",
            ),
            Coding::Blocks => warn(
                "The pixels were coded in blocks, with loss or in a way not known here; peaks on \
                 any of the four lattices are reported and do not count.",
                "De pixels zijn in blokken gecodeerd, met verlies of op een hier onbekende wijze; \
                 pieken op elk van de vier roosters worden gemeld en tellen niet.",
            ),
            Coding::Palette => warn(
                "The file holds a palette of few colours, and the dither that mixes them makes \
                 lines; peaks on any of the four lattices are reported and do not count.",
                "Het bestand bevat een palet van weinig kleuren, en het rasteren (dithering) \
                 waarmee die worden gemengd maakt lijnen; pieken op elk van de vier roosters \
                 worden gemeld en tellen niet.",
            ),
            Coding::Lossless if context.grid => warn(
                "The file is coded without loss, yet its pixels carry the trace of an 8×8 block \
                 grid (or one of 4×4): they were coded with loss before. Peaks on any of the \
                 four lattices do not count.",
                "Het bestand is verliesvrij gecodeerd, maar de pixels dragen het spoor van een \
                 8×8-blokraster (of een van 4×4): zij zijn eerder met verlies gecodeerd. Pieken \
                 op elk van de vier roosters tellen niet.",
            ),
            Coding::Lossless => {}
        }
        if context.cfa {
            warn(
                "There is a trace of a camera's colour filter array, which makes lines at 1/2.",
                "Er is een spoor van het kleurenfilter van een camera, dat lijnen bij 1/2 maakt.",
            );
        }
        if doubled {
            warn(
                "Even and odd columns and rows differ as after enlarging by a factor of two: the \
                 slopes describe that enlargement.",
                "Even en oneven kolommen en rijen verschillen zoals na vergroten met een factor \
                 twee: de hellingen beschrijven die vergroting.",
            );
        }
        let top = all[0].slopes.top;
        if top < STEEP {
            warn(
                "The highest frequencies fall off steeply, as after enlarging, blurring, noise \
                 reduction or a beauty filter: the slopes describe that processing.",
                "De hoogste frequenties vallen steil af, zoals na vergroten, vervagen, \
                 ruisonderdrukking of een schoonheidsfilter: de hellingen beschrijven die bewerking.",
            );
        } else if top > 0.0 {
            warn(
                "The highest frequencies rise, as after sharpening, with strong noise, or in \
                 drawn graphics: the slopes describe that.",
                "De hoogste frequenties nemen toe, zoals na verscherping, bij sterke ruis of in \
                 tekeningen: de hellingen beschrijven dat.",
            );
        }
        if !self.still {
            warn(
                "Video coding takes away high frequencies, from frame to frame by other amounts: \
                 slopes over time follow the bit rate too.",
                "Videocodering neemt hoge frequenties weg, per beeld in andere mate: hellingen in \
                 de tijd volgen ook de bitsnelheid.",
            );
        }
        if sums.flat > sums.tiles {
            warn(
                "Most tiles were flat or clipped and left out.",
                "De meeste tegels waren vlak of uitgebeten en zijn weggelaten.",
            );
        }
        if all.len() > 1 {
            warn(
                "A face differs from the whole picture by focus and lighting too.",
                "Een gezicht wijkt ook door scherpte en belichting af van het hele beeld.",
            );
        }
        if self.small_faces > 0 {
            warn(
                "Faces smaller than 256×256 coded pixels were left out of this check.",
                "Gezichten kleiner dan 256×256 gecodeerde pixels zijn bij deze methode buiten beschouwing gelaten.",
            );
        }
        if self.stride > 1 {
            let n = self.stride;
            warn(
                &format!("The table holds every {n}th measured frame only, to bound its size."),
                &format!(
                    "De tabel bevat alleen elk {n}e gemeten beeld, om de omvang te begrenzen."
                ),
            );
        }
        if self.more_tracks {
            warn(
                "Only the first 16 faces were measured.",
                "Alleen de eerste 16 gezichten zijn gemeten.",
            );
        }
        warnings
    }
}

/// The abstention when every tile was flat.
fn flat(sums: &Sums) -> Finding {
    let count = sums.flat;
    Finding::abstain(
        Status::Insufficient,
        Text::new(
            format!(
                "None of the {count} tiles looked at holds fine detail: the picture is flat or clipped."
            ),
            format!(
                "Geen van de {count} bekeken tegels bevat fijne details: het beeld is vlak of uitgebeten."
            ),
        ),
    )
}

/// The values of everything that was judged, keys fixed by track: a state must
/// never rest on a number that is not among them.
fn numbers(finding: &mut Finding, all: &[Measured]) {
    for measured in all {
        let prefix = measured.track.map_or(String::new(), |track| format!("face_{track}_"));
        finding.value(format!("{prefix}power_slope"), "1", measured.slopes.whole);
        finding.value(format!("{prefix}top_band_slope"), "1", measured.slopes.top);
        for judged in &measured.judged {
            let period = judged.period;
            if let Some(peak) = judged.peak {
                finding.value(format!("{prefix}peak_z_{period}"), "1", peak.z);
            }
            if let Some(control) = judged.control {
                finding.value(format!("{prefix}control_z_{period}"), "1", control.z);
            }
        }
        if let Some(peak) = measured.elsewhere {
            let frequency = |bin: isize| bin as f64 / measured.n as f64;
            finding.value(format!("{prefix}other_z"), "1", peak.z);
            finding.value(format!("{prefix}other_frequency_x"), "1/px", frequency(peak.u));
            finding.value(format!("{prefix}other_frequency_y"), "1/px", frequency(peak.v));
        }
        if measured.track.is_some() {
            let picture = &all[0].slopes;
            let difference = measured.slopes.whole - picture.whole;
            finding.value(format!("{prefix}power_slope_minus_image"), "1", difference);
            let difference = measured.slopes.top - picture.top;
            finding.value(format!("{prefix}top_band_slope_minus_image"), "1", difference);
        }
    }
}

/// Autocorrelation of the residual at lag 8 less its mean at lags 7 and 9,
/// averaged over the two directions: what repeats every eight pixels.
fn excess_at_8(sums: &Sums) -> f64 {
    let found = autocorrelation(sums.residual());
    let at = |lag: usize| {
        let (across, down) = (found.get(lag), found.get(lag * sums.n()));
        across.zip(down).map_or(f64::NAN, |(a, b)| f64::from(a + b) / 2.0)
    };
    at(8) - (at(7) + at(9)) / 2.0
}

fn summary(state: &str, judged: &[Judged], context: &Context) -> Text {
    let strongest = judged
        .iter()
        .filter(|j| j.stands_out && (state != "peaks" || j.cause.is_none()))
        .filter_map(|j| j.peak.map(|peak| (j.period, peak.z, j.cause)))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    let Some((period, z, cause)) = strongest else {
        return Text::new(
            "No line stands out at 1/2, 1/4, 1/8 or 1/16 cycle a pixel. That says nothing about \
             a generator that leaves none.",
            "Er steekt geen lijn uit bij 1/2, 1/4, 1/8 of 1/16 periode per pixel. Dat zegt niets \
             over een generator die geen lijnen achterlaat.",
        );
    };
    let en = format!("Lines stand out at multiples of 1/{period} cycle a pixel (z = {z:.1})");
    let nl = format!(
        "Er steken lijnen uit bij veelvouden van 1/{period} periode per pixel (z = {})",
        format!("{z:.1}").replace('.', ",")
    );
    let (why, waarom) = match cause {
        None => (
            "; no 8×8 grid and no trace of a colour filter array (CFA) were found. Other codecs \
             (H.264, HEVC, WebP, AVIF) leave lines too and were not tested for; enlargement by a \
             generator or an editor is one cause, repeated patterns in the scene are another.",
            "; er is geen 8×8-raster en geen spoor van een kleurenfilter (CFA) gevonden. Andere \
             codecs (H.264, HEVC, WebP, AVIF) laten ook lijnen achter en daarnaar is niet gezocht; \
             vergroting door een generator of een bewerkingsprogramma is één oorzaak, herhaalde \
             patronen in de scène zijn een andere.",
        ),
        Some(Cause::Coding) if context.coding == Coding::Jpeg && !context.grid && !context.cfa => (
            "; JPEG files can carry such lines, so they do not count. Yet the 8×8 grid of JPEG \
                 was not measurable here: an uncompressed original would tell more.",
            "; JPEG-bestanden kunnen zulke lijnen bevatten, dus tellen zij niet. Het \
                 8×8-raster van JPEG was hier echter niet meetbaar: een ongecomprimeerd origineel \
                 zou meer zeggen.",
        ),
        Some(Cause::Coding) => (
            "; block coding, which this file has or may have, makes such lines, so they do not \
             count.",
            "; blokcodering, die dit bestand heeft of kan hebben, maakt zulke lijnen, dus tellen \
             zij niet.",
        ),
        Some(Cause::Grid) => (
            "; earlier 8×8 block coding (or one with smaller blocks), of whose grid there is a \
             trace, makes such lines, so they do not count.",
            "; eerdere 8×8-blokcodering (of een met kleinere blokken), van welk raster een spoor \
             is gevonden, maakt zulke lijnen, dus tellen zij niet.",
        ),
        Some(Cause::Palette) => (
            "; the dither of a palette makes such lines, so they do not count.",
            "; het rasteren (dithering) van een palet maakt zulke lijnen, dus tellen zij niet.",
        ),
        Some(Cause::Cfa) => (
            "; a camera's colour filter array, of which there is a trace, makes such lines, so \
             they do not count.",
            "; het kleurenfilter van een camera, waarvan een spoor is gevonden, maakt zulke \
             lijnen, dus tellen zij niet.",
        ),
    };
    Text::new(en + why, nl + waarom)
}
