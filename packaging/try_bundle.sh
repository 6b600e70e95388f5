#!/usr/bin/env bash
# Start a bundle where there is neither Python nor Qt, as root: packaging/try_bundle.sh ROOT FOLDER
# ROOT is made by: debootstrap --variant=minbase --include=xvfb,x11-utils,libgl1,libegl1,libdbus-1-3,libxkbcommon-x11-0,libxcb-cursor0,libxcb-icccm4,libxcb-keysyms1,libxcb-image0,libxcb-render-util0,libxcb-shape0 bookworm ROOT
# FOLDER is the bundle. Sees that the window opens and closes, and that a tiny pair trains.
set -euo pipefail
root=$1 folder=$2
mkdir -p "$root/opt/jnn-studio"
cp -a "$folder/." "$root/opt/jnn-studio/"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
cat > "$root/opt/tiny.toml" <<'TOML'
schema_version = 1
name = "tiny"
data = { kind = "faces", count = 64 }
model = { size = 16, dct = 8, hidden = 16, latent = 8 }
schedule = { steps = 30, batch_size = 8, held_out = 8 }
TOML
cat > "$root/opt/try.sh" <<'INSIDE'
set -eu
if command -v python3; then echo "there is a Python in ROOT" >&2; exit 1; fi
export HOME=/tmp/home DISPLAY=:9
mkdir -p "$HOME"
program=/opt/jnn-studio/jnn-studio
$program doctor
$program train --config /opt/tiny.toml --out "/tmp/tiny-$$"
Xvfb :9 -screen 0 1280x800x24 >/dev/null 2>&1 &
server=$!
sleep 3
$program &
window=$!
for _ in $(seq 120); do
    kill -0 "$window" || { echo "the program ended before its window appeared" >&2; exit 1; }
    if xwininfo -root -tree | grep -E '"JNN Studio".* [0-9]{3,}x[0-9]{3,}'; then
        sleep 5
        kill -TERM "$window"
        wait "$window"
        kill "$server" 2>/dev/null || true  # it may end with its last window
        echo "the window opened and closed, and a pair trained, without Python"
        exit 0
    fi
    sleep 1
done
echo "no window within two minutes" >&2
exit 1
INSIDE
chroot "$root" bash /opt/try.sh
