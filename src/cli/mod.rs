//! One command a file; every progress bar.
