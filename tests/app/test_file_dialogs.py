"""Names proposed for files."""

from __future__ import annotations

import pytest

from jnn_studio.app.file_dialogs import file_name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Singular values", "singular-values"),
        ("σᵢ / σ₁ of the encoder", "σᵢ-σ₁-of-the-encoder"),
        ("Unregularised · η = 0", "unregularised-η-0"),
        ("../..", "untitled"),
    ],
)
def test_a_title_becomes_a_file_name(title: str, name: str) -> None:
    assert file_name(title) == name
