"""A β-VAE's run: its loss, its learning rate, and that it goes on as if it had not been interrupted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch.distributions import Normal, kl_divergence

from jnn_studio.base.watch import Watch
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.pixels import psnr
from jnn_studio.explore.columns.open_models import open_models
from jnn_studio.models.beta_vae import BetaVAE
from jnn_studio.models.weights import load_model
from jnn_studio.training.beta_vae.beta_vae import BETA_VAE, BetaVAETraining
from jnn_studio.training.beta_vae.beta_vae_config import BetaVAERunConfig
from jnn_studio.training.config import ConfigError, DecayingOptimiserConfig
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.configuration.presets import load_preset, preset_names
from jnn_studio.training.device import choose_device
from jnn_studio.training.events import Event, Metrics, Preview, Snapshot, Spectrum, Started, StateChanged
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.kind import find_kind
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step.commands import Command, Commands

Finish = Callable[[Iterable[Event]], Event]

TINY = {
    "kind": "beta-vae",
    "name": "small",
    "data": {"kind": "faces", "count": 48, "seed": 1},
    "model": {"size": 32, "latent": 6, "widths": [4, 6, 8, 8, 8]},
    "optimiser": {"decay": 0.5, "decay_every": 6},
    "schedule": {"steps": 18, "batch_size": 8, "held_out": 6, "device": "cpu"},
    "logging": {"metrics_every": 5, "spectrum_every": 4, "preview_every": 10, "checkpoint_every": 6},
}


def tiny(**sections: Any) -> BetaVAERunConfig:
    settings = {key: TINY.get(key, {}) | value for key, value in sections.items()}
    config = validate_config(TINY | settings, "tiny")
    assert isinstance(config, BetaVAERunConfig)
    return config


def experiment(config: BetaVAERunConfig) -> BetaVAETraining:
    source = FaceSource(config.data.count, config.model.size, config.data.seed)
    return BetaVAETraining(config, source, choose_device("cpu"), Watch())


def test_the_loss_is_squared_error_plus_beta_times_the_divergence() -> None:
    config = tiny(divergence={"beta": 7.0, "weight": 0.01})
    training = experiment(config)
    (member,) = training.members
    model, batch = member.model, training.batch(3)
    assert isinstance(model, BetaVAE)

    total, reconstruction, kl = training.losses(member, batch, 3)

    noise = torch.Generator().manual_seed(3)
    mean, log_variance = model.posterior(batch)
    scale = (log_variance / 2).exp()
    output = model.decode(mean + scale * torch.randn(mean.shape, generator=noise))
    # Of images in [-1, 1]: four times that of images in [0, 1].
    torch.testing.assert_close(reconstruction, 4 * torch.nn.functional.mse_loss(output, batch))
    expected = kl_divergence(Normal(mean, scale), Normal(0.0, 1.0)).sum(1).mean()
    torch.testing.assert_close(kl, expected)
    torch.testing.assert_close(total, reconstruction + 7 * 0.01 * kl)


def test_the_noise_is_a_function_of_the_seed_and_the_step() -> None:
    training = experiment(tiny())
    (member,) = training.members
    batch = training.batch(0)

    first, again, other = (training.losses(member, batch, step) for step in (0, 0, 1))

    torch.testing.assert_close(first, again, rtol=0, atol=0)
    assert first[1] != other[1]
    assert first[2] == other[2]  # the divergence has no noise in it


def test_the_learning_rate_falls_by_a_factor_after_every_epoch() -> None:
    optimiser = DecayingOptimiserConfig(learning_rate=0.1, decay=0.5, decay_every=4)
    model = torch.nn.Linear(1, 1)
    reference = torch.optim.Adam(model.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.ExponentialLR(reference, gamma=0.5)
    for step in range(16):
        assert optimiser.rate(step, 16) == pytest.approx(reference.param_groups[0]["lr"])
        reference.step()
        if step % 4 == 3:
            schedule.step()


def test_measuring_changes_nothing_about_the_training() -> None:
    training = experiment(tiny())
    model = training.members[0].model
    assert isinstance(model, BetaVAE)
    training.losses(training.members[0], training.batch(0), 0)
    before = {key: value.clone() for key, value in model.state_dict().items()}

    events = list(training.measure(0))

    assert [type(event) for event in events] == [Spectrum, Metrics, Preview]
    assert model.training
    for key, value in model.state_dict().items():
        if key != "axis_kl":
            torch.testing.assert_close(value, before[key], rtol=0, atol=0)


def test_what_is_measured_is_that_of_the_model_at_rest() -> None:
    training = experiment(tiny())
    model = training.members[0].model
    assert isinstance(model, BetaVAE)
    training.losses(training.members[0], training.batch(0), 0)

    spectrum, metrics, preview = training.measure(0)

    assert isinstance(spectrum, Spectrum)
    assert isinstance(metrics, Metrics)
    assert isinstance(preview, Preview)
    model.eval()
    held_out = training._batches.images(training._batches.held_out.tolist())
    with torch.no_grad():
        assert metrics.terms["held_out_psnr"] == pytest.approx(psnr(model(held_out), held_out))
    jacobian = torch.func.vmap(torch.func.jacrev(lambda x: model.encoder(x[None])[0]))(held_out[:4])
    sigma = torch.linalg.svdvals(jacobian.flatten(2)).mean(0)
    np.testing.assert_allclose(spectrum.sigma, sigma.detach().numpy(), rtol=1e-4)
    assert preview.originals.shape == preview.reconstructions["beta_vae"].shape == (6, 32, 32, 3)


def test_the_divergence_of_every_axis_travels_with_the_weights(tmp_path: Path) -> None:
    training = experiment(tiny())
    model = training.members[0].model
    training.losses(training.members[0], training.batch(0), 0)

    training.export(tmp_path, 17)

    loaded = load_model(tmp_path / "beta_vae.safetensors")
    assert isinstance(loaded.model, BetaVAE)
    assert loaded.name == "β-VAE"
    assert (loaded.info["beta"], loaded.info["step"], loaded.info["run"]) == ("10.0", "17", "small")
    assert "eta" not in loaded.info
    assert model.training
    model.eval()
    assert isinstance(model, BetaVAE)
    mean, log_variance = model.posterior(training._held_out)
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).mean(0)
    torch.testing.assert_close(loaded.model.axis_kl, expected.detach())
    assert loaded.model.axis_kl.min() > 0


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, to be read only."""
    path = tmp_path_factory.mktemp("beta-vae") / "run"
    *_, last = start_run(tiny(), path, Commands())
    assert isinstance(last, StateChanged)
    assert last.state == "finished", last.reason
    return path


