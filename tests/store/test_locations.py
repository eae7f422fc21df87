"""Homes that would lose data are named before they do."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.errors import StorageError
from store.locations import private_folder, shared_place


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/users/jo/Dropbox/mana", "Dropbox"),
        ("/users/jo/OneDrive - Studio/mana", "OneDrive"),
        ("/users/jo/Nextcloud/mana", "Nextcloud"),
        ("/users/jo/drops/mana", ""),
    ],
)
def test_a_folder_that_another_program_copies_is_named(path: str, name: str) -> None:
    assert shared_place(Path(path)) == name


def test_a_network_file_system_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    table = (
        "22 1 8:1 / / rw - ext4 /dev/root rw\n"
        "40 22 0:40 / /mnt/my\\040share rw - nfs4 host:/x rw\n"
        "41 22 0:41 / /mnt/far rw - fuse.sshfs host:/y rw\n"
    )
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: table)
    assert shared_place(Path("/mnt/my share/home")) == "nfs4"
    assert shared_place(Path("/mnt/far/home")) == "sshfs"
    assert shared_place(Path("/users/jo")) == ""


def test_a_private_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    wide = tmp_path / "wide"
    wide.mkdir(mode=0o755)
    assert private_folder(wide).stat().st_mode & 0o777 == 0o700
    assert private_folder(tmp_path / "new" / "deep").stat().st_mode & 0o777 == 0o700


def test_a_folder_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.getuid", lambda: 12_345)
    with pytest.raises(StorageError):
        private_folder(tmp_path)
