//! All benches. `cargo bench` runs them; `cargo bench -- face` some of them.
//! `benches/peers/` times the same work done by other programs.

mod decode;
mod face_networks;
mod pixel_checks;

use criterion::Criterion;

fn main() {
    // For benches/peers/: our side of an interleaved comparison, as plain lines.
    if std::env::args().any(|argument| argument == "--rounds") {
        face_networks::rounds();
        return;
    }
    let mut criterion = Criterion::default().configure_from_args();
    decode::decode(&mut criterion);
    face_networks::bench(&mut criterion);
    pixel_checks::bench(&mut criterion);
    criterion.final_summary();
}
