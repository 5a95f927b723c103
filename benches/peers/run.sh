#!/bin/sh
# Times the face networks, ours and the TFLite runtime's in turns, so that a
# busy machine slows both. See README.md.
#
#   benches/peers/run.sh WHEELS [ROUNDS]
set -eu

wheels=${1:?"usage: $0 FOLDER_OF_WHEELS [ROUNDS]"}
rounds=${2:-5}
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
lines=$(mktemp -d)
trap 'rm -rf "$lines"' EXIT

cd "$here/../.."
cargo bench --bench waarmerk --no-run
round=1
while [ "$round" -le "$rounds" ]; do
    echo "round $round of $rounds" >&2
    cargo bench --quiet --bench waarmerk -- --rounds >>"$lines/ours" 2>>"$lines/notes"
    "$python" "$here/face_nets.py" time "$wheels" >>"$lines/peer" 2>>"$lines/notes"
    round=$((round + 1))
done
# The runtime says which backend it chose.
grep -h "XNNPACK" "$lines/notes" | sort -u || echo "the runtime did not name XNNPACK" >&2
"$python" "$here/face_nets.py" compare "$lines/ours" "$lines/peer"
