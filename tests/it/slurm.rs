//! `waarmerk submit slurm`: against a SLURM of two nodes started here from the
//! system's packages where they are installed, and against a stub that runs the
//! scripts one after the other everywhere.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::{run, skip};

const BIN: &str = env!("CARGO_BIN_EXE_waarmerk");

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

/// Processes that end with the test.
struct Cluster {
    conf: PathBuf,
    processes: Vec<Child>,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Cluster {
    /// Starts a controller and two nodes of one processor each. `None` where
    /// SLURM is not installed or not allowed to start.
    #[allow(unsafe_code, reason = "asks the system who runs this")]
    fn start(at: &Path) -> Option<Self> {
        let there = |name: &str| Command::new(name).arg("-V").output().is_ok();
        // SAFETY: geteuid has no conditions.
        let root = unsafe { libc::geteuid() } == 0;
        if !root || !there("slurmctld") || !there("slurmd") || !there("sbatch") {
            return None;
        }
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        let host = host.trim();
        let d = at.display();
        // Free now; nobody else is likely to take them meanwhile.
        let ports: Vec<u16> = (0..3)
            .map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap())
            .collect::<Vec<_>>()
            .iter()
            .map(|listener| listener.local_addr().unwrap().port())
            .collect();
        let conf = at.join("slurm.conf");
        std::fs::create_dir_all(at.join("state")).unwrap();
        let text = format!(
            "ClusterName=test\nSlurmctldHost={host}(127.0.0.1)\nSlurmctldPort={}\n\
             AuthType=auth/none\nAuthInfo=cred_expire=5\nCredType=cred/none\nSlurmUser=root\n\
             StateSaveLocation={d}/state\nSlurmdSpoolDir={d}/spool-%n\n\
             SlurmctldPidFile={d}/ctl.pid\nSlurmdPidFile={d}/%n.pid\n\
             SlurmctldLogFile={d}/ctl.log\nSlurmdLogFile={d}/%n.log\n\
             ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\n\
             SelectType=select/cons_tres\nSelectTypeParameters=CR_CPU\n\
             SchedulerParameters=sched_interval=1\nReturnToService=2\nKillWait=2\n\
             SlurmdParameters=config_overrides\nMailProg=/bin/true\nMpiDefault=none\n\
             NodeName=one NodeHostname={host} NodeAddr=127.0.0.1 Port={} CPUs=1\n\
             NodeName=two NodeHostname={host} NodeAddr=127.0.0.1 Port={} CPUs=1\n\
             PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n",
            ports[0], ports[1], ports[2]
        );
        std::fs::write(&conf, text).unwrap();
        let start = |args: &[&str]| {
            Command::new(args[0])
                .args(["-D", "-f"])
                .arg(&conf)
                .args(&args[1..])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        };
        let processes = vec![
            start(&["slurmctld"]),
            start(&["slurmd", "-N", "one"]),
            start(&["slurmd", "-N", "two"]),
        ];
        let cluster = Self { conf: conf.clone(), processes };
        let idle = || cluster.ask(&["sinfo", "-h", "-o", "%T %D"]).trim() == "idle 2";
        wait("two idle nodes", 60, idle).then_some(cluster)
    }

    fn ask(&self, words: &[&str]) -> String {
        let run = Command::new(words[0]).args(&words[1..]).env("SLURM_CONF", &self.conf).output();
        String::from_utf8_lossy(&run.unwrap().stdout).into_owned()
    }
}

/// Whether `what` came to be within some seconds.
fn wait(what: &str, seconds: u64, mut ready: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end {
        if ready() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(300));
    }
    eprintln!("no {what} within {seconds} s");
    false
}

fn quiet(at: &Path) {
    std::fs::write(at.join("e.toml"), run::EXPERIMENT).unwrap();
    let quiet = Command::new(BIN)
        .args(["run", "e.toml", "--out", "quiet"])
        .current_dir(at)
        .output()
        .unwrap();
    assert_eq!(quiet.status.code(), Some(0), "{}", told(&quiet));
}

