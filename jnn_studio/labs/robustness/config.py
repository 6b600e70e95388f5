"""The settings of a robustness run, as a person writes them in ``config.toml``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from jnn_studio.base.settings import Frozen, Positive
from jnn_studio.data.config import NOT_CHOSEN, ChosenPath
from jnn_studio.data.face_renderer import FACTOR_NAMES
from jnn_studio.data.faces import MIN_SIZE
from jnn_studio.labs.robustness.regularisers import (
    ADVERSARIAL,
    DECAY,
    DEEP,
    FROBENIUS,
    NONE,
    NUCLEAR,
    REGULARISERS,
    SCHATTEN,
    Arm,
)
from jnn_studio.models.classifier import ClassifierConfig, check_cuts
from jnn_studio.models.config import Width
from jnn_studio.training.config import (
    LoggingConfig,
    OptimiserConfig,
    RunConfig,
    ScheduleConfig,
    eta_as_number,
)

FACTORS = tuple(name.replace(" ", "-") for name in FACTOR_NAMES)
"""Names of the drawn faces' factors, as settings have them: one word each."""
MAX_FACTORS = 5

Strengths = tuple[Positive, ...]


class FaceClassesConfig(Frozen):
    """Drawn faces; the signs of some factors are the class."""

    kind: Literal["face-classes"] = "face-classes"
    factors: tuple[str, ...] = Field(
        ("mouth-opening", "eye-opening", "hair-length"),
        min_length=1,
        max_length=MAX_FACTORS,
        description="Factors whose signs, together, are the class: k of them give 2ᵏ classes. All others "
        f"vary freely. There are {', '.join(FACTORS)}.",
    )
    margin: float = Field(
        0.2,
        ge=0,
        le=0.8,
        description="Faces with one of these factors nearer to 0 than this are left out, so that classes "
        "can be told apart.",
    )
    seed: int = Field(0, ge=0, le=2**32 - 1, description="Seed of the faces' factors.")

    @field_validator("factors")
    @classmethod
    def _known(cls, factors: tuple[str, ...]) -> tuple[str, ...]:
        for name in factors:
            if name not in FACTORS:
                raise ValueError(f"the faces have no factor {name!r}; there are: {', '.join(FACTORS)}")
        if len(set(factors)) < len(factors):
            raise ValueError(f"every factor at most once, got {', '.join(factors)}")
        return factors


class ClassFolderConfig(Frozen):
    """A folder or zip whose subfolders are the classes."""

    kind: Literal["class-folder"] = "class-folder"
    path: ChosenPath = Field(description="Folder or .zip; each folder directly in it is a class of images.")


class ClassTableConfig(Frozen):
    """A folder or zip of images with a table that says the class of each."""

    kind: Literal["class-table"] = "class-table"
    path: ChosenPath = Field(description="Folder or .zip of images; nested folders are searched.")
    table: ChosenPath = Field(description="Table with the files' names and their classes.")
    column: str = Field(
        "", max_length=200, description="Its column with the classes; empty: the only other one."
    )
    classes: tuple[str, ...] = Field(
        (), description="Words of that column that are taken as classes; empty: all there are."
    )


class DigitsConfig(Frozen):
    """Scikit-learn's 1,797 handwritten digits, if that is installed."""

    kind: Literal["digits"] = "digits"


ClassesConfig = Annotated[
    FaceClassesConfig | ClassFolderConfig | ClassTableConfig | DigitsConfig, Field(discriminator="kind")
]


class SetsConfig(Frozen):
    """How many images are trained and measured on."""

    sizes: tuple[Annotated[int, Field(ge=2, le=1_000_000)], ...] = Field(
        (48, 192, 768),
        min_length=1,
        max_length=8,
        description="Images in the training set. Every size is a network of its own, for the gap between "
        "training and held-out images; all else is measured at the largest.",
    )
    held_out: int = Field(256, ge=8, le=1_000_000, description="Images kept out of training, to measure on.")
    apart: Literal["images", "folders"] = Field(
        "images",
        description="What is held out: single images; or whole folders, such as persons. Of a folder of "
        "classes these are the folders in them.",
    )
    mirror: bool = Field(
        False, description="Whether images of a batch are mirrored, each with a chance of ½."
    )
    shift: int = Field(
        0, ge=0, le=64, description="By how many pixels at most each image of a batch is moved."
    )

    @field_validator("sizes")
    @classmethod
    def _ascending(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(sizes)) < len(sizes):
            raise ValueError("every size at most once")
        return tuple(sorted(sizes))


