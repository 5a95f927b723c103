//! All benches. `cargo bench` runs them; `cargo bench -- face` some of them.
//! `cargo bench -- --face-checks` prints a table of the face checks.
//! `benches/peers/` times the same work done by other programs.

mod decode;
mod detectors;
mod face_checks;
mod face_networks;
mod pixel_checks;

use criterion::Criterion;

fn main() {
    // For benches/peers/: our side of an interleaved comparison, as plain lines.
    if std::env::args().any(|argument| argument == "--rounds") {
        face_networks::rounds();
        return;
    }
    // Network and gain: benches/peers/detectors.py asks for one at a time.
    let mut rest = std::env::args().skip_while(|argument| argument != "--detector").skip(1);
    if let (Some(name), Some(gain)) = (rest.next(), rest.next()) {
        let done = gain.parse::<f32>().map(|gain| detectors::one(&name, gain));
        match done {
            Ok(Ok(())) => return,
            Ok(Err(error)) => eprintln!("{name}: {error}"),
            Err(_) => eprintln!("`{gain}` is no gain"),
        }
        std::process::exit(1);
    }
    if std::env::args().any(|argument| argument == "--face-checks") {
        face_checks::table();
        return;
    }
    let mut criterion = Criterion::default().configure_from_args();
    decode::decode(&mut criterion);
    face_networks::bench(&mut criterion);
    pixel_checks::bench(&mut criterion);
    criterion.final_summary();
}
