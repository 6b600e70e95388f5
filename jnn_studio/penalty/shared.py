"""Models that several processes train together, and how a penalty can go wrong beside them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import distributed, nn

from jnn_studio.base.errors import StudioError

_DIVIDED = {"DTensor": "fully_shard", "FlatParameter": "FullyShardedDataParallel"}
"""Classes of weights that one process has a part of, and what makes them."""


_ADDED: ContextVar[bool] = ContextVar("added_to_wrapped_loss", default=False)


class SharedModelError(StudioError):
    """A penalty of a model that several processes train, which would not be the penalty of all of it."""


@contextmanager
def added_to_wrapped_loss() -> Iterator[None]:
    """Where penalties may be computed outside of the wrapper's forward.

    For whoever adds them to the loss that a wrapped forward has just given, and takes one backward pass of
    the sum: the wrapper then finds all gradients of a weight together.
    """
    token = _ADDED.set(True)
    try:
        yield
    finally:
        _ADDED.reset(token)


def check_shared(f: nn.Module) -> None:
    """See that gradients of a penalty of ``f`` reach all processes that train it.

    Raises:
        SharedModelError: its weights are divided among processes; or `DistributedDataParallel` wraps them,
            and its forward is not at work: it would not see the penalty, and leave its gradients as they
            are in each process.
    """
    for parameter in f.parameters():
        maker = next((_DIVIDED[k.__name__] for k in type(parameter).__mro__ if k.__name__ in _DIVIDED), None)
        if maker is not None:
            raise SharedModelError(
                f"the weights of f are divided among processes by {maker}, and the penalty needs all of a "
                "factor's weights at once; share the model by DistributedDataParallel, which keeps them whole"
            )
    if not torch.is_grad_enabled() or not distributed.is_available() or not distributed.is_initialized():
        return
    if distributed.get_world_size() == 1 or _ADDED.get():
        return
    weights = {id(parameter) for parameter in f.parameters() if parameter.requires_grad}
    if any(_wraps(wrapper, weights) for wrapper in _wrappers()) and not _wraps(_at_work(), weights):
        raise SharedModelError(
            "DistributedDataParallel wraps weights of f, but the penalty is computed outside of its forward: "
            "its gradients would stay different in each process. Put the whole loss, task and penalty, into "
            "the forward of one module and wrap that; or look at the penalty under torch.no_grad()"
        )


def _wrappers() -> list[nn.Module]:
    """All there are; looked for as seldom as penalties are checked."""
    from torch.nn.parallel import DistributedDataParallel

    return [found for found in gc.get_objects() if issubclass(type(found), DistributedDataParallel)]


def _at_work() -> Any:
    """The wrapper whose forward runs, or None."""
    from torch.nn.parallel import DistributedDataParallel

    return DistributedDataParallel._get_active_ddp_module()


def _wraps(wrapper: nn.Module | None, weights: set[int]) -> bool:
    return wrapper is not None and any(id(parameter) in weights for parameter in wrapper.parameters())