class NetworkSizesConfig(Frozen):
    """The classifiers' sizes; how many logits there are is the classes' number, unless it is said here."""

    channels: Literal[1, 3] = Field(3, description="Colour channels: 3 for colour, 1 for grey.")
    size: int = Field(32, ge=8, le=256, description="Side of the square images, in pixels.")
    layout: Literal["convolutional", "dense"] = Field(
        "convolutional", description="Convolutions of stride 2 and a hidden layer; or linear layers alone."
    )
    widths: Annotated[tuple[Width, ...], Field(min_length=1, max_length=8)] = Field(
        (16, 32), description="Channels after each convolution, or units of each hidden layer if dense."
    )
    hidden: Width = Field(64, description="Units of the hidden layer behind the convolutions.")
    logits: int = Field(0, ge=0, le=1000, description="Outputs of the network; 0: one for each class.")
    weights: ChosenPath = Field(
        NOT_CHOSEN,
        description="A classifier's weights file that all networks begin with; empty: random weights.",
    )

    def described(self, classes: int) -> ClassifierConfig:
        """The networks of a run with so many classes."""
        sizes = self.model_dump(exclude={"weights", "logits"})
        return ClassifierConfig(**sizes, logits=self.logits or max(2, classes))


class StrengthsConfig(Frozen):
    """Which regularisers are compared, at which strengths; one without a strength is left out."""

    decay: Strengths = Field((0.1, 1.0), description="λ of weight decay.")
    frobenius: Strengths = Field((0.01, 0.1), description="η of ½‖J‖_F² of the logits.")
    nuclear: Strengths = Field((0.01, 0.1), description="η of the composite nuclear-norm penalty.")
    schatten: Strengths = Field((), description="η of the deeper Schatten reading.")
    deep: Strengths = Field((), description="η of the deeper nuclear reading.")
    adversarial: Strengths = Field((0.02,), description="ε of adversarial training, L∞, images in [0, 1].")
    cut: tuple[str, ...] = Field(
        ("hidden",), min_length=1, max_length=1, description="Block that the first of two factors ends with."
    )
    deep_cuts: tuple[str, ...] = Field(
        ("convolution-1", "convolution-2", "hidden"),
        min_length=2,
        max_length=8,
        description="Blocks that the factors of the deeper readings end with, in the network's order.",
    )
    warmup_steps: int = Field(0, ge=0, description="Steps over which η and ε rise linearly from 0.")
    attack_steps: int = Field(5, ge=1, le=100, description="Gradient steps of adversarial training's attack.")

    @field_validator("decay", "frobenius", "nuclear", "schatten", "deep", "adversarial")
    @classmethod
    def _each_once(cls, strengths: Strengths) -> Strengths:
        if len({f"{one:g}" for one in strengths}) < len(strengths):
            raise ValueError("every strength at most once")
        return tuple(sorted(strengths))


class EvaluationConfig(Frozen):
    """How the trained networks are measured."""

    images: int = Field(64, ge=4, le=100_000, description="Held-out images that are attacked.")
    epsilons_linf: Strengths = Field(
        (0.005, 0.01, 0.02, 0.04, 0.08), min_length=1, description="ε of attacks in L∞, images in [0, 1]."
    )
    epsilons_l2: Strengths = Field(
        (0.1, 0.2, 0.4, 0.8, 1.6), min_length=1, description="ε of attacks in L2: the norm over all values."
    )
    steps: int = Field(20, ge=2, le=1000, description="Gradient steps of PGD.")
    restarts: int = Field(2, ge=1, le=100, description="Random starts of PGD; the worst counts.")
    minimal_steps: int = Field(50, ge=5, le=1000, description="Steps of DDN, for the smallest L2.")
    black_box_images: int = Field(
        12, ge=0, le=100_000, description="Images attacked without gradients; 0: none."
    )
    black_box_steps: int = Field(
        8, ge=1, le=1000, description="Steps of HopSkipJump, which has no gradients."
    )

    @field_validator("epsilons_linf", "epsilons_l2")
    @classmethod
    def _rising(cls, epsilons: Strengths) -> Strengths:
        return tuple(sorted(set(epsilons)))


