"""The paper's experiment: one autoencoder with the penalty and one without, alike in everything else."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.data.pixels import psnr, to_uint8
from jnn_studio.data.source import ImageSource
from jnn_studio.jacobian import effective_rank, jacobian_svd, nuclear_norm
from jnn_studio.models.autoencoder import Autoencoder
from jnn_studio.models.corrected_pca import CorrectedPCA
from jnn_studio.models.model_kind import find_model_kind
from jnn_studio.penalty import NuclearNormPenalty
from jnn_studio.training.batches import Batches
from jnn_studio.training.channels import with_channels
from jnn_studio.training.config import warmup
from jnn_studio.training.device import Device
from jnn_studio.training.events import Event, MemberInfo, Metrics, Preview, Spectrum
from jnn_studio.training.experiment import Member
from jnn_studio.training.gathering.augmenting import variance_of_mixed
from jnn_studio.training.gathering.share import random_at
from jnn_studio.training.optimiser import adamw_member
from jnn_studio.training.pair.eta_search import EtaSearch, SearchPlan
from jnn_studio.training.pair.fit_pca import fit_pca
from jnn_studio.training.pair.pair_config import PairConfig, PenaltyConfig
from jnn_studio.training.pair.predicted_eta import eta_for_rank
from jnn_studio.training.trained_models import save_members

UNREGULARISED, REGULARISED = "unregularised", "regularised"
MEMBERS = (UNREGULARISED, REGULARISED)

RELEASE = math.log(1.15)
"""What log η falls by at each look while the target rank is reached, in a pair that begins as PCA."""

SETTLED = 0.8
"""As a part of the steps in which AdamW takes a weight of 1 to 0: then a rank has followed its η."""
LOSS_IMAGES = 64
"""Held-out images on which it is measured how many dB are given up."""

PREVIEW_IMAGES = 8
SPECTRUM_IMAGES = 4


def pair_members(config: PairConfig) -> tuple[MemberInfo, ...]:
    """The models of a run, in the order they are shown, with the η of their encoders."""
    etas = {UNREGULARISED: 0.0, REGULARISED: config.penalty.encoder_eta(config.model.size)}
    trained = MEMBERS if config.only is None else (config.only,)
    return tuple(MemberInfo(key, key.capitalize(), etas[key]) for key in trained)


def pair_halves(config: PairConfig) -> tuple[PairConfig, PairConfig] | None:
    """The same as two runs of one model each, of which the first is the same whatever the penalty.

    Both begin with the weights of the pair and see its batches; without a penalty they are the same run. None
    where one is trained alone already, or the regularised one has to be compared with the other meanwhile.
    """
    penalty = config.penalty
    if config.only is not None or penalty.give_up is not None:
        return None
    # How a penalty is computed says in what precision both are trained, and how the other's is measured.
    unpenalised = PenaltyConfig(eta=0, estimator=penalty.estimator, sigma=penalty.sigma)
    twin = config.model_copy(update={"only": UNREGULARISED, "penalty": unpenalised})
    if penalty.encoder_eta(config.model.size) == penalty.eta_decoder == 0:
        return twin, twin
    return twin, config.model_copy(update={"only": REGULARISED})


def pair_facts(config: PairConfig, key: str) -> Mapping[str, str]:
    """What travels with the weights of one of the pair: η, and its decoder's η."""
    etas = (config.penalty.encoder_eta(config.model.size), config.penalty.eta_decoder)
    encoder_eta, decoder_eta = etas if key == REGULARISED else (0.0, 0.0)
    return {"eta": repr(encoder_eta), "eta_decoder": repr(decoder_eta)}


def pair_found(config: PairConfig, key: str, state: Mapping[str, Any]) -> Mapping[str, str]:
    """The η that was found while one of the pair was trained, its decoder's, and for which rank or loss."""
    aims = {name: getattr(config.penalty, name) for name in ("target_rank", "give_up")}
    if "eta" not in state or not any(aims.values()):
        return {}
    encoder_eta = float(state["eta"])
    decoder_eta = encoder_eta * _decoder_share(config)
    return {
        "eta": repr(encoder_eta),
        "eta_decoder": repr(decoder_eta),
        **{name: repr(aim) for name, aim in aims.items() if aim is not None},
    }


def _decoder_share(config: PairConfig) -> float:
    """η of the decoder for each of the encoder's: what was typed, while η is searched for."""
    return config.penalty.eta_decoder / config.penalty.encoder_eta(config.model.size)


