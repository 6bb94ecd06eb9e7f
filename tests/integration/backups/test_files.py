"""The file of a backup: private, whole, never overwritten; anything else is refused and leaves nothing."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from tests.integration.backups.conftest import House
from tests.small_scheme import LAW, WINDOW, draft_period, scheme_of

from pingyi.backups.archive import reading
from pingyi.backups.postgres_clients import find_clients
from pingyi.domain.errors import Problem
from pingyi.services.evidence.files import read_file, write_file

pytestmark = pytest.mark.long

Spoil = Callable[[Path], None]


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 7)


def halved(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def foreign(path: Path) -> None:
    path.write_text("备份\n" * 1_000, encoding="utf-8")


def other_archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("backup.json", "[]")


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)


def added(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("evidence/" + "0" * 64, "more")


def redigested(path: Path) -> None:
    """A dump that is cut short, with contents that say it should be so."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["database.dump"] = members["database.dump"][: len(members["database.dump"]) * 2 // 3]
    contents = json.loads(members["backup.json"])
    contents["files"]["database.dump"] = hashlib.sha256(members["database.dump"]).hexdigest()
    members["backup.json"] = json.dumps(contents).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


SPOILT: dict[Spoil, str] = {
    truncated: "backup_foreign",
    halved: "backup_foreign",
    foreign: "backup_foreign",
    other_archive: "backup_foreign",
    flipped: "backup_damaged",
    added: "backup_damaged",
    redigested: "client_failed",
    Path.unlink: "backup_unreadable",
}


def test_spoilt_file_is_refused_and_leaves_everything(house: House) -> None:
    house.act(300)
    house.seal()
    house.back_up()
    house.act(3)
    house.seal()
    content = house.file.read_bytes()
    found: dict[Spoil, str] = {}
    for spoil in SPOILT:
        house.file.write_bytes(content)
        spoil(house.file)
        with pytest.raises(Problem) as caught:
            house.restore()
        found[spoil] = caught.value.code
        assert leaves(house) == 303
    assert found == SPOILT
    assert not house.check().findings
    house.act()
    assert house.seal() == 1


def leaves(house: House) -> int:
    engine = create_engine(house.settings.database_url, poolclass=NullPool)
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM leaf")).scalar_one())


def test_file_is_private_and_stands_alone(house: House) -> None:
    house.act(2)
    taken = house.back_up()
    assert [path.name for path in house.folder.iterdir()] == [house.file.name]
    assert stat.S_IMODE(house.file.stat().st_mode) == 0o600
    assert taken.size == house.file.stat().st_size


def test_file_that_is_there_is_never_overwritten(house: House) -> None:
    house.act(2)
    house.back_up()
    content = house.file.read_bytes()
    with pytest.raises(Problem, match="backup_exists"):
        house.back_up()
    assert house.file.read_bytes() == content


def test_backup_that_fails_leaves_no_file(house: House) -> None:
    engine = create_engine(house.settings.owner_database_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("REVOKE SELECT ON session FROM CURRENT_USER"))
    try:
        with pytest.raises(Problem, match="client_failed") as caught:
            house.back_up()
    finally:
        with engine.begin() as connection:
            connection.execute(text("GRANT SELECT ON session TO CURRENT_USER"))
    assert "permission denied for table session" in caught.value.message.en
    assert list(house.folder.iterdir()) == []


def test_folder_that_is_missing_is_a_sentence(house: House) -> None:
    house.act(2)
    house.folder = house.folder / "missing"
    with pytest.raises(Problem, match="backup_unwritable"):
        house.back_up()


def test_backup_carries_the_evidence(house: House) -> None:
    draft_period(scheme_of(LAW, WINDOW), ["甲局"])
    folder = house.settings.evidence_folder
    kept, gone = (write_file(folder, content) for content in (b"a report", b"a picture"))
    engine = create_engine(house.settings.owner_database_url, poolclass=NullPool)
    with engine.begin() as connection:
        for digest in (kept, gone):
            connection.execute(
                text(
                    "INSERT INTO evidence (digest, channel_id, media_type, size, referred, uploaded_by)"
                    " SELECT :digest, min(id), 'text/plain', 8, true, 'somebody' FROM channel"
                ),
                {"digest": digest},
            )
    for path in folder.rglob(gone.hex()):
        path.unlink()
    taken = house.back_up()
    assert (taken.evidence, taken.missing) == (1, 1)
    assert "lost or damaged" in taken.sentences()[-1].en
    for path in folder.rglob(kept.hex()):
        path.unlink()
    assert house.restore().evidence == 1
    assert read_file(folder, kept) == b"a report"


def test_password_is_told_in_the_environment_only(house: House) -> None:
    clients = find_clients(house.settings.owner_database_url)
    assert clients.environment["PGPASSWORD"]
    assert clients.environment["PGUSER"] == "pingyi_owner"
    assert not any("DATABASE_URL" in name for name in clients.environment)
    assert clients.major >= clients.server


def test_commands_speak_in_sentences(house: House, shell: Callable[..., Result]) -> None:
    house.act(4)
    house.seal()
    done = shell("backup", house.file)
    assert done.exit_code == 0, done.output
    assert "4 leaves" in done.output
    assert "Newest head in it: pingyi/" in done.output
    house.act(2)
    house.seal()
    filled = shell("restore", house.file)
    assert filled.exit_code == 1
    assert "6 leaves" in filled.output
    restored = shell("restore", house.file, "--replace")
    assert restored.exit_code == 0, restored.output
    assert "Gap: 2 entries of epoch 1, index 4 to 5" in restored.output
    with reading(house.file) as backup:
        assert backup.contents["head"]["size"] == 4
