"""Folders' names as attributes: classes, persons, levels of folders."""

from __future__ import annotations

import numpy as np

from jnn_studio.data.folder_names import MAX_CLASSES, folder_attributes, folder_levels, with_folders


def labels(*folders: str, each: int = 2) -> list[str]:
    return [f"{folder}/{number}.png" for folder in folders for number in range(each)]


def test_a_level_is_the_folders_of_one_depth() -> None:
    (level,) = folder_levels(labels("anna", "bert", "carl"))
    assert level.name == "folder"
    assert level.folders == ("anna", "bert", "carl")
    assert level.of.tolist() == [0, 0, 1, 1, 2, 2]


def test_folders_with_numbers_are_in_the_order_of_these() -> None:
    (level,) = folder_levels(labels("s1", "s10", "s2", "s02b", "Zed", "a"))
    assert level.folders == ("Zed", "a", "s1", "s2", "s02b", "s10")


def test_levels_within_levels_are_told_apart() -> None:
    found = folder_levels(labels("train/smiling", "train/neutral", "test/smiling", "test/neutral"))
    assert [level.name for level in found] == ["folder, level 1", "folder, level 2"]
    assert [level.folders for level in found] == [("test", "train"), ("neutral", "smiling")]
    assert found[1].of.tolist() == [1, 1, 0, 0, 1, 1, 0, 0]


def test_a_level_that_tells_nothing_apart_is_none() -> None:
    assert folder_levels(["a.png", "b.png"]) == ()
    assert folder_levels(labels("all")) == ()
    assert folder_levels([f"{number}/only.png" for number in range(5)]) == ()
    (level,) = folder_levels(labels("img/anna", "img/bert"))
    assert level.name == "folder", "img is around all of them"


def test_images_above_the_folders_have_none() -> None:
    (level,) = folder_levels(["1.png", *labels("smiling")])
    assert level.folders == ("", "smiling")


def test_thousands_of_persons_are_a_level_and_no_attributes() -> None:
    people = labels(*(f"p{number:04}" for number in range(3000)))
    (level,) = folder_levels(people)
    assert len(level.folders) == 3000
    assert folder_attributes(people) is None


def test_of_two_classes_the_one_that_is_called_so_is_yes() -> None:
    for no, yes in (("negatives", "positives"), ("not smiling", "smiling"), ("neutral", "happy"), ("0", "1")):
        table = folder_attributes(labels(no, yes))
        assert table is not None
        assert table.names == (yes,)
        assert table.values[:, 0].tolist() == [0, 0, 1, 1]
        assert table.binary == (True,)
    nobody_knows = folder_attributes(labels("cats", "dogs"))
    assert nobody_knows is not None
    assert nobody_knows.names == ("dogs",)
    assert folder_attributes(labels("north", "south")).names == ("south",), "north is not lacking anything"


def test_each_of_a_few_classes_is_an_attribute() -> None:
    table = folder_attributes(["above.png", *labels("cats", "dogs", "owls")])
    assert table is not None
    assert table.names == ("cats", "dogs", "owls")
    assert np.isnan(table.values[0]).all()
    assert table.values[1:].tolist() == [[1, 0, 0]] * 2 + [[0, 1, 0]] * 2 + [[0, 0, 1]] * 2
    assert table.matched == 6
    assert folder_attributes(labels(*map(str, range(MAX_CLASSES)))) is not None
    assert folder_attributes(labels(*map(str, range(MAX_CLASSES + 1)))) is None


def test_a_table_keeps_its_own_attributes_beside_the_folders() -> None:
    folders = folder_attributes(labels("neutral", "smiling"))
    assert folders is not None
    assert with_folders(None, folders) is folders
    assert with_folders(folders, None) is folders
    both = with_folders(folders, folder_attributes(labels("men", "women")))
    assert both is not None
    assert both.names == ("smiling", "women")
    assert both.values.tolist() == [[0, 0], [0, 0], [1, 1], [1, 1]]
    assert with_folders(folders, folders).names == ("smiling",)
