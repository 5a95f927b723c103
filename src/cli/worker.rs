//! Examining in a process of its own, so that a file that brings a decoder
//! down costs its own pictures and sound and nothing else.
//!
//! One worker takes the files in turn and tells what it is at on a pipe, which
//! is its standard input. When it ends before its work does, or takes longer
//! over one file than allowed, the bytes of that file are examined alone by
//! another worker, and a third goes on with the rest.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, PipeReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Done;
use super::examine::{ExamineArgs, Tally};
use crate::confine::{self, Held, Left};
use crate::nn::device::DeviceChoice;
use crate::report::lab::Lab;
use crate::text::{Text, visible};
use crate::{Error, Result, checks, models};

/// Seconds that a file may take unless told otherwise: half a day, as a recording of
/// a day takes at twice real time. Some kilobytes can hold pictures for weeks.
const MOST_SECONDS: u64 = 12 * 3600;

/// What a worker tells.
#[derive(Serialize, Deserialize, Debug)]
enum Event {
    /// It is there.
    Here,
    /// It begins with its n-th file.
    Begin(usize),
    /// Where it writes what is not finished yet.
    Aside(PathBuf),
    /// It is done with its n-th file.
    End(usize, Tally),
}

/// The worker's end of the pipe; silent in a process that has no supervisor.
pub(super) struct Teller(Option<std::fs::File>);

impl Teller {
    pub(super) fn silent() -> Self {
        Self(None)
    }

    fn tell(&mut self, event: &Event) {
        let Some(pipe) = &mut self.0 else { return };
        // Should the supervisor be gone, the worker goes with it.
        let line = serde_json::to_string(event).unwrap_or_default();
        if writeln!(pipe, "{line}").is_err() {
            std::process::exit(1);
        }
    }

    /// Says nothing but that there is a worker; ends it when nobody hears.
    fn here(&mut self) {
        self.tell(&Event::Here);
    }

    pub(super) fn begin(&mut self, file: usize) {
        self.tell(&Event::Begin(file));
    }

    pub(super) fn aside(&mut self, folder: &Path) {
        self.tell(&Event::Aside(folder.to_owned()));
    }

    pub(super) fn end(&mut self, file: usize, tally: Tally) {
        self.tell(&Event::End(file, tally));
    }
}

/// Becomes a worker: takes the pipe and gives up what no examination needs.
pub(super) fn become_worker(args: &ExamineArgs) -> Result<(Teller, Held)> {
    #[cfg(unix)]
    let pipe = {
        use std::os::fd::AsFd;
        let pipe = std::io::stdin().as_fd().try_clone_to_owned();
        std::fs::File::from(pipe.map_err(|e| Error::io("the supervisor's pipe", e))?)
    };
    #[cfg(not(unix))]
    return Err(Error::Usage("there are no workers on this system".into()));
    #[cfg(unix)]
    {
        let mut teller = Teller(Some(pipe));
        end_with_supervisor();
        // It may have ended before that was asked; then nobody reads the pipe.
        teller.here();
        std::fs::create_dir_all(&args.out).map_err(|e| Error::io(&args.out, e))?;
        let held = confine::confine(&Left {
            read: readable(args),
            write: vec![args.out.clone()],
            memory: args.memory_limit.or_else(confine::most_memory),
            walls: matches!(args.device, DeviceChoice::Cpu) || no_other_device(args.device),
        })?;
        Ok((teller, held))
    }
}

/// Whether `auto` can only mean the CPU in this build.
fn no_other_device(device: DeviceChoice) -> bool {
    matches!(device, DeviceChoice::Auto) && !cfg!(any(feature = "cuda", feature = "metal"))
}

/// The kernel ends the worker when the supervisor ends, however that happens.
#[allow(unsafe_code, reason = "asks the kernel to end this process with another")]
fn end_with_supervisor() {
    #[cfg(target_os = "linux")]
    // SAFETY: prctl with these arguments only sets a flag of this process.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
    }
}

