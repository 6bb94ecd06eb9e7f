"""Evidence files: kept once under their SHA-256, read by few, never lost while an entry refers to them."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.waiting import MOST_SECONDS, wait_for

from pingyi.db import db, transaction
from pingyi.services.core.callers import SHELL
from pingyi.services.evidence.evidence import clean_part
from pingyi.services.evidence.files import path_of
from pingyi.services.people.api_keys import new_office_key
from pingyi.services.sweep import sweep_up

CHANNEL = "/api/v1/periods/example-2017/partner_score/work_law"
PDF = b"%PDF-1.7\nevidence\n"
LONG_AGO = 25 * 3600
Send = Callable[..., Any]


@pytest.fixture
def folder(app: Flask, tmp_path: Path) -> Iterator[Path]:
    """A folder of evidence of this test alone."""
    name = "pingyi.configuration"
    before = app.extensions[name]
    app.extensions[name] = replace(before, evidence=str(tmp_path / "evidence"))
    yield tmp_path / "evidence"
    app.extensions[name] = before


@pytest.fixture
def bring(client: FlaskClient, operator: dict[str, str], folder: Path) -> Send:
    """Send a file to the channel work_law."""

    def send(content: bytes, **headers: str) -> Any:
        return client.post(f"{CHANNEL}/evidence", data=content, headers={**operator, **headers})

    return send


def bearer(role: str) -> dict[str, str]:
    with transaction() as connection:
        return {"Authorization": f"Bearer {new_office_key(connection, SHELL, [role]).token}"}


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def age(path: Path) -> None:
    """Let a file and all rows have been brought 25 hours ago."""
    before = time.time() - LONG_AGO
    os.utime(path, (before, before))
    with transaction() as connection:
        connection.execute(text("UPDATE evidence SET uploaded_at = now() - interval '25 hours'"))


def test_file_comes_back_as_it_was_brought(
    client: FlaskClient, bring: Send, operator: dict[str, str], folder: Path
) -> None:
    kept = bring(PDF)
    digest = hashlib.sha256(PDF).hexdigest()
    assert kept.status_code == 201, kept.text
    assert kept.json == {
        "sha256": digest,
        "size": len(PDF),
        "media_type": "application/pdf",
        "reference": f"sha256:{digest}",
    }
    path = folder / digest[:2] / digest[2:4] / digest
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for each in (folder, path.parent.parent, path.parent):
        assert stat.S_IMODE(each.stat().st_mode) == 0o700
    found = client.get(kept.headers["Location"], headers=operator)
    assert (found.status_code, found.data) == (200, PDF)
    assert found.headers["Content-Disposition"] == f'attachment; filename="{digest}.pdf"'
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert found.headers["Cache-Control"] == "no-store"


def test_same_content_twice_is_one_file(bring: Send, folder: Path) -> None:
    assert bring(PDF).json == bring(PDF).json
    assert len(files_of(folder)) == 1
    with transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM evidence")).scalar_one() == 1


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n\0", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("通报第3条\n".encode("gb18030"), "text/plain"),
        (
            b"PK\x03\x04 [Content_Types].xml word/document.xml",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
    ],
)
def test_type_is_what_the_bytes_show(bring: Send, content: bytes, media_type: str) -> None:
    assert bring(content, **{"Content-Type": "text/html"}).json["media_type"] == media_type


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "file_empty"),
        (b"\x7fELF\0", 415, "evidence_type"),
        (b"PK\x03\x04 any archive", 415, "evidence_type"),
        (b"PK\x03\x04 [Content_Types].xml xl/workbook.xml xl/vbaProject.bin", 415, "evidence_type"),
        (b"%PDF-" + bytes(10 * 2**20), 413, "body_too_large"),
    ],
)
def test_other_files_are_refused(bring: Send, folder: Path, content: bytes, status: int, code: str) -> None:
    refused = bring(content)
    assert (refused.status_code, refused.json["code"]) == (status, code)
    assert not files_of(folder)


def test_only_the_operator_and_the_readers_of_the_office_see_a_file(
    client: FlaskClient, bring: Send, key_of: Callable[..., dict[str, str]]
) -> None:
    address = bring(PDF).headers["Location"]
    other = key_of("市政府网站")
    assert bring(PDF, **other).status_code == 403
    for headers in (other, bearer("security_administrator"), bearer("card_issuer")):
        assert client.get(address, headers=headers).status_code == 403
    assert client.get(address).status_code == 401
    for role in ("administrator", "approver", "auditor", "reviewer"):
        assert client.get(address, headers=bearer(role)).data == PDF
    assert reads() == 4


def reads() -> int:
    """How often the record says that somebody of the office looked."""
    with transaction() as connection:
        said = text("SELECT count(*) FROM leaf WHERE kind = 'data.read_sensitive'")
        return int(connection.execute(said).scalar_one())


def test_the_operators_own_look_is_not_recorded(
    client: FlaskClient, bring: Send, operator: dict[str, str]
) -> None:
    assert client.get(bring(PDF).headers["Location"], headers=operator).data == PDF
    assert reads() == 0


def test_reference_stands_in_the_entry_and_its_leaf(bring: Send, post: Send) -> None:
    reference = bring(PDF).json["reference"]
    done = post({"unit": "A01", "score": "4", "evidence": f"通报 {reference}"})
    assert done.status_code == 201, done.text
    with transaction() as connection:
        body = connection.execute(text("SELECT body FROM leaf WHERE kind = 'entry'")).scalar_one()
    assert msgspec.json.decode(body)["values"]["evidence"] == f"通报 {reference}"


@pytest.mark.parametrize("said", ["sha256:" + "0" * 64, "见 sha256:12", "SHA256:{digest}", "sha256:{upper}"])
def test_reference_to_no_file_is_refused(bring: Send, post: Send, stored: Send, said: str) -> None:
    digest = bring(PDF).json["sha256"]
    before = stored()
    wrong = {"unit": "A02", "score": "4", "evidence": said.format(digest=digest, upper=digest.upper())}
    refused = post({"unit": "A01", "score": "4"}, wrong)
    assert (refused.status_code, refused.json["code"]) == (422, "entries_invalid")
    (error,) = refused.json["errors"]
    assert (error["code"], error["pointer"]) == ("evidence_unknown", "/entries/1/evidence")
    assert stored() == before


def test_row_of_a_file_with_an_unknown_reference_is_wrong(
    client: FlaskClient, bring: Send, operator: dict[str, str]
) -> None:
    known = bring(PDF).json["reference"]
    rows = f"单位,得分,依据\nA01,4,{known}\nA02,4,sha256:{'0' * 64}\n"
    judged = client.post(f"{CHANNEL}/uploads", data=rows.encode(), headers=operator)
    assert [row["verdict"] for row in judged.json["verdicts"]] == ["new", "wrong"]
    (error,) = judged.json["verdicts"][1]["errors"]
    assert (error["code"], error["column"]) == ("evidence_unknown", "依据")


def test_referred_file_is_never_cleaned(
    client: FlaskClient, bring: Send, post: Send, operator: dict[str, str], folder: Path
) -> None:
    kept = bring(PDF)
    assert post({"unit": "A01", "score": "4", "evidence": kept.json["reference"]}).status_code == 201
    assert post({"unit": "A01", "score": "3", "evidence": "改", "reason": "核对"}).status_code == 201
    path = path_of(folder, bytes.fromhex(kept.json["sha256"]))
    age(path)
    sweep_up()
    assert clean_part(int(path.name[:2], 16)) == 0
    assert client.get(kept.headers["Location"], headers=operator).data == PDF


def test_confirmed_upload_keeps_its_file(
    client: FlaskClient, bring: Send, operator: dict[str, str], folder: Path
) -> None:
    kept = bring(PDF)
    rows = f"单位,得分,依据\nA01,4,{kept.json['reference']}\n".encode()
    number = client.post(f"{CHANNEL}/uploads", data=rows, headers=operator).json["upload"]
    done = client.post(f"{CHANNEL}/uploads/{number}/confirmation", headers=operator)
    assert done.status_code == 201, done.text
    age(path_of(folder, bytes.fromhex(kept.json["sha256"])))
    sweep_up()
    assert len(files_of(folder)) == 1


def test_file_that_nobody_refers_to_goes_after_its_day(
    client: FlaskClient, bring: Send, post: Send, operator: dict[str, str], folder: Path
) -> None:
    kept = bring(PDF)
    sweep_up()
    assert len(files_of(folder)) == 1
    age(files_of(folder)[0])
    sweep_up()
    assert not files_of(folder)
    assert client.get(kept.headers["Location"], headers=operator).status_code == 404
    late = post({"unit": "A01", "score": "4", "evidence": kept.json["reference"]})
    assert late.json["errors"][0]["code"] == "evidence_unknown"


def test_file_of_two_channels_stays_for_the_one_that_refers_to_it(
    client: FlaskClient, bring: Send, post: Send, key_of: Callable[..., dict[str, str]], folder: Path
) -> None:
    other = key_of("市政府网站")
    elsewhere = "/api/v1/periods/example-2017/web_poll/online_poll/evidence"
    kept = client.post(elsewhere, data=PDF, headers=other)
    entry = {"unit": "A01", "score": "4", "evidence": kept.json["reference"]}
    assert post(entry).json["errors"][0]["code"] == "evidence_unknown"
    bring(PDF)
    assert post(entry).status_code == 201
    age(files_of(folder)[0])
    sweep_up()
    assert len(files_of(folder)) == 1
    assert client.get(kept.headers["Location"], headers=other).status_code == 404


def test_entry_that_meets_the_cleaning_is_refused_whole(bring: Send, post: Send, stored: Send) -> None:
    reference = bring(PDF).json["reference"]
    before, answers = stored(), []
    entry = {"unit": "A01", "score": "4", "evidence": reference}
    with db.engine.connect() as cleaning:
        cleaning.execute(text("DELETE FROM evidence"))
        posting = threading.Thread(target=lambda: answers.append(post(entry)))
        posting.start()
        waits = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")

        def meets() -> bool:
            cleaning.execute(text("SELECT pg_stat_clear_snapshot()"))
            return bool(cleaning.execute(waits).scalar_one())

        wait_for(meets, "the entry to wait for the cleaning")
        assert posting.is_alive()
        cleaning.commit()
        posting.join(MOST_SECONDS)
    assert answers[0].json["errors"][0]["code"] == "evidence_unknown"
    assert stored() == before


def test_bytes_brought_again_are_no_leftover(bring: Send, folder: Path) -> None:
    bring(PDF)
    (path,) = files_of(folder)
    with transaction() as connection:
        connection.execute(text("DELETE FROM evidence"))
    age(path)
    bring(PDF)
    age(path)
    assert clean_part(int(path.name[:2], 16)) == 0
    assert path.exists()


def test_what_a_crash_leaves_goes_after_its_day(bring: Send, folder: Path) -> None:
    bring(PDF)
    (path,) = files_of(folder)
    half = path.with_name(".part-x")
    half.write_bytes(b"%PDF")
    with transaction() as connection:
        connection.execute(text("DELETE FROM evidence"))
    part = int(path.name[:2], 16)
    assert clean_part(part) == 0
    for each in (path, half):
        age(each)
    assert clean_part(part) == 2
    assert not files_of(folder)


def test_file_that_changed_is_not_given_out(
    client: FlaskClient, bring: Send, operator: dict[str, str], folder: Path
) -> None:
    address = bring(PDF).headers["Location"]
    files_of(folder)[0].write_bytes(b"%PDF-1.7\nforged\n")
    refused = client.get(address, headers=operator)
    assert (refused.status_code, refused.json["code"]) == (500, "evidence_damaged")


@pytest.mark.parametrize(
    "name", ["../../secret", "..%2F..%2Fsecret", "%2e%2e/secret", "0" * 63, "A" * 64, "0" * 64 + "/../x"]
)
def test_path_leads_nowhere_else(
    client: FlaskClient, bring: Send, operator: dict[str, str], folder: Path, name: str
) -> None:
    bring(PDF)
    (folder.parent / "secret").write_text("secret", encoding="ascii")
    found = client.get(f"{CHANNEL}/evidence/{name}", headers=operator)
    assert found.status_code in {404, 405}
    assert b"secret" not in found.data or found.is_json