@pytest.mark.parametrize("step", [6, 8, 10])  # at a checkpoint, within a block of metrics, at its end
def test_a_stopped_run_goes_on_to_the_last_bit(
    trained: Path, tmp_path: Path, finish: Finish, outcome: Callable[[Path], Any], step: int
) -> None:
    commands = Commands()
    events = start_run(tiny(logging={"metrics_every": 1}), tmp_path / "whole", Commands())
    finish(events)
    for event in start_run(tiny(logging={"metrics_every": 1}), tmp_path / "run", commands):
        if getattr(event, "step", 0) == step:
            commands.send(Command.STOP)
    assert RunFolder(tmp_path / "run").state().state == "stopped"
    last = finish(resume_run(tmp_path / "run", Commands()))

    assert isinstance(last, StateChanged)
    assert last.state == "finished"
    outcome(tmp_path / "run").assert_same(outcome(tmp_path / "whole"))


def test_checkpoints_hold_the_running_statistics(trained: Path) -> None:
    checkpoint = RunFolder(trained).latest_checkpoint()
    assert checkpoint is not None
    with safe_open(checkpoint, framework="pt") as file:
        seen = file.get_tensor("beta_vae/model/encoder.features.0.1.num_batches_tracked")
        mean = file.get_tensor("beta_vae/model/encoder.features.0.1.running_mean")
    assert seen.dtype == torch.int64
    assert int(seen) == 18
    assert mean.abs().min() > 0


