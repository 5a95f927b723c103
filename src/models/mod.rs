//! One network a file.