/// What an examination reads: the exhibits, the networks, what the user
/// enrolled or brought, this program, and the system's own libraries.
fn readable(args: &ExamineArgs) -> Vec<PathBuf> {
    let system = [
        "/usr",
        "/lib",
        "/lib64",
        "/etc/ld.so.cache",
        "/proc/self",
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/sys/devices/system",
        "/sys/fs/cgroup",
        "/dev/null",
        "/dev/urandom",
    ];
    let mut read: Vec<PathBuf> = system.iter().map(PathBuf::from).collect();
    read.extend(args.files.iter().cloned());
    read.extend(std::env::current_exe().ok());
    read.extend(models::store::folder().ok());
    read.extend(checks::person::model::folder().ok());
    read.extend(checks::prnu::store::folder().ok());
    read.extend(checks::container_profile::store::folder().ok());
    read.extend(args.lab.iter().chain(&args.reference).cloned());
    read.extend(args.brought.files());
    read
}

/// Where a worker finds the facts of a case: not on its command line, which
/// every user of the machine can read.
const FACTS: &str = "WAARMERK_FACTS";

/// The facts of a case that the supervisor hands on.
pub(super) fn facts() -> Result<Lab> {
    let wrong = |e: serde_json::Error| Error::Usage(format!("{FACTS}: {e}"));
    std::env::var(FACTS)
        .map_or(Ok(Lab::default()), |facts| serde_json::from_str(&facts).map_err(wrong))
}

/// Examines all files through workers.
pub(super) fn supervise(args: &ExamineArgs) -> Result<Done> {
    let mut tally = Tally::default();
    let mut next = 0;
    while next < args.files.len() {
        let ended = attend(args, next..args.files.len(), None)?;
        tally.add(ended.tally);
        let Some((file, why)) = ended.broken else {
            if let Some(code) = ended.refused {
                return Ok(Done::Told(code));
            }
            break;
        };
        let name = visible(&args.files[file].display().to_string());
        eprintln!("waarmerk: {name}: {}; its bytes are examined alone", why.text().en);
        let bytes = attend(args, file..file + 1, Some(&why))?;
        tally.add(bytes.tally);
        if bytes.broken.is_some() || bytes.refused.is_some() {
            eprintln!("waarmerk: not examined: {name}: {}", why.text().en);
            tally.failed += 1;
        }
        next = file + 1;
    }
    Ok(tally.told(args.files.len()))
}

/// How a worker ended.
struct Ended {
    tally: Tally,
    /// The file it was at when it ended before its work did, and why it ended.
    broken: Option<(usize, Why)>,
    /// Its exit code, when it refused to begin; it has said why.
    refused: Option<u8>,
}

/// One worker for the files in `range`.
fn attend(args: &ExamineArgs, range: std::ops::Range<usize>, why: Option<&Why>) -> Result<Ended> {
    let (reader, writer) = std::io::pipe().map_err(|e| Error::io("a pipe", e))?;
    let program = std::env::current_exe().map_err(|e| Error::io("this program", e))?;
    let first = range.start;
    let mut child = Command::new(program)
        .args(words(args, range, why))
        .env(FACTS, serde_json::to_string(&args.facts).unwrap_or_default())
        .stdin(Stdio::from(writer))
        .spawn()
        .map_err(|e| Error::io("a worker process (--in-process does without)", e))?;
    let mut ended = Ended { tally: Tally::default(), broken: None, refused: None };
    let mut at = None;
    let mut aside = None;
    // Bytes alone are quick; where even they are not, a minute is enough.
    let limit = args.time_limit.unwrap_or(MOST_SECONDS);
    let limit = Duration::from_secs(if why.is_some() { limit.max(60) } else { limit });
    let late = follow(&events(reader), limit, &mut child, |event| match event {
        Event::Here => {}
        Event::Begin(file) => (at, aside) = (Some(first + file), None),
        Event::Aside(folder) => aside = Some(folder),
        Event::End(_, tally) => {
            ended.tally.add(tally);
            (at, aside) = (None, None);
        }
    });
    let status = child.wait().map_err(|e| Error::io("a worker process", e))?;
    // What it could not finish; its own clean-up went with it.
    aside.map(std::fs::remove_dir_all);
    match at {
        Some(file) => ended.broken = Some((file, if late { Why::Late } else { Why::of(status) })),
        None if !status.success() && ended.tally == Tally::default() => {
            if status.code().is_none() {
                eprintln!("waarmerk: the worker process ended before it began ({status})");
            }
            ended.refused =
                Some(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1));
        }
        None => {}
    }
    Ok(ended)
}

