"""Write ``docs/commands.md`` and the man page from the commands: ``python packaging/commands.py``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from jnn_studio.base.version import __version__
from jnn_studio.cli.program import build

ROOT = Path(__file__).parents[1]
PAGE, MAN = ROOT / "docs" / "commands.md", ROOT / "packaging" / "jnn-studio.1"
NAME = "jnn-studio"
HEAD = """# Commands

Written from the commands by `python packaging/commands.py`; `jnn-studio COMMAND --help` says the same. What
they are good for together is in [Using JNN Studio](using.md#command-line). `man jnn-studio` shows this page
where the program was installed into a place that `man` looks into.

Exit codes are the same for every command: 0, done; 1, it could not be done, and a line says why; 2, there is
no such command, option or value; 130, it was stopped before it was done (Ctrl-C, SIGTERM, SIGHUP), and what
there was is kept.

`jnn-studio --install-completion` has your shell (bash, zsh, fish, PowerShell) complete commands, options and
their values; it says which file it changed. `--show-completion` prints what it would add.
"""
SHELL_OPTIONS = {"help"}
"""Options that every command has."""
KINDS = {"int": "N", "integer": "N", "float": "X", "str": "TEXT"}
"""What an option takes, by the name of its type."""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(line for path, command in commands() for line in entry(path, command))])


def man_page() -> str:
    """The same for ``man``, in section 1."""
    lines = [
        f'.TH JNN-STUDIO 1 "" "JNN Studio {__version__}" "User Commands"',
        ".SH NAME",
        "jnn\\-studio \\- see what penalising a Jacobian's nuclear norm does to what a network learns",
        ".SH SYNOPSIS",
        ".B jnn\\-studio",
        "[\\fICOMMAND\\fR] [\\fIOPTIONS\\fR] [\\fIMODEL\\fR ...] [\\fIDATA\\fR]",
        ".SH DESCRIPTION",
        "Without a command the window is opened, with models side by side and images where these are named.",
        ".SH COMMANDS",
    ]
    for path, command in commands():
        lines += [f".SS {roff(usage(path, command))}", roff(sentence(command.help))]
        for words, told in parameters(command):
            lines += [".TP", f".B {roff(words)}", roff(told)]
    lines += [
        *(".SH EXIT STATUS", "0: done. 1: it could not be done. 2: no such command, option or value."),
        "130: stopped before it was done.",
        *(".SH FILES", roff("Formats: docs/formats.md of the package, or Help in the window.")),
    ]
    return "\n".join(lines) + "\n"


def commands() -> Iterator[tuple[str, Any]]:
    """(words of it, command) of the program and everything in it, as the help lists them."""
    program = typer.main.get_command(build(lambda files: 0, list))
    yield from _within(NAME, program)


def _within(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        if not inner.hidden:
            yield from _within(f"{path} {name}", inner)


def entry(path: str, command: Any) -> Iterator[str]:
    """A command: what it does, how it is called, what may be said to it."""
    yield f"{'##' if path.count(' ') < 2 else '###'} `{path}`\n"
    yield f"{sentence(command.help)}\n"
    yield f"```\n{usage(path, command)}\n```\n"
    told = list(parameters(command))
    if told:
        yield "| argument or option | what it does |\n|---|---|\n" + "".join(
            f"| `{cell(a)}` | {cell(b)} |\n" for a, b in told
        )


def usage(path: str, command: Any) -> str:
    """How it is called, in a line."""
    arguments = [
        f"[{argument(one)}]" if not one.required else argument(one)
        for one in command.params
        if one.param_type_name == "argument"
    ]
    group = ["COMMAND"] if getattr(command, "commands", None) else []
    return " ".join([path, *group, "[OPTIONS]", *arguments])


def argument(parameter: Any) -> str:
    """A word to be put in its place."""
    name = (parameter.metavar or parameter.name).strip("[].").upper()
    return f"{name} ..." if parameter.nargs == -1 else name


def parameters(command: Any) -> Iterator[tuple[str, str]]:
    """(how it is written, what it is) of everything that may be said to a command."""
    for one in command.params:
        if one.name in SHELL_OPTIONS or getattr(one, "hidden", False):
            continue
        told = sentence(one.help)
        if one.param_type_name == "argument":
            yield argument(one), told
            continue
        written = ", ".join([*one.opts, *one.secondary_opts])
        if not one.is_flag:
            written += f" {kind(one)}"
        default = one.default
        if default not in (None, "", (), [], False) and not callable(default) and not one.is_flag:
            told += f" Unless given: {getattr(default, 'value', default)}."
        yield written, told


def kind(parameter: Any) -> str:
    """What an option takes, in capitals."""
    if parameter.metavar:
        return str(parameter.metavar)
    described = getattr(parameter, "type_descriptor", None)  # of Typer; older ones have click's type
    name = described.annotation.__name__.lower() if described is not None else str(parameter.type.name)
    return KINDS.get(name.split()[0], name.upper())


def sentence(text: str | None) -> str:
    """Help on one line; choices in alphabetical order, whatever order they were found in."""
    words = re.sub(r"\s+", " ", text or "").strip()
    found = re.match(r"(.*One of: )([\w, -]+)\.(.*)", words)
    return f"{found[1]}{', '.join(sorted(found[2].split(', ')))}.{found[3]}" if found else words


def cell(text: str) -> str:
    """For a table of Markdown."""
    return text.replace("|", "\\|").replace("<", "&lt;") if "`" not in text else text.replace("|", "\\|")


def roff(text: str) -> str:
    """For ``man``: no word of it is a command."""
    plain = text.replace("\\", "\\\\").replace("-", "\\-").replace("`", "")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    MAN.write_text(man_page(), encoding="utf-8")
