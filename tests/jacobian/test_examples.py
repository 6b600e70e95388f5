"""Every example in a docstring does what it shows."""

import doctest
import importlib
import pkgutil

import pytest
import torch
from torch import nn

import jnn_studio.jacobian
import jnn_studio.penalty

MODULES = [
    module.name
    for package in (jnn_studio.jacobian, jnn_studio.penalty)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    names = {"torch": torch, "nn": nn, "jacobian_svd": jnn_studio.jacobian.jacobian_svd}
    result = doctest.testmod(module, extraglobs=names)
    assert result.failed == 0
