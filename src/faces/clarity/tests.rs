#![allow(clippy::unwrap_used)] // a test may stop

use super::*;
use crate::faces::outline::{LIPS_OUTER, RIGHT_BROW};
use crate::faces::synth::{Blend, Head};

fn blurred(width: f32, blur: f32) -> f32 {
    let side = (1.6 * width) as usize;
    let centre = (side as f32 / 2.0, side as f32 / 2.0);
    let blend = Some(Blend { blur, shift: [0.0; 3], feather: 4.0 });
    let face = Head { side, width, centre, blend, ..Head::default() }.render().face;
    face.clarity.blur_px.unwrap()
}

#[test]
fn a_known_blur_is_measured() {
    // Lids and lips of the rendered head are thin lines: beyond 1.3 % of the
    // width their two edges run together and the blur is underrated.
    for width in [150.0, 300.0] {
        let sharp = blurred(width, 0.0);
        assert!(sharp < 0.9, "sharp picture: {sharp}");
        let mut last = sharp;
        for blur in [1.0f32, 1.5, 2.0, 3.0, 4.0] {
            let found = blurred(width, blur);
            let truth = blur.hypot(sharp);
            println!("{width} px wide, sharp {sharp:.2}: {blur} measured {found:.2}");
            assert!(found > last, "{width} px, {blur}: {found} after {last}");
            let fine = blur <= 0.0134 * width;
            assert!(!fine || (found / truth - 1.0).abs() < 0.3, "{width} px, {blur}: {found}");
            last = found;
        }
    }
}

/// The head with what lies between two heights, in widths of the face from
/// brow to lip as 0 to 1, painted over.
fn painted(from: f32, to: f32, colour: [u8; 3], grey: bool) -> Clarity {
    let mut drawn = Head::default().render();
    let mesh = &drawn.face.mesh;
    let (brow, lip) = (mesh[RIGHT_BROW[0]][1], mesh[LIPS_OUTER[5]][1]);
    let (top, bottom) = (brow + from * (lip - brow), brow + to * (lip - brow));
    for (i, pixel) in drawn.rgb.chunks_exact_mut(3).enumerate() {
        let y = (i / drawn.side) as f32 + 0.5;
        if (top..bottom).contains(&y) {
            pixel.copy_from_slice(&colour);
        }
        if grey {
            pixel.fill(pixel[1]);
        }
    }
    of(&Frame::from_rgb(&drawn.rgb, drawn.side, drawn.side), &drawn.face.mesh)
}

#[test]
fn what_is_not_skin_covers_the_part_it_lies_on() {
    let blue = [60, 90, 190];
    assert_eq!(painted(0.0, 0.0, blue, false).covered, [false; 7]);
    // Hair over the forehead.
    let fringe = painted(-2.0, -0.1, [40, 38, 36], false);
    assert!(fringe.covers(Part::Forehead), "{fringe:?}");
    assert_eq!(fringe.parts_covered(), 1);
    // A mask over nose, cheeks and chin: most of the face, and still parts of
    // it differ from the rest.
    let mask = painted(0.35, 3.0, blue, false);
    assert!(mask.parts_covered() >= 1, "{mask:?}");
    let scarf = painted(0.9, 3.0, blue, false);
    assert!(scarf.covers(Part::Chin) && !scarf.covers(Part::Forehead), "{scarf:?}");
}

#[test]
fn skin_and_pictures_without_colour_cover_nothing() {
    // A hand has the colour of the face.
    assert_eq!(painted(0.9, 3.0, [190, 140, 115], false).covered, [false; 7]);
    assert_eq!(painted(0.9, 3.0, [60, 90, 190], true).covered, [false; 7]);
}

#[test]
fn strong_side_light_is_no_cover() {
    let head = Head { light: [1.0, 0.0, 0.15], ambient: 0.06, lamp: 0.9, ..Head::default() };
    let clarity = head.render().face.clarity;
    println!("{clarity:?}");
    assert!(clarity.parts_covered() <= 1);
}

