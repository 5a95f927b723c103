"""Running the program under a fault, watching its memory, and keeping a table."""

import contextlib
import dataclasses
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import time


@dataclasses.dataclass
class Ran:
    """What a command came to."""

    code: int
    said: str
    told: str
    seconds: float
    cpu_s: float
    peak_mb: float
    left: list


def children(pid):
    """The processes below `pid`, at any depth."""
    found = []
    with contextlib.suppress(OSError):
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *children(int(child))]
    return found


def high_water(pid):
    """The most KiB that `pid` held at once so far, as the kernel kept it."""
    with contextlib.suppress(OSError):
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


def run(command, cwd=None, env=None, during=None, limit=900):
    """Runs `command`; `during(child, seconds)` is called while it lasts.

    The memory is the largest sum, over the processes alive together, of what
    each held at most; pages that two of them share are counted twice. What
    one process took between the last look and its end is in the kernel's
    account (`ru_maxrss`), which is taken where it is more.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=cwd,
            env={**os.environ, **(env or {})}, start_new_session=True)
        most, seen = 0, set()
        while True:
            below = children(child.pid)
            seen.update(below)
            most = max(most, sum(high_water(pid) for pid in [child.pid, *below]))
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            seconds = time.monotonic() - began
            if pid:
                break
            if during:
                during(child, seconds)
            if seconds > limit:
                os.killpg(child.pid, 9)
            time.sleep(0.005)
        child.returncode = os.waitstatus_to_exitcode(status)
        text = []
        for file in (err, out):
            file.seek(0)
            text.append(file.read().decode(errors="replace"))
        # A process that the kernel is ending needs a moment.
        end = time.monotonic() + 10
        while any(pathlib.Path(f"/proc/{pid}").exists() for pid in seen) and time.monotonic() < end:
            time.sleep(0.01)
        left = [pid for pid in seen if pathlib.Path(f"/proc/{pid}").exists()]
        most = max(most, usage.ru_maxrss)
        cpu_s = usage.ru_utime + usage.ru_stime
        return Ran(child.returncode, *text, seconds, cpu_s, most / 1024, left)


def plain(text):
    """One line of what a table can hold."""
    return "".join(c if c.isprintable() else "?" for c in text)


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)],
                   stdin=subprocess.DEVNULL, check=True)


class Lab:
    """A folder to work in, the program, and the rows so far."""

    def __init__(self, program, work):
        self.program = str(program)
        self.work = pathlib.Path(work).resolve()
        self.rows = []

    def folder(self, name):
        folder = self.work / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        folder.chmod(0o755)
        return folder

    def waarmerk(self, *words, before=(), **how):
        """The program with these arguments, `before` them another one."""
        ran = run([*before, self.program, *map(os.fspath, words)], **how)
        ran.command = self.shown([*before, "waarmerk", *words])
        return ran

    def shown(self, words):
        """A command line as it stands in the table."""
        words = [os.fsdecode(os.fspath(word)).replace(f"{self.work}/", "") for word in words]
        words = [word if len(word) < 60 else f"{word[:20]}...{word[-20:]}" for word in words]
        return plain(shlex.join(word.encode(errors="replace").decode() for word in words))

    def row(self, situation, ran, *expected, what=None, memory=False):
        """Keeps a row; `expected` are pairs of a truth and its words."""
        expected = [*expected, ("panicked" not in ran.said, "no panic"),
                    (not ran.left, "no process left")]
        wrong = [words for holds, words in expected if not holds]
        said = [line for line in ran.said.splitlines() if line.startswith("waarmerk: ")
                and "Faces were not looked for" not in line]
        said = (said or ran.said.splitlines() or [""])[0].replace(f"{self.work}/", "")
        said = said.removeprefix("waarmerk: ").replace("|", "\\|")
        said = plain(said)
        if len(said) > 150:
            said = said[:147] + "..."
        peak = f"{ran.peak_mb:.0f} MB" if memory else ""
        what = (what or ran.command).replace("|", "\\|")
        verdict = "pass" if not wrong else "FAIL: " + "; ".join(wrong)
        self.rows.append(f"| {situation} | `{what}` | {ran.code} | {said} | {peak} | {verdict} |")
        print(self.rows[-1], f"({ran.seconds:.1f} s, {ran.cpu_s:.1f} s of processor time)", flush=True)

    def table(self):
        head = "| situation | what was run | exit code | what was said | peak memory | outcome |"
        return "\n".join([head, "|---|---|---|---|---|---|", *self.rows]) + "\n"


def hidden(folder):
    """What an interrupted command left in `folder`."""
    return sorted(path.name for path in folder.glob(".*"))


def whole(folder):
    """Whether the result folder holds what a finished one holds."""
    return all((folder / name).is_file() for name in ("findings.json", "report.html", "run.json"))