/// The lines of the pipe, as they come.
fn events(pipe: PipeReader) -> Receiver<Event> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(std::io::Result::ok) {
            let Ok(event) = serde_json::from_str(&line) else { continue };
            if tell.send(event).is_err() {
                return;
            }
        }
    });
    told
}

/// Hears a worker out; ends it, and says so, when a file takes too long.
fn follow(
    events: &Receiver<Event>,
    limit: Duration,
    child: &mut Child,
    mut hear: impl FnMut(Event),
) -> bool {
    // The time of a file counts from its beginning: a busy machine may take longer
    // than that to load the networks.
    let mut since = None;
    loop {
        let event = match since {
            None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(since) => events.recv_timeout(limit.saturating_sub(Instant::elapsed(&since))),
        };
        match event {
            Ok(event) => {
                match event {
                    Event::Begin(_) => since = Some(Instant::now()),
                    Event::End(..) => since = None,
                    Event::Here | Event::Aside(_) => {}
                }
                hear(event);
            }
            Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) => {
                // Should it have ended by itself meanwhile, there is nothing to kill.
                let _ = child.kill();
                events.iter().for_each(hear);
                return true;
            }
        }
    }
}

/// The command line of a worker.
fn words(args: &ExamineArgs, range: std::ops::Range<usize>, why: Option<&Why>) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["examine".into(), "--worker".into()];
    words.extend(why.map(|why| format!("--undecoded={}", why.word()).into()));
    words.extend(args.words());
    words.push("--".into());
    words.extend(args.files[range].iter().map(|file| file.clone().into_os_string()));
    words
}

/// A number of bytes as people write it: `800M`, `2G`.
pub(super) fn bytes(word: &str) -> Result<u64, String> {
    let (number, unit) = match word.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => word.split_at(at),
        None => (word, ""),
    };
    let shift = match unit.to_ascii_uppercase().trim_end_matches("IB").trim_end_matches('B') {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => return Err("a number, with K, M or G behind it if you like".into()),
    };
    let number: u64 = number.parse().map_err(|_| "no number in it".to_owned())?;
    number.checked_mul(1 << shift).ok_or_else(|| "more than there can be".to_owned())
}

/// Why a worker did not finish a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It took longer than allowed.
    Late,
    /// The signal that ended it.
    Signal(i32),
    /// The exit code with which it ended.
    Code(i32),
}

impl Why {
    fn of(status: ExitStatus) -> Self {
        #[cfg(unix)]
        if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
            return Self::Signal(signal);
        }
        Self::Code(status.code().unwrap_or(-1))
    }

    /// One word for the command line.
    fn word(&self) -> String {
        match self {
            Self::Late => "late".into(),
            Self::Signal(number) => format!("signal:{number}"),
            Self::Code(number) => format!("code:{number}"),
        }
    }

    /// For people.
    pub(super) fn text(&self) -> Text {
        match self {
            Self::Late => Text::new(
                "decoding and examining it took longer than it may (--time-limit raises that); that says nothing of the file",
                "decoderen en onderzoeken duurde langer dan mag (--time-limit verhoogt dat); dat zegt niets over het bestand",
            ),
            // abort(): how this program ends when memory is refused.
            Self::Signal(6) => Text::new(
                "the process that decoded it gave up (SIGABRT), as when more memory is needed than --memory-limit allows",
                "het proces dat het decodeerde gaf op (SIGABRT), zoals wanneer er meer geheugen nodig is dan --memory-limit toestaat",
            ),
            Self::Signal(9) => Text::new(
                "the process that decoded it was killed (SIGKILL), as the system does when memory runs out",
                "het proces dat het decodeerde is gestopt (SIGKILL), zoals het systeem doet als het geheugen op is",
            ),
            Self::Signal(number) => Text::new(
                format!(
                    "the decoder crashed (signal {number}{}): the file is damaged, or made to attack a decoder",
                    name(*number)
                ),
                format!(
                    "de decoder is vastgelopen (signaal {number}{}): het bestand is beschadigd, of gemaakt om een decoder aan te vallen",
                    name(*number)
                ),
            ),
            Self::Code(number) => Text::new(
                format!("the process that decoded it ended unexpectedly (exit code {number})"),
                format!(
                    "het proces dat het decodeerde is onverwacht geëindigd (exitcode {number})"
                ),
            ),
        }
    }
}

