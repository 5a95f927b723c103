//! `waarmerk case`: a case folder from the first exhibit to the sealed export.

mod capture;
mod examine;
mod notice;
mod verify;

use std::path::{Path, PathBuf};

use super::{Done, say};
use crate::custody::{self, Acquisition, Case, Facts, Stamp, Trust};
use crate::text::visible;
use crate::{Error, Result};

const EXAMPLES: &str = "From a file to a sealed case:
  waarmerk case new mycase --title 2026-017 --examiner \"A. Examiner\"
  waarmerk case add mycase clip.mp4 --source-url https://example.org/p/1 \\
      --captured-at 2026-03-01T14:05:00+01:00 --captured-by \"A. Examiner\" --method download
  waarmerk case examine mycase
  waarmerk case seal mycase
  waarmerk case verify mycase
  waarmerk case export mycase mycase.zip

Every event goes to mycase/log.jsonl, each line holding the digest of the one
before. Only `capture` uses a network.";

/// Options of `waarmerk case`.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct CaseCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Open a new case: make its folder and the first line of its log.
    New(NewArgs),
    /// Copy an exhibit into the case, read-only, with its digests.
    Add(AddArgs),
    /// Capture a page with your own browser: the one command that uses a network.
    Capture(capture::CaptureArgs),
    /// Add a note to the log.
    Note(NoteArgs),
    /// Examine the exhibits; the results become part of the case.
    Examine(examine::ExamineArgs),
    /// Check every line, file and seal of a case folder or an export.
    Verify(verify::VerifyArgs),
    /// Write the case as a zip (BagIt) that others can verify with plain tools.
    Export(ExportArgs),
    /// Make a manifest of everything, to be stamped or kept elsewhere.
    Seal(SealArgs),
    /// Draft a notice to a platform (Digital Services Act, article 16).
    Notice(notice::NoticeArgs),
}

/// Whom to trust with time stamps.
#[derive(clap::Args, Debug)]
pub struct AuthorityArgs {
    /// Certificates of the time-stamp authority, or of those that vouch for it,
    /// that you trust (PEM or DER); more than once for more.
    #[arg(long, value_name = "FILE")]
    tsa_certificate: Vec<PathBuf>,
    /// Revocation lists (CRL, PEM or DER) of those who issued the certificates
    /// below it; without any, revocation is not looked at.
    #[arg(long, value_name = "FILE", requires = "tsa_certificate")]
    tsa_crl: Vec<PathBuf>,
}

impl AuthorityArgs {
    fn trust(&self) -> Result<Trust> {
        Ok(Trust {
            certificates: read(&self.tsa_certificate, custody::certificates)?,
            lists: read(&self.tsa_crl, custody::lists)?,
        })
    }
}

/// What `each` finds in the files.
fn read(paths: &[PathBuf], each: impl Fn(&[u8]) -> Result<Vec<Vec<u8>>>) -> Result<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    for path in paths {
        let bytes = std::fs::read(path).map_err(|e| Error::io(path, e))?;
        all.extend(each(&bytes).map_err(|e| Error::unreadable(path, e.to_string()))?);
    }
    Ok(all)
}

