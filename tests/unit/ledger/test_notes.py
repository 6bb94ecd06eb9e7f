"""Signed notes and checkpoints, byte for byte as C2SP describes them."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pingyi.ledger.notes import (
    Checkpoint,
    public_bytes,
    read_checkpoint,
    read_verifier,
    sign,
    verifier_key,
    verify,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = public_bytes(KEY.public_key())
ROOT = hashlib.sha256(b"root").digest()
HEAD = Checkpoint("pingyi/demo/1", 42, ROOT)

# The example of golang.org/x/mod/sumdb/note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
MESSAGE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_text_of_a_checkpoint_is_that_of_c2sp() -> None:
    assert HEAD.text == f"pingyi/demo/1\n42\n{base64.b64encode(ROOT).decode()}\n"
    assert HEAD.line == f"pingyi/demo/1 42 {base64.b64encode(ROOT).decode()}"


def test_a_signed_checkpoint_is_that_of_c2sp_byte_for_byte() -> None:
    hashed = hashlib.sha256(b"pingyi/demo/1\n\x01" + PUBLIC).digest()[:4]
    signature = base64.b64encode(hashed + KEY.sign(HEAD.text.encode())).decode()
    assert sign(HEAD.text, HEAD.origin, KEY) == f"{HEAD.text}\n\u2014 pingyi/demo/1 {signature}\n"


def test_a_verifier_key_is_that_of_c2sp() -> None:
    hashed = hashlib.sha256(b"pingyi/demo/1\n\x01" + PUBLIC).digest()[:4].hex()
    vkey = verifier_key(HEAD.origin, PUBLIC)
    assert vkey == f"pingyi/demo/1+{hashed}+{base64.b64encode(bytes([1]) + PUBLIC).decode()}"
    assert read_verifier(vkey) == (HEAD.origin, PUBLIC)


def test_the_example_of_the_specification_verifies() -> None:
    assert verify(MESSAGE, PETER)
    assert not verify(MESSAGE.replace("answer", "Answer"), PETER)


def test_a_checkpoint_is_read_back_and_checked() -> None:
    note = sign(HEAD.text, HEAD.origin, KEY)
    vkey = verifier_key(HEAD.origin, PUBLIC)
    assert read_checkpoint(note) == HEAD
    assert verify(note, vkey)
    assert verify(note + f"\u2014 witness {base64.b64encode(b'x' * 68).decode()}\n", vkey)


@pytest.mark.parametrize("at", range(0, 150, 7))
def test_any_changed_byte_is_refused(at: int) -> None:
    note = sign(HEAD.text, HEAD.origin, KEY)
    changed = note[:at] + ("x" if note[at] != "x" else "y") + note[at + 1 :]
    assert not verify(changed, verifier_key(HEAD.origin, PUBLIC))


def test_another_key_of_the_same_name_is_refused() -> None:
    other = Ed25519PrivateKey.generate()
    note = sign(HEAD.text, HEAD.origin, other)
    assert not verify(note, verifier_key(HEAD.origin, PUBLIC))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\nAAAA\n",
        "a\n01\n" + "A" * 43 + "=\n",
        "a\n-1\n" + "A" * 43 + "=\n",
        "\n1\n" + "A" * 43 + "=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not|root"):
        read_checkpoint(f"{text}\n\u2014 a AAAA\n" if text else "")
