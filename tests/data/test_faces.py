"""The procedural faces: repeatable, bounded, and a smooth function of factors that mean different things."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from jnn_studio.data.face_geometry import Pose, Sheet, Window
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.source import FactorSource

# torch's own words when forward mode is first used.
