"""Surveys of collections that have been made, so that whoever needs one next goes on from there."""

from __future__ import annotations

from collections import OrderedDict

from jnn_studio.data.source import ImageSource
from jnn_studio.explore.collection.gallery import Survey
from jnn_studio.models.weights import LoadedModel

KEPT = 8


class Surveys:
    """The newest `KEPT` surveys, by model and source. Used on one thread; surveys themselves go anywhere."""

    def __init__(self) -> None:
        # Both are kept with what was found, so that their identities stay theirs.
        self._found: OrderedDict[tuple[int, int], tuple[LoadedModel, ImageSource, Survey]] = OrderedDict()

    def known(self, loaded: LoadedModel, source: ImageSource) -> Survey | None:
        """What is known of this very source under this very model."""
        found = self._found.get((id(loaded), id(source)))
        return None if found is None else found[2]

    def keep(self, loaded: LoadedModel, source: ImageSource, survey: Survey) -> None:
        """Take what was found, unless more was known already."""
        before = self.known(loaded, source)
        if before is not None and before.done > survey.done:
            return
        key = (id(loaded), id(source))
        self._found[key] = loaded, source, survey
        self._found.move_to_end(key)
        while len(self._found) > KEPT:
            self._found.popitem(last=False)
