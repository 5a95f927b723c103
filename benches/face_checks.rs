//! The face checks on one core: a rendered head of 400 pixels in a picture of
//! 1920 × 1080, 4:2:0 as a decoder lends it, after finding and meshing. Each
//! check is shown frames at the rate that it asks for; its time is spread over
//! thirty frames a second.

use std::time::Instant;

use waarmerk::checks::{self, Check, Entry, Options, People, Scene};
use waarmerk::faces::clarity;
use waarmerk::faces::synth::Head;
use waarmerk::media::{FaceDetail, Frame, Pixels, Plane, Rate, Samples, Subsampling};

const WIDTH: usize = 1920;
const HEIGHT: usize = 1080;
/// Frames a second of the clip, and how many seconds are shown.
const RATE: f64 = 30.0;
const SECONDS: usize = 10;
/// Different pictures that take turns.
const PICTURES: usize = 15;

/// A 4:2:0 picture.
struct Planes {
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl Planes {
    /// An RGB picture of `side` in the middle of a grey one.
    fn around(rgb: &[u8], side: usize) -> Self {
        let (left, top) = ((WIDTH - side) / 2, (HEIGHT - side) / 2);
        let pixel = |x: usize, y: usize| {
            let inside = (left..left + side).contains(&x) && (top..top + side).contains(&y);
            let at = 3 * ((y.saturating_sub(top)) * side + x.saturating_sub(left));
            if inside { [rgb[at], rgb[at + 1], rgb[at + 2]].map(f32::from) } else { [110.0; 3] }
        };
        // BT.601, full range.
        let luma = |[r, g, b]: [f32; 3]| 0.299 * r + 0.587 * g + 0.114 * b;
        let (mut y, mut u, mut v) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..HEIGHT {
            for column in 0..WIDTH {
                let p = pixel(column, row);
                y.push(luma(p) as u8);
                if row % 2 == 0 && column % 2 == 0 {
                    u.push((128.0 + (p[2] - luma(p)) / 1.772) as u8);
                    v.push((128.0 + (p[0] - luma(p)) / 1.402) as u8);
                }
            }
        }
        Self { y, u, v }
    }

    fn frame(&self, index: usize) -> Frame<'_> {
        let plane = |samples, width, height| Plane {
            samples: Samples::Eight(samples),
            stride: width,
            width,
            height,
            bits: 8,
        };
        let mut frame = Frame::from_gray(&self.y, WIDTH, HEIGHT);
        (frame.index, frame.time_s) = (index as u64, index as f64 / RATE);
        frame.pixels = Pixels::Yuv {
            y: plane(&self.y, WIDTH, HEIGHT),
            u: plane(&self.u, WIDTH / 2, HEIGHT / 2),
            v: plane(&self.v, WIDTH / 2, HEIGHT / 2),
            subsampling: Subsampling { horizontal: 1, vertical: 1 },
        };
        frame
    }
}

/// The head at moment `k`: it nods, blinks, speaks and blushes.
fn head(k: usize) -> Head {
    let t = k as f32 / PICTURES as f32 * std::f32::consts::TAU;
    Head {
        side: 800,
        width: 400.0,
        centre: (400.0, 380.0),
        turn: [4.0 * t.sin(), 2.0 * t.cos(), 1.0],
        mouth: 0.05 + 0.05 * t.sin(),
        smile: 0.5 + 0.5 * t.cos(),
        blink: if k == 7 { 1.0 } else { 0.0 },
        pulse: 0.01 * t.sin(),
        seed: k as u64 + 1,
        ..Head::default()
    }
}

/// Milliseconds a frame that a check takes in `see`, and its `conclude`.
fn time(
    entry: &Entry,
    planes: &[Planes],
    faces: &[waarmerk::faces::Face],
    people: &mut People,
) -> (f64, f64) {
    let mut check: Box<dyn Check> = (entry.make)(&Options::default());
    let step = match check.needs().frames {
        Rate::None => return (0.0, 0.0),
        Rate::Every => 1,
        Rate::PerSecond(rate) => (RATE / rate).round().max(1.0) as usize,
    };
    let frames = RATE as usize * SECONDS;
    let start = Instant::now();
    for index in (0..frames).step_by(step) {
        let frame = planes[index % PICTURES].frame(index);
        let faces = std::slice::from_ref(&faces[index % PICTURES]);
        if let Err(error) = check.see(&Scene { frame: &frame, faces }) {
            println!("{}: {error}", entry.name);
        }
    }
    let seen = start.elapsed().as_secs_f64();
    let start = Instant::now();
    if check.needs().people
        && let Err(error) = check.people(people)
    {
        println!("{}: {error}", entry.name);
    }
    let finding = check.conclude();
    let end = start.elapsed().as_secs_f64();
    if let Err(error) = finding {
        println!("{}: {error}", entry.name);
    }
    (1e3 * seen / frames as f64, 1e3 * end)
}

/// One line for each check that measures faces: name, milliseconds for each
/// frame of the clip, milliseconds at the end; then the sum.
pub fn table() {
    let (mut planes, mut faces) = (Vec::new(), Vec::new());
    for k in 0..PICTURES {
        let drawn = head(k).render();
        planes.push(Planes::around(&drawn.rgb, drawn.side));
        let mut face = drawn.face;
        let (dx, dy) = (((WIDTH - 800) / 2) as f32, ((HEIGHT - 800) / 2) as f32);
        (face.bounds.x, face.bounds.y) = (face.bounds.x + dx, face.bounds.y + dy);
        for p in &mut face.mesh {
            (p[0], p[1]) = (p[0] + dx, p[1] + dy);
        }
        for iris in face.irises.iter_mut().flatten() {
            iris.points.iter_mut().for_each(|p| *p = [p[0] + dx, p[1] + dy]);
            iris.contour.iter_mut().for_each(|p| *p = [p[0] + dx, p[1] + dy, p[2]]);
        }
        faces.push(face);
    }
    let wanted = |entry: &&Entry| {
        let needs = (entry.make)(&Options::default()).needs();
        needs.faces != FaceDetail::None && needs.frames != Rate::None
    };
    let entries: Vec<&Entry> = checks::ALL.iter().filter(wanted).collect();
    let mut least = vec![(f64::MAX, f64::MAX); entries.len()];
    // Least of three: other work only adds. What one check has had segmented the
    // next one gets for nothing, as in an examination.
    for _ in 0..3 {
        let mut people = People::new(Options::default().device);
        for (entry, least) in entries.iter().zip(&mut least) {
            let (frame, end) = time(entry, &planes, &faces, &mut people);
            *least = (least.0.min(frame), least.1.min(end));
        }
    }
    // How clearly each face is seen, twice a second, for all of them.
    let start = Instant::now();
    let looks = 2 * SECONDS;
    for k in 0..looks {
        let frame = planes[k % PICTURES].frame(k);
        std::hint::black_box(clarity::of(&frame, &faces[k % PICTURES].mesh));
    }
    let looked = 1e3 * start.elapsed().as_secs_f64() / (RATE * SECONDS as f64);
    println!("{:18} {looked:8.4} {:9.1}", "(clarity)", 0.0);
    least.push((looked, 0.0));
    for (entry, (frame, end)) in entries.iter().zip(&least) {
        println!("{:18} {frame:8.4} {end:9.1}", entry.name);
    }
    let sum = least.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    println!("{:18} {:8.4} {:9.1}", "all", sum.0, sum.1);
}
