//! What a file declares about itself: EXIF, XMP, IPTC, PNG text.