class AutoencoderPair:
    """½‖f(x) − x‖² summed over colour values, mean over the batch, plus η times the penalty for one of two.

    An `Experiment`. Each model is what it is beside the other, also where the configuration has ``only`` one.
    The penalty is that of the encoder, and with ``eta_decoder`` also that of the decoder. With a
    ``target_rank`` η is found while it trains, on the effective rank that its spectra log.
    """

    terms = ("total", "reconstruction", "penalty", "decoder_penalty")

    def __init__(
        self,
        config: PairConfig,
        source: ImageSource,
        device: Device,
        watch: Watch,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.config, self.device = config, device
        schedule = config.schedule
        self._batches = Batches(
            source,
            schedule.batch_size,
            schedule.held_out,
            schedule.seed,
            device.name,
            watch,
            config.images,
        )
        self.notes = (*notes, *self._batches.notes)
        infos = pair_members(config)
        self._penalty = NuclearNormPenalty(config.penalty.estimator, config.penalty.sigma)
        first, start = self._first_model(watch)
        plan = self._plan(first, start)
        self._search = None if plan is None else EtaSearch(plan)
        self.members = tuple(self._member(info, first) for info in infos)
        held_out = self._batches.held_out
        self._held_out = self._batches.images(held_out.tolist())

    @property
    def batches(self) -> Batches:
        """The images it learns from."""
        return self._batches

    def batch(self, step: int) -> Tensor:
        """The images of ``step``."""
        return self._batches.batch(step)

    def losses(self, member: Member, batch: Tensor, step: int) -> Tensor:
        """(total, reconstruction, penalty, decoder_penalty); a penalty of weight 0 is not computed."""
        return self._evaluate(member, batch, step, self._etas(member.key))

    def watch(self, member: Member, batch: Tensor, step: int) -> dict[str, float]:
        """The penalties this model is not trained with, to compare with one that is; η where it is found."""
        encoder_eta, decoder_eta = self._etas(member.key)
        missing = (0.0 if encoder_eta else 1.0, 0.0 if decoder_eta else 1.0)
        found = {}
        if any(missing):
            with torch.no_grad():
                values = self._evaluate(member, batch, step, missing)
            names = ("penalty", "decoder_penalty")
            found = {name: float(v) for name, v, m in zip(names, values[2:], missing, strict=True) if m}
        if self._search is not None and member.key == REGULARISED:
            found["eta"] = encoder_eta * warmup(step, self.config.penalty.warmup_steps)
        return found

    def due(self, step: int) -> bool:
        """Whether a spectrum or a preview is due at ``step``, or a look at η."""
        return self.config.logging.due(step) or self._adjusts(step)

    def measure(self, step: int) -> Iterator[Event]:
        """What is due at ``step``: spectra, and previews with the PSNR on the held-out images.

        Here η changes, where it is searched for: after a step, and before it is kept in a checkpoint.
        """
        logging, last = self.config.logging, step == self.config.schedule.steps
        if last or step % logging.spectrum_every == 0:
            for member in self.members:
                yield from self._spectrum(member, step)
        if self._search is not None and self._adjusts(step):
            for member in self.members:
                if member.key == REGULARISED:
                    self._search.tell(self._aimed_at(member, self._search.plan))
        if last or step % logging.preview_every == 0:
            shown = {}
            for member in self.members:
                reconstruction = self._reconstruct(member)
                shown[member.key] = to_uint8(reconstruction[:PREVIEW_IMAGES])
                yield Metrics(
                    step, math.nan, member.key, {"held_out_psnr": psnr(reconstruction, self._held_out)}
                )
            yield Preview(step, to_uint8(self._held_out[:PREVIEW_IMAGES]), shown)

    def export(self, folder: Path, step: int) -> None:
        """Write each model as ``<key>.safetensors``."""
        states = {member.key: member.state for member in self.members}

        def facts(config: PairConfig, key: str) -> Mapping[str, str]:
            return {**pair_facts(config, key), **pair_found(config, key, states[key])}

        save_members(folder, self.members, self.config, facts, step)

    def _etas(self, key: str) -> tuple[float, float]:
        """η of the encoder's penalty and of the decoder's, as they are now."""
        if key == UNREGULARISED:
            return 0.0, 0.0
        if self._search is None:
            penalty = self.config.penalty
            return penalty.encoder_eta(self.config.model.size), penalty.eta_decoder
        return self._search.eta, self._search.eta * _decoder_share(self.config)

    @torch.no_grad()
    def _aimed_at(self, member: Member, plan: SearchPlan) -> float:
        """What η is to bring to its target: a model's effective rank, or the decibels it has given up."""
        if plan.aim == "rank":
            return float(effective_rank(self._sigma(member)[1]).mean())
        seen = self._held_out[:LOSS_IMAGES]
        quality = {other.key: psnr(other.model(seen), seen) for other in self.members}
        return quality[UNREGULARISED] - quality[member.key]

    def _adjusts(self, step: int) -> bool:
        return self._search is not None and self._search.plan.due(step)

    def _first_model(self, watch: Watch) -> tuple[Autoencoder | CorrectedPCA, float | None]:
        """What both models begin as: a function of the seed, and where it is one of the images, of those.

        And the η at which a search begins, where the images say it.
        """
        seed, source = self.config.schedule.seed, self._batches.source
        described = with_channels(self.config.model, source.image_shape[0])
        model: Autoencoder | CorrectedPCA = find_model_kind(described.kind).build(described, seed)
        if not isinstance(model, CorrectedPCA):
            return model, None
        train = sorted(self._batches.train.tolist())
        pca = fit_pca(source, model.config.components, watch, indices=train).model
        model.start_from(pca)
        target, share = self.config.penalty.target_rank, _decoder_share(self.config)
        if target is None or not share:
            return model, None
        deviations = pca.deviations * variance_of_mixed(self.config.images.mix) ** 0.5
        return model, eta_for_rank(deviations, target, model.config.squares, share)

    def _plan(self, first: Autoencoder | CorrectedPCA, start: float | None) -> SearchPlan | None:
        """How η is searched for, if it is."""
        if self.config.only == UNREGULARISED:
            return None
        size, steps = self.config.model.size, self.config.schedule.steps
        if not isinstance(first, CorrectedPCA):
            return self.config.penalty.search_plan(size, steps)
        # AdamW takes a matrix that begins as the identity to nothing in about one over the learning rate.
        settling = round(SETTLED / self.config.optimiser.learning_rate)
        return self.config.penalty.search_plan(size, steps, start, RELEASE, settling if start else 0)

    def _member(self, info: MemberInfo, first: Autoencoder | CorrectedPCA) -> Member:
        model = copy.deepcopy(first).to(self.device.name)
        state = self._search.state if self._search is not None and info.key == REGULARISED else None
        return adamw_member(info, model, self.config.optimiser, self.device, state)

    def _evaluate(self, member: Member, batch: Tensor, step: int, eta: tuple[float, float]) -> Tensor:
        model = member.model
        assert isinstance(model, Autoencoder | CorrectedPCA)
        rise = warmup(step, self.config.penalty.warmup_steps)
        with self.device.autocast():
            features = model.encoder_input(batch)
            encoded = model.encoder.trace(features)
            decoded = model.decoder.trace(encoded.output)
            if isinstance(model, CorrectedPCA):
                error = model.squared_error(batch, features.float(), decoded.output)
            else:
                error = (model.render(decoded.output).float() - batch).square().sum()
        reconstruction = 0.5 * error / len(batch)
        zero = torch.zeros((), device=batch.device)
        # Both models see the same noise, where the estimator needs any.
        noise = random_at(batch.device, self.config.schedule.seed_at(step), len(batch))
        penalties = [
            self._penalty(composition, trace, noise).float() if weight else zero
            for composition, trace, weight in zip(
                (model.encoder, model.decoder), (encoded, decoded), eta, strict=True
            )
        ]
        total = reconstruction
        for weight, penalty in zip(eta, penalties, strict=True):
            if weight:
                total = total + weight * rise * penalty
        return torch.stack([total, reconstruction, *penalties])

    @torch.no_grad()
    def _spectrum(self, member: Member, step: int) -> Iterator[Event]:
        """Singular values at some held-out images, and how far the penalty stands above their sum there."""
        model = member.model
        assert isinstance(model, Autoencoder | CorrectedPCA)
        features, sigma = self._sigma(member)
        mean = sigma.mean(0).float().cpu().numpy()
        yield Spectrum(step, member.key, mean, float(effective_rank(sigma).mean()))
        noise = torch.Generator(features.device).manual_seed(self.config.schedule.seed_at(step))
        gap = NuclearNormPenalty().values(model.encoder, features, noise) - nuclear_norm(sigma)
        yield Metrics(step, math.nan, member.key, {"tightness_gap": float(gap.mean())})

    @torch.no_grad()
    def _sigma(self, member: Member) -> tuple[Tensor, Tensor]:
        """Some held-out images as the encoder takes them, and its singular values there (images, k)."""
        model = member.model
        assert isinstance(model, Autoencoder | CorrectedPCA)
        features = model.encoder_input(self._held_out[:SPECTRUM_IMAGES])
        return features, jacobian_svd(model.encoder, features).sigma

    @torch.no_grad()
    def _reconstruct(self, member: Member) -> Tensor:
        return torch.cat([member.model(part) for part in self._held_out.split(64)])
