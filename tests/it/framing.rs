//! Sound that went through a real MP3 coder, and the traces of it.

use std::path::Path;
use std::process::Command;

use crate::fixtures::ffmpeg;

/// State and values of `audio-framing`.
fn examined(path: &Path) -> (String, serde_json::Value) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_waarmerk"))
        .args(["examine", "--checks", "audio-framing", "--json", "--out"])
        .arg(folder.path())
        .arg(path)
        .output()
        .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let finding = told["findings"][0].clone();
    (finding["state"].as_str().unwrap_or_default().to_owned(), finding["values"].clone())
}

#[test]
fn the_granules_of_an_earlier_mp3_are_found_where_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    // Pink noise in bursts, so that there is something to mask and something quiet.
    let bursts = "anoisesrc=color=pink:seed=3:sample_rate=44100:duration=4:amplitude=0.4,\
                  volume='0.1+0.9*lt(mod(t,0.7),0.4)':eval=frame";
    ffmpeg(&["-f", "lavfi", "-i", bursts, "-c:a", "pcm_s16le"], &at("plain.wav"));
    let (plain, coded, back) = (at("plain.wav"), at("coded.mp3"), at("decoded.wav"));
    let text = |path: &Path| path.display().to_string();
    ffmpeg(&["-i", &text(&plain), "-c:a", "libmp3lame", "-b:a", "64k"], &coded);
    let cut = "atrim=start_sample=123";
    ffmpeg(&["-i", &text(&coded), "-af", cut, "-c:a", "pcm_s16le"], &back);
    let (state, values) = examined(&plain);
    assert_eq!((state.as_str(), &values["mp3_framings_found"]), ("none-seen", &0.0.into()));
    // LAME's delay of 1105 samples is skipped, and 123 more were taken off.
    let (state, values) = examined(&back);
    assert_eq!(state, "one-framing", "{values}");
    // 3·576 − 1105 − 123.
    assert_eq!(values["mp3_framing_offset"], 500.0);
    assert_eq!(values["framings_found"], 0.0, "nor is it taken for AAC");
    // The file itself has these granules as its own.
    let (state, values) = examined(&coded);
    assert_eq!((state.as_str(), &values["mp3_framings_found"]), ("none-seen", &0.0.into()));
    assert!(values["mp3_own_framings"].as_f64().unwrap() > 4.0, "{values}");
    // A thousand samples taken out of the middle.
    let joined = "[0:a]asplit[a][b];[a]atrim=end_sample=80000[c];\
                  [b]atrim=start_sample=81000[d];[c][d]concat=n=2:v=0:a=1";
    ffmpeg(&["-i", &text(&back), "-filter_complex", joined], &at("cut.wav"));
    let (state, values) = examined(&at("cut.wav"));
    assert_eq!((state.as_str(), &values["mp3_framing_changes"]), ("changes", &1.0.into()));
}
