//! Figures as SVG: one style, one plot a file.