/// Who acts, for the log.
#[derive(clap::Args, Debug)]
pub struct ByArgs {
    /// Who does this; the case's examiner unless given.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  waarmerk case new mycase --title 2026-017 --examiner \"A. Examiner\" --laboratory \"Lab\" --question \"Was the face replaced?\""
)]
struct NewArgs {
    /// Folder to make.
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// Title or reference.
    #[arg(long)]
    title: String,
    /// Who examines.
    #[arg(long, value_name = "NAME")]
    examiner: String,
    /// Laboratory or organisation.
    #[arg(long, value_name = "NAME")]
    laboratory: Option<String>,
    /// Who asked.
    #[arg(long, value_name = "NAME")]
    customer: Option<String>,
    /// What was asked.
    #[arg(long, value_name = "TEXT")]
    question: Option<String>,
}

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  waarmerk case add mycase clip.mp4 --source-url https://example.org/p/1 --platform Example \\\n      --captured-at 2026-03-01T14:05:00+01:00 --captured-by \"B. Witness\" --method download --screenshot page.png\n  waarmerk case add mycase voice.opus --received-from \"B. Witness\" --transport \"USB stick\""
)]
struct AddArgs {
    /// The case folder.
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// The file; it stays where it is and is copied.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where it stood.
    #[arg(long, value_name = "URL")]
    source_url: Option<String>,
    /// Platform it stood on.
    #[arg(long, value_name = "NAME")]
    platform: Option<String>,
    /// When it was captured, with offset: 2026-03-01T14:05:00+01:00.
    #[arg(long, value_name = "MOMENT")]
    captured_at: Option<String>,
    /// Who captured it.
    #[arg(long, value_name = "NAME")]
    captured_by: Option<String>,
    /// How it was captured.
    #[arg(long, value_name = "TEXT")]
    method: Option<String>,
    /// Picture of where it stood; it is copied with its own digests.
    #[arg(long, value_name = "FILE")]
    screenshot: Option<PathBuf>,
    /// From whom it was received.
    #[arg(long, value_name = "NAME")]
    received_from: Option<String>,
    /// How it came: e-mail, USB stick, courier.
    #[arg(long, value_name = "TEXT")]
    transport: Option<String>,
    #[command(flatten)]
    by: ByArgs,
}

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  waarmerk case note mycase \"original device returned to owner\" --exhibit E1"
)]
struct NoteArgs {
    /// The case folder.
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// The note.
    text: String,
    /// The exhibit it is about.
    #[arg(long, value_name = "E1")]
    exhibit: Option<String>,
    #[command(flatten)]
    by: ByArgs,
}

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  waarmerk case export mycase mycase.zip\n\nThe other laboratory needs no waarmerk:\n  sha256sum -c mycase.zip.sha256 && unzip mycase.zip && cd mycase && sha256sum -c manifest-sha256.txt"
)]
struct ExportArgs {
    /// The case folder.
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// The zip to write; its digest goes into ZIP.sha256 beside it.
    #[arg(value_name = "ZIP")]
    zip: PathBuf,
    #[command(flatten)]
    by: ByArgs,
}

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  waarmerk case seal mycase\n  openssl genpkey -algorithm ed25519 -out my.pem && waarmerk case seal mycase --key my.pem\n  curl -H 'Content-Type: application/timestamp-query' --data-binary @mycase/seal/1/request.tsq \\\n      https://AUTHORITY -o response.tsr        # or on another machine\n  waarmerk case seal mycase --response response.tsr --tsa-certificate tsa.pem\n\nEverything that verifies is listed in seal/1/manifest-sha256.txt. A response is\naccepted when it is about that manifest and, with --tsa-certificate, when its\nsignature leads to a certificate in that file. Whether a certificate was revoked\nis looked at with --tsa-crl only, and said not to be otherwise. openssl checks the\nsame:\n  openssl ts -verify -data manifest-sha256.txt -in response-1.tsr -CAfile ca.pem"
)]
struct SealArgs {
    /// The case folder.
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// Add this response of a time-stamp authority (RFC 3161) to the last seal.
    #[arg(long, value_name = "FILE")]
    response: Option<PathBuf>,
    /// Sign the manifest with this Ed25519 key (PEM, without a password).
    #[arg(long, value_name = "FILE", conflicts_with = "response")]
    key: Option<PathBuf>,
    #[command(flatten)]
    authority: AuthorityArgs,
    #[command(flatten)]
    by: ByArgs,
}