def test_the_model_of_a_run_is_opened_with_its_statistics_and_divergences(trained: Path) -> None:
    (from_run,) = open_models(trained)
    (from_file,) = open_models(trained / "models" / "beta_vae.safetensors")

    assert from_run.name == "β-VAE"
    assert from_run.info == {"run": "small", "member": "beta_vae", "step": "18", "beta": "10.0"}
    states = [loaded.model.state_dict() for loaded in (from_run, from_file)]
    assert states[0].keys() == states[1].keys()
    for key, value in states[0].items():
        torch.testing.assert_close(value, states[1][key], rtol=0, atol=0)
    assert states[0]["axis_kl"].min() > 0
    image = torch.rand(1, 3, 32, 32)
    torch.testing.assert_close(from_run.model(image), from_file.model(image), rtol=0, atol=0)


def test_a_snapshot_of_a_running_run_is_a_model_too(tmp_path: Path) -> None:
    commands, config = Commands(), tiny()
    commands.send(Command.SNAPSHOT)
    events = start_run(config, tmp_path / "run", commands)
    snapshot = next(event for event in events if isinstance(event, Snapshot))

    tensors = {name: torch.from_numpy(value) for name, value in snapshot.weights["beta_vae"].items()}
    network = find_kind("beta-vae").network
    assert network is not None
    model = network(config, "beta_vae", tensors)

    assert torch.isfinite(model(torch.rand(1, 3, 32, 32))).all()
    assert tensors["encoder.features.0.1.num_batches_tracked"].dtype == torch.int64


def test_it_learns(tmp_path: Path, finish: Finish) -> None:
    finish(
        start_run(tiny(schedule={"steps": 80}, optimiser={"decay_every": 80}), tmp_path / "run", Commands())
    )

    metrics, _ = RunFolder(tmp_path / "run").metrics()
    totals = [m.terms["total"] for m in metrics if "total" in m.terms]
    quality = [m.terms["held_out_psnr"] for m in metrics if "held_out_psnr" in m.terms]
    assert totals[-1] < 0.5 * totals[0]
    assert quality[-1] > quality[0] + 2


def test_weights_that_went_wrong_are_said_with_what_to_do(tmp_path: Path, finish: Finish) -> None:
    config = tiny(optimiser={"learning_rate": 1e30})

    failed = finish(start_run(config, tmp_path / "run", Commands()))

    assert isinstance(failed, StateChanged)
    assert failed.state == "failed"
    assert "beta_vae" in failed.reason
    assert "Lower the learning rate." in failed.reason
    assert "η" not in failed.reason


def test_a_batch_of_one_image_cannot_be_normalised(tmp_path: Path, finish: Finish) -> None:
    failed = finish(start_run(tiny(schedule={"batch_size": 1}), tmp_path / "run", Commands()))

    assert isinstance(failed, StateChanged)
    assert "batches of at least 2" in failed.reason


def test_it_has_no_eta_to_choose(tmp_path: Path) -> None:
    assert math.isnan(BETA_VAE.eta)
    with pytest.raises(ConfigError, match="--eta: a run of kind 'beta-vae' has no η"):
        tiny().with_changes(eta="0.5")
    assert tiny().with_changes(data=tmp_path, steps=3).schedule.steps == 3


def test_a_run_says_what_it_trains(tmp_path: Path) -> None:
    started = next(start_run(tiny(), tmp_path / "run", Commands()))

    assert isinstance(started, Started)
    assert [member.label for member in started.members] == ["β-VAE"]


def test_the_presets_train_the_papers_for_ten_epochs() -> None:
    names = preset_names(["beta-vae"])
    assert set(names) == {"beta-vae", "beta-vae-quick"}
    for name in names:
        preset = load_preset(name)
        assert isinstance(preset, BetaVAERunConfig)
        epoch = (preset.data.count - preset.schedule.held_out) // preset.schedule.batch_size
        assert preset.optimiser.decay_every == epoch
        assert (preset.optimiser.learning_rate, preset.optimiser.decay) == (0.005, 0.95)
        assert (preset.divergence.beta, preset.divergence.weight, preset.model.latent) == (10, 0.00025, 32)
