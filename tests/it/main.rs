//! Integration tests: one binary, one topic a file.

mod report;
