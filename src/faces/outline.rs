//! Outlines of the parts of a face as numbers of mesh points.
//!
//! Index data from the tables of contours in MediaPipe 0.10.21,
//! `mediapipe/python/solutions/face_mesh_connections.py`, Copyright 2021 The
//! MediaPipe Authors, Apache License 2.0, put in running order. Right and left
//! are the subject's.

/// Rim of the face, clockwise in the picture from the middle of the hairline.
pub const OVAL: [usize; 36] = [
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
];

/// Rim of the right eye from the outer corner along the lower lid and back.
pub const RIGHT_EYE: [usize; 16] =
    [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246];

/// Rim of the left eye, likewise.
pub const LEFT_EYE: [usize; 16] =
    [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466];

/// Points of the right eye's upper lid with those of the lower lid under them.
pub const RIGHT_LIDS: [(usize, usize); 7] =
    [(246, 7), (161, 163), (160, 144), (159, 145), (158, 153), (157, 154), (173, 155)];

/// Points of the left eye's upper lid with those of the lower lid under them.
pub const LEFT_LIDS: [(usize, usize); 7] =
    [(466, 249), (388, 390), (387, 373), (386, 374), (385, 380), (384, 381), (398, 382)];

/// Rim of the mouth's opening, from the right corner over the upper lip.
pub const LIPS_INNER: [usize; 20] =
    [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95];

/// Rim of the lips, from the right corner over the upper lip.
pub const LIPS_OUTER: [usize; 20] =
    [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146];

/// Points of the lower lip, without the corners.
pub const LIPS_LOWER: [usize; 36] = [
    324, 318, 402, 317, 14, 87, 178, 88, 95, 325, 319, 403, 316, 15, 86, 179, 89, 96, 307, 320,
    404, 315, 16, 85, 180, 90, 77, 375, 321, 405, 314, 17, 84, 181, 91, 146,
];

/// The right brow: lower edge from outside in, then upper edge from outside in.
pub const RIGHT_BROW: [usize; 10] = [46, 53, 52, 65, 55, 70, 63, 105, 66, 107];

/// The left brow, likewise.
pub const LEFT_BROW: [usize; 10] = [276, 283, 282, 295, 285, 300, 293, 334, 296, 336];

/// The points of `outline` in the picture; `None` when the mesh lacks one.
pub fn polygon(mesh: &[[f32; 3]], outline: &[usize]) -> Option<Vec<(f32, f32)>> {
    outline.iter().map(|i| mesh.get(*i).map(|p| (p[0], p[1]))).collect()
}

/// Whether a point lies in a polygon (even-odd rule).
pub fn inside(polygon: &[(f32, f32)], x: f32, y: f32) -> bool {
    let mut within = false;
    for (i, &(x1, y1)) in polygon.iter().enumerate() {
        let (x0, y0) = polygon[(i + polygon.len() - 1) % polygon.len()];
        if (y0 > y) != (y1 > y) && x < (x1 - x0) * (y - y0) / (y1 - y0) + x0 {
            within = !within;
        }
    }
    within
}

/// Distance of a point from a closed polygon's rim; infinite without points.
pub fn distance(polygon: &[(f32, f32)], x: f32, y: f32) -> f32 {
    let sides = polygon.iter().zip(polygon.iter().cycle().skip(1));
    sides.map(|(a, b)| squared(*a, *b, x, y)).fold(f32::INFINITY, f32::min).sqrt()
}

/// Distance of a point from the line between two points.
pub fn to_segment(a: (f32, f32), b: (f32, f32), x: f32, y: f32) -> f32 {
    squared(a, b, x, y).sqrt()
}

/// The square of [`to_segment`]: roots are dear where a whole window is gone over.
fn squared(a: (f32, f32), b: (f32, f32), x: f32, y: f32) -> f32 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = dx * dx + dy * dy;
    let t = if length > 0.0 { ((x - a.0) * dx + (y - a.1) * dy) / length } else { 0.0 };
    let t = t.clamp(0.0, 1.0);
    (x - a.0 - t * dx).powi(2) + (y - a.1 - t * dy).powi(2)
}
