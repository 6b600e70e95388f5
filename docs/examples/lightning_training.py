"""The penalty in a Lightning training, nothing changed in the module. Needs the extra ``lightning``."""

import sys
import warnings
from pathlib import Path

import torch
from lightning.pytorch import LightningModule, Trainer
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from jnn_studio import JacobianPenalty, effective_rank, jacobian_svd

torch.manual_seed(0)
data = torch.randn(128, 4) @ torch.randn(4, 24)
folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")


class Autoencoder(LightningModule):
    """It knows nothing of any penalty."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(24, 32), nn.GELU(), nn.Linear(32, 12))
        self.decoder = nn.Linear(12, 24)

    def training_step(self, batch, batch_idx):
        (x,) = batch
        return 0.5 * (self.decoder(self.encoder(x)) - x).square().sum(1).mean()

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), 1e-2)


quiet = {
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}
warnings.filterwarnings("ignore", module="lightning")
for eta in (0.0, 1.0):
    module = Autoencoder()
    penalty = JacobianPenalty("encoder", eta=eta, spectra_every=8, run=folder / f"lightning-{eta:g}")
    trainer = Trainer(max_epochs=20, accelerator="cpu", callbacks=[penalty], log_every_n_steps=1, **quiet)
    trainer.fit(module, DataLoader(TensorDataset(data), batch_size=32))
    rank = effective_rank(jacobian_svd(module.encoder, data[:16]).sigma).mean()
    print(f"η = {eta:g}: effective rank {rank:.1f}; {penalty.penalty!r}")
