"""Sessions: saved and opened again exactly, wherever they have been taken since."""

from __future__ import annotations

import json
import math
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from jnn_studio.base.atomic import leftovers
from jnn_studio.base.settings import from_elsewhere
from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.explore.columns.open_models import open_models
from jnn_studio.explore.columns.references import member_reference, open_references
from jnn_studio.explore.painted import Brush
from jnn_studio.explore.region import Region
from jnn_studio.explore.saved.session_file import SessionError, load_session, save_session
from jnn_studio.explore.state import (
    MAX_DIRECTIONS,
    Aims,
    Base,
    Column,
    ExploreState,
    FileImage,
    Leg,
    SourceImage,
    Towards,
    Walk,
    bundled_state,
)
from jnn_studio.models.weights import LoadedModel, fingerprint, load_model, save_model

AWKWARD = (0.1 + 0.2, -1 / 3, 5e-324, -0.0, 1e-17, math.pi / 40, 0.05, 0.0)


@pytest.fixture
def project(trained: Path, tmp_path: Path) -> Path:
    """A folder with a run, a weights file and an image in it."""
    folder = tmp_path / "project"
    shutil.copytree(trained, folder / "runs" / "one")
    shutil.copy(trained / "models" / "regularised.safetensors", folder / "alone.safetensors")
    (folder / "faces").mkdir()
    (folder / "face.png").write_bytes(b"not looked at")
    return folder


def state_of(project: Path) -> ExploreState:
    """A state that uses everything a state can hold."""
    own = Walk(amounts=AWKWARD[::-1], legs=(Leg(direction=7, amount=-0.07),))
    return ExploreState(
        source=FolderConfig(path=project / "faces"),
        columns=(
            Column(key="c1", where=member_reference(project / "runs" / "one", "regularised")),
            Column(
                key="c3",
                where=str(project / "alone.safetensors"),
                name="Ålone η",
                directions="decoder",
                scope="images",
                linked=False,
                walk=own,
            ),
            Column(key="c2", where="unregularised", directions="axes"),
        ),
        base=Base(image=FileImage(path=project / "face.png"), latents={"c1": tuple(AWKWARD)}),
        mode="curved",
        walk=Walk(amounts=AWKWARD, legs=tuple(Leg(direction=d, amount=a) for d, a in enumerate(AWKWARD))),
        towards=Towards(image=SourceImage(index=41), share=1 / 3),
        matched=True,
        limit=0.1234567890123456,
        shown=12,
        basis="attributes",
        aims=Aims(
            names=("smile", "Ålder"),
            weights={str(project / "alone.safetensors"): ((1 / 3, -1e-17), (0.1 + 0.2, 4.0))},
        ),
        region=Region(left=0.1, top=1 / 3, right=0.7, bottom=0.9),
    )


def models_of(state: ExploreState) -> dict[str, LoadedModel]:
    return {c.where: next(iter(open_references(c.where).values())) for c in state.columns}


# --- there and back ----------------------------------------------------------------------------------


def test_everything_comes_back_exactly(project: Path) -> None:
    state = state_of(project)
    path = project / "found.jnnsession"

    save_session(path, state, models_of(state))
    session = load_session(path)

    assert session.state == state
    assert [math.copysign(1, a) for a in session.state.walk.amounts] == [math.copysign(1, a) for a in AWKWARD]
    assert session.warnings == ()
    assert set(session.models) == {column.where for column in state.columns}


def test_what_is_painted_comes_back_too(project: Path) -> None:
    region = Brush(0.3).stroke(None, (0.2, 0.3), (0.9, 0.4))
    state = state_of(project).change(region=region)

    save_session(project / "found.jnnsession", state, models_of(state))

    assert load_session(project / "found.jnnsession").state == state


@pytest.mark.skipif(os.name != "posix", reason="names are text there")
def test_names_that_are_no_text_come_back(project: Path) -> None:
    odd = (project / "face.png").rename(project / os.fsdecode(b"caf\xe9.png"))
    folder = (project / "faces").rename(project / os.fsdecode(b"fac\xe9s"))
    state = state_of(project)
    state = state.change(
        source=FolderConfig(path=folder), base=state.base.model_copy(update={"image": FileImage(path=odd)})
    )
    save_session(project / "found.jnnsession", state, models_of(state))
    session = load_session(project / "found.jnnsession")
    assert session.state == state
    assert session.warnings == ()
    (project / "moved").mkdir()
    for path in (odd, folder, project / "found.jnnsession"):
        path.rename(project / "moved" / path.name)
    found = load_session(project / "moved" / "found.jnnsession").state
    assert found.base.image == FileImage(path=project / "moved" / odd.name)