class RobustnessScheduleConfig(ScheduleConfig):
    """How long, how often and where."""

    steps: int = Field(600, ge=1, le=9_999_999, description="Optimiser steps of each network.")
    batch_size: int = Field(48, ge=1, le=1_000_000, description="Images per step.")
    repeats: int = Field(
        3,
        ge=1,
        le=50,
        description="Networks of each kind: other first weights, training images, batches. What is shown is "
        "their mean, with their spread.",
    )
    precision: Literal["float32"] = Field("float32", description="Attacks look at small differences.")


class RobustnessLoggingConfig(LoggingConfig):
    """How often to look, in steps."""

    measure_every: int = Field(
        100, ge=1, description="Steps between accuracies, spectra and quick attacks, which take a while."
    )


class RobustnessConfig(RunConfig):
    """Classifiers with the same first weights and batches that differ in the regulariser alone."""

    kind: Literal["robustness"] = "robustness"
    data: ClassesConfig = FaceClassesConfig()
    sets: SetsConfig = SetsConfig()
    model: NetworkSizesConfig = NetworkSizesConfig()
    strengths: StrengthsConfig = StrengthsConfig()
    optimiser: OptimiserConfig = OptimiserConfig(learning_rate=2e-3)
    schedule: RobustnessScheduleConfig = RobustnessScheduleConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    logging: RobustnessLoggingConfig = RobustnessLoggingConfig()

    remedy: ClassVar[str] = "Lower the learning rate, or the strength of that regulariser."
    large: ClassVar[tuple[str, ...]] = ("schedule.batch_size", "model.widths", "schedule.repeats")
    large_before: ClassVar[tuple[str, ...]] = ("sets.sizes", "model.size")

    @property
    def arms(self) -> tuple[Arm, ...]:
        """What is compared, in the order it is shown."""
        strengths = self.strengths
        given = {
            DECAY: strengths.decay,
            FROBENIUS: strengths.frobenius,
            NUCLEAR: strengths.nuclear,
            SCHATTEN: strengths.schatten,
            DEEP: strengths.deep,
            ADVERSARIAL: strengths.adversarial,
        }
        arms = [Arm(REGULARISERS[NONE], 0.0)]
        return (*arms, *(Arm(REGULARISERS[key], one) for key, several in given.items() for one in several))

    @property
    def asks_for_images(self) -> bool:
        """Whether the folder is still to be chosen."""
        return isinstance(self.data, ClassFolderConfig | ClassTableConfig) and self.data.path == NOT_CHOSEN

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.optimiser.accumulate > 1:
            raise ValueError(
                "optimiser.accumulate must be 1: each of the repeats draws images of its own, which are not "
                "computed in parts; take a smaller batch"
            )
        described = self.model.described(2)
        check_cuts(described, self.strengths.cut)
        if self.strengths.schatten or self.strengths.deep:
            check_cuts(described, self.strengths.deep_cuts)
        if self.strengths.deep and len(self.strengths.deep_cuts) % 2 == 0:
            raise ValueError(
                "strengths.deep needs an even number of factors, which are one more than "
                "strengths.deep_cuts has "
                "blocks: take one block more, or one less, or leave strengths.deep empty"
            )
        if isinstance(self.data, FaceClassesConfig):
            if self.model.channels != 3:
                raise ValueError(
                    f"the drawn faces are in colour: model.channels must be 3, not {self.model.channels}"
                )
            if self.model.size < MIN_SIZE:
                raise ValueError(
                    f"model.size ({self.model.size}) is too small for faces, which need {MIN_SIZE} pixels"
                )
        return self

    def _change_data(self, changed: dict[str, Any], data: Path) -> None:
        changed["data"] = {"kind": "class-folder", "path": str(data)}

    def _change_eta(self, changed: dict[str, Any], eta: str) -> None:
        changed["strengths"]["nuclear"] = [eta_as_number(eta)]
