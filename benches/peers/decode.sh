#!/bin/sh
# Decoding one 1080p clip: waarmerk's pass over the luma planes, and to RGB,
# against `ffmpeg -threads 0 -i X -f null -`. Runs are interleaved and the
# smallest of each kept, because the machine may have other work.
#
#   benches/peers/decode.sh [ROUNDS] [CLIP]        (DECODE=PROGRAM: use that build of examples/decode.rs)
set -eu
rounds=${1:-7}
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
ours=${DECODE:-$target/release/examples/decode}
[ -n "${DECODE:-}" ] || cargo build --release --quiet --example decode
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
clip=${2:-$work/clip.mp4}
if [ ! -f "$clip" ]; then
    ffmpeg -v error -y -f lavfi -i "testsrc2=s=1920x1080:r=30,noise=alls=8:allf=t" -frames:v 300 \
        -c:v libx264 -preset veryfast -pix_fmt yuv420p "$clip"
fi
# Seconds of processor and of the clock that a command took.
timed() {
    name=$1; shift
    python3 - "$work/$name" "$@" <<'PY'
import resource, subprocess, sys, time
before = resource.getrusage(resource.RUSAGE_CHILDREN)
start = time.perf_counter()
subprocess.run(sys.argv[2:], check=True, stdout=subprocess.DEVNULL)
wall = time.perf_counter() - start
after = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
open(sys.argv[1], "a").write(f"{wall:.4f} {cpu:.4f}\n")
PY
}
for _ in $(seq "$rounds"); do
    timed ffmpeg ffmpeg -v error -threads 0 -i "$clip" -map 0:v:0 -f null -
    timed luma "$ours" luma "$clip"
    timed ffmpeg-rgb ffmpeg -v error -threads 0 -i "$clip" -map 0:v:0 -pix_fmt rgb24 -f rawvideo -y /dev/null
    timed rgb "$ours" rgb "$clip"
done
python3 - "$work" <<'PY'
import sys
least = {}
for name in ("ffmpeg", "luma", "ffmpeg-rgb", "rgb"):
    rows = [tuple(map(float, line.split())) for line in open(f"{sys.argv[1]}/{name}")]
    least[name] = tuple(min(column) for column in zip(*rows))
base = least["ffmpeg"]
print("whole processes, smallest of the rounds     wall s   cpu s   x wall   x cpu (of ffmpeg to nowhere)")
for name, (wall, cpu) in least.items():
    print(f"{name:42} {wall:8.3f} {cpu:7.3f} {wall / base[0]:8.2f} {cpu / base[1]:7.2f}")
PY
