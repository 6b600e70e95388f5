; The installer for Windows, for one person, without an administrator: packaging/windows.ps1 compiles it.
#ifndef Version
  #error Say which version: iscc /DVersion=1.2.3 packaging\windows.iss
#endif

[Setup]
AppId={{6E2B7C0A-6D0B-4C59-9E0B-2B1C6A4E8F31}
AppName=JNN Studio
AppVersion={#Version}
AppPublisher=JNN Studio
DefaultDirName={autopf}\JNN Studio
DefaultGroupName=JNN Studio
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
LicenseFile=..\LICENSE
SetupIconFile=..\build\icons\jnn-studio.ico
UninstallDisplayIcon={app}\jnn-studio.exe
ChangesAssociations=yes
OutputDir=..\build\bundle
OutputBaseFilename=jnn-studio-{#Version}-windows
Compression=lzma2/max
SolidCompression=yes
WizardStyle=modern

[Tasks]
Name: associate; Description: "Open .jnnsession, .jnnmodel and .jnnrun files with JNN Studio"
Name: desktopicon; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked

[Files]
Source: "..\build\bundle\jnn-studio\*"; DestDir: "{app}"; Flags: recursesubdirs createallsubdirs ignoreversion

[InstallDelete]
; Of an earlier version, whose files may have other names.
Type: filesandordirs; Name: "{app}\_internal"

[Icons]
Name: "{autoprograms}\JNN Studio"; Filename: "{app}\jnn-studio.exe"
Name: "{autodesktop}\JNN Studio"; Filename: "{app}\jnn-studio.exe"; Tasks: desktopicon

[Registry]
Root: HKA; Subkey: "Software\Classes\.jnnsession"; ValueType: string; ValueData: "JNNStudio.Session"; Flags: uninsdeletevalue; Tasks: associate
Root: HKA; Subkey: "Software\Classes\JNNStudio.Session"; ValueType: string; ValueData: "JNN Studio session"; Flags: uninsdeletekey; Tasks: associate
Root: HKA; Subkey: "Software\Classes\JNNStudio.Session\DefaultIcon"; ValueType: string; ValueData: "{app}\jnn-studio.exe,0"; Tasks: associate
Root: HKA; Subkey: "Software\Classes\JNNStudio.Session\shell\open\command"; ValueType: string; ValueData: """{app}\jnn-studio.exe"" ""%1"""; Tasks: associate
Root: HKA; Subkey: "Software\Classes\.jnnmodel"; ValueType: string; ValueData: "JNNStudio.Model"; Flags: uninsdeletevalue; Tasks: associate
Root: HKA; Subkey: "Software\Classes\JNNStudio.Model"; ValueType: string; ValueData: "JNN Studio portable model"; Flags: uninsdeletekey; Tasks: associate
Root: HKA; Subkey: "Software\Classes\JNNStudio.Model\DefaultIcon"; ValueType: string; ValueData: "{app}\jnn-studio.exe,0"; Tasks: associate
Root: HKA; Subkey: "Software\Classes\JNNStudio.Model\shell\open\command"; ValueType: string; ValueData: """{app}\jnn-studio.exe"" ""%1"""; Tasks: associate
Root: HKA; Subkey: "Software\Classes\.jnnrun"; ValueType: string; ValueData: "JNNStudio.Run"; Flags: uninsdeletevalue; Tasks: associate
Root: HKA; Subkey: "Software\Classes\JNNStudio.Run"; ValueType: string; ValueData: "JNN Studio run"; Flags: uninsdeletekey; Tasks: associate
Root: HKA; Subkey: "Software\Classes\JNNStudio.Run\DefaultIcon"; ValueType: string; ValueData: "{app}\jnn-studio.exe,0"; Tasks: associate
Root: HKA; Subkey: "Software\Classes\JNNStudio.Run\shell\open\command"; ValueType: string; ValueData: """{app}\jnn-studio.exe"" ""%1"""; Tasks: associate

[Run]
Filename: "{app}\jnn-studio.exe"; Description: "{cm:LaunchProgram,JNN Studio}"; Flags: nowait postinstall skipifsilent
