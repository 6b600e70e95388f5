# On Windows: a folder that runs without Python, and its installer: packaging\windows.ps1 [PYTHON]
# PYTHON as for packaging/bundle.sh. Needs Inno Setup 6.1 or newer (iscc); see packaging/windows.iss.
param([string]$Python = ".venv\Scripts\python.exe")
$ErrorActionPreference = "Stop"
Set-Location (Join-Path $PSScriptRoot "..")

function Invoke-Checked {
    param([string]$Program, [string[]]$Arguments)
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) { throw "$Program ended with $LASTEXITCODE" }
}

Invoke-Checked $Python @("packaging/icon_files.py", "build/icons")
Invoke-Checked $Python @(
    "-m", "PyInstaller", "--noconfirm", "--distpath", "build/bundle", "--workpath", "build/pyinstaller",
    "packaging/jnn-studio.spec"
)
Copy-Item LICENSE build/bundle/jnn-studio/
Invoke-Checked "build/bundle/jnn-studio/jnn-studio.exe" @("doctor")

$version = & $Python -c "import importlib.metadata as m; print(m.version('jnn-studio'))"
$iscc = Get-Command iscc -ErrorAction SilentlyContinue
$compiler = if ($iscc) { $iscc.Source } else { Join-Path ${env:ProgramFiles(x86)} "Inno Setup 6\ISCC.exe" }
Invoke-Checked $compiler @("/DVersion=$version", "packaging/windows.iss")
