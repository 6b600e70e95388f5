#!/usr/bin/env bash
# On a Mac: the app, signed ad hoc, in a disk image: packaging/macos.sh [PYTHON]
# PYTHON as for packaging/bundle.sh. Whoever has a developer's certificate says so: SIGN_AS="Developer ID Application: …".
set -euo pipefail
cd "$(dirname "$0")/.."
python=${1:-.venv/bin/python}
out=build/bundle
"$python" packaging/icon_files.py build/icons
"$python" -m PyInstaller --noconfirm --distpath "$out" --workpath build/pyinstaller packaging/jnn-studio.spec

app="$out/JNN Studio.app"
cp LICENSE "$app/Contents/Resources/"
codesign --force --deep --sign "${SIGN_AS:--}" "$app"  # "-": ad hoc
codesign --verify --deep --strict "$app"
"$app/Contents/MacOS/jnn-studio" doctor

# What people drag the app out of, with the place to drag it to.
image=build/disk-image
rm -rf "$image" && mkdir -p "$image"
cp -R "$app" "$image/"
ln -s /Applications "$image/Applications"
hdiutil create -volname "JNN Studio" -srcfolder "$image" -ov -format ULMO "$out/jnn-studio-macos-$(uname -m).dmg"
