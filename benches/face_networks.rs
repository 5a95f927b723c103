//! The face networks: our kernels on one thread and on two, against candle's
//! own operations. The weights must be installed (`waarmerk models install`).

use std::{hint::black_box, time::Instant};

use candle_core::{Device, Tensor};
use criterion::Criterion;
use waarmerk::{
    Result,
    models::{BlazeFace, FaceMesh, IrisNet, Range, face_mesh, iris},
};

/// A pair of outputs, as all four networks give.
type Outputs = (Tensor, Tensor);

type Forward = Box<dyn Fn(&Tensor) -> Result<Outputs> + Send + Sync>;

/// A network and an input for it.
struct Subject {
    name: &'static str,
    input: Tensor,
    fast: Forward,
    naive: Forward,
}

/// A picture of waves, `(1, 3, size, size)`. `peers/face_nets.py` makes the
/// same, so that the outputs can be compared.
fn waves(size: usize) -> Result<Tensor> {
    let value = |i: usize| ((i as f64 * 0.37).sin() * (i as f64 * 0.0051).cos()) as f32;
    let pixels: Vec<f32> = (0..size * size * 3).map(value).collect();
    let interleaved = Tensor::from_vec(pixels, (1, size, size, 3), &Device::Cpu)?;
    Ok(interleaved.permute((0, 3, 1, 2))?.contiguous()?)
}

fn detector(range: Range) -> Result<Subject> {
    let (fast, naive) =
        (BlazeFace::load(range, &Device::Cpu)?, BlazeFace::load(range, &Device::Cpu)?);
    Ok(Subject {
        name: range.name(),
        input: waves(range.input_size())?,
        fast: Box::new(move |x| fast.forward(x)),
        naive: Box::new(move |x| naive.forward_naive(x)),
    })
}

fn subjects() -> Result<Vec<Subject>> {
    let mesh = [FaceMesh::load(&Device::Cpu)?, FaceMesh::load(&Device::Cpu)?];
    let eye = [IrisNet::load(&Device::Cpu)?, IrisNet::load(&Device::Cpu)?];
    let ([mesh, naive_mesh], [eye, naive_eye]) = (mesh, eye);
    Ok(vec![
        detector(Range::Short)?,
        detector(Range::Full)?,
        Subject {
            name: face_mesh::NAME,
            input: waves(face_mesh::INPUT_SIZE)?,
            fast: Box::new(move |x| mesh.forward(x)),
            naive: Box::new(move |x| naive_mesh.forward_naive(x)),
        },
        Subject {
            name: iris::NAME,
            input: waves(iris::INPUT_SIZE)?,
            fast: Box::new(move |x| eye.forward(x)),
            naive: Box::new(move |x| naive_eye.forward_naive(x)),
        },
    ])
}

/// `work` on `threads` threads.
fn on<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool.install(work),
        Err(error) => {
            eprintln!("no pool of {threads} threads ({error}); the global one instead");
            work()
        }
    }
}

/// The installed networks; says so when there are none.
fn installed() -> Vec<Subject> {
    subjects().unwrap_or_else(|error| {
        println!("skipped: face networks ({error})");
        Vec::new()
    })
}

/// The group `face networks`.
pub fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("face networks");
    for subject in installed() {
        let Subject { name, input, fast, naive } = &subject;
        for threads in [1, 2] {
            group.bench_function(format!("{name}/kernels/{threads}"), |bencher| {
                on(threads, || bencher.iter(|| fast(black_box(input))));
            });
        }
        group.sample_size(10);
        group.bench_function(format!("{name}/candle/1"), |bencher| {
            on(1, || bencher.iter(|| naive(black_box(input))));
        });
        group.sample_size(100);
    }
}

/// One line for each network and number of threads: name, threads, fastest and
/// median time of a call in milliseconds, and the mean of each output's
/// magnitudes, by which two programs can be seen to compute the same.
pub fn rounds() {
    const CALLS: usize = 200;
    for subject in installed() {
        for threads in [1, 2] {
            let time = || -> Result<(Vec<f64>, Outputs)> {
                let mut times = Vec::with_capacity(CALLS);
                let mut outputs = (subject.fast)(&subject.input)?;
                for _ in 0..CALLS {
                    let start = Instant::now();
                    outputs = black_box((subject.fast)(&subject.input)?);
                    times.push(1e3 * start.elapsed().as_secs_f64());
                }
                times.sort_by(f64::total_cmp);
                Ok((times, outputs))
            };
            let line = on(threads, time).and_then(|(times, (a, b))| {
                let magnitude =
                    |x: &Tensor| -> Result<f32> { Ok(x.abs()?.mean_all()?.to_scalar()?) };
                let (least, middle) = (times[0], times[CALLS / 2]);
                let (a, b) = (magnitude(&a)?, magnitude(&b)?);
                Ok(format!("{} {threads} {least:.4} {middle:.4} {a} {b}", subject.name))
            });
            match line {
                Ok(line) => println!("{line}"),
                Err(error) => println!("skipped: {} ({error})", subject.name),
            }
        }
    }
}
