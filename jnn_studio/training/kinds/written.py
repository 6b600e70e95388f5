"""A run that other code trains and writes with `RunWriter`: shown live like any, never trained here."""

from __future__ import annotations

from jnn_studio.base.watch import Watch
from jnn_studio.training.config import ConfigError
from jnn_studio.training.experiment import Experiment
from jnn_studio.training.kind import RunKind
from jnn_studio.training.other_code.written_config import WrittenConfig
from jnn_studio.training.words import LOSS_TERMS, QUALITY, RunWords


def _prepare(config: WrittenConfig, watch: Watch) -> Experiment:
    raise ConfigError(f"{config.shown_name} is trained by the code that writes it; go on with it there")


KIND = RunKind(
    "written",
    WrittenConfig,
    WrittenConfig.members,
    _prepare,
    material=lambda config: config.material,
    words=RunWords(
        further_terms={**{term: words for term, words in LOSS_TERMS.items() if term != "total"}, **QUALITY}
    ),
    trainable=False,
)