fn name(signal: i32) -> &'static str {
    match signal {
        4 => ", SIGILL",
        7 => ", SIGBUS",
        8 => ", SIGFPE",
        11 => ", SIGSEGV",
        _ => "",
    }
}

impl std::str::FromStr for Why {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let number = |number: &str| number.parse::<i32>().map_err(|e| e.to_string());
        match word.split_once(':') {
            None if word == "late" => Ok(Self::Late),
            Some(("signal", rest)) => number(rest).map(Self::Signal),
            Some(("code", rest)) => number(rest).map(Self::Code),
            _ => Err(format!("no reason: {word}")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
mod tests {
    use clap::Parser;

    use super::super::{Cli, Command};
    use super::*;

    fn parsed(words: &[OsString]) -> ExamineArgs {
        let all = std::iter::once(OsString::from("waarmerk")).chain(words.iter().cloned());
        match Cli::try_parse_from(all).unwrap().command {
            Command::Examine(args) => *args,
            other => unreachable!("{other:?}"),
        }
    }

    /// A machine that takes its time to begin costs no file its examination; a
    /// file that takes too long ends the worker.
    #[test]
    fn the_time_of_a_file_counts_from_its_beginning() {
        let sleep = || std::process::Command::new("sleep").arg("30").spawn().unwrap();
        for (wait_s, late) in [(0, false), (1600, true)] {
            let (tell, told) = channel();
            let teller = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(1600));
                tell.send(Event::Begin(0)).unwrap();
                std::thread::sleep(Duration::from_millis(wait_s));
                let _ = tell.send(Event::End(0, Tally::default()));
            });
            let mut child = sleep();
            let mut heard = 0;
            assert_eq!(
                follow(&told, Duration::from_secs(1), &mut child, |_| heard += 1),
                late,
                "{wait_s}"
            );
            assert_eq!(heard, 2);
            teller.join().unwrap();
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    #[test]
    fn a_worker_gets_every_option() {
        let words = [
            "examine",
            "--out=o",
            "--checks=metadata,container",
            "--device=cpu",
            "--redact=all",
            "--lang=nl",
            "--json",
            "--csv",
            "--resume",
            "--camera=c",
            "--container-profile=a,b",
            "--person=p",
            "--lab=l",
            "--reference-voice=v",
            "--trust-anchors=t",
            "--reference=r",
            "--reference=s",
            "--method=kde",
            "--fuse",
            "--memory-limit=2G",
            "--time-limit=9",
            "a.mp4",
            "--",
            "-b.mp4",
        ]
        .map(OsString::from);
        let args = parsed(&words);
        let worker = parsed(&super::words(&args, 0..2, Some(&Why::Signal(11))));
        let same = ExamineArgs { worker: false, undecoded: None, ..worker.clone() };
        assert_eq!(format!("{same:?}"), format!("{args:?}"));
        assert_eq!((worker.worker, worker.undecoded), (true, Some(Why::Signal(11))));
    }

    #[test]
    fn reasons_survive_the_command_line() {
        for why in [Why::Late, Why::Signal(11), Why::Code(-3)] {
            assert_eq!(why.word().parse(), Ok(why));
        }
        assert!("signal".parse::<Why>().is_err());
    }
}