/// Runs one of the commands.
pub fn run(args: &CaseCommand) -> Result<Done> {
    match &args.command {
        Command::New(args) => new(args),
        Command::Add(args) => add(args),
        Command::Note(args) => {
            let (mut case, stamp) = open(&args.case, &args.by)?;
            case.note(&args.text, args.exhibit.as_deref(), &stamp)?;
            Ok(Done::All)
        }
        Command::Capture(args) => capture::run(args),
        Command::Examine(args) => examine::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Export(args) => {
            let (mut case, stamp) = open(&args.case, &args.by)?;
            let digest = custody::export(&mut case, &args.zip, &stamp)?;
            say(&format!("{digest}  {}\n", visible(&args.zip.display().to_string())))?;
            Ok(Done::All)
        }
        Command::Seal(args) => seal(args),
        Command::Notice(args) => notice::run(args),
    }
}

fn new(args: &NewArgs) -> Result<Done> {
    let facts = Facts {
        title: args.title.clone(),
        examiner: args.examiner.clone(),
        laboratory: args.laboratory.clone(),
        customer: args.customer.clone(),
        question: args.question.clone(),
    };
    Case::create(&args.case, facts, &stamp(args.examiner.clone()))?;
    say(&format!("{}\n", visible(&args.case.display().to_string())))?;
    Ok(Done::All)
}

fn add(args: &AddArgs) -> Result<Done> {
    let (mut case, stamp) = open(&args.case, &args.by)?;
    let acquisition = Acquisition {
        source_url: args.source_url.clone(),
        platform: args.platform.clone(),
        captured_at: args.captured_at.clone(),
        captured_by: args.captured_by.clone(),
        method: args.method.clone(),
        received_from: args.received_from.clone(),
        transport: args.transport.clone(),
    };
    for doubt in acquisition.doubts(&stamp.at) {
        eprintln!("waarmerk: warning: {}", visible(&doubt));
    }
    let exhibit = case.add(&args.file, args.screenshot.as_deref(), acquisition, &stamp)?;
    let (path, sha256) = case.exhibit(&exhibit)?;
    say(&format!("{exhibit}  {sha256}  {}\n", visible(&path.display().to_string())))?;
    Ok(Done::All)
}

fn seal(args: &SealArgs) -> Result<Done> {
    let (mut case, stamp) = open(&args.case, &args.by)?;
    if let Some(file) = &args.response {
        let trust = args.authority.trust()?;
        let (token, signed) = custody::attach_response(&mut case, file, &trust, &stamp)?;
        let by = signed.map_or_else(
            || "signature not checked: no certificate given (--tsa-certificate)".to_owned(),
            |signed| visible(&signed.told()),
        );
        say(&format!(
            "stamped {} (serial {}), about {}: this seal's manifest; {by}\n",
            token.time, token.serial, token.sha256
        ))?;
        return Ok(Done::All);
    }
    let (number, digest) = custody::seal(&mut case, args.key.as_deref(), &stamp)?;
    say(&format!(
        "seal {number}: {digest}\nNote this digest where nobody who can write to the case can change it, or have it stamped:\n{}\n",
        visible(&args.case.join(format!("seal/{number}/request.tsq")).display().to_string())
    ))?;
    Ok(Done::All)
}

/// Opens a case; the examiner acts unless another name is given.
fn open(path: &Path, by: &ByArgs) -> Result<(Case, Stamp)> {
    // What an interrupted command left is mended in the name of the program.
    let case = Case::open(path, &stamp(by.by.clone().unwrap_or_else(|| "waarmerk".to_owned())))?;
    let by = by.by.clone().unwrap_or_else(|| case.facts().examiner);
    if by.trim().is_empty() {
        return Err(Error::Usage("--by: a name is needed".to_owned()));
    }
    Ok((case, stamp(by)))
}

fn stamp(by: String) -> Stamp {
    let commit = option_env!("WAARMERK_COMMIT").map(|c| format!(" ({c})")).unwrap_or_default();
    let at = super::examine::now();
    Stamp { at, by, tool: format!("waarmerk {}{commit}", env!("CARGO_PKG_VERSION")) }
}
