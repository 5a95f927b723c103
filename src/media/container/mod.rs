//! The structure of files: boxes, elements, chunks and segments, as they stand.
