"""Every kind of run can be asked for and plotted in words: its own, or those its configuration has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from jnn_studio.base.setting_words import belonging
from jnn_studio.base.settings import Frozen
from jnn_studio.training.config import ConfigError, DecayingOptimiserConfig, OptimiserConfig, RunConfig
from jnn_studio.training.configuration import presets
from jnn_studio.training.configuration.derived_words import derived_groups, words_for
from jnn_studio.training.configuration.presets import load_preset, preset_names


class Disc(Frozen):
    kind: Literal["disc"] = "disc"
    radius: float = 1.0


class Ring(Frozen):
    kind: Literal["ring"] = "ring"
    inner: float = 0.5
    outer: float = 1.0


class ShapeConfig(Frozen):
    shape: Annotated[Disc | Ring, Field(discriminator="kind")] = Disc()
    corners: int | None = Field(None, title="Number of corners", description="None: it is round.")
    mood: Literal["calm", "very-wild"] = "calm"
    strength: float | Literal["auto"] = "auto"
    sizes: tuple[int, int] = (8, 16)
    table: dict[str, int] = Field(default_factory=dict)
    only: Literal["one"] = "one"


class ShapeRunConfig(RunConfig):
    kind: Literal["shape"] = "shape"
    looks: ShapeConfig = ShapeConfig()
    optimiser: OptimiserConfig | DecayingOptimiserConfig = DecayingOptimiserConfig()


def test_a_configuration_without_words_is_asked_for_table_by_table() -> None:
    groups = derived_groups(ShapeRunConfig())

    assert [(group.title, group.folded) for group in groups] == [
        ("", False),
        ("Looks", False),
        ("Training", False),
        ("Optimiser", True),
        ("Logging", True),
    ]
    assert [setting.name for setting in groups[0].settings] == ["name"]
    looks = {setting.name.removeprefix("looks."): setting for setting in groups[1].settings}
    assert list(looks) == [
        "shape.kind",
        "shape.radius",
        "shape.inner",
        "shape.outer",
        "corners",
        "mood",
        "strength",
        "sizes",
    ], "what no line can hold, and what is no choice, is not asked for"
    assert looks["shape.kind"].choices == (("disc", "Disc"), ("ring", "Ring"))
    assert looks["corners"].words == "Number of corners"
    assert looks["mood"].choices == (("calm", "Calm"), ("very-wild", "Very wild"))
    assert looks["strength"].suggestions == ("auto",)
    assert looks["sizes"].text
    assert looks["shape.radius"].numeric


def test_which_optimiser_is_asked_for_is_read_from_the_run() -> None:
    decaying = derived_groups(ShapeRunConfig())[3].settings
    adamw = derived_groups(ShapeRunConfig(optimiser=OptimiserConfig()))[3].settings

    assert [setting.name.rpartition(".")[2] for setting in decaying] == [
        "learning_rate",
        "decay",
        "decay_every",
        "warmup_steps",
        "clip",
        "accumulate",
    ]
    assert [setting.name.rpartition(".")[2] for setting in adamw] == [
        "learning_rate",
        "weight_decay",
        "schedule",
        "warmup_steps",
        "clip",
        "accumulate",
        "ema",
    ]


def test_only_the_settings_of_the_chosen_table_matter() -> None:
    names = ("looks.shape.kind", "looks.shape.radius", "looks.shape.inner", "looks.mood")
    typed = dict.fromkeys(names, "")

    assert belonging(ShapeRunConfig, typed | {"looks.shape.kind": "ring"}) == {*names} - {
        "looks.shape.radius"
    }
    assert belonging(ShapeRunConfig, typed | {"looks.shape.kind": "disc"}) == {*names} - {"looks.shape.inner"}


@pytest.mark.parametrize("name", preset_names())
def test_every_setting_of_every_kind_has_a_label_and_a_description(name: str) -> None:
    config = load_preset(name)
    words = words_for(config).described_by(type(config))

    settings = [setting for group in words.groups for setting in group.settings]
    assert len({setting.name for setting in settings}) == len(settings)
    for setting in settings:
        assert setting.words, setting.name
        assert setting.name == "name" or len(setting.description) >= 5, setting.name
    assert "total" in words.terms


def test_two_presets_of_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.toml").write_text('kind = "beta-vae"')
    monkeypatch.setattr(presets, "_folders", lambda: [tmp_path / "one", tmp_path / "two"])

    with pytest.raises(ConfigError, match=r"two/same\.toml and .*one/same\.toml are presets of one name"):
        preset_names()
