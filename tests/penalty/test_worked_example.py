"""Every Python block of docs/penalty.md runs; blocks of one section build on each other."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch

PAGE = (Path(__file__).parents[2] / "docs" / "penalty.md").read_text(encoding="utf-8")
SECTIONS = {section.partition("\n")[0]: section for section in re.split(r"^#+ ", PAGE, flags=re.M)[1:]}


@pytest.mark.parametrize("title", SECTIONS)
def test_the_code_of_a_section_runs(title):
    torch.manual_seed(0)
    names: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```", SECTIONS[title], flags=re.M | re.S):
        exec(compile(block, f"docs/penalty.md: {title}", "exec"), names)


def test_the_page_has_code_to_run():
    assert PAGE.count("```python") >= 7


def test_the_plan_shown_is_the_plan_made():
    names: dict[str, Any] = {}
    first = SECTIONS["Adding the penalty to your own model"]
    for block in re.findall(r"^```python\n(.*?)^```", first, flags=re.M | re.S):
        exec(block, names)
    (shown,) = re.findall(r"^```text\n(.*?)^```", first, flags=re.M | re.S)
    assert repr(names["penalty"]) == shown.strip()
