//! Every target: its program is called as its parser (`waarmerk::fuzz::TARGETS`).
#![no_main]

use std::sync::LazyLock;

static PARSER: LazyLock<fn(&[u8])> =
    LazyLock::new(|| waarmerk::fuzz::target(env!("CARGO_BIN_NAME")));

libfuzzer_sys::fuzz_target!(|data: &[u8]| PARSER(data));
