"""Where classes come from, how images are dealt out, and what is said of images that will not do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from jnn_studio.base.errors import StudioError
from jnn_studio.base.watch import Watch
from jnn_studio.data.faces import FaceSource
from jnn_studio.labs.robustness.classes import open_classes
from jnn_studio.labs.robustness.config import FACTORS, RobustnessConfig
from jnn_studio.labs.robustness.dealing import batch_of, training_set
from jnn_studio.labs.robustness.run import KIND
from jnn_studio.models.classifier import ClassifierConfig
from jnn_studio.models.classifier import build as build_classifier
from jnn_studio.models.config import AutoencoderConfig
from jnn_studio.models.model_kind import find_model_kind
from jnn_studio.models.weights import save_model
from jnn_studio.training.config import ConfigError

TinyRobustness = Callable[..., RobustnessConfig]
Paint = Callable[[Path, int], None]


def folder(path: Path) -> dict[str, str]:
    return {"kind": "class-folder", "path": str(path)}


def test_the_class_of_a_drawn_face_is_the_signs_of_its_factors(tiny_robustness: TinyRobustness) -> None:
    data = open_classes(tiny_robustness(), Watch())

    assert data.classes == (
        "hair− skin−",
        "hair+ skin−",
        "hair− skin+",
        "hair+ skin+",
    )
    factors = FaceSource(400, 16).factors(range(400))[
        :, [FACTORS.index(n) for n in ("hair-length", "skin-tone")]
    ]
    clear = factors[(factors.abs() >= 0.2).all(1)][: len(data.labels)]
    assert data.labels.tolist() == [int(a > 0) + 2 * int(b > 0) for a, b in clear]
    assert not {*data.train} & {*data.held_out}
    assert data.tangents is not None
    assert data.tangents([0]).shape == (1, 3 * 16 * 16, 16)


def test_training_sets_are_nested_and_even_and_batches_go_through_all_of_them() -> None:
    labels = np.array([0] * 30 + [1] * 8 + [2] * 8)
    train = np.arange(len(labels))

    small, large = (training_set(train, labels, size, seed=3) for size in (9, 21))
    assert [*np.bincount(labels[small])] == [3, 3, 3]
    assert [*np.bincount(labels[large])] == [7, 7, 7]
    assert {*small} < {*large}
    assert {*training_set(train, labels, 9, seed=4)} != {*small}
    seen = np.concatenate([batch_of(large, 6, step, seed=3) for step in range(7)])
    assert [*np.bincount(seen, minlength=46)[large]] == [2] * 21
    np.testing.assert_array_equal(batch_of(large, 6, 5, seed=3), seen[30:36])


def test_folders_are_classes_and_images_outside_of_any_are_left_out(
    tiny_robustness: TinyRobustness, tmp_path: Path, paint: Paint
) -> None:
    for place in range(6):
        paint(tmp_path / "dark" / f"{place}.png", 10 + place)
        paint(tmp_path / "light" / f"{place}.png", 200 + place)
    paint(tmp_path / "stray.png", 100)
    (tmp_path / "light" / "broken.png").write_bytes(b"no picture")

    data = open_classes(tiny_robustness(data=folder(tmp_path)), Watch())

    assert data.classes == ("dark", "light")
    assert data.labels.tolist() == [0] * 6 + [1] * 6
    assert (data.images[data.labels == 0] < 100).all()
    assert {*data.labels[torch.from_numpy(data.held_out)].tolist()} == {0, 1}
    assert any("broken.png" in note for note in data.notes)
    assert any("1 image of no class is left out" in note for note in data.notes)


def test_a_table_names_classes_of_which_some_can_be_chosen_and_persons_are_held_out_whole(
    tiny_robustness: TinyRobustness, tmp_path: Path, paint: Paint
) -> None:
    rows = ["filename,emotion"]
    for person in range(6):
        for place, word in enumerate(("neutral", "happiness", "anger")):
            paint(tmp_path / f"q{person}" / f"{place}.png", 20 * person + place)
            rows.append(f"q{person}/{place}.png,{word}")
    table = tmp_path / "emotions.csv"
    table.write_text("\n".join(rows), encoding="utf-8")
    given = {
        "kind": "class-table",
        "path": str(tmp_path),
        "table": str(table),
        "classes": ["neutral", "happiness"],
    }

    data = open_classes(tiny_robustness(data=given, sets={"apart": "folders", "held_out": 8}), Watch())

    assert data.classes == ("happiness", "neutral")
    assert data.labels.tolist() == [1, 0] * 6
    persons = [{index // 2 for index in part.tolist()} for part in (data.train, data.held_out)]
    assert not persons[0] & persons[1]
    with pytest.raises(StudioError, match=r"has no column “mood”; there are: emotion"):
        open_classes(tiny_robustness(data=given | {"column": "mood"}), Watch())
    with pytest.raises(StudioError, match="the class surprise has no image that can be read"):
        open_classes(tiny_robustness(data=given | {"classes": ["neutral", "surprise"]}), Watch())


def test_classes_that_cannot_be_told_apart_are_refused_in_words(
    tiny_robustness: TinyRobustness, tmp_path: Path, paint: Paint
) -> None:
    def refused(match: str, **sections: object) -> None:
        with pytest.raises((StudioError, ValueError), match=match):
            KIND.prepare(tiny_robustness(data=folder(tmp_path), **sections), Watch())

    for place in range(6):
        paint(tmp_path / "one" / f"{place}.png", 10 + place)
    refused("only the class one: there is nothing to tell apart")
    (tmp_path / "empty").mkdir()
    refused("the class empty has no image that can be read")
    (tmp_path / "empty" / "broken.png").write_bytes(b"no picture")
    refused("the class empty has no image that can be read")
    paint(tmp_path / "empty" / "single.png", 200)
    refused("the class empty has a single image")
    for place in range(6):
        paint(tmp_path / "empty" / f"{place}.png", 200 + place)
        paint(tmp_path / "third" / f"{place}.png", 100 + place)
    refused("3 classes, and the network has 2 logits; raise model.logits", model={"logits": 2})
    refused("a training set of 2 images cannot hold all of the 3 classes", sets={"sizes": [2]})


def test_first_weights_may_come_from_a_file_of_such_a_network_and_of_no_other(
    tiny_robustness: TinyRobustness, tmp_path: Path
) -> None:
    fitting = build_classifier(ClassifierConfig(size=16, logits=4, widths=(4,), hidden=6), seed=9)
    other = build_classifier(ClassifierConfig(size=16, logits=2, widths=(4,), hidden=6), seed=9)
    kind = find_model_kind("autoencoder")
    foreign = kind.build(AutoencoderConfig(size=16, dct=8, hidden=8, latent=4), 0)
    for name, model in {"fitting": fitting, "other": other, "foreign": foreign}.items():
        save_model(tmp_path / f"{name}.safetensors", model, name)
    (tmp_path / "text.safetensors").write_text("no weights", encoding="utf-8")

    def prepared(name: str) -> object:
        return KIND.prepare(
            tiny_robustness(model={"weights": str(tmp_path / f"{name}.safetensors")}), Watch()
        )

    experiment = KIND.prepare(
        tiny_robustness(model={"weights": str(tmp_path / "fitting.safetensors")}), Watch()
    )
    for member in experiment.members:
        for name, weight in fitting.state_dict().items():
            torch.testing.assert_close(member.model.state_dict()[f"0.{name}"], weight, rtol=0, atol=0)
    for name, match in {
        "other": "another network than this run's .*logits 2, not 4",
        "foreign": "is an autoencoder, not a classifier",
        "text": "is not a readable .safetensors file",
        "missing": "there is no weights file",
    }.items():
        with pytest.raises(StudioError, match=match):
            prepared(name)


@pytest.mark.parametrize(
    ("sections", "match"),
    [
        ({"data": {"kind": "face-classes", "factors": ["beard"]}}, "the faces have no factor 'beard'"),
        ({"strengths": {"cut": ["middle"]}}, "there is no block 'middle' to cut after"),
        (
            {"strengths": {"deep": [0.1], "deep_cuts": ["convolution-1", "hidden"]}},
            "an even number of factors",
        ),
        ({"strengths": {"nuclear": [0.1, 0.1]}}, "every strength at most once"),
        ({"optimiser": {"accumulate": 2}}, "accumulate must be 1"),
        ({"model": {"channels": 1}}, "the drawn faces are in colour"),
    ],
)
def test_settings_that_make_no_sense_are_named(
    tiny_robustness: TinyRobustness, sections: dict[str, object], match: str
) -> None:
    with pytest.raises(ConfigError, match=match):
        tiny_robustness(**sections)


def test_digits_need_scikit_learn(tiny_robustness: TinyRobustness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(StudioError, match="come with scikit-learn, which is not installed"):
        open_classes(tiny_robustness(data={"kind": "digits"}, model={"channels": 1, "size": 8}), Watch())
