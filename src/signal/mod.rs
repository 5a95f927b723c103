//! Pure functions on slices: Fourier and cosine transforms, windows, statistics.
