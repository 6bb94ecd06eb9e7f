"""The files that hold ballot secrets: named by what they belong to, readable by this account alone."""

from __future__ import annotations

import os
from pathlib import Path

from flask import current_app

from pingyi.channels import Text
from pingyi.domain.canonical import sha256_hex
from pingyi.domain.errors import Problem
from pingyi.settings import Settings
from pingyi_surveys.ballot.key_messages import key_file_unreadable
from pingyi_surveys.ballot.keys import BoxKeys, KeyFile, box_keys_of, read_key_file
from pingyi_surveys.settings import SurveySettings


def configured() -> SurveySettings:
    """Our settings in the running application, which say where the files lie."""
    settings: Settings = current_app.extensions["pingyi.configuration"]
    return settings.read(SurveySettings)


def box_name(period_id: int, public: bytes) -> str:
    """The name of the file that holds a period's box secret."""
    return f"period-{period_id}-{sha256_hex(public)[:16]}.box"


def key_file_name(period_id: int, digest: str) -> str:
    """The name of the file by which web hosts take a period's ballots."""
    return f"period-{period_id}-{digest[:16]}.keys"


def read_keys(settings: SurveySettings, period_id: int, digest: str) -> KeyFile:
    """The keys by which this host takes a period's ballots.

    Raises Problem key_file_missing, key_file_changed, key_file_unreadable.
    """
    try:
        content = (settings.ballots_folder / key_file_name(period_id, digest)).read_bytes()
    except FileNotFoundError:
        raise Problem("key_file_missing", 503, _MISSING) from None
    return read_key_file(content, digest)


_MISSING = Text(
    zh="本机没有收票用的密钥文件，暂停收票；请从准备票箱的主机复制过来。",
    en="The key file for taking ballots is missing on this host; copy it from where the boxes were prepared.",
)


def read_box_secret(settings: SurveySettings, period_id: int, public: bytes) -> bytes | None:
    """The secret that opens a period's boxes where this host holds it; Problem box_key_wrong."""
    try:
        written = (settings.box_folder / box_name(period_id, public)).read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    secret = bytes.fromhex(written.strip())
    _: BoxKeys = box_keys_of(secret, public)
    return secret


def read_secret(path: Path) -> bytes:
    """The secret that a file holds in hexadecimal; Problem key_file_unreadable."""
    try:
        return bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError as error:
        raise key_file_unreadable() from error


def forget(path: Path) -> bool:
    """Overwrite a secret's file and remove it; whether there was one."""
    try:
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.write(bytes(size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only this account may read, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
