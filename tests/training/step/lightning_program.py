"""A Lightning training as somebody starts it by torchrun: saves its weights to the path given, with the rank.

Run by test_several_processes.py.
"""

from __future__ import annotations

import sys
import warnings

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.strategies import DDPStrategy
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from jnn_studio.training.other_code.lightning_penalty import JacobianPenalty

DATA = torch.randn(32, 10, generator=torch.Generator().manual_seed(0))
ETA, RATE, EPOCHS, BATCH = 0.3, 0.05, 2, 16


class Autoencoder(LightningModule):
    """Somebody's own."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.encoder = nn.Sequential(nn.Linear(10, 16), nn.Tanh(), nn.Linear(16, 8))
        self.decoder = nn.Linear(8, 10)

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        """Its own loss alone."""
        (x,) = batch
        return 0.5 * (self.decoder(self.encoder(x)) - x).square().sum(1).mean()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Plain descent."""
        return torch.optim.SGD(self.parameters(), RATE)


def main(path: str) -> None:
    """One process of two."""
    module = Autoencoder()
    callback = JacobianPenalty("encoder", eta=ETA)
    trainer = Trainer(
        accelerator="cpu",
        devices=2,
        strategy=DDPStrategy(process_group_backend="gloo"),
        max_epochs=EPOCHS,
        use_distributed_sampler=False,  # which would shuffle
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[callback],
    )
    half = BATCH // trainer.world_size
    mine = torch.cat([batch.split(half)[trainer.global_rank] for batch in DATA.split(BATCH)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Lightning advises
        trainer.fit(module, DataLoader(TensorDataset(mine), batch_size=half))
    torch.save(module.state_dict(), f"{path}.{trainer.global_rank}")


if __name__ == "__main__":
    main(sys.argv[1])
