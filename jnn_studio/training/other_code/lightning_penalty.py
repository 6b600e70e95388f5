"""The penalty in other people's Lightning trainings: a callback, and nothing to change in their modules.

Needs the extra ``lightning``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from jnn_studio.base.errors import StudioError
from jnn_studio.jacobian import effective_rank, jacobian_svd
from jnn_studio.penalty import Composition, NuclearNormPenalty
from jnn_studio.penalty.shared import added_to_wrapped_loss
from jnn_studio.training.folder.spectra_file import MAX_STEP
from jnn_studio.training.other_code.run_writer import RunWriter

try:
    from lightning.pytorch import Callback, LightningModule, Trainer
except ImportError as error:
    raise ImportError("JacobianPenalty needs Lightning: pip install 'jnn-studio[lightning]'") from error

LOGGED = "jacobian/"
"""Begins the names of what is logged."""


class FactorError(StudioError):
    """What is to be penalised is not there, or is no composition; the message says what to give."""


class JacobianPenalty(Callback):
    """Adds η · ½(‖Jg‖² + ‖Jh‖²) of a part f = g ∘ h of the module to every loss before its backward pass.

    The part's input is taken as `training_step` gives it, and the part is evaluated once more for the
    penalty, as it is in training; its buffers, such as running means, stay as `training_step` left them, and
    what computes the input learns nothing from the penalty. What is logged:
    ``jacobian/penalty``, each factor's ‖J‖² as ``jacobian/factor_0``, …, and with ``spectra_every``
    ``jacobian/effective_rank``, ``jacobian/nuclear_norm`` and ``jacobian/sigma_1``.

    Args:
        factor: name of the part in the module: a `Composition`, or an ``nn.Sequential`` (cut before its last
            child with weights, unless ``cut`` says otherwise); or the names of h, g, … which are applied one
            right after the other.
        eta: weight of the penalty. The loss is to be in the units of ‖J‖²: a sum over outputs, a mean over
            the batch.
        penalty: the penalty itself, with its estimator; by default `NuclearNormPenalty()`.
        cut: how many children of an ``nn.Sequential`` make h.
        spectra_every: steps between looks at the singular values; 0 for none.
        images: elements of a batch whose singular values are averaged.
        k: how many singular values.
        run: a new folder to write a run to, which opens live in the window; or a `RunWriter`, to be closed by
            whoever made it.

    Raises:
        FactorError: at the start of the training, that ``factor`` is none.

    Example:
        >>> from lightning.pytorch import Trainer  # doctest: +SKIP
        >>> Trainer(callbacks=[JacobianPenalty("encoder", eta=0.1)]).fit(module, data)  # doctest: +SKIP
    """

    def __init__(
        self,
        factor: str | Sequence[str] = "encoder",
        eta: float = 1.0,
        *,
        penalty: NuclearNormPenalty | None = None,
        cut: int | None = None,
        spectra_every: int = 0,
        images: int = 4,
        k: int = 16,
        run: Path | str | RunWriter | None = None,
    ) -> None:
        super().__init__()
        if not (math.isfinite(eta) and eta >= 0):
            raise FactorError(f"eta is {eta}; give a number from 0 on")
        self.names = (factor,) if isinstance(factor, str) else tuple(factor)
        self.eta, self.cut = eta, cut
        self.penalty = NuclearNormPenalty() if penalty is None else penalty
        self.spectra_every, self.images, self.k = spectra_every, images, k
        self.composition: Composition | None = None
        """What is penalised, once the training has begun; it holds the module's own parts."""
        self.run = run if isinstance(run, RunWriter) else None
        self._folder = None if run is None or isinstance(run, RunWriter) else Path(run)
        self._parts: list[nn.Module] = []
        self._hooks: list[RemovableHandle] = []
        self._input: Any = None
        self._given: Any = None
        self._told: dict[str, Tensor] = {}

    # --- Lightning's hooks -------------------------------------------------------------------------------

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Find the factors, and begin the run."""
        self._parts = _parts(pl_module, self.names)
        self.composition = _composed(self._parts, self.names, self.cut)
        if self._folder is not None and trainer.is_global_zero:
            steps = trainer.estimated_stepping_batches
            self.run = RunWriter(
                self._folder,
                self._folder.name,
                steps=int(min(steps, MAX_STEP)) if steps > 0 else MAX_STEP,
                models=type(pl_module).__name__,
                eta=self.eta,
                settings={"factor": ", ".join(self.names), "estimator": str(self.penalty.estimator)},
                device=str(trainer.strategy.root_device),
            )

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Listen to the factors: only meanwhile, since a layer with a hook is opaque to the penalty."""
        self._input = None
        for position, part in enumerate(self._parts):
            self._hooks.append(part.register_forward_pre_hook(self._hear(position), with_kwargs=True))
            self._hooks.append(part.register_forward_hook(self._keep))

    def on_before_backward(self, trainer: Trainer, pl_module: LightningModule, loss: Tensor) -> None:
        """Add the penalty."""
        self._stop_listening()
        if self._input is None:
            raise FactorError(
                f"{' and '.join(self.names)} was not called in training_step, so there is no input to "
                "penalise it at; name the part that is"
            )
        assert self.composition is not None
        # Lightning's wrapper has just given the loss, which goes backward with the penalty once.
        added = added_to_wrapped_loss()
        with trainer.precision_plugin.forward_context(), _buffers_kept(self.composition), added:
            trace = self.composition.trace(self._input)
            bare = self.penalty(self.composition, trace)
        value = self.eta * bare
        told = {f"{LOGGED}penalty": bare.detach()}
        for position, term in enumerate(self.penalty.terms):
            told[f"{LOGGED}factor_{position}"] = torch.as_tensor(term).detach()
        # As Lightning has treated the loss by now: divided over accumulated batches, scaled for float16.
        weight = torch.ones((), device=loss.device) / trainer.accumulate_grad_batches
        scaler = getattr(trainer.precision_plugin, "scaler", None)
        weight = weight if scaler is None else scaler.scale(weight)
        self._told = {**told, "loss": loss.detach() / weight, "penalised": value.detach()}
        pl_module.log_dict(told, batch_size=trace.passes[0].batch)
        loss.add_(value * weight)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Look at the singular values, and write."""
        self._stop_listening()
        step = trainer.global_step
        if self.spectra_every and step % self.spectra_every == 0 and self._input is not None:
            self._look(pl_module, step)
        every = max(1, getattr(trainer, "log_every_n_steps", 1))
        if self.run is not None and self._told and step % every == 0:
            told = {name: float(value) for name, value in self._told.items()}
            plain = told["loss"]
            terms = {
                name.removeprefix(LOGGED): value for name, value in told.items() if name.startswith(LOGGED)
            }
            step = min(step, self.run.config.schedule.steps)
            self.run.log(step, {"total": plain + told["penalised"], "loss": plain, **terms})
        self._input = None

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """End the run."""
        if self.run is not None and self._folder is not None:
            self.run.close("stopped" if trainer.interrupted else "finished")

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Say in the run why it ended."""
        self._stop_listening()
        if self.run is not None and self._folder is not None:
            if isinstance(exception, Exception):
                self.run.close("failed", f"{type(exception).__name__}: {exception}")
            else:
                self.run.close("stopped")

    # --- parts ---------------------------------------------------------------------------------------------

    def _hear(self, position: int) -> Any:
        """A pre-hook: keep what the first part is given, and see that each gets what the one before gave."""

        def hear(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            if not torch.is_grad_enabled():
                return
            name = self.names[position]
            if len(args) != 1 or kwargs:
                raise FactorError(
                    f"{name} is called with more than one argument; wrap it so that it takes one"
                )
            if position == 0:
                self._input = args[0].detach() if isinstance(args[0], Tensor) else args[0]
            elif args[0] is not self._given:
                raise FactorError(
                    f"{name} is not given what {self.names[position - 1]} gives: what comes between belongs "
                    "to none of the factors; make it part of one"
                )

        return hear

    def _keep(self, module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        """A hook: what a part gives, for the next one to be compared with."""
        self._given = output

    def _stop_listening(self) -> None:
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()
        self._given = None

    @torch.no_grad()
    def _look(self, module: LightningModule, step: int) -> None:
        assert self.composition is not None
        with _evaluated(self.composition):
            some = self._input[: self.images] if isinstance(self._input, Tensor) else self._input
            weights = next(self.composition.parameters(), None)
            if weights is not None and isinstance(some, Tensor):
                some = some.to(weights.dtype)  # computed under autocast, it has another precision
            sigma = jacobian_svd(self.composition, some, k=self.k).sigma.mean(0)
        figures = {
            "effective_rank": effective_rank(sigma),
            "nuclear_norm": sigma.sum(),
            "sigma_1": sigma[0],
        }
        module.log_dict({f"{LOGGED}{name}": value for name, value in figures.items()})
        if self.run is not None:
            self.run.spectrum(min(step, self.run.config.schedule.steps), sigma)


def _parts(module: nn.Module, names: Sequence[str]) -> list[nn.Module]:
    found = []
    for name in names:
        try:
            found.append(module.get_submodule(name))
        except AttributeError as error:
            known = ", ".join(child for child, _ in module.named_children()) or "none"
            raise FactorError(
                f"{type(module).__name__} has no part {name!r}; its parts are: {known}"
            ) from error
    return found


def _composed(parts: Sequence[nn.Module], names: Sequence[str], cut: int | None) -> Composition:
    """Of the module's own parts."""
    if len(parts) > 1:
        return Composition(*parts)
    (part,) = parts
    if isinstance(part, Composition):
        return part
    if not isinstance(part, nn.Sequential) or len(part) < 2:
        raise FactorError(
            f"{names[0]} is a {type(part).__name__}, which does not say of what it is composed; give the "
            f"names of h and g, such as ('{names[0]}.hidden', '{names[0]}.head'), or make it an nn.Sequential"
        )
    if cut is None:
        weighted = [number for number, child in enumerate(part) if any(True for _ in child.parameters())]
        cut = weighted[-1] if weighted and weighted[-1] > 0 else len(part) - 1
    if not 0 < cut < len(part):
        raise FactorError(f"{names[0]} has {len(part)} children and cannot be cut after {cut} of them")
    # Slices of an nn.Sequential hold its own children.
    return Composition(part[:cut], part[cut:])


@contextmanager
def _buffers_kept(module: nn.Module) -> Iterator[None]:
    """What the module remembers of a pass, such as running means, goes to copies meanwhile.

    The buffers themselves are not written to: the backward pass of `training_step` is still to come.
    """
    before = [(part, name, buffer) for part in module.modules() for name, buffer in part._buffers.items()]
    for part, name, buffer in before:
        part._buffers[name] = None if buffer is None else buffer.clone()
    try:
        yield
    finally:
        for part, name, buffer in before:
            part._buffers[name] = buffer


@contextmanager
def _evaluated(module: nn.Module) -> Iterator[None]:
    """In evaluation mode meanwhile; each part is then as it was."""
    before = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in before:
            part.training = training
