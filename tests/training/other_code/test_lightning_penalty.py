"""The penalty in a Lightning training whose module knows nothing of it."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.plugins import MixedPrecision
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from jnn_studio.jacobian import effective_rank, jacobian_svd
from jnn_studio.penalty import Composition, NuclearNormPenalty
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.other_code.lightning_penalty import FactorError, JacobianPenalty

DATA = torch.randn(32, 10, generator=torch.Generator().manual_seed(0))


class Autoencoder(LightningModule):
    """Somebody's own."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.encoder = nn.Sequential(nn.Linear(10, 16), nn.BatchNorm1d(16), nn.Tanh(), nn.Linear(16, 8))
        self.decoder = nn.Linear(8, 10)

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        (x,) = batch
        return 0.5 * (self.decoder(self.encoder(x)) - x).square().sum(1).mean()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), 0.05)


def fit(module: LightningModule, folder: Path, *callbacks: JacobianPenalty, **more: Any) -> Trainer:
    trainer = Trainer(
        default_root_dir=folder,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        log_every_n_steps=1,
        callbacks=list(callbacks),
        **more,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Lightning advises
        trainer.fit(module, DataLoader(TensorDataset(DATA), batch_size=16))
    return trainer


def test_a_step_is_that_of_a_loop_written_by_hand(tmp_path: Path) -> None:
    module, by_hand = Autoencoder(), Autoencoder()
    fit(module, tmp_path, JacobianPenalty("encoder", eta=0.3), max_epochs=2)

    f = Composition(by_hand.encoder[:3], by_hand.encoder[3:])
    optimiser = by_hand.configure_optimizers()
    for x in [*DATA.split(16), *DATA.split(16)]:
        trace = f.trace(x)
        loss = 0.5 * (by_hand.decoder(trace.output) - x).square().sum(1).mean()
        optimiser.zero_grad()
        (loss + 0.3 * NuclearNormPenalty()(f, trace)).backward()
        optimiser.step()

    for (name, ours), theirs in zip(module.state_dict().items(), by_hand.state_dict().values(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6, msg=name)
    assert not module.encoder._forward_pre_hooks, "no hook stays behind"


def test_accumulated_batches_weigh_the_penalty_as_the_loss(tmp_path: Path) -> None:
    module, by_hand = Autoencoder(), Autoencoder()
    callback = JacobianPenalty(("encoder.0", "encoder.1", "encoder.2", "encoder.3"), eta=0.3)
    fit(module, tmp_path, callback, max_epochs=1, accumulate_grad_batches=2)

    f, optimiser = Composition(*by_hand.encoder), by_hand.configure_optimizers()
    for x in DATA.split(16):
        trace = f.trace(x)
        loss = 0.5 * (by_hand.decoder(trace.output) - x).square().sum(1).mean()
        ((loss + 0.3 * NuclearNormPenalty()(f, trace)) / 2).backward()
    optimiser.step()
    torch.testing.assert_close(module.encoder[0].weight, by_hand.encoder[0].weight, rtol=1e-5, atol=1e-6)


def test_the_rank_falls_and_a_run_is_written(tmp_path: Path) -> None:
    ranks = {}
    for eta in (0.0, 0.5):
        module = Autoencoder()
        callback = JacobianPenalty(eta=eta, spectra_every=10, run=tmp_path / f"run-{eta}")
        trainer = fit(module, tmp_path, callback, max_epochs=40)
        sigma = jacobian_svd(copy.deepcopy(module.encoder).eval(), DATA[:8]).sigma
        ranks[eta] = float(effective_rank(sigma).mean())
        told = {name: float(value) for name, value in trainer.callback_metrics.items()}
        assert told["jacobian/effective_rank"] == pytest.approx(ranks[eta], rel=0.15)
        assert told["jacobian/penalty"] == pytest.approx(
            0.5 * (told["jacobian/factor_0"] + told["jacobian/factor_1"]), rel=1e-4
        )
        folder = RunFolder.open(tmp_path / f"run-{eta}")
        assert folder.state().state == "finished"
        logged = folder.metrics()[0]
        assert logged[-1].step == 80
        terms = logged[-1].terms
        assert terms["total"] == pytest.approx(terms["loss"] + eta * terms["penalty"], rel=1e-4)
        assert [spectrum.step for spectrum in folder.spectra(["model"])] == list(range(10, 81, 10))
    assert ranks[0.5] < 0.7 * ranks[0.0]


def test_a_part_in_the_middle_is_penalised_under_autocast_too(tmp_path: Path) -> None:
    ranks = []
    for eta in (0.0, 2.0):
        module = Autoencoder()
        module.decoder = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 10))
        callback = JacobianPenalty("decoder", eta=eta, spectra_every=1)
        trainer = fit(module, tmp_path, callback, max_epochs=20, precision="bf16-mixed")
        ranks.append(float(trainer.callback_metrics["jacobian/effective_rank"]))
    assert ranks[1] < 0.9 * ranks[0]


def test_under_float16_the_penalty_is_scaled_as_the_loss_and_written_unscaled(tmp_path: Path) -> None:
    """Gradients are those without a scale; a step that overflows is left out."""
    by_hand, weights = Autoencoder(), {}
    for scale in (2.0**10, 2.0**100):
        module = weights[scale] = Autoencoder()
        scaler = torch.amp.GradScaler("cpu", init_scale=scale)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the step that is left out
            fit(
                module,
                tmp_path,
                JacobianPenalty("encoder", eta=0.3, run=tmp_path / f"run {scale:g}"),
                max_steps=1,
                plugins=MixedPrecision("16-mixed", "cpu", scaler),
            )
    (x, _) = DATA.split(16)
    f = Composition(by_hand.encoder[:3], by_hand.encoder[3:])
    start = copy.deepcopy(by_hand)
    trace = f.trace(x)
    loss = 0.5 * (by_hand.decoder(trace.output) - x).square().sum(1).mean()
    (loss + 0.3 * NuclearNormPenalty()(f, trace)).backward()
    by_hand.configure_optimizers().step()
    for name, before in start.named_parameters():
        ours, theirs = weights[2.0**10].get_parameter(name), by_hand.get_parameter(name)
        assert torch.allclose(ours - before, theirs - before, rtol=0.05, atol=2e-3), name
        assert torch.equal(weights[2.0**100].get_parameter(name), before), name
    logged = RunFolder(tmp_path / "run 1024").metrics()[0]
    assert logged[-1].terms["loss"] == pytest.approx(float(loss.detach()), rel=1e-2)


class Opaque(Autoencoder):
    """Has a part that does not say of what it is composed, and applies something between two others."""

    def __init__(self) -> None:
        super().__init__()
        self.whole = nn.Bilinear(1, 1, 1)

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        return self.decoder(self.encoder(batch[0]).relu()).square().mean()


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        ("encodr", "has no part 'encodr'; its parts are: encoder, decoder, whole"),
        ("whole", "give the names of h and g"),
        ("decoder", "give the names of h and g"),
        (("encoder", "decoder"), "what comes between belongs to none of the factors"),
        (("whole", "decoder"), "decoder is not given what whole gives"),
    ],
)
def test_what_cannot_be_penalised_is_refused_with_what_to_give(
    factor: str | tuple[str, ...], words: str, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    with pytest.raises(FactorError) as caught:
        fit(Opaque(), tmp_path, JacobianPenalty(factor, run=run), max_epochs=1)
    assert words in str(caught.value)
    if run.exists():
        assert RunFolder.open(run).state().state == "failed"
