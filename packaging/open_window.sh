#!/usr/bin/env bash
# Open the real window on the current display, see that it appears, and close it as a terminal would.
set -euo pipefail
export QT_QPA_PLATFORM=xcb
scratch=$(mktemp -d)
export XDG_CONFIG_HOME="$scratch" XDG_CACHE_HOME="$scratch"
.venv/bin/python -m jnn_studio.app.system --install
.venv/bin/jnn-studio &
program=$!
trap 'kill -9 $program 2>/dev/null || true; rm -rf "$scratch"' EXIT
for _ in $(seq 60); do
    kill -0 "$program" || { echo "the program ended before its window appeared" >&2; exit 1; }
    # Its size comes with the first frame; before that the window is a stub of a few pixels.
    if xwininfo -root -tree | grep -E '"JNN Studio".* [0-9]{3,}x[0-9]{3,}' ; then
        sleep 3
        kill -TERM "$program"
        wait "$program"
        echo "the window opened and closed"
        exit 0
    fi
    sleep 1
done
echo "no window within 60 seconds" >&2
exit 1
