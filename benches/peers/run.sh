#!/bin/sh
# Times the face networks, ours and the TFLite runtime's in turns, so that a
# busy machine slows both. See README.md.
#
#   benches/peers/run.sh WHEELS [ROUNDS [FOLDER FOR THE RAW LINES]]
set -eu

wheels=$(cd "${1:?"usage: $0 FOLDER_OF_WHEELS [ROUNDS [FOLDER_FOR_RAW_LINES]]"}" && pwd)
rounds=${2:-5}
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
lines=${3:-}
if [ -z "$lines" ]; then
    lines=$(mktemp -d)
    trap 'rm -rf "$lines"' EXIT
fi
mkdir -p "$lines"
lines=$(cd "$lines" && pwd)

cd "$here/../.."
cargo bench --bench waarmerk --no-run
round=1
while [ "$round" -le "$rounds" ]; do
    echo "round $round of $rounds" >&2
    cargo bench --quiet --bench waarmerk -- --rounds >>"$lines/ours.txt" 2>>"$lines/notes.txt"
    "$python" "$here/face_nets.py" time "$wheels" >>"$lines/tflite.txt" 2>>"$lines/notes.txt"
    round=$((round + 1))
done
# The runtime says which backend it chose.
grep -h "XNNPACK" "$lines/notes.txt" | sort -u || echo "the runtime did not name XNNPACK" >&2
"$python" "$here/face_nets.py" compare "$lines/ours.txt" "$lines/tflite.txt"
