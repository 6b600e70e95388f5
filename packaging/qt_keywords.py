"""A mypy plugin: what PySide6 takes beside what its stubs say.

Any QObject's constructor takes every property of its class and of its bases as a keyword. The stubs know only
a class's own properties, so that ``QLabel("…", objectName="note")`` looks wrong to a checker. Here, and
nowhere else, is said what is excused: the properties in `INHERITED`.
"""

from __future__ import annotations

from collections.abc import Callable

from mypy.nodes import ARG_NAMED_OPT
from mypy.plugin import FunctionSigContext, Plugin
from mypy.types import CallableType, FunctionLike, Type

INHERITED = {"objectName": "builtins.str"}
"""Properties of bases that this program gives to constructors, and their types."""


class QtKeywords(Plugin):
    """Adds `INHERITED` to the constructors of PySide6's classes."""

    def get_function_signature_hook(
        self, fullname: str
    ) -> Callable[[FunctionSigContext], FunctionLike] | None:
        """For ``QLabel(…)``; mypy asks for no hook at ``super().__init__(…)``."""
        return _add if _is_class(fullname) else None


def _is_class(fullname: str) -> bool:
    module, _, name = fullname.rpartition(".")
    return module.startswith("PySide6.") and name.startswith("Q")


def _add(context: FunctionSigContext) -> CallableType:
    signature = context.default_signature
    missing = [name for name in INHERITED if name not in signature.arg_names]
    types: list[Type] = [context.api.named_generic_type(INHERITED[name], []) for name in missing]
    return signature.copy_modified(
        arg_types=[*signature.arg_types, *types],
        arg_kinds=[*signature.arg_kinds, *(ARG_NAMED_OPT for _ in missing)],
        arg_names=[*signature.arg_names, *missing],
    )


def plugin(version: str) -> type[Plugin]:
    """What mypy asks for."""
    return QtKeywords
