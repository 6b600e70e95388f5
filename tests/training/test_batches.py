"""Which images a run trains on at which step."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Progress, Watch
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.folder import FolderSource
from jnn_studio.training import batches as batches_module
from jnn_studio.training.batches import Batches, too_few_for_components
from jnn_studio.training.gathering.share import Share
from jnn_studio.training.image_config import ImagesConfig


class Numbered:
    """Images that are grey of their own number, so that a batch tells what is in it."""

    name = "numbered"
    image_shape = (1, 2, 2)

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def images(self, indices: Sequence[int], device: str = "cpu") -> Tensor:
        numbers = torch.tensor(list(indices), dtype=torch.float32, device=device)
        return (numbers / 255).reshape(-1, 1, 1, 1).expand(-1, 1, 2, 2).clone()


def make(
    count: int = 50,
    batch_size: int = 8,
    held_out: int = 6,
    seed: int = 0,
    watch: Watch | None = None,
) -> Batches:
    return Batches(Numbered(count), batch_size, held_out, seed, "cpu", watch or Watch())


def numbers(images: Tensor) -> list[int]:
    return images[:, 0, 0, 0].mul(255).round().int().tolist()


def test_images_for_fewer_components_than_asked_for_are_told() -> None:
    assert too_few_for_components(300, 256, 256) == ""
    assert too_few_for_components(280, 256, 256) == (
        "model.components (256) needs more images than that, and 245 are left to train on; give at most 244"
    )


class People(Numbered):
    """Every five of them are in a folder of their own."""

    def label(self, index: int) -> str:
        return f"person {index // 5}/{index}.png"


def stream(batches: Batches, start: int, stop: int) -> list[int]:
    return [n for step in range(start, stop) for n in numbers(batches.batch(step))]


def test_a_batch_depends_on_the_seed_and_the_step_alone() -> None:
    in_order = [numbers(make().batch(step)) for step in range(20)]

    other = make()
    assert [numbers(other.batch(step)) for step in reversed(range(20))] == in_order[::-1]
    assert [numbers(make(seed=1).batch(step)) for step in range(20)] != in_order


def test_every_epoch_is_a_fresh_permutation_of_all_training_images() -> None:
    batches = make(count=50, held_out=6)  # 44 to train on, so batches of 8 run over the ends of epochs
    seen = stream(batches, 0, 22)

    epochs = [seen[start : start + 44] for start in range(0, 4 * 44, 44)]
    training = set(range(50)) - set(batches.held_out.tolist())
    assert all(set(epoch) == training for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_held_out_images_are_never_trained_on() -> None:
    batches = make(held_out=6)

    assert len(batches.held_out) == 6
    assert not set(stream(batches, 0, 40)) & set(batches.held_out.tolist())


def test_of_a_small_folder_no_more_than_an_eighth_is_held_out() -> None:
    assert len(make(count=50, held_out=256).held_out) == 6
    assert len(make(count=3, held_out=256).held_out) == 1


def test_a_batch_is_never_larger_than_the_training_set() -> None:
    batches = make(count=3, batch_size=64)

    assert batches.batch_size == 2
    assert set(numbers(batches.batch(0))) == set(range(3)) - set(batches.held_out.tolist())


def test_one_image_is_too_few() -> None:
    with pytest.raises(ValueError, match="numbered has 1 image; training needs at least 2"):
        make(count=1)


def test_a_source_too_large_to_be_kept_gives_the_same_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = make()
    monkeypatch.setattr(batches_module, "RESIDENT_BYTES", 0)
    asked_for = make()

    for step in range(10):
        torch.testing.assert_close(kept.batch(step), asked_for.batch(step))


def test_images_kept_on_the_device_are_those_of_the_source_to_the_nearest_byte() -> None:
    source = FaceSource(20, 16, seed=2)
    batches = Batches(source, 4, 2, 0, "cpu", Watch())

    torch.testing.assert_close(batches.images([3, 11]), source.images([3, 11]), rtol=0, atol=0.5 / 255 + 1e-6)
    assert batches.batch(0).dtype == torch.float32


def test_preparing_them_is_reported_and_can_be_given_up() -> None:
    heard: list[Progress] = []
    make(count=600, watch=Watch(heard.append))

    assert [now.done for now in heard] == [0, 256, 512, 600]
    assert {now.total for now in heard} == {600}

    with pytest.raises(Cancelled):
        make(count=600, watch=Watch(unwanted=lambda: True))


def test_whole_folders_are_held_out_where_the_run_says_so() -> None:
    found = Batches(People(100), 8, 10, 0, "cpu", Watch(), ImagesConfig(apart="folders"))

    held_out, train = ({index // 5 for index in part.tolist()} for part in (found.held_out, found.train))
    assert not held_out & train
    assert held_out | train == set(range(20))
    assert len(found.held_out) == 10
    assert found.notes == ("Held out: 10 images, all of 2 of 20 folders.",)
    assert set(stream(found, 0, 12)) <= set(found.train.tolist())
    # The first of them, which are shown, are of more than one folder.
    assert len({index // 5 for index in found.held_out[:4].tolist()}) == 2


def test_without_folders_single_images_are_held_out() -> None:
    class Flat(Numbered):
        def label(self, index: int) -> str:
            return f"{index}.png"

    found = Batches(Flat(100), 8, 10, 0, "cpu", Watch(), ImagesConfig(apart="folders"))
    assert len(found.held_out) == 10
    assert found.notes == ("Held out: 10 images.",)


# --- more images than are kept on the device --------------------------------------------------------


def folder(count: int = 50) -> FolderSource:
    pixels = np.random.default_rng(0).integers(0, 256, (count, 3, 4, 4), np.uint8)
    return FolderSource("folder", pixels, [f"{index}.png" for index in range(count)])


def test_images_fetched_ahead_are_those_that_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = ImagesConfig(mirror=True, shift=1)
    kept = Batches(folder(), 8, 6, 3, "cpu", Watch(), settings)
    source, seen = folder(), []
    gather = source.images

    def images(indices: Sequence[int], device: str = "cpu") -> Tensor:
        seen.append((threading.current_thread(), len(indices)))
        return gather(indices, device)

    monkeypatch.setattr(source, "images", images)
    monkeypatch.setattr(batches_module, "RESIDENT_BYTES", 0)
    ahead = Batches(source, 8, 6, 3, "cpu", Watch(), settings)
    for step in (0, 1, 2, 3, 12, 13, 5, 4):  # also past an epoch's end, and where a run goes on
        torch.testing.assert_close(ahead.batch(step), kept.batch(step), rtol=0, atol=0)
    assert {thread is threading.main_thread() for thread, _ in seen} == {False}


def test_the_next_batch_is_fetched_while_one_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = threading.Event()

    class Told(FolderSource):
        calls = 0

        def images(self, indices: Sequence[int], device: str = "cpu") -> Tensor:
            self.calls += 1
            if self.calls == 2:
                fetched.set()
            if self.calls == 3:
                raise OSError("the drive is gone")
            return super().images(indices, device)

    monkeypatch.setattr(batches_module, "RESIDENT_BYTES", 0)
    whole = folder()
    batches = Batches(Told("folder", whole._images, whole._labels), 8, 6, 3, "cpu", Watch())
    batches.batch(0)
    assert fetched.wait(60)  # nobody has asked for it yet
    batches.batch(1)
    with pytest.raises(OSError, match="the drive is gone"):  # where it is needed, and not before
        batches.batch(2)


def test_processes_on_a_cpu_share_the_decoded_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """No copy of them all in each."""
    alone = Batches(folder(), 8, 6, 3, "cpu", Watch())
    monkeypatch.setattr(batches_module, "process_share", lambda: Share(1, 2))
    second = Batches(folder(), 8, 6, 3, "cpu", Watch())
    assert alone._resident is not None
    assert second._resident is None
    torch.testing.assert_close(second.batch(4), alone.batch(4)[4:], rtol=0, atol=0)
