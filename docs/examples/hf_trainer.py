"""The penalty in a Hugging Face ``Trainer``: ``compute_loss`` is all there is to write.

The cut is in the model, h and g, and the trace is the forward pass, so nothing is computed twice.
"""

import torch
from torch import nn
from transformers import Trainer, TrainingArguments

from jnn_studio import Composition, NuclearNormPenalty


class Classifier(nn.Module):
    """Its loss is computed by the trainer."""

    def __init__(self):
        super().__init__()
        self.f = Composition(nn.Sequential(nn.Linear(20, 64), nn.GELU()), nn.Linear(64, 3))

    def forward(self, x, labels=None):
        return {"logits": self.f(x)}


class PenalisedTrainer(Trainer):
    """Adds η times the penalty of ``model.f`` to the loss."""

    def __init__(self, *args, eta, **kwargs):
        super().__init__(*args, **kwargs)
        self.eta, self.penalty = eta, NuclearNormPenalty()

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        f = model.f  # under DDP see docs/penalty.md: the wrapped model's own forward has to make the trace
        trace = f.trace(inputs["x"])
        loss = nn.functional.cross_entropy(trace.output, inputs["labels"]) + self.eta * self.penalty(f, trace)
        if num_items_in_batch is not None and self.model_accepts_loss_kwargs:
            # `Trainer` then leaves it to this method to divide over accumulated batches.
            loss = loss / self.args.gradient_accumulation_steps
        return (loss, {"logits": trace.output}) if return_outputs else loss


torch.manual_seed(0)
x = torch.randn(96, 20)
labels = (x[:, 0] > 0).long() + (x[:, 1] > 0).long()
examples = [{"x": a, "labels": b} for a, b in zip(x, labels, strict=True)]
arguments = TrainingArguments("hf", max_steps=30, per_device_train_batch_size=32, report_to=[], use_cpu=True)
trainer = PenalisedTrainer(Classifier(), arguments, train_dataset=examples, eta=0.01)
trainer.train()
print(trainer.penalty)
