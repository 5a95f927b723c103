//! What a process that reads a suspect's file may still do.
//!
//! Decoders are large and written in C; a crafted file may take one over. A
//! confined process can read what it was given and write where it was told,
//! and that is all: no network, no other program, no other file, no core dump
//! with evidence in it, no more memory than set. On Linux by Landlock and
//! seccomp (`landlock(7)`, `seccomp(2)`), through their crates; on other
//! systems only the limits hold. What is in force is returned, to be told.

use std::path::PathBuf;

use crate::{Error, Result};

/// What a confined process is left.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// Files, and folders with all in them, that may be read.
    pub read: Vec<PathBuf>,
    /// Folders in which files may be made, changed and removed.
    pub write: Vec<PathBuf>,
    /// Most bytes of memory; `None` for no limit.
    pub memory: Option<u64>,
    /// Whether files, programs and the network are limited too. Drivers of
    /// graphics processors need more than can be foreseen.
    pub walls: bool,
}

/// What holds the process now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Other files cannot be opened.
    pub files: bool,
    /// No network and no other program.
    pub calls: bool,
}

impl Held {
    /// For `run.json`.
    pub fn words(self) -> &'static str {
        match (self.files, self.calls) {
            (true, true) => "own process, other files, network and programs shut off",
            (true, false) => "own process, other files shut off",
            (false, true) => "own process, network and programs shut off",
            (false, false) => "own process",
        }
    }
}

/// Confines this process, for good. To be called before any thread starts.
///
/// # Errors
/// [`Error::Compute`] where the system has the means and refuses; where it
/// lacks them, [`Held`] says so.
pub fn confine(left: &Left) -> Result<Held> {
    limits(left)?;
    if !left.walls {
        return Ok(Held { files: false, calls: false });
    }
    Ok(Held { files: files(left)?, calls: calls()? })
}

#[cfg(unix)]
fn limits(left: &Left) -> Result<()> {
    set(libc::RLIMIT_CORE, 0)?;
    // Private writable memory, which is what a decompression bomb fills;
    // files that are mapped for reading do not count.
    left.memory.map_or(Ok(()), |bytes| set(libc::RLIMIT_DATA, bytes))
}

#[cfg(all(unix, target_os = "linux"))]
type Resource = libc::__rlimit_resource_t;
#[cfg(all(unix, not(target_os = "linux")))]
type Resource = libc::c_int;

#[allow(unsafe_code, reason = "tells the kernel what this process may use")]
#[cfg(unix)]
#[allow(clippy::useless_conversion, reason = "the limit has another type on some systems")]
fn set(resource: Resource, most: u64) -> Result<()> {
    let most = libc::rlim_t::try_from(most).unwrap_or(libc::RLIM_INFINITY);
    let mut now = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls get a pointer to a structure that outlives them.
    let done = unsafe {
        libc::getrlimit(resource, &raw mut now) == 0 && {
            now.rlim_cur = most.min(now.rlim_max);
            now.rlim_max = now.rlim_cur;
            libc::setrlimit(resource, &raw const now) == 0
        }
    };
    if done { Ok(()) } else { Err(refused(std::io::Error::last_os_error())) }
}

#[cfg(not(unix))]
fn limits(_: &Left) -> Result<()> {
    Ok(())
}

fn refused(why: impl ToString) -> Error {
    Error::compute("confining the process (--in-process leaves that out)", why.to_string())
}

/// Whether all other files are shut off.
#[cfg(target_os = "linux")]
fn files(left: &Left) -> Result<bool> {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
        RulesetCreatedAttr, RulesetStatus, Scope, path_beneath_rules,
    };
    // The newest that is asked for; older kernels give what they have.
    let abi = ABI::V6;
    let held = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(abi)))
        .and_then(|rules| rules.scope(Scope::from_all(abi)))
        .and_then(Ruleset::create)
        .and_then(|rules| rules.add_rules(path_beneath_rules(&left.read, AccessFs::from_read(abi))))
        .and_then(|rules| rules.add_rules(path_beneath_rules(&left.write, AccessFs::from_all(abi))))
        .and_then(landlock::RulesetCreated::restrict_self)
        .map_err(refused)?;
    Ok(held.ruleset != RulesetStatus::NotEnforced)
}

#[cfg(not(target_os = "linux"))]
fn files(_: &Left) -> Result<bool> {
    Ok(false)
}

/// System calls that no examination makes and an intruder would: the network,
/// other programs, other processes, the kernel's own doors. They are refused
/// with `EPERM`; io_uring is among them because it gets round filters.
#[cfg(target_os = "linux")]
const REFUSED: &[libc::c_long] = &[
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kill,
    libc::SYS_pidfd_send_signal,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
];

/// Whether those calls are refused.
#[cfg(target_os = "linux")]
fn calls() -> Result<bool> {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
    let Ok(machine) = std::env::consts::ARCH.try_into() else { return Ok(false) };
    // No conditions: the call as such is refused.
    let rules = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    let eperm = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, eperm, machine);
    let program: BpfProgram =
        filter.map_err(refused)?.try_into().map_err(|e: seccompiler::BackendError| refused(e))?;
    seccompiler::apply_filter_all_threads(&program).map_err(refused)?;
    Ok(true)
}

#[cfg(not(target_os = "linux"))]
fn calls() -> Result<bool> {
    Ok(false)
}

/// Three quarters of the machine's memory, in bytes: more would push the rest
/// of the machine out. `None` where it is not told.
#[allow(unsafe_code, reason = "tells the kernel what this process may use")]
pub fn most_memory() -> Option<u64> {
    #[cfg(unix)]
    {
        // SAFETY: sysconf takes a number and touches nothing.
        let (pages, page) =
            unsafe { (libc::sysconf(libc::_SC_PHYS_PAGES), libc::sysconf(libc::_SC_PAGESIZE)) };
        let bytes = u64::try_from(pages).ok()?.checked_mul(u64::try_from(page).ok()?)?;
        Some(bytes / 4 * 3)
    }
    #[cfg(not(unix))]
    None
}
