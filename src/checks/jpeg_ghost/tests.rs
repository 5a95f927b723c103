//! Ghosts in pictures made here.