def test_the_same_state_is_the_same_file(project: Path) -> None:
    state = state_of(project)
    save_session(project / "a.jnnsession", state, models_of(state))
    save_session(project / "b.jnnsession", load_session(project / "a.jnnsession").state, models_of(state))

    assert (project / "a.jnnsession").read_bytes() == (project / "b.jnnsession").read_bytes()


def test_the_first_state_and_an_empty_one_come_back(tmp_path: Path) -> None:
    for state in (bundled_state(), ExploreState(source=FacesConfig(count=20, seed=7))):
        save_session(tmp_path / "s.jnnsession", state)
        assert load_session(tmp_path / "s.jnnsession").state == state


# --- from another kind of system -----------------------------------------------------------------------


@pytest.mark.parametrize("relative_by", ["/", "\\"])
def test_a_session_written_on_windows_is_found_by_its_relative_paths(project: Path, relative_by: str) -> None:
    state = state_of(project)
    path = project / "found.jnnsession"
    save_session(path, state, models_of(state))

    def there(place: str) -> str:
        return place.replace(str(project), "C:\\Users\\me\\project").replace("/", "\\")

    content = json.loads(path.read_text(encoding="utf-8"))
    content["relative"] = {
        there(place): seen.replace("/", relative_by) for place, seen in content["relative"].items()
    }
    content["fingerprints"] = {there(where): print_ for where, print_ in content["fingerprints"].items()}
    inner = content["state"]
    inner["source"]["path"] = there(inner["source"]["path"])
    inner["base"]["image"]["path"] = there(inner["base"]["image"]["path"])
    for column in inner["columns"]:
        column["where"] = there(column["where"])
    path.write_text(json.dumps(content), encoding="utf-8")

    session = load_session(path)

    assert session.state == state
    assert session.warnings == ()
    assert set(session.models) == {column.where for column in state.columns}


def test_what_is_not_there_is_called_as_it_was_called(project: Path) -> None:
    path = project / "found.jnnsession"
    save_session(path, ExploreState(source=FolderConfig(path=project / "faces")))
    text = path.read_text(encoding="utf-8").replace(str(project / "faces"), "D:\\\\gone")
    path.write_text(text.replace('"faces"', '"nowhere"'), encoding="utf-8")

    (warning,) = load_session(path).warnings
    assert warning.startswith("D:\\gone is no longer there")


def test_whole_paths_of_the_other_kind_of_system_are_known() -> None:
    windows = ("C:\\photos", "c:/photos", "\\\\server\\share\\photos")
    posix = ("/home/me/photos", "/")
    assert all(from_elsewhere(path, windows=False) for path in windows)
    assert not any(from_elsewhere(path, windows=False) for path in (*posix, "photos", "a\\b", "~/x"))
    assert all(from_elsewhere(path, windows=True) for path in posix)
    assert not any(from_elsewhere(path, windows=True) for path in (*windows, "photos", "~/x"))


# --- things that have moved --------------------------------------------------------------------------


def test_what_moved_along_with_the_session_is_found_beside_it(project: Path, tmp_path: Path) -> None:
    state = state_of(project)
    save_session(project / "sessions" / "s.jnnsession", state, models_of(state))
    elsewhere = tmp_path / "elsewhere"
    project.rename(elsewhere)

    session = load_session(elsewhere / "sessions" / "s.jnnsession")

    assert session.warnings == ()
    assert session.state == state_of(elsewhere)
    assert len(session.models) == 3


def test_what_is_still_where_it_was_is_preferred(project: Path, tmp_path: Path) -> None:
    state = state_of(project)
    save_session(project / "s.jnnsession", state)
    shutil.copytree(project, tmp_path / "copy")

    assert load_session(tmp_path / "copy" / "s.jnnsession").state == state


def test_what_is_gone_is_named(project: Path) -> None:
    state = state_of(project)
    save_session(project / "s.jnnsession", state, models_of(state))
    (project / "face.png").unlink()
    (project / "alone.safetensors").unlink()

    session = load_session(project / "s.jnnsession")

    assert session.state == state
    assert len(session.warnings) == 2
    for name, warning in zip(("alone.safetensors", "face.png"), session.warnings, strict=True):
        assert warning.startswith(f"{project / name} is no longer there")


# --- models that have changed ------------------------------------------------------------------------


