#!/usr/bin/env python3
"""Faults made on purpose, and what the program does in each, as a table.

    reports/faults/faults.py PROGRAM OUT [--weights DIR] [--only WORD] [--work DIR]

Makes each situation in a scratch folder, runs PROGRAM in it, compares what
came of it with what should, and writes the table to OUT (Markdown). DIR holds
AASIST.pth, for `models install` without a network; without it those rows are
left out. WORD is part of the name of a situation (`disk.full_run`), for bombs,
streams and playlists with a pattern of names behind it (`bombs:gif|tiff`).
Needs Linux, root (disks are mounted, and another user is taken on) and the
programs ffmpeg, setpriv, faketime and strace. Ends with 1 when a row fails.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import bombs
import calls
import changing
import disk
import media
import names

from common import Lab


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parse.add_argument("program", type=pathlib.Path)
    parse.add_argument("out", type=pathlib.Path)
    parse.add_argument("--weights", type=pathlib.Path)
    parse.add_argument("--only", default="")
    parse.add_argument("--work", type=pathlib.Path)
    args = parse.parse_args()
    situations = [one for part in (disk, changing, names, media, bombs, calls) for one in part.SITUATIONS]
    with tempfile.TemporaryDirectory(prefix="faults-", dir=args.work) as work:
        pathlib.Path(work).chmod(0o755)
        lab = Lab(args.program.resolve(), work)
        only, _, lab.word = args.only.partition(":")
        lab.weights = args.weights and args.weights / "AASIST.pth"
        for situation in situations:
            if only in f"{situation.__module__}.{situation.__name__}":
                situation(lab)
        args.out.write_text(lab.table() + getattr(lab, "listing", ""))
        # Files of an exhibit are read-only; that is no hindrance here.
        subprocess.run(["chmod", "-R", "u+w", work], check=False)
    sys.exit(any("FAIL" in row for row in lab.rows))


if __name__ == "__main__":
    main()