#[test]
fn broken_meshes_say_nothing() {
    let drawn = Head::default().render();
    let frame = Frame::from_rgb(&drawn.rgb, drawn.side, drawn.side);
    for mesh in [vec![], vec![[f32::NAN; 3]; 468], vec![[1e9; 3]; 468], vec![[5.0; 3]; 468]] {
        assert_eq!(of(&frame, &mesh), Clarity::default());
    }
}

#[test]
fn a_line_over_the_bridge_of_the_nose_is_spectacles() {
    let drawn =
        Head { side: 700, width: 500.0, centre: (350.0, 350.0), ..Head::default() }.render();
    let look =
        |rgb: &[u8], mesh: &[[f32; 3]]| of(&Frame::from_rgb(rgb, drawn.side, drawn.side), mesh);
    let bare = look(&drawn.rgb, &drawn.face.mesh);
    assert!(!bare.spectacles(), "{bare:?}");
    let inner = [133, 362].map(|i| drawn.face.mesh[i]);
    let y = (inner[0][1] + inner[1][1]) / 2.0 + 20.0;
    // A bar as wide as the space between the eyes, and one that crosses a third
    // of the strip, as a lash or a crease would.
    let with = |from: f32, to: f32| {
        let mut rgb = drawn.rgb.clone();
        for (i, pixel) in rgb.chunks_exact_mut(3).enumerate() {
            let (u, v) = ((i % drawn.side) as f32, (i / drawn.side) as f32);
            if (y - 5.0..y + 5.0).contains(&v) && (from..to).contains(&u) {
                pixel.copy_from_slice(&[30, 28, 26]);
            }
        }
        rgb
    };
    let bar = look(&with(inner[0][0], inner[1][0]), &drawn.face.mesh);
    assert!(bar.spectacles(), "{bar:?}");
    let middle = (inner[0][0] + inner[1][0]) / 2.0;
    let crease = look(&with(middle + 12.0, inner[1][0]), &drawn.face.mesh);
    assert!(!crease.spectacles(), "{crease:?}");
    // A head that leans has none for that.
    let leaning = Head {
        turn: [0.0, 0.0, 20.0],
        side: 700,
        width: 500.0,
        centre: (350.0, 350.0),
        ..Head::default()
    };
    let leaning = leaning.render();
    let clear = of(&Frame::from_rgb(&leaning.rgb, 700, 700), &leaning.face.mesh);
    assert!(!clear.spectacles(), "{clear:?}");
}

#[test]
fn a_bar_over_the_eyes_covers_them_and_the_edge_of_the_picture_cuts_off() {
    let bare = painted(0.0, 0.0, [16, 16, 16], false);
    assert!(!bare.covers(Part::RightEye) && !bare.covers(Part::LeftEye) && !bare.cut_off);
    let barred = painted(-0.15, 0.42, [16, 16, 16], false);
    assert!(Part::EYES.iter().all(|eye| barred.covers(*eye)), "{barred:?}");
    assert_eq!(barred.parts_covered() - barred.skin_covered(), 2);
    // The same face with its left half outside the picture.
    let drawn = Head::default().render();
    let frame = Frame::from_rgb(&drawn.rgb, drawn.side, drawn.side);
    let moved: Vec<[f32; 3]> = drawn.face.mesh.iter().map(|p| [p[0] + 190.0, p[1], p[2]]).collect();
    assert!(of(&frame, &moved).cut_off);
}

#[test]
fn an_enlarged_picture_counts_for_what_it_was() {
    let clarity = |blur_px: f32| Clarity { blur_px: Some(blur_px), ..Clarity::default() };
    assert_eq!(clarity(0.6).enlarged(), 1.0);
    assert_eq!(clarity(2.4).enlarged(), 2.0);
    assert_eq!(Clarity::default().enlarged(), 1.0);
}
