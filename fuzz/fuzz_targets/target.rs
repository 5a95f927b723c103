//! Every target: the program runs the parser (`waarmerk::fuzz::TARGETS`) that
//! it is called as, so that one link serves them all.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

static PARSER: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let program = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&program).file_name().unwrap_or_default();
    waarmerk::fuzz::target(&name.to_string_lossy())
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| PARSER(data));