#[test]
fn four_shards_on_two_nodes_one_of_them_requeued_equal_a_quiet_run() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let Some(cluster) = Cluster::start(&at.join("slurm")) else {
        skip::tell("slurm", "slurmctld and slurmd cannot be started here");
        return;
    };
    quiet(at);
    let submitted = Command::new(BIN)
        .args(["submit", "slurm", "e.toml", "--shards", "4", "--out", "runs", "--json"])
        .args(["--jobs", "1"])
        .current_dir(at)
        .env("SLURM_CONF", &cluster.conf)
        .output()
        .unwrap();
    assert_eq!(submitted.status.code(), Some(0), "{}", told(&submitted));
    let said: serde_json::Value = serde_json::from_slice(&submitted.stdout).unwrap();
    let array = said["array"].as_str().unwrap().to_owned();
    // A task is taken away while it works, as when a machine is wanted elsewhere.
    let run = at.join("runs/e");
    let begun = || run.join("scores-1-of-4.jsonl").metadata().is_ok_and(|m| m.len() > 0);
    assert!(wait("first score", 60, begun));
    cluster.ask(&["scontrol", "requeue", &format!("{array}_1")]);
    let merged = || run.join("scores.parquet").is_file();
    let log = || std::fs::read_to_string(run.join("slurm/merge.log")).unwrap_or_default();
    let queue = || cluster.ask(&["squeue", "-o", "%i %T %r %S"]);
    assert!(wait("merge", 180, merged), "{}\n{}", log(), queue());
    run::same(at, "quiet", "runs");
}

#[test]
fn the_scripts_run_under_any_scheduler_and_a_merge_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    quiet(at);
    // Runs the tasks of an array but the third, or the script itself.
    let stub = at.join("bin");
    std::fs::create_dir(&stub).unwrap();
    let script = "#!/bin/sh\nset -eu\nfor script; do :; done\n\
        case $script in\n*array.sh) for n in 1 2 4; do SLURM_ARRAY_TASK_ID=$n sh \"$script\" >&2; done; echo '17;here' ;;\n\
        *) echo \"$*\" >> \"$0.log\"; sh \"$script\" >&2 || :; echo 18 ;;\nesac\n";
    std::fs::write(stub.join("sbatch"), script).unwrap();
    Command::new("chmod").arg("755").arg(stub.join("sbatch")).status().unwrap();
    let path = format!("{}:{}", stub.display(), std::env::var("PATH").unwrap());
    let submitted = Command::new(BIN)
        .args(["submit", "slurm", "e.toml", "--shards", "4", "--out", "a folder", "--json"])
        .args(["--sbatch=--partition=p"])
        .current_dir(at)
        .env("PATH", path)
        .output()
        .unwrap();
    assert_eq!(submitted.status.code(), Some(0), "{}", told(&submitted));
    let said: serde_json::Value = serde_json::from_slice(&submitted.stdout).unwrap();
    assert_eq!((said["array"].as_str(), said["merge"].as_str()), (Some("17"), Some("18")));
    let asked = std::fs::read_to_string(stub.join("sbatch.log")).unwrap();
    assert!(asked.contains("--partition=p --dependency=afterany:17"), "{asked}");

    let merge =
        || Command::new(BIN).args(["merge", "a folder/e"]).current_dir(at).output().unwrap();
    let early = merge();
    assert_eq!(early.status.code(), Some(1), "{}", told(&early));
    assert!(told(&early).contains("shard 3/4: not begun"), "{}", told(&early));
    let third = Command::new("sh")
        .arg(at.join("a folder/e/slurm/array.sh"))
        .env("SLURM_ARRAY_TASK_ID", "3")
        .output()
        .unwrap();
    assert_eq!(third.status.code(), Some(0), "{}", told(&third));
    let merged = merge();
    assert_eq!(merged.status.code(), Some(0), "{}", told(&merged));
    run::same(at, "quiet", "a folder");
}