def test_a_model_with_other_weights_is_pointed_out(project: Path) -> None:
    state = state_of(project)
    save_session(project / "s.jnnsession", state, models_of(state))
    path = project / "alone.safetensors"
    loaded = load_model(path)
    with torch.no_grad():
        next(loaded.model.parameters()).view(-1)[0] += 1e-6
    save_model(path, loaded.model, loaded.name, loaded.info)

    session = load_session(project / "s.jnnsession")

    assert session.state == state
    (warning,) = session.warnings
    assert warning.startswith(f"The weights of Ålone η ({path}) have changed since s.jnnsession was saved")


def test_a_model_that_cannot_be_opened_any_more_is_pointed_out(project: Path) -> None:
    state = state_of(project)
    save_session(project / "s.jnnsession", state, models_of(state))
    (project / "alone.safetensors").write_bytes(b"")

    (warning,) = load_session(project / "s.jnnsession").warnings

    assert "alone.safetensors is not a readable .safetensors file" in warning


def test_fingerprints_tell_models_apart_and_nothing_else(trained: Path, tmp_path: Path) -> None:
    one, other = open_models(trained)
    save_model(tmp_path / "renamed.safetensors", one.model, "another name")

    assert fingerprint(one.model) != fingerprint(other.model)
    assert fingerprint(load_model(tmp_path / "renamed.safetensors").model) == fingerprint(one.model)
    assert len(fingerprint(one.model)) == 64


# --- files that will not do --------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "s.jnnsession"
    save_session(path, bundled_state())
    return path


def rewrite(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def refusal(path: Path) -> str:
    with pytest.raises(SessionError) as raised:
        load_session(path)
    assert str(path) in str(raised.value)
    return str(raised.value)


def test_a_newer_session_is_refused(saved: Path) -> None:
    rewrite(saved, schema_version=2, extra="new")
    assert "newer JNN Studio (format 2, this one reads up to 1); update the program" in refusal(saved)


def test_a_newer_state_is_refused(saved: Path) -> None:
    rewrite(saved, state={"schema_version": 3, "hologram": True})
    assert "newer JNN Studio (format 3" in refusal(saved)


def test_a_file_cut_short_anywhere_is_refused(saved: Path) -> None:
    whole = saved.read_bytes().rstrip()
    for length in range(0, len(whole), 37):
        saved.write_bytes(whole[:length])
        assert "damaged" in refusal(saved)


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00garbage", b"[" * 100_000, b'{"kind": "JNN Studio session"']
)
def test_rubbish_is_refused(saved: Path, content: bytes) -> None:
    saved.write_bytes(content)
    assert "damaged or no session" in refusal(saved)


@pytest.mark.parametrize("content", ["[]", "{}", '{"kind": "recipe"}', "3"])
def test_another_kind_of_file_is_refused(saved: Path, content: str) -> None:
    saved.write_text(content)
    assert "is not a session of JNN Studio" in refusal(saved)


def test_what_is_wrong_is_named(saved: Path) -> None:
    state = json.loads(saved.read_text())["state"]
    rewrite(saved, state=state | {"limit": 7})
    assert "state.limit: Input should be less than or equal to 0.5" in refusal(saved)
    rewrite(saved, state=state | {"walk": {"amounts": [0.0] * (MAX_DIRECTIONS + 1)}})
    assert "state.walk.amounts" in refusal(saved)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "there is no session at" in refusal(tmp_path / "gone.jnnsession")
    assert "cannot be read: Is a directory" in refusal(tmp_path)


def test_saving_that_fails_leaves_the_old_session(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = saved.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_session(saved, ExploreState())

    assert saved.read_bytes() == before
    assert leftovers(saved.parent) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[" * 3000 + "]" * 3000, "nested deeper than 64 levels"),
        ('{"kind": "JNN Studio session", "state": {"schema_version": ' + "9" * 10_000 + "}}", "40 digits"),
        ('{"kind": "JNN Studio session", "schema_version": ' + "9" * 4000 + "}", "40 digits"),
        ('{"a":' * 200 + "1" + "}" * 200, "nested deeper than 64 levels"),
    ],
)
def test_a_file_of_more_than_is_ever_written_is_refused_in_words(
    saved: Path, content: str, reason: str
) -> None:
    saved.write_text(content)
    assert reason in refusal(saved)


@pytest.mark.timeout(30)
def test_pipes_devices_and_files_of_any_size_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jnnsession")
    with (tmp_path / "large.jnnsession").open("wb") as file:
        file.truncate(1 << 40)

    assert "a pipe, not a file" in refusal(tmp_path / "pipe.jnnsession")
    assert "a device, not a file" in refusal(Path("/dev/zero"))
    assert "larger than the 16 MB that are read" in refusal(tmp_path / "large.jnnsession")
    with pytest.raises(OSError, match="a pipe, not a file"):
        save_session(tmp_path / "pipe.jnnsession", ExploreState())
