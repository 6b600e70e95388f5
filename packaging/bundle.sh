#!/usr/bin/env bash
# A folder that runs without Python, and the archive of it: packaging/bundle.sh [PYTHON]
# PYTHON has jnn-studio and pyinstaller installed, and the build of torch that the bundle is to have.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${1:-.venv/bin/python}
out=build/bundle
"$python" -m PyInstaller --noconfirm --distpath "$out" --workpath build/pyinstaller packaging/jnn-studio.spec

# What a system-wide package puts below /usr; for one person, jnn-studio --install-desktop does it.
install -Dm644 -t "$out/jnn-studio/share/applications" resources/desktop/jnn-studio.desktop
install -Dm644 -t "$out/jnn-studio/share/mime/packages" resources/desktop/jnn-studio.xml
install -Dm644 -t "$out/jnn-studio/share/metainfo" resources/desktop/jnn-studio.metainfo.xml
install -Dm644 -t "$out/jnn-studio/share/icons/hicolor/scalable/apps" resources/icons/jnn-studio.svg
install -Dm644 -t "$out/jnn-studio" LICENSE

echo "largest parts, MB:"
du -m --max-depth=1 "$out/jnn-studio/_internal" | sort -rn | head -12
du -sm "$out/jnn-studio"
system=$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)
tar -C "$out" -cf - jnn-studio | xz -T0 -6 > "$out/jnn-studio-$system.tar.xz"
du -m "$out/jnn-studio-$system.tar.xz"
