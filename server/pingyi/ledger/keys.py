"""The key that signs the record: a file of its own, made once and never silently again."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from pingyi.ledger.messages import refusal
from pingyi.ledger.notes import public_bytes


def ensure_key(path: Path) -> None:
    """Make the key file unless it is there: 0600, complete or not at all."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)  # unlike a rename it leaves a key that another process made meanwhile
    except FileExistsError:
        return
    finally:
        fresh.unlink()


def load_key(path: Path) -> Ed25519PrivateKey:
    """The key of the file; Problem sealer_key_missing where there is none that can be used."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise refusal("sealer_key_missing", path=path, reason=reason) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise refusal("sealer_key_missing", path=path, reason="not Ed25519")
    return key


def origin_base(key: Ed25519PrivateKey, chosen: str) -> str:
    """What the origins of all epochs begin with: the name chosen, or one made of the public key."""
    if chosen and not re.fullmatch(r"[!-*,-~]+", chosen):
        raise refusal("bad_setting")
    digest = hashlib.sha256(public_bytes(key.public_key())).hexdigest()
    return chosen or f"pingyi/{digest[:16]}"
