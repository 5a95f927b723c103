//! Rows to polars and back; the only place where rows become columns.
