"""`jnn-studio denoise`: methods on folders, as in the paper's Table 1, and on photographs."""

from __future__ import annotations

import typer

from jnn_studio.cli.command_spec import CommandSpec
from jnn_studio.cli.commands.denoise.evaluate import evaluate
from jnn_studio.cli.commands.denoise.figure4 import figure4
from jnn_studio.cli.commands.denoise.folder import folder
from jnn_studio.cli.commands.denoise.front import front
from jnn_studio.cli.commands.denoise.image import image
from jnn_studio.cli.commands.denoise.restore import restore
from jnn_studio.cli.commands.denoise.restore_table import restore_table
from jnn_studio.cli.commands.denoise.table1 import table1

app = typer.Typer(help="Denoising learnt from noisy images alone, beside methods that are given more.")
for command in (evaluate, table1, front, figure4, image, folder, restore):
    app.command()(command)
app.command("restore-table")(restore_table)

COMMAND = CommandSpec(order=50, run=app)
