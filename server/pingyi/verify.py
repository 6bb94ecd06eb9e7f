# ruff: noqa: E501 - a sentence to a person stands on one line
"""Checks a published evaluation from its public folder alone; Python 3.11 or later and nothing else.

    python3 -I DIR/verify.py [DIR] [--pin "ORIGIN SIZE ROOT"]... [--pin FILE]... [--witness VKEY]... [--lang zh|en]

Written from the published rules, not from the server's code, and to be read from top to bottom:
1 words, 2 files and the manifest, 3 the tree (RFC 9162), 4 signatures (Ed25519, signed notes),
5 leaves and entries, 6 heads and pins, 7 the acts in the record, 8 the snapshot against the files,
9 the formulas of the channels, 10 points, totals, ranks and consequences, 11 draws by lot, 12 ballots, 13 the whole.
Exit status 0: everything that can be checked from here is right. 1: something is not, in plain words.
A pin is a tree head that you kept yourself (from a receipt, a notice, an API answer): without one, whoever
holds the signing key could have written the whole record anew. A witness cosigns heads so that others need not
keep them: its verifier key, got from the witness itself, has its lines checked.
"""

from __future__ import annotations

import base64
import binascii
import csv
import gc
import hashlib
import io
import json
import multiprocessing
import os
import re
import stat
import sys
import time
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import lcm
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

FORMAT = "pingyi-public-bundle-1"
MOST_SENTENCES = 12  # of one kind; the rest is counted
GARBAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,  # and with it RecursionError
    TypeError,
    ValueError,  # and with it what JSON, TOML, base64 and text decoding raise
    csv.Error,
)


# ---------------------------------------------------------------------------------------------------------
# 1. Words: everything is said in Chinese and English; `Report` keeps count of what is wrong.


class UnfitError(Exception):
    """A part of the folder cannot be used; the two sentences say why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.words = (zh, en)


def reason(error: BaseException) -> tuple[str, str]:
    """Why something could not be read, in words where the kind is known."""
    detail = f"{error}"[:160]
    known: tuple[tuple[type[BaseException], str, str], ...] = (
        (KeyError, f"缺少 {detail}", f"{detail} is missing"),
        (UnicodeError, "不是 UTF-8 文字", "not text in UTF-8"),
        (json.JSONDecodeError, f"不是 JSON：{detail}", f"not JSON: {detail}"),
        (tomllib.TOMLDecodeError, f"不是 TOML：{detail}", f"not TOML: {detail}"),
        (binascii.Error, "不是 base64", "not base64"),
        (RecursionError, "层次过深", "nested too deep"),
    )
    for kind, zh, en in known:
        if isinstance(error, kind):
            return zh, en
    return f"{type(error).__name__}: {detail}", f"{type(error).__name__}: {detail}"


MARKS = {"ok": ("[通过] ", "[ok]    "), "note": ("[注意] ", "[note]  "), "wrong": ("[错误] ", "[WRONG] ")}


class Report:
    """Prints one line per finding in one language: [ok], [note] or [WRONG]."""

    def __init__(self, lang: str) -> None:
        self.lang = 1 if lang == "en" else 0
        self.faults = 0

    def ok(self, zh: str, en: str) -> None:
        self._say("ok", zh, en)

    def note(self, zh: str, en: str) -> None:
        self._say("note", zh, en)

    def wrong(self, zh: str, en: str) -> None:
        self.faults += 1
        self._say("wrong", zh, en)

    def all_wrong(self, found: Sequence[tuple[str, str]]) -> None:
        """Say the first of many findings of one kind, and how many more there are."""
        for zh, en in found[:MOST_SENTENCES]:
            self.wrong(zh, en)
        if len(found) > MOST_SENTENCES:
            left = len(found) - MOST_SENTENCES
            self.wrong(f"……此类问题还有 {left} 处。", f"... and {left} more of this kind.")

    @contextmanager
    def part(self, zh: str, en: str) -> Iterator[None]:
        """Whatever cannot be read inside becomes a sentence, never a traceback."""
        try:
            yield
        except UnfitError as refusal:
            self.wrong(*refusal.words)
        except GARBAGE as error:
            what = reason(error)
            self.wrong(f"{zh}：无法读懂（{what[0]}）。", f"{en}: the content makes no sense ({what[1]}).")

    def _say(self, kind: str, zh: str, en: str) -> None:
        words = (zh, en)[self.lang]
        # Names come from the files that are being checked: no control character of theirs reaches a terminal.
        safe = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in words)
        sys.stdout.write(f"{MARKS[kind][self.lang]}{safe}\n")


# ---------------------------------------------------------------------------------------------------------
# 2. Files: plain readers, and the manifest that lists every file of the folder with its SHA-256.


def canonical(value: Any) -> bytes:
    """The one spelling of a JSON value: sorted keys, no spaces, UTF-8, no floats."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def read_json(content: bytes) -> Any:
    """A JSON value; refused are repeated names, floats and NaN, which two readers may read differently."""
    return json.loads(
        content.decode(), object_pairs_hook=_unique, parse_float=_no_float, parse_constant=_no_float
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_float(spelling: str) -> Any:
    raise ValueError(f"{spelling} is not a whole number")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read_rows(content: bytes, name: str) -> list[dict[str, str]]:
    """The rows of a CSV file by column."""
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    if not lines or len(set(lines[0])) != len(lines[0]):
        raise UnfitError(f"{name} 没有可用的表头。", f"{name} has no usable header.")
    if any(len(line) != len(lines[0]) for line in lines):
        raise UnfitError(f"{name} 有的行列数不对。", f"{name} has rows of another length than its header.")
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def files_below(folder: Path) -> dict[str, Path]:
    """Every plain file below the folder by its relative path; anything else is refused."""
    found: dict[str, Path] = {}
    for place, folders, names in os.walk(folder):
        for name in folders + names:
            path = Path(place, name)
            kind = path.lstat().st_mode
            relative = path.relative_to(folder).as_posix()
            if stat.S_ISREG(kind):
                found[relative] = path
            elif not stat.S_ISDIR(kind):
                raise UnfitError(
                    f"“{relative}”不是普通文件（可能是链接）。", f"{relative} is not a plain file (a link?)."
                )
    return found


def check_manifest(report: Report, folder: Path) -> tuple[str, dict[str, bytes]]:
    """The period's key and the content of every file; says which are missing, changed or not listed."""
    paths = files_below(folder)
    if "manifest.json" not in paths:
        raise UnfitError("文件夹里没有 manifest.json。", "There is no manifest.json in the folder.")
    content = {name: path.read_bytes() for name, path in paths.items()}
    raw = content.pop("manifest.json")
    manifest = read_json(raw)
    listed, period = manifest["files"], manifest["period"]
    if raw != canonical(manifest) + b"\n" or set(manifest) != {"format", "period", "files"}:
        raise UnfitError(
            "manifest.json 不是规定的逐字节写法，可能被改动过。",
            "manifest.json is not spelt as it must be, byte for byte: it may have been changed.",
        )
    if manifest["format"] != FORMAT or not isinstance(period, str) or not isinstance(listed, dict):
        raise UnfitError(
            f"manifest.json 的格式不是 {FORMAT}。", f"manifest.json is not of the format {FORMAT}."
        )
    found: list[tuple[str, str]] = []
    for name in sorted(listed.keys() | content.keys()):
        if name not in content:
            found.append((f"缺少文件 {name}。", f"The file {name} is missing."))
        elif name not in listed:
            found.append((f"清单没有列出文件 {name}。", f"The file {name} is not listed in the manifest."))
        elif sha256(content[name]) != listed[name]:
            found.append(
                (
                    f"文件 {name} 与清单不符：被改动过。",
                    f"The file {name} was changed: not the listed SHA-256.",
                )
            )
    report.all_wrong(found)
    if not found:
        report.ok(
            f"清单：{len(listed)} 个文件的 SHA-256 全部相符，没有多余或缺少的文件。",
            f"Manifest: {len(listed)} files, each with its SHA-256; none missing, none unlisted.",
        )
    return period, content


def needed(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise UnfitError(f"没有 {name}，这一部分无法核对。", f"Without {name} this part cannot be checked.")
    return files[name]


# ---------------------------------------------------------------------------------------------------------
# 3. The tree of RFC 9162: an entry's hash is SHA-256(0x00 entry), a node's SHA-256(0x01 left right).


def levels_of(hashes: list[bytes]) -> list[bytes]:
    """All complete nodes over these leaf hashes: each level is one string of 32-byte hashes."""
    levels = [b"".join(hashes)]
    new = hashlib.sha256
    while len(hashes) > 1:
        hashes = [
            new(b"\x01" + left + right).digest()
            for left, right in zip(hashes[::2], hashes[1::2], strict=False)
        ]
        levels.append(b"".join(hashes))
    return levels


class Tree:
    """The complete nodes of a log, from which the root of every earlier size follows too."""

    def __init__(self, blocks: Sequence[Sequence[bytes]], block_levels: int) -> None:
        """`blocks`: the levels of consecutive runs of 2**block_levels leaves, the last run may be shorter."""
        self.levels = [
            b"".join(block[level] for block in blocks if level < len(block))
            for level in range(block_levels + 1)
        ]
        self.size = len(self.levels[0]) // 32
        top = self.levels[-1]
        above = levels_of([top[at : at + 32] for at in range(0, len(top), 32)])
        self.levels += above[1:]

    def root(self, size: int) -> bytes:
        """The root when the log had `size` leaves: its complete subtrees, joined from the right."""
        if not size:
            return hashlib.sha256(b"").digest()
        at, nodes = 0, []
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                start = (at >> level) * 32
                nodes.append(self.levels[level][start : start + 32])
                at += 1 << level
        joined = nodes.pop()
        while nodes:
            joined = hashlib.sha256(b"\x01" + nodes.pop() + joined).digest()
        return joined

    def head(self, origin: str) -> Head:
        """The head of all leaves there are."""
        return Head(origin, self.size, self.root(self.size))


# ---------------------------------------------------------------------------------------------------------
# 4. Signatures: Ed25519 (RFC 8032) with Python's whole numbers, and signed notes (C2SP signed-note).

FIELD = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, -1, FIELD) % FIELD
Point = tuple[int, int, int, int]  # extended coordinates: x = X/Z, y = Y/Z, x*y = T/Z
ZERO: Point = (0, 1, 1, 0)


def point_sum(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % FIELD
    b = (p[1] + p[0]) * (q[1] + q[0]) % FIELD
    c = 2 * p[3] * q[3] * CURVE % FIELD
    d = 2 * p[2] * q[2] % FIELD
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % FIELD, g * h % FIELD, f * g % FIELD, e * h % FIELD)


def point_twice(p: Point) -> Point:
    a, b = p[0] * p[0] % FIELD, p[1] * p[1] % FIELD
    h = a + b
    e = h - (p[0] + p[1]) ** 2
    g = a - b
    f = 2 * p[2] * p[2] + g
    return (e * f % FIELD, g * h % FIELD, f * g % FIELD, e * h % FIELD)


def point_of(encoded: bytes) -> Point | None:
    """The curve point of 32 bytes (RFC 8032, 5.1.3), None where there is none."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if len(encoded) != 32 or y >= FIELD:
        return None
    square = (y * y - 1) * pow(CURVE * y * y + 1, -1, FIELD) % FIELD
    x = pow(square, (FIELD + 3) // 8, FIELD)
    if (x * x - square) % FIELD:
        x = x * pow(2, (FIELD - 1) // 4, FIELD) % FIELD
    if (x * x - square) % FIELD or (x == 0 and sign):
        return None
    x = x if x & 1 == sign else FIELD - x
    return (x, y, 1, x * y % FIELD)


def multiples(point: Point) -> list[Point]:
    """0 to 15 times a point."""
    found = [ZERO]
    for _ in range(15):
        found.append(point_sum(found[-1], point))
    return found


@cache
def tables(public: bytes) -> tuple[list[Point], list[Point]] | None:
    """Multiples of the base point and of the negated public key; None where the key is no point."""
    key = point_of(public)
    base = point_of((4 * pow(5, -1, FIELD) % FIELD).to_bytes(32, "little"))
    if key is None or base is None:
        return None
    return multiples(base), multiples((-key[0] % FIELD, key[1], 1, -key[3] % FIELD))


def signature_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature is right: s*B - h*A, encoded, must be the signature's first half."""
    known = tables(public)
    scalar = int.from_bytes(signature[32:], "little")
    if known is None or len(signature) != 64 or scalar >= ORDER:
        return False
    half = signature[:32]
    h = int.from_bytes(hashlib.sha512(half + public + message).digest(), "little") % ORDER
    base, key = known
    total = ZERO
    for shift in range(252, -1, -4):
        if shift != 252:
            total = point_twice(point_twice(point_twice(point_twice(total))))
        total = point_sum(point_sum(total, base[scalar >> shift & 15]), key[h >> shift & 15])
    inverse = pow(total[2], -1, FIELD)
    x, y = total[0] * inverse % FIELD, total[1] * inverse % FIELD
    return (y | (x & 1) << 255).to_bytes(32, "little") == half


class Head(NamedTuple):
    """What a tree head says: which log, how many leaves, which root."""

    origin: str
    size: int
    root: bytes

    @property
    def line(self) -> str:
        return f"{self.origin} {self.size} {base64.b64encode(self.root).decode()}"


SIZE = re.compile(r"0|[1-9][0-9]{0,17}")


def head_of(origin: str, size: str, root: str) -> Head:
    """A head from its three words; ValueError where they are none."""
    raw = base64.b64decode(root, validate=True)
    if not origin or not SIZE.fullmatch(size) or len(raw) != 32:
        raise ValueError("not a tree head")
    if base64.b64encode(raw).decode() != root:
        raise ValueError("not the one spelling of a root")
    return Head(origin, int(size), raw)


def note_parts(note: str) -> tuple[bytes, Head, list[tuple[str, bytes]]]:
    """A checkpoint's signed text, its head and its signature lines as (name, 4 bytes of key hash + rest)."""
    text, mark, signatures = note.rpartition("\n\n")
    lines = (text + "\n").split("\n")
    if not mark or not signatures.endswith("\n") or len(lines) < 4:
        raise ValueError("not a signed note")
    signed = []
    for line in signatures[:-1].split("\n"):
        dash, name, encoded = line.split(" ")
        if dash != "—":
            raise ValueError("not a signature line")
        signed.append((name, base64.b64decode(encoded, validate=True)))
    return (text + "\n").encode(), head_of(lines[0], lines[1], lines[2]), signed


class Key(NamedTuple):
    """A verifier key: whose it is, the four bytes that name it in signatures, the public key."""

    name: str
    hint: bytes
    public: bytes


LOG, WITNESS = 1, 4  # types of keys: Ed25519 of a log, Ed25519 of a witness


def key_of(spelling: str, kind: int = LOG) -> Key:
    """`name+hash+base64` as in C2SP signed-note; ValueError where the parts do not belong together."""
    name, hint, encoded = spelling.split("+", 2)
    raw = base64.b64decode(encoded, validate=True)
    true_hint = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if (
        len(raw) != 33
        or raw[0] != kind
        or bytes.fromhex(hint) != true_hint
        or base64.b64encode(raw).decode() != encoded
    ):
        raise ValueError("not an Ed25519 verifier key")
    return Key(name, true_hint, raw[1:])


def note_signed_by(note: str, spelling: str) -> tuple[Head, int]:
    """The head that a note signs with this key, and how many others signed it; UnfitError where it does not."""
    key = key_of(spelling)
    text, head, signed = note_parts(note)
    mine = [rest[4:] for name, rest in signed if (name, rest[:4]) == (key.name, key.hint)]
    if len(mine) != 1 or not signature_holds(key.public, text, mine[0]):
        raise UnfitError(
            f"树头（{head.size} 条）的签名不对。",
            f"The signature of the tree head of size {head.size} is wrong.",
        )
    return head, len(signed) - 1


Seen = dict[Key, int | None]  # a witness that signed a head -> when, in seconds since 1970; None: wrongly


def cosigned_by(note: str, witnesses: Iterable[Key]) -> Seen:
    """What the witnesses say of a head (C2SP tlog-cosignature): a witness without a line is left out.

    A line is the key's four bytes, eight bytes of time and a signature over "cosignature/v1", the time and the
    head's own text.
    """
    text, _, signed = note_parts(note)
    seen: Seen = {}
    for key in witnesses:
        lines = [rest[4:] for name, rest in signed if (name, rest[:4]) == (key.name, key.hint)]
        times = []
        for line in lines:
            seconds = int.from_bytes(line[:8], "big")
            message = f"cosignature/v1\ntime {seconds}\n".encode() + text
            times.append(seconds if signature_holds(key.public, message, line[8:]) else None)
        if times:
            seen[key] = None if None in times else max(time_ for time_ in times if time_ is not None)
    return seen


# ---------------------------------------------------------------------------------------------------------
# 5. Leaves. Line i of leaves/<epoch>.txt is log entry i: a leaf's own bytes where it belongs to this period,
# else `scope digest`. The tree stands over "scope\ndigest\n", digest = SHA-256(0x00 leaf).
# Several processes hash, read and tally runs of leaves; what they bring back is joined in the order of the log.

BLOCK_LEVELS = 13
BLOCK = 1 << BLOCK_LEVELS
FEW_LEAVES = 20_000  # below, a second process costs more than it brings
PROCESSES = min(max(os.cpu_count() or 1, 2), 8)
DIGEST_ONLY = re.compile(rb"([A-Za-z0-9][A-Za-z0-9_.-]{0,127}|-) ([0-9a-f]{64})")
REPLACES = re.compile(rb'"replaces":"([0-9a-f]{64})"')
HEX = re.compile(r"[0-9a-f]{64}")
STANDINGS = ("counted", "held", "rejected")
CELL, MISSING = "\x1f", "\x1e"
PLAIN = frozenset((str, int))
FIRST_JSON: Callable[[str, int], tuple[Any, int]] = vars(json.JSONDecoder())["scan_once"]
Counters = dict[tuple[str, str, str], dict[str, int]]  # (channel, standing, unit or "") -> counter -> sum


class Reader(NamedTuple):
    """How a channel's entries are read: the columns of its file, its formulas (None: foreign) and settings."""

    columns: list[str]
    known: frozenset[str]
    family: Family | None
    settings: Mapping[str, Any]


@dataclass
class Job:
    """What a process needs to know; set before the processes start, and never changed by them."""

    period: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    snapshot: Mapping[str, Any] = field(default_factory=dict)
    plans: dict[str, dict[str, Any]] = field(default_factory=dict)  # channel -> its table in the scheme
    readers: dict[str, Reader] = field(default_factory=dict)  # channel -> how its entries are read
    lines: list[list[bytes]] = field(default_factory=list)  # the leaves by epoch
    replaced: frozenset[str] = frozenset()  # digests that other leaves name as replaced
    until: tuple[int, int] = (0, 0)  # epoch and number of the leaf that froze the snapshot
    openings: dict[str, Any] = field(default_factory=dict)  # channel -> the delivery that came out of its box
    witnesses: tuple[Key, ...] = ()  # whose lines under the heads are checked
    every_row: bool = False  # keep each entry apart, to name rows that differ
    secret: bytes = field(default_factory=lambda: os.urandom(16))


JOB = Job()


class EntryLeaf(NamedTuple):
    """An entry or disposition that replaces or is replaced; `row` is None for a disposition."""

    at: int
    digest: str
    channel: str
    unit: str
    standing: str
    replaces: str | None
    row: str | None  # the public cells in the order of the CSV file's columns
    counts: tuple[dict[str, int], dict[str, int]] | None  # None: the channel's formulas are not here


class ActLeaf(NamedTuple):
    """Any other leaf of the period."""

    at: int
    body: dict[str, Any]


class Tally(NamedTuple):
    """What an entry that came out of a ballot box counts, and in which standing it came."""

    channel: str
    standing: str
    batch: str
    unit: str
    stratum: str
    dimension: str
    option: str


class Rows(NamedTuple):
    """A multiset of rows: how many, and the sum of their marks (see `mark`)."""

    number: int = 0
    marks: int = 0


def mark(standing: str, row: str) -> int:
    """A row as a number that nobody can foresee, since its secret is drawn anew for every check."""
    return int.from_bytes(hashlib.sha256(JOB.secret + f"{standing}{CELL}{row}".encode()).digest(), "little")


@dataclass
class Block:
    """A run of leaves, read: entries that nothing replaces are only summed, the others kept one by one."""

    levels: list[bytes] = field(default_factory=list)
    sums: Counters = field(default_factory=dict)
    rows: dict[str, Rows] = field(default_factory=dict)
    entries: list[EntryLeaf] = field(default_factory=list)
    acts: list[ActLeaf] = field(default_factory=list)
    places: list[bytes] = field(default_factory=list)  # delivery and position of every entry, 16 bytes each
    ballots: dict[str, list[bytes]] = field(default_factory=dict)  # channel -> place and hash of each leaf
    tallies: dict[Tally, int] = field(default_factory=dict)  # what came out of boxes
    taken: dict[str, Tally] = field(default_factory=dict)  # digest -> tally of those that a leaf replaces
    beside: Counter[str] = field(default_factory=Counter)  # channel -> entries that came out of no box
    seen: int = 0
    late: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)


def read_block(epoch: int, first: int) -> Block:
    """Hash and read the leaves of one run; what is wrong with a leaf is said, and the leaf left out."""
    new = hashlib.sha256
    hashes: list[bytes] = []
    block = Block()
    for at, line in enumerate(JOB.lines[epoch][first : first + BLOCK], first):
        if line[:1] == b"{":
            digest = new(b"\x00" + line).hexdigest()
            scope = read_leaf(block, (epoch, at), digest, line)
            hashes.append(new(f"\x00{scope}\n{digest}\n".encode()).digest())
            continue
        parts = DIGEST_ONLY.fullmatch(line)
        if parts is None or parts[1].decode() == JOB.period:
            why_zh = "是本周期的，却没有给出内容" if parts else "不是规定的写法"
            why_en = (
                "is of this period, but its content is withheld" if parts else "is not spelt as it must be"
            )
            block.faults.append((f"第 {at} 条叶子{why_zh}。", f"Leaf {at} {why_en}."))
        hashes.append(new(b"\x00" + line.replace(b" ", b"\n") + b"\n").digest())
    block.levels = levels_of(hashes)
    block.places = [b"".join(block.places)]
    return block


def read_leaf(block: Block, place: tuple[int, int], digest: str, line: bytes) -> str:
    """Read one leaf into the block; returns its scope."""
    try:
        text = line.decode()
        body, end = FIRST_JSON(text, 0)
        kind = body["kind"]
        if kind not in ("entry", "disposition"):
            if canonical(body) != line:
                raise ValueError("not canonical")
            if kind == "ballot":
                read_ballot(block, place, digest, body)
            else:
                block.acts.append(ActLeaf(place[1], body))
        elif JOB.plans:
            read_entry(block, place, digest, body)
        if kind == "restore":
            return "-"
        if body["period"] != JOB.period or end != len(text):
            raise ValueError("another period, or more than a leaf")
    except (StopIteration, *GARBAGE) as error:
        what = reason(error)
        block.faults.append(
            (f"第 {place[1]} 条叶子无法读懂（{what[0]}）。", f"Leaf {place[1]} makes no sense ({what[1]}).")
        )
    return JOB.period


def read_ballot(block: Block, place: tuple[int, int], digest: str, body: dict[str, Any]) -> None:
    """Note a sealed ballot: 12 bytes of place, then the hash of its leaf, which is the voter's receipt."""
    channel = body["channel"]
    if body.keys() != {"ballot", "channel", "kind", "period"} or type(channel) is not str:
        raise ValueError("not a sealed ballot")
    if not HEX.fullmatch(body["ballot"]):
        raise ValueError("not the digest of a sealed ballot")
    packed = place[0].to_bytes(4, "big") + place[1].to_bytes(8, "big") + bytes.fromhex(digest)
    block.ballots.setdefault(channel, []).append(packed)


def read_entry(block: Block, place: tuple[int, int], digest: str, body: dict[str, Any]) -> None:
    """Sum an entry, or keep it apart where it replaces another or is replaced."""
    channel, replaces, standing = body["channel"], body["replaces"], body["standing"]
    reader = JOB.readers[channel]
    if standing not in STANDINGS or (replaces is not None and not HEX.fullmatch(replaces)):
        raise ValueError("standing, replaces")
    block.places.append(body["delivery"].to_bytes(8, "big") + body["position"].to_bytes(8, "big"))
    if place >= JOB.until:
        block.late += 1
        return
    block.seen += 1
    if body["kind"] == "disposition":
        block.entries.append(EntryLeaf(place[1], digest, channel, "", standing, replaces, None, None))
        return
    values = body["values"]
    unit = values.get("unit") or ""
    if type(unit) is not str:
        raise TypeError("unit")
    row = row_of(values, reader)
    if channel in JOB.openings:
        read_tally(block, digest, body, unit)
    counts = None
    if reader.family is not None:
        counts = reader.family.tally(values, reader.settings, JOB.snapshot["period"])
    if replaces is not None or digest in JOB.replaced or JOB.every_row:
        block.entries.append(EntryLeaf(place[1], digest, channel, unit, standing, replaces, row, counts))
        return
    number, marks = block.rows.get(channel, (0, 0))
    block.rows[channel] = Rows(number + 1, marks + mark(standing, row))
    if counts is not None:
        add_counts(block.sums, channel, standing, unit, counts)


def read_tally(block: Block, digest: str, body: dict[str, Any], unit: str) -> None:
    """Sum an entry of a channel with a ballot box by what it says, in the standing in which it came."""
    channel, values = body["channel"], body["values"]
    if body["delivery"] != JOB.openings[channel]:
        block.beside[channel] += 1
        return
    cells = (values.get(name) or "" for name in ("stratum", "dimension", "option"))
    tally = Tally(channel, body["standing"], values.get("batch") or "", unit, *cells)
    block.tallies[tally] = block.tallies.get(tally, 0) + count_of(values["count"])
    if digest in JOB.replaced:
        block.taken[digest] = tally


def add_counts(
    sums: Counters, channel: str, standing: str, unit: str, counts: tuple[dict[str, int], dict[str, int]]
) -> None:
    """Add what an entry counts to its unit's sums, and to those of the channel as a whole."""
    for place, amounts in (((channel, standing, unit), counts[0]), ((channel, standing, ""), counts[1])):
        if amounts:
            cell = sums.get(place)
            if cell is None:
                sums[place] = dict(amounts)
                continue
            for name, amount in amounts.items():
                cell[name] = cell.get(name, 0) + amount


def row_of(values: dict[str, Any], reader: Reader) -> str:
    """An entry's cells in the order of the columns; `MISSING` behind them where no column shows a value."""
    if values.keys() <= reader.known:
        cells = [values.get(column, "") for column in reader.columns]
        kinds = set(map(type, cells))
        if kinds <= PLAIN:
            return CELL.join(map(str, cells))
        if dict not in kinds:
            return CELL.join([cell if type(cell) is str else spelt(cell) for cell in cells])
    flat: dict[str, str] = {}
    for name, value in values.items():
        inner = (
            {f"{name}.{key}": cell for key, cell in value.items()}
            if isinstance(value, dict)
            else {name: value}
        )
        flat |= {column: spelt(cell) for column, cell in inner.items()}
    left = any(cell for column, cell in flat.items() if column not in reader.known)
    return CELL.join(flat.get(column, "") for column in reader.columns) + (MISSING if left else "")


def spelt(value: Any) -> str:
    """A value as a cell."""
    if value is None:
        return ""
    return ("false", "true")[value] if isinstance(value, bool) else str(value)


class Others(NamedTuple):
    """The signatures beside the log's own: how many nobody asked to check, and what witnesses say."""

    unchecked: int
    seen: Seen


def read_note(note: str, key: str) -> tuple[Any, Any]:
    """(head, what other signatures there are) or the two sentences that say what is wrong."""
    try:
        head, others = note_signed_by(note, key)
        seen = cosigned_by(note, JOB.witnesses)
        return head, Others(max(others - len(seen), 0), seen)
    except UnfitError as unfit:
        return unfit.words
    except GARBAGE as error:
        what = reason(error)
        return (f"有树头无法读懂（{what[0]}）。", f"A tree head makes no sense ({what[1]}).")


def at_once(tasks: Sequence[tuple[Callable[..., Any], tuple[Any, ...]]], many: bool) -> list[Any]:
    """The results of all tasks in their order; where there is much to do, several processes share them."""
    if not many or "fork" not in multiprocessing.get_all_start_methods():
        return [task(*given) for task, given in tasks]
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        return [one.get() for one in [pool.apply_async(task, given) for task, given in tasks]]


def read_all_leaves() -> list[list[Block]]:
    """The blocks of every epoch, read again; see `Job.every_row` and `Job.until`."""
    return [
        [read_block(epoch, first) for first in range(0, len(each), BLOCK)]
        for epoch, each in enumerate(JOB.lines)
    ]


def expect_leaves() -> None:
    """Note which leaves are replaced and where the snapshot was frozen, before they are read one by one."""
    digest = sha256(JOB.files.get("snapshot.json", b"")).encode()
    replaced: set[str] = set()
    JOB.until, JOB.openings = (0, 0), {}
    for epoch, lines in enumerate(JOB.lines):
        for at, line in enumerate(lines):
            if b'"replaces":"' in line:
                replaced.update(found.decode() for found in REPLACES.findall(line))
            elif digest in line and b'"snapshot.frozen"' in line:
                JOB.until = (epoch, at)
            if b'"kind":"box.opened"' in line:
                expect_opening(line)
    JOB.replaced = frozenset(replaced)


def expect_opening(line: bytes) -> None:
    """Note which delivery came out of a box; a leaf that makes no sense is named where it is read."""
    try:
        body = read_json(line)
        JOB.openings.setdefault(body["channel"], body["delivery"])
    except GARBAGE:
        return


class Standing(NamedTuple):
    """An entry that stands: nothing has replaced it yet."""

    channel: str
    unit: str
    standing: str
    row: str
    counts: tuple[dict[str, int], dict[str, int]] | None


@dataclass
class Entries:
    """All entries up to the snapshot, each correction and disposition applied."""

    live: dict[str, Standing] = field(default_factory=dict)
    sums: Counters = field(default_factory=dict)
    rows: dict[str, Rows] = field(default_factory=dict)
    seen: int = 0
    standing: int = 0
    corrections: int = 0
    dispositions: int = 0
    late: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)


def follow(blocks: Iterable[Block]) -> Entries:
    """Apply the entries in the order of the log and sum what stands.

    A leaf that replaces another takes it off; a disposition puts it back with another standing.
    """
    found = Entries()
    places: list[bytes] = []
    for block in blocks:
        found.seen, found.late = found.seen + block.seen, found.late + block.late
        places += (joined[at : at + 16] for joined in block.places for at in range(0, len(joined), 16))
        for place, cell in block.sums.items():
            add_counts(found.sums, *place, (cell, {}))
        for channel, (number, marks) in block.rows.items():
            add_rows(found, channel, number, marks)
        for leaf in block.entries:
            if why := apply_leaf(found, leaf):
                zh, en = (
                    f"第 {leaf.at} 条叶子（{leaf.channel}）{why[0]}。",
                    f"Leaf {leaf.at} ({leaf.channel}) {why[1]}.",
                )
                found.faults.append((zh, en))
    if twice := len(places) - len(set(places)):
        found.faults.append(
            (f"有 {twice} 条报送在记录中重复。", f"{twice} entries stand twice in the record.")
        )
    for one in found.live.values():
        add_rows(found, one.channel, 1, mark(one.standing, one.row))
        if one.counts is not None:
            add_counts(found.sums, one.channel, one.standing, one.unit, one.counts)
    return found


def add_rows(found: Entries, channel: str, number: int, marks: int) -> None:
    found.standing += number
    before = found.rows.get(channel, Rows())
    found.rows[channel] = Rows(before.number + number, before.marks + marks)


def apply_leaf(found: Entries, leaf: EntryLeaf) -> tuple[str, str] | None:
    """Apply one entry or disposition; returns what is wrong with it."""
    before = None
    if leaf.replaces is not None:
        before = found.live.get(leaf.replaces)
        if before is None or before.channel != leaf.channel:
            return "所更正的那一条并不有效", "replaces an entry that does not stand at that point"
        del found.live[leaf.replaces]
    if leaf.row is not None:
        found.corrections += before is not None
        found.live[leaf.digest] = Standing(leaf.channel, leaf.unit, leaf.standing, leaf.row, leaf.counts)
        return None
    if before is None:
        return "处置了不存在的报送", "disposes of nothing"
    found.dispositions += 1
    found.live[leaf.digest] = before._replace(standing=leaf.standing)
    return None


def check_entry_files(report: Report, entries: Entries, printed: Mapping[str, Any]) -> None:
    """The standing entries of the record are the rows of entries/<channel>.csv, no more and no fewer."""
    found = [
        (f"{name} 不属于任何渠道。", f"{name} belongs to no channel of the scheme.")
        for name in sorted(JOB.files)
        if name.startswith("entries/") and name[8:-4] not in JOB.plans
    ]
    found += (words for words in printed.values() if not isinstance(words, Rows))
    differ = [
        channel
        for channel, rows in printed.items()
        if isinstance(rows, Rows) and rows != entries.rows.get(channel, Rows())
    ]
    if differ:
        found += differing_rows(differ)
    report.all_wrong(found)
    if not found:
        report.ok(
            f"报送：entries/ 里的 {entries.standing} 行正是记录中现行有效的报送。",
            f"Entries: the {entries.standing} rows below entries/ are exactly those that stand in the record.",
        )


def differing_rows(channels: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The rows that differ, by reading all leaves once more."""
    JOB.every_row = True
    live = follow(block for blocks in read_all_leaves() for block in blocks).live.values()
    JOB.every_row = False
    for channel in channels:
        wanted = Counter((one.standing, one.row) for one in live if one.channel == channel)
        printed = Counter(printed_rows(channel))
        for standing, row in wanted - printed:
            shown = row.replace(CELL, ",").replace(MISSING, " …")
            yield (
                f"记录中有一条报送不在 entries/{channel}.csv 里：{standing} {shown}",
                f"An entry of the record is not in entries/{channel}.csv: {standing} {shown}",
            )
        for standing, row in printed - wanted:
            shown = row.replace(CELL, ",")
            yield (
                f"entries/{channel}.csv 有一行不是记录中的报送：{standing} {shown}",
                f"entries/{channel}.csv has a row that is no entry of the record: {standing} {shown}",
            )


def printed_rows(channel: str) -> Iterator[tuple[str, str]]:
    """The rows of an entries file as (standing, cells); its columns `standing` and `reason` stand apart."""
    name = f"entries/{channel}.csv"
    if name not in JOB.files:
        return
    reader = csv.reader(io.StringIO(JOB.files[name].decode("utf-8-sig"), newline=""), strict=True)
    header = next(reader, [])
    if len(set(header)) != len(header) or not header:
        raise UnfitError(f"{name} 没有可用的表头。", f"{name} has no usable header.")
    apart = sorted((header.index(n) for n in ("standing", "reason") if n in header), reverse=True)
    standing_at = header.index("standing") if "standing" in header else None
    for cells in reader:
        if len(cells) != len(header):
            raise UnfitError(
                f"{name} 有的行列数不对。", f"{name} has a row of another length than its header."
            )
        standing = "counted" if standing_at is None else cells[standing_at] or "counted"
        for at in apart:
            del cells[at]
        yield standing, CELL.join(cells)


def sum_file(channel: str) -> Rows | tuple[str, str]:
    """An entries file as a multiset of rows, or the two sentences that say what is wrong."""
    try:
        number = marks = 0
        for standing, row in printed_rows(channel):
            number += 1
            marks += mark(standing, row)
        return Rows(number, marks)
    except UnfitError as unfit:
        return unfit.words
    except GARBAGE as error:
        what = reason(error)
        return (
            f"entries/{channel}.csv：无法读懂（{what[0]}）。",
            f"entries/{channel}.csv makes no sense ({what[1]}).",
        )


def entry_columns(files: Mapping[str, bytes]) -> dict[str, list[str]]:
    """Channel -> the columns of its entries file that come from the entries themselves."""
    found: dict[str, list[str]] = {}
    for name, content in files.items():
        if name.startswith("entries/") and name.endswith(".csv"):
            line = content.split(b"\n", 1)[0].decode("utf-8-sig", "replace").rstrip("\r")
            header = next(csv.reader([line]), [])
            found[name[8:-4]] = [column for column in header if column not in ("standing", "reason")]
    return found


def check_counters(report: Report, snapshot: Mapping[str, Any], entries: Entries) -> None:
    """The snapshot's counters are the sums of what the standing entries add, in every standing."""
    mine = entries.sums
    theirs: Counters = {
        (channel, standing, unit): dict(counts)
        for channel, standings in snapshot["counters"].items()
        for standing, units in standings.items()
        for unit, counts in units.items()
    }
    found: list[tuple[str, str]] = []
    compared = 0
    for place in sorted(mine.keys() | theirs.keys()):
        plan = JOB.plans.get(place[0])
        if plan is None or place[1] not in STANDINGS:
            found.append(
                (
                    f"快照里有方案没有的渠道或状态 {place[:2]}。",
                    f"The snapshot counts {place[:2]}, unknown to the scheme.",
                )
            )
        elif family := FAMILIES.get(plan["plugin"]):
            ours, given = mine.get(place, {}), theirs.get(place, {})
            names = [n for n in ours.keys() | given.keys() if not n.startswith(family.private_counters)]
            compared += len(names)
            found += (
                differing_counter(place, n, given.get(n, 0), ours.get(n, 0))
                for n in sorted(names)
                if type(given.get(n, 0)) is not int or given.get(n, 0) != ours.get(n, 0)
            )
    report.all_wrong(found)
    if not found:
        report.ok(
            f"计数：由报送重新累加的 {compared} 个计数与快照全部相同。",
            f"Counters: {compared} sums counted anew from the entries equal the snapshot's.",
        )


def differing_counter(place: tuple[str, str, str], name: str, given: Any, ours: int) -> tuple[str, str]:
    channel, standing, unit = place
    return (
        f"计数不符：渠道 {channel}，单位 {unit or '（整个渠道）'}，{standing}，{name}：快照 {given}，按报送重算 {ours}。",
        f"Counter differs: channel {channel}, unit {unit or '(whole channel)'}, {standing}, {name}: snapshot {given}, counted anew {ours}.",
    )


# ---------------------------------------------------------------------------------------------------------
# 6. Epochs, signed heads and pins. A log that was restored from a backup goes on as the next epoch, whose
# first leaf says what was known before and what was restored.


class Epoch(NamedTuple):
    number: int
    origin: str
    key: str


@dataclass
class Log:
    """One epoch's log as the folder shows it."""

    epoch: Epoch
    tree: Tree


def read_epochs(files: Mapping[str, bytes]) -> list[Epoch]:
    rows = read_json(needed(files, "epochs.json"))
    epochs = [Epoch(row["number"], row["origin"], row["verifier_key"]) for row in rows]
    numbers = [epoch.number for epoch in epochs]
    if not epochs or numbers != sorted(set(numbers)) or set(map(type, numbers)) != {int}:
        raise UnfitError(
            "epochs.json 没有按序列出各期日志。", "epochs.json does not list the epochs in order."
        )
    for epoch in epochs:
        if key_of(epoch.key).name != epoch.origin or not epoch.origin.endswith(f"/{epoch.number}"):
            raise UnfitError(
                f"第 {epoch.number} 期日志的名称与其公钥不符。",
                f"The name of epoch {epoch.number} does not belong to its key.",
            )
    known = {f"leaves/{epoch.number}.txt" for epoch in epochs}
    for name in files:
        if name.startswith("leaves/") and name not in known:
            raise UnfitError(f"{name} 不属于任何一期日志。", f"{name} belongs to no epoch.")
    return epochs


def read_lines(files: Mapping[str, bytes], epoch: Epoch) -> list[bytes]:
    name = f"leaves/{epoch.number}.txt"
    lines = needed(files, name).split(b"\n")
    if lines.pop() != b"":
        raise UnfitError(f"{name} 的最后一行不完整。", f"The last line of {name} is not complete.")
    return lines


def read_notes(files: Mapping[str, bytes], epochs: Sequence[Epoch]) -> list[tuple[Epoch, str]]:
    """The notes of heads.jsonl with the epoch of each."""
    by_number = {epoch.number: epoch for epoch in epochs}
    rows = [read_json(line) for line in needed(files, "heads.jsonl").splitlines()]
    return [(by_number[row["epoch"]], row["note"]) for row in rows]


def check_heads(
    report: Report,
    logs: Sequence[Log],
    notes: Sequence[Epoch],
    heads: Sequence[Any],
    lost: Mapping[str, Head],
) -> None:
    """Every signed head is a root of the leaves at its size, and the newest one covers them all."""
    found: list[tuple[str, str]] = []
    by_number = {log.epoch.number: log for log in logs}
    newest = {log.epoch.number: 0 for log in logs}
    others = 0
    for epoch, (head, more) in zip(notes, heads, strict=True):
        if not isinstance(head, Head):
            found.append((head, more))
            continue
        others += more.unchecked
        newest[epoch.number] = max(newest[epoch.number], head.size)
        found += unlike(by_number[epoch.number], head, lost, heads)
    found += (
        (
            f"第 {number} 期日志有 {by_number[number].tree.size} 条叶子，有签名的树头最多只到 {size} 条。",
            f"Epoch {number} has {by_number[number].tree.size} leaves, but no signed head beyond {size}.",
        )
        for number, size in newest.items()
        if size < by_number[number].tree.size
    )
    report.all_wrong(found)
    if not found:
        tell_heads(report, logs, len(heads), others)


def tell_heads(report: Report, logs: Sequence[Log], heads: int, others: int) -> None:
    report.ok(
        f"树头：{heads} 个签名正确，各自的根由叶子重算得到。",
        f"Heads: {heads} signatures are right and their roots follow from the leaves.",
    )
    if others:
        report.note(
            f"另有 {others} 个见证签名未核对：请用 --witness 给出见证方的公钥（向见证方索取）。",
            f"{others} lines of witnesses are there and were not checked: give --witness, the key that the witness tells you.",
        )
    for log in logs:
        last = log.tree.head(log.epoch.origin)
        report.ok(
            f"记录：第 {log.epoch.number} 期共 {last.size} 条叶子。最新树头（请自行保存）：{last.line}",
            f"Record: epoch {log.epoch.number} has {last.size} leaves. Newest head (keep it): {last.line}",
        )


def unlike(log: Log, head: Head, lost: Mapping[str, Head], heads: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with a signed head beside the leaves, and since which head that is still right."""
    if head.origin != log.epoch.origin:
        yield (f"树头 {head.line} 不是本日志的。", f"The head {head.line} is not of this log.")
    elif head.size <= log.tree.size:
        if log.tree.root(head.size) != head.root:
            right = [
                other.size
                for other, _ in heads
                if isinstance(other, Head)
                and other.origin == head.origin
                and other.size < head.size
                and log.tree.root(other.size) == other.root
            ]
            since = max(right, default=0)
            yield (
                f"叶子被改动、删除、插入或换位过：前 {head.size} 条叶子的根与有签名的树头不符（前 {since} 条仍相符）。",
                f"Leaves were changed, removed, added or swapped: the first {head.size} do not give the root that was signed (the first {since} still do).",
            )
    elif head.origin not in lost or head.size > lost[head.origin].size:
        yield (
            f"记录被截短：有签名的树头说有 {head.size} 条叶子，文件夹里只有 {log.tree.size} 条。",
            f"The record was cut short: a signed head has {head.size} leaves, the folder {log.tree.size}.",
        )


def check_restores(report: Report, logs: Sequence[Log], acts: Sequence[Sequence[ActLeaf]]) -> dict[str, Head]:
    """Every later epoch begins with a leaf that tells how much the restored backup had lost.

    Returns the highest head that was known of each log that lost leaves, by origin.
    """
    lost: dict[str, Head] = {}
    for position, log in enumerate(logs):
        restores = [act for act in acts[position] if act.body["kind"] == "restore"]
        number = log.epoch.number
        if not restores and number == 1:
            continue
        if [act.at for act in restores] != [0]:
            report.wrong(
                f"第 {number} 期日志没有（只在开头）说明它为什么重新开始：缺少恢复记录。",
                f"Epoch {number} does not say, at its start and only there, why it began: no readable restore.",
            )
            continue
        said = restores[0].body
        known, restored = (
            head_of(*(str(said[name][word_]) for word_ in ("origin", "size", "root")))
            for name in ("known", "restored")
        )
        before = logs[position - 1] if position else None
        if restored.size and (before is None or restored != before.tree.head(before.epoch.origin)):
            report.wrong(
                f"第 {number} 期的恢复记录说恢复到 {restored.line}，与前一期的叶子不符。",
                f"Epoch {number} says that {restored.line} was restored, but the epoch before is not that.",
            )
            continue
        lost[known.origin] = known
        gap = known.size - restored.size if known.origin == restored.origin else known.size
        report.note(
            f"缺口：系统曾由备份恢复到树头 {restored.line}，而此前已知的树头是 {known.line}；其间至少 {gap} 条叶子已丢失，不在本记录中，请向主办单位问明。",
            f"Gap: the system was restored from a backup at the head {restored.line}, while {known.line} was known: at least {gap} leaves between them are lost and not in this record; ask the office about them.",
        )
    return lost


def read_witnesses(report: Report, given: Sequence[str]) -> tuple[Key, ...]:
    """The verifier keys of the witnesses asked for, each once."""
    found: dict[Key, None] = {}
    for spelling in given:
        with report.part(f"见证方公钥“{spelling}”", f"Witness {spelling}"):
            found[key_of(spelling.strip(), WITNESS)] = None
    return tuple(found)


def check_witnesses(report: Report, record: Record, notes: Sequence[Epoch], heads: Sequence[Any]) -> None:
    """Each witness asked for saw a head of this record that covers the publication, and no line of it is wrong."""
    published = acts_of(record.acts, "result.published")
    numbers = [log.epoch.number for log in record.logs]
    for key in JOB.witnesses:
        seen = [
            ((numbers.index(epoch.number), head.size), head, others.seen[key])
            for epoch, (head, others) in zip(notes, heads, strict=True)
            if isinstance(head, Head) and key in others.seen
        ]
        found = wrong_lines(key, [(head, seconds) for _, head, seconds in seen])
        report.all_wrong(found)
        if found:
            continue
        record.cosigned += ((key, place) for place, _, _ in seen)
        place, head, seconds = max(seen, key=lambda one: one[0])
        day = f"{datetime.fromtimestamp(seconds or 0, UTC):%Y-%m-%d %H:%M:%S} UTC"
        if published and place <= published[-1].place:
            report.wrong(
                f"见证方 {key.name} 最后见证的是 {day} 的 {head.size} 条叶子，还不到公布结果那一条：请下载更新的数据包再核对。",
                f"The witness {key.name} last signed {head.size} leaves, on {day}, which does not reach the publication: get a newer bundle.",
            )
            continue
        report.ok(
            f"见证：{key.name} 的 {len(seen)} 个签名正确，最后一个在 {day}，见证了前 {head.size} 条叶子：{head.line}",
            f"Witness: {len(seen)} lines of {key.name} are right, the last of {day} over the first {head.size} leaves: {head.line}",
        )


def wrong_lines(key: Key, seen: Sequence[tuple[Head, int | None]]) -> list[tuple[str, str]]:
    """What is wrong with a witness's lines: a signature, or that there is no line."""
    if not seen:
        return [
            (
                f"缺少见证方 {key.name} 的签名：数据包里没有它见证过的树头。",
                f"The witness {key.name} signed none of the heads in this bundle: its line is missing.",
            )
        ]
    return [
        (
            f"见证方 {key.name} 在树头（{head.size} 条）上的签名不对。",
            f"The line of the witness {key.name} under the head of size {head.size} is wrong.",
        )
        for head, seconds in seen
        if seconds is None
    ]


PREFIX = "Ledger-Checkpoint:"


def read_pins(report: Report, given: Sequence[str]) -> list[tuple[Head, str]]:
    """The heads that were kept outside, each with its signed note where it came as one."""
    found: list[tuple[Head, str]] = []
    for pin in given:
        with report.part(f"外部树头“{pin}”", f"Pin {pin}"):
            words = pin.removeprefix(PREFIX).split()
            if len(words) == 3 and SIZE.fullmatch(words[1]):
                found.append((head_of(*words), ""))
                continue
            text = Path(pin).read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
            if "\n\n" in text and len(text.split("\n")[0].split()) == 1:
                found.append((note_parts(text)[1], text))
                continue
            lines = [line.removeprefix(PREFIX).split() for line in text.split("\n") if line.strip()]
            if not lines:
                raise UnfitError(f"“{pin}”里没有树头。", f"There is no head in {pin}.")
            for line in lines:
                if len(line) != 3:
                    raise ValueError("a line is not ORIGIN SIZE ROOT")
                found.append((head_of(*line), ""))
    return found


def check_pins(
    report: Report, logs: Sequence[Log], pins: Sequence[tuple[Head, str]], lost: Mapping[str, Head]
) -> None:
    """Every head kept outside must be a root of this very record."""
    by_origin = {log.epoch.origin: log for log in logs}
    right = 0
    for head, note in pins:
        log, gap = by_origin.get(head.origin), lost.get(head.origin)
        if log is not None and head.size <= log.tree.size:
            if log.tree.root(head.size) == head.root:
                right += 1
            else:
                report.wrong(*split_view(log.epoch, head, note))
        elif gap is not None and head.size <= gap.size and (head == gap or head.size < gap.size):
            report.note(
                f"外部树头 {head.line} 落在恢复备份造成的缺口里，无法核对。",
                f"The pin {head.line} lies in the gap that a restored backup left: it cannot be checked.",
            )
        elif log is None:
            report.wrong(
                f"外部树头 {head.line} 属于另一个日志：本记录里没有 {head.origin}。",
                f"The pin {head.line} is of another log: this record has no {head.origin}.",
            )
        else:
            report.wrong(
                f"记录被截短：外部树头 {head.line} 见过 {head.size} 条叶子，文件夹里只有 {log.tree.size} 条。",
                f"The record was cut short: the pin {head.line} saw {head.size} leaves, the folder has {log.tree.size}.",
            )
    if right:
        report.ok(
            f"外部树头：{right} 个都在本记录之中，此前的内容没有改写过。",
            f"Pins: {right} heads kept outside are part of this record; nothing up to them was rewritten.",
        )
    if not pins:
        report.note(
            "没有给出外部保存的树头（--pin）：无法排除持有签名密钥的人整体重写记录。",
            "No head kept outside was given (--pin): that the holder of the key rewrote everything cannot be ruled out.",
        )


def split_view(epoch: Epoch, head: Head, note: str) -> tuple[str, str]:
    """Two histories of one log; where the pin is a note of the same key, the key's holder signed both."""
    signed = False
    if note:
        try:
            signed = note_signed_by(note, epoch.key)[0] == head
        except (UnfitError, *GARBAGE):
            signed = False
    more_zh = "两份都有同一密钥的签名。" if signed else ""
    more_en = " Both are signed by the same key." if signed else ""
    return (
        f"两个版本的记录：外部树头 {head.line} 与本记录前 {head.size} 条叶子的根不同，记录被改写过。{more_zh}",
        f"Split view: the pin {head.line} is not the root of this record's first {head.size} leaves; the record was rewritten.{more_en}",
    )


# ---------------------------------------------------------------------------------------------------------
# 7. The acts in the record: the snapshot that was frozen, the result computed from it and its publication.


class Act(NamedTuple):
    """An act at its place in the record: epoch and number of its leaf."""

    place: tuple[int, int]
    body: dict[str, Any]


def acts_of(acts: Sequence[Act], *kinds: str) -> list[Act]:
    return [act for act in acts if act.body["kind"] in kinds]


def check_acts(
    report: Report, files: Mapping[str, bytes], acts: Sequence[Act], logs: Sequence[Log]
) -> tuple[int, int]:
    """The newest published revision is the one in the folder, computed from the snapshot in the folder.

    Returns the place of the leaf that froze the snapshot: it counts all entries before that.
    """
    results, snapshot = sha256(needed(files, "results.json")), sha256(needed(files, "snapshot.json"))
    published = acts_of(acts, "result.published")
    if not published:
        raise UnfitError("记录中没有公布结果。", "The record holds no publication of a result.")
    last = published[-1]
    revision = last.body["revision"]
    if last.body["sha256"] != results:
        raise UnfitError(
            f"results.json 不是记录中最后公布的第 {revision} 版结果：被改动或替换过。",
            f"results.json is not the result published last (revision {revision}): it was changed or replaced.",
        )
    computed, frozen = origin_of_result(acts, last, snapshot, results)
    if computed is None:
        raise UnfitError(
            f"记录中的第 {revision} 版结果不是由 snapshot.json 算出的：快照或结果被改动过。",
            f"By the record, revision {revision} was not computed from snapshot.json: one of them was changed.",
        )
    if frozen is None:
        raise UnfitError(
            "snapshot.json 不是记录中冻结的快照：被改动过。",
            "snapshot.json is not a snapshot that the record froze: it was changed.",
        )
    check_named_head(frozen.body.get("head"), logs)
    report.ok(
        f"公布：第 {revision} 版结果、其快照及公布均在记录中，摘要相符。",
        f"Publication: revision {revision}, its snapshot and its publication stand in the record with these digests.",
    )
    check_revisions(report, files, published)
    check_record_json(files, logs, revision, snapshot, results)
    return frozen.place


def origin_of_result(
    acts: Sequence[Act], published: Act, snapshot: str, results: str
) -> tuple[Act | None, Act | None]:
    """The computation of the published result, and the freezing of the snapshot before it."""
    revision = published.body["revision"]
    computed = [
        act
        for act in acts_of(acts, "result.computed")
        if act.place < published.place
        and (act.body["revision"], act.body["results"], act.body["snapshot"]) == (revision, results, snapshot)
    ]
    frozen = [
        act
        for act in acts_of(acts, "snapshot.frozen")
        if computed and act.place < computed[-1].place and act.body["snapshot"] == snapshot
    ]
    return computed[-1] if computed else None, frozen[-1] if frozen else None


def check_named_head(line: Any, logs: Sequence[Log]) -> None:
    """A head that the snapshot or record.json names is one of this record."""
    if not line:
        return
    head = head_of(*line.split(" "))
    log = next((log for log in logs if log.epoch.origin == head.origin), None)
    if log is None or head.size > log.tree.size or log.tree.root(head.size) != head.root:
        raise UnfitError(
            f"快照或 record.json 所列的树头 {head.line} 不在本记录中。",
            f"The head {head.line}, named by the snapshot or by record.json, is not of this record.",
        )


def check_revisions(report: Report, files: Mapping[str, bytes], published: Sequence[Act]) -> None:
    """Every earlier published revision is still there, byte for byte."""
    digests = {act.body["revision"]: act.body["sha256"] for act in published}
    now = published[-1].body["revision"]
    found: list[tuple[str, str]] = []
    for revision, digest in digests.items():
        name = f"revisions/{revision}/results.json"
        if (name in files or revision != now) and sha256(files.get(name, b"")) != digest:
            found.append(
                (
                    f"公布过的第 {revision} 版结果缺少或被改动过（{name}）。",
                    f"Revision {revision}, which was published, is missing or was changed ({name}).",
                )
            )
    report.all_wrong(found)
    if len(digests) > 1 and not found:
        report.ok(
            f"历次公布：此前公布的 {len(digests) - 1} 版结果都在，未被改动。",
            f"Earlier publications: all {len(digests) - 1} are there, unchanged.",
        )


def check_record_json(
    files: Mapping[str, bytes], logs: Sequence[Log], revision: int, snapshot: str, results: str
) -> None:
    content = needed(files, "record.json")
    said = read_json(content)
    if canonical(said) + b"\n" != content:
        raise UnfitError("record.json 不是规定的写法。", "record.json is not spelt as it must be.")
    wanted = {
        "period": JOB.period,
        "revision": revision,
        "snapshot_sha256": snapshot,
        "results_sha256": results,
    }
    for name, value in wanted.items():
        if said[name] != value:
            raise UnfitError(
                f"record.json 的 {name} 与记录不符。", f"{name} in record.json is not what the record says."
            )
    check_named_head(said.get("head"), logs)


# ---------------------------------------------------------------------------------------------------------
# 8. The snapshot: scheme, units, rolls, adjustments, decisions and earlier results are those of the files,
# and those that the record saw being set.


def check_particulars(report: Report, files: Mapping[str, bytes], snapshot: Mapping[str, Any]) -> None:
    """The plain files of the folder say the same as the frozen snapshot."""
    found: list[tuple[str, str]] = []
    if needed(files, "scheme.toml").decode() != snapshot["scheme"]:
        found.append(unlike_snapshot("scheme.toml", "", ""))
    printed, frozen = period_pair(files, snapshot["period"])
    if printed != frozen:
        found.append(unlike_snapshot("period.toml", " ".join(printed), " ".join(frozen)))
    for name, columns, in_order in TABLES:
        rows = rows_of(files, name, columns)
        wanted = [tuple(plain(cell) for cell in row[: len(columns)]) for row in snapshot[name[:-4]]]
        if rows != wanted if in_order else Counter(rows) != Counter(wanted):
            more, fewer = list(Counter(rows) - Counter(wanted)), list(Counter(wanted) - Counter(rows))
            found.append(
                unlike_snapshot(name, ",".join(more[0] if more else ()), ",".join(fewer[0] if fewer else ()))
            )
    report.all_wrong(found)
    if not found:
        units, adjustments, decisions = (len(snapshot[n]) for n in ("units", "adjustments", "decisions"))
        report.ok(
            f"快照：方案、{units} 个单位、{adjustments} 项加减分、{decisions} 项决定等与各文件相同。",
            f"Snapshot: scheme, {units} units, {adjustments} adjustments, {decisions} decisions and the rest are those of the files.",
        )


def unlike_snapshot(name: str, printed: str, frozen: str) -> tuple[str, str]:
    zh = f"文件为“{printed or '—'}”，快照为“{frozen or '—'}”" if printed or frozen else "内容或次序不同"
    en = (
        f"file: {printed or '—'}; snapshot: {frozen or '—'}"
        if printed or frozen
        else "content or order differ"
    )
    return (f"{name} 与冻结的快照不符：{zh}。", f"{name} does not say what the frozen snapshot says: {en}.")


# file, its columns in the order of the snapshot's rows, whether the order of the rows counts
TABLES: tuple[tuple[str, tuple[str, ...], bool], ...] = (
    ("units.csv", ("code", "name", "category", "subordination", "superior"), True),
    ("rolls.csv", ("channel", "name", "stratum", "count"), False),
    ("adjustments.csv", ("unit", "kind", "points", "target", "reason", "document"), False),
    ("decisions.csv", ("kind", "unit", "channel", "category", "choice", "reason"), False),
    ("previous.csv", ("period", "unit", "category", "total", "rank", "of"), False),
)
DEFAULTS = {"target": "total"}
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def rows_of(files: Mapping[str, bytes], name: str, columns: Sequence[str]) -> list[tuple[str, ...]]:
    """A file's rows in the columns wanted; a missing file has none, a missing column is empty."""
    if name not in files:
        return []
    rows = read_rows(files[name], name)
    numbers = {"points", "count", "total", "rank", "of"}
    return [
        tuple(
            plain(row.get(column) or DEFAULTS.get(column, ""))
            if column in numbers
            else row.get(column) or DEFAULTS.get(column, "")
            for column in columns
        )
        for row in rows
    ]


def plain(value: Any) -> str:
    """A value of the snapshot or a number of a file in one spelling."""
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise TypeError("neither text nor a whole number")
    return word(Decimal(value)) if NUMBER.fullmatch(value) else value


def period_pair(files: Mapping[str, bytes], frozen: Mapping[str, Any]) -> tuple[Any, Any]:
    given = tomllib.loads(needed(files, "period.toml").decode("utf-8-sig"))
    names = ("starts_on", "ends_on", "time_zone")
    zone = {"time_zone": "Asia/Shanghai"}
    if unknown := set(given) - {"key", "demonstration", *names}:
        raise UnfitError(
            f"period.toml 有未知的 {sorted(unknown)}。", f"period.toml has unknown keys: {sorted(unknown)}."
        )
    printed = [given.get("key")] + [str((zone | given).get(name) or "") for name in names]
    return printed, [JOB.period] + [str(frozen[name] or "") for name in names]


def check_settings_of_record(report: Report, snapshot: Mapping[str, Any], acts: Sequence[Act]) -> None:
    """What the snapshot holds besides counters is what the record saw being set before it was frozen."""
    found: list[tuple[str, str]] = []

    def compare(what: tuple[str, str], same: bool) -> None:
        if not same:
            found.append(
                (
                    f"快照中的{what[0]}与记录中登记的不符。",
                    f"The {what[1]} in the snapshot are not those that the record saw being set.",
                )
            )

    units = [(row["code"], row["name"], row["category"]) for row in last_list(acts, "units.set", "list")]
    compare(("单位", "units"), units == [tuple(row[:3]) for row in snapshot["units"]])
    rolls = Counter(map(tuple, last_list(acts, "rolls.set", "rolls")))
    compare(("名册数", "rolls"), rolls == Counter(map(tuple, snapshot["rolls"])))
    previous = acts_of(acts, "previous.set")
    compare(
        ("往期结果", "earlier results"),
        (previous[-1].body["rows"] if previous else 0) == len(snapshot["previous"]),
    )
    compare(("加减分", "adjustments"), adjustments_fit(acts, snapshot["adjustments"]))
    compare(("决定", "decisions"), decisions_fit(acts, snapshot["decisions"]))
    report.all_wrong(found)
    if not found:
        report.ok(
            "登记：单位、名册数、加减分、决定和往期结果都是记录中登记过的。",
            "Registers: units, rolls, adjustments, decisions and earlier results are those set in the record.",
        )


ADJUSTMENTS = ("deduction", "bonus", "warning", "veto", "disqualification")
SECOND_PERSON = ("result.published", "adjustment.added", "adjustment.withdrawn", *ADJUSTMENTS)


def check_two_persons(report: Report, acts: Sequence[Act]) -> None:
    """Publications, adjustments and reopenings were asked for by one person and approved by another."""
    bound = [act.body for act in acts if act.body["kind"] in SECOND_PERSON or "approved_by" in act.body]
    found = [
        (
            f"“{body['kind']}”（第 {body.get('act', '—')} 号申请）没有由另一人审批：申请 {body.get('by')}，审批 {body.get('approved_by')}。",
            f"{body['kind']} (act {body.get('act', '—')}) was not approved by a second person: asked by {body.get('by')}, approved by {body.get('approved_by')}.",
        )
        for body in bound
        if not body.get("approved_by") or body["approved_by"] == body.get("by")
    ]
    report.all_wrong(found)
    if not found:
        report.ok(
            f"两人：{len(bound)} 项公布、加减分等均由申请人以外的人审批。",
            f"Two persons: {len(bound)} publications, adjustments and the like were approved by somebody else than asked.",
        )


def last_list(acts: Sequence[Act], kind: str, name: str) -> list[Any]:
    set_ = acts_of(acts, kind)
    if not set_:
        return []
    content = set_[-1].body[name]
    found = read_json(content.encode()) if isinstance(content, str) else content
    return list(found)


def adjustments_fit(acts: Sequence[Act], frozen: Sequence[Sequence[Any]]) -> bool:
    """The adjustments in force are those added in the record and not withdrawn."""
    added: dict[Any, tuple[Any, ...]] = {}
    for act in acts:
        body = act.body
        kind = body.get("what") if body["kind"] == "adjustment.added" else body["kind"]
        if kind in ADJUSTMENTS:
            added[body["adjustment"]] = (body["unit"], kind, plain(body["points"]), body["target"])
        elif body["kind"] == "adjustment.withdrawn":
            del added[body["adjustment"]]
    return Counter(added.values()) == Counter((row[0], row[1], plain(row[2]), row[3]) for row in frozen)


def decisions_fit(acts: Sequence[Act], frozen: Sequence[Sequence[Any]]) -> bool:
    """The last decision on each matter is the snapshot's."""
    taken: dict[tuple[Any, ...], Any] = {}
    for act in acts:
        body = act.body
        kind = body.get("what") if body["kind"] == "decision.taken" else body["kind"]
        if kind in ("tie", "switch_off"):
            taken[kind, body["unit"] or "", body["channel"], body["category"]] = body["choice"]
    return taken == {tuple(row[:4]): row[4] for row in frozen}


# ---------------------------------------------------------------------------------------------------------
# 9. The formulas of the channels, by the key of the plugin.


Counts = Mapping[str, int]
Rolls = Mapping[tuple[str, str], int]
Tallied = tuple[dict[str, int], dict[str, int]]
HUNDRED = 100
MOST_DECIMALS = 20


class Scored(NamedTuple):
    """A unit on one channel: exact rate (None: not rated), status, evidence, facts as printed, veto."""

    rate: Fraction | None
    status: str
    n: int | None
    facts: dict[str, str]
    veto: bool = False


class Ready(dict[str, Any]):
    """A channel's settings with its presets filled in and its numbers exact, and what follows from them."""


# ---------------------------------------------------------------- numbers and names

_DECIMAL = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?")
_QUOTIENT = re.compile(r"[0-9]{1,15}/[1-9][0-9]{0,14}")


def number(given: Any) -> Fraction:
    """A whole number, a plain decimal or a quotient, exactly; ValueError on anything else."""
    text = str(given).strip()
    plain = type(given) in (str, int) and (_DECIMAL.fullmatch(text) or _QUOTIENT.fullmatch(text))
    if not plain:
        raise ValueError(f"not a number: {given!r}")
    return Fraction(text)


def digits_of(text: str) -> tuple[int, int]:
    """A decimal's digits as a whole number, and how many of them stand behind the point."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"not a decimal: {text!r}")
    whole, _, part = text.partition(".")
    return int(whole + part), len(part)


def nearest(value: Fraction) -> int:
    """The nearest whole number, a half upwards."""
    above, below = value.numerator, value.denominator
    return (2 * above + below) // (2 * below)


def percent(part: int, whole: int) -> str:
    """A share as it is printed: percent, two decimals, half-up, no sign."""
    hundredths = (20_000 * part + whole) // (2 * whole)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def spelled(units: int, decimals: int) -> str:
    """`units` of 10**-decimals with exactly so many decimals: (1250, 2) is "12.50"."""
    sign, digits = ("-" if units < 0 else ""), str(abs(units)).rjust(decimals + 1, "0")
    return sign + (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits)


def spelled_short(units: int, decimals: int) -> str:
    """The same without trailing zeros: (1250, 2) is "12.5"."""
    text = spelled(units, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def common_units(weights: Iterable[Fraction]) -> list[int]:
    """Weights as whole numbers in the same proportion."""
    weights = list(weights)
    whole = lcm(*(weight.denominator for weight in weights))
    return [int(weight * whole) for weight in weights]


def name_of(*words: str) -> str:
    """A counter's name: its words joined by "/"; inside a word "~" is "~0" and "/" is "~1"."""
    joined = "/".join(words)
    if "~" in joined or joined.count("/") != len(words) - 1:
        return "/".join(word.replace("~", "~0").replace("/", "~1") for word in words)
    return joined


def count_of(given: Any) -> int:
    """A count as an entry has it: a whole number of at least 0."""
    if type(given) is not int or given < 0:
        raise ValueError(f"not a count: {given!r}")
    return given


def roll(rolls: Rolls, name: str, stratum: str | None = None) -> int | None:
    """A number recorded with the period, over all strata when none is named; None when there is none."""
    if stratum is not None:
        return rolls.get((name, stratum))
    found = [count for (each, _), count in rolls.items() if each == name]
    return sum(found) if found else None


def numbers_in(table: Mapping[str, Any] | None) -> dict[str, Fraction]:
    """A table of numbers of the settings, its keys trimmed."""
    return {key.strip(): number(value) for key, value in (table or {}).items()}


def flag(given: Any) -> bool:
    """A yes or no of the settings."""
    return str(given).strip().lower() in {"true", "t", "yes", "y", "on", "1", "是", "有"}


# ---------------------------------------------------------------- F1: a mark over its scale


def prepare_marks(settings: Mapping[str, Any]) -> Ready:
    return Ready(
        scale=number(settings["scale"]),
        trim=int(settings.get("trim", 0)),
        n_min=max(1, int(settings.get("n_min", 1))),
    )


def tally_mark(values: Mapping[str, Any], _settings: Ready, _period: Mapping[str, Any]) -> Tallied:
    """("mark", score); a row without a score (an absent rater) adds nothing."""
    mark = values.get("score")
    return ({} if mark is None else {"mark/" + mark: 1}), {}


def marks_in(counts: Counts) -> list[tuple[Fraction, str, int]]:
    """The marks given, lowest first, each with its spelling and how often it was given."""
    marks = []
    for name, times in counts.items():
        if times and name.startswith("mark/"):
            digits, decimals = digits_of(name[5:])
            marks.append((Fraction(digits, 10**decimals), name[5:], times))
    return sorted(marks)


def score_partner(counts: Counts, _shared: Counts, settings: Ready, _rolls: Rolls) -> Scored:
    marks, scale = marks_in(counts), settings["scale"]
    if not marks:
        return Scored(None, "too_few", 0, {})
    mark, text, _ = marks[-1]
    n = sum(times for _, _, times in marks)
    if n != 1 or len(marks) != 1 or mark > scale:
        return Scored(None, "inconsistent", n, {})
    return Scored(mark / scale, "ok", 1, {"mark": text})


# ---------------------------------------------------------------- F1m: the trimmed mean of a panel


def score_panel(counts: Counts, _shared: Counts, settings: Ready, _rolls: Rolls) -> Scored:
    """From 5 marks on `trim` marks are dropped at each end, only if 3 remain."""
    marks, scale, trim = marks_in(counts), settings["scale"], settings["trim"]
    n = sum(times for _, _, times in marks)
    if n < settings["n_min"]:
        return Scored(None, "too_few", n, {})
    if marks[-1][0] > scale:
        return Scored(None, "inconsistent", n, {})
    kept = [(mark, times) for mark, _, times in marks]
    if n >= 5 and n - 2 * trim >= 3:
        kept = without_lowest(kept, trim)
        kept = without_lowest(kept[::-1], trim)
    left = sum(times for _, times in kept)
    total = sum((mark * times for mark, times in kept), Fraction(0))
    facts = {"spread": difference(marks[-1][1], marks[0][1]), "dropped": str(n - left)}
    return Scored(total / left / scale, "ok", n, facts)


def without_lowest(marks: list[tuple[Fraction, int]], drop: int) -> list[tuple[Fraction, int]]:
    """Leave out the first `drop` marks."""
    kept = []
    for mark, times in marks:
        gone = min(drop, times)
        drop -= gone
        if times > gone:
            kept.append((mark, times - gone))
    return kept


def difference(high: str, low: str) -> str:
    """One decimal less another, with the decimals of the longer one."""
    (above, above_decimals), (below, below_decimals) = digits_of(high), digits_of(low)
    decimals = max(above_decimals, below_decimals)
    units = above * 10 ** (decimals - above_decimals) - below * 10 ** (decimals - below_decimals)
    return spelled(units, decimals)


# ---------------------------------------------------------------- F1d and F6: checklists, findings


def prepare_items(settings: Mapping[str, Any]) -> Ready:
    """Points become whole numbers of 10**-decimals, `decimals` the most that the settings have."""
    gate = settings.get("bonus_gate", "0")
    [(kind, least)] = gate.items() if isinstance(gate, Mapping) else [("at_least", gate)]
    given = [item[what] for item in settings["items"] for what in ("deduct", "bonus", "cap") if what in item]
    given += [least, settings.get("bonus_cap", "0")]
    decimals = max(digits_of(str(value).strip())[1] for value in given)

    def units(value: Any) -> int | None:
        return None if value is None else int(number(value) * 10**decimals)

    items = [
        (item["key"].strip(), what, units(item.get(what)) if what != "veto" else None, units(item.get("cap")))
        for item in settings["items"]
        for what in ("deduct", "bonus", "veto")
        if (flag(item.get(what, "")) if what == "veto" else what in item)
    ]
    return Ready(
        items=items,
        decimals=decimals,
        gate=units(least),
        gate_over=kind == "over",
        bonus_cap=units(settings.get("bonus_cap")),
    )


def tally_checklist(values: Mapping[str, Any], _settings: Ready, _period: Mapping[str, Any]) -> Tallied:
    """("examined",) for the row and ("item", item) its count."""
    item = values.get("item")
    count = count_of(values["count"]) if item else 0
    return ({"examined": 1, name_of("item", str(item)): count} if count else {"examined": 1}), {}


def tally_finding(values: Mapping[str, Any], _settings: Ready, _period: Mapping[str, Any]) -> Tallied:
    """Confirmed and withdrawn findings mean examined; only confirmed ones count."""
    state, item = values["state"], values.get("item")
    counts = {"examined": 1} if state in ("confirmed", "withdrawn") else {}
    if state == "confirmed" and item:
        counts[name_of("item", item)] = 1
    return counts, {}


def score_items(counts: Counts, _shared: Counts, settings: Ready, _rolls: Rolls) -> Scored:
    """100 less capped deductions, at least 0; from the gate on the bonus, at most 100; a veto is 0."""
    examined, decimals = counts.get("examined", 0), settings["decimals"]
    if not examined:
        return Scored(None, "no_cases", 0, {})
    full = HUNDRED * 10**decimals
    facts: dict[str, str] = {}
    sums = {"deduct": 0, "bonus": 0}
    vetoes, adds = [], False
    for key, what, points, cap in settings["items"]:
        times = counts.get("item/" + key, 0)
        facts[f"{key}_count"] = str(times)
        if what == "veto":
            vetoes += [key] if times else []
            continue
        worth = times * points if cap is None else min(cap, times * points)
        sums[what] += worth
        if what == "deduct":
            facts[f"{key}_deducted"] = spelled_short(worth, decimals)
        adds = adds or what == "bonus"
    facts["deducted"] = spelled_short(sums["deduct"], decimals)
    left = max(0, full - sums["deduct"])
    if adds:
        reached = left > settings["gate"] if settings["gate_over"] else left >= settings["gate"]
        cap = settings["bonus_cap"]
        bonus = (sums["bonus"] if cap is None else min(cap, sums["bonus"])) if reached else 0
        facts["bonus"] = spelled_short(bonus, decimals)
        facts["surplus"] = spelled_short(max(0, left + bonus - full), decimals)
        left = min(full, left + bonus)
    if vetoes:
        return Scored(Fraction(0), "ok", examined, {**facts, "veto": vetoes[0]}, veto=True)
    return Scored(Fraction(left, full), "ok", examined, facts)


# ---------------------------------------------------------------- F2: weighted rates, bands or events

USUAL_OF = {
    "closed": "accepted",
    "signed_on_time": "sign_due",
    "on_time": "due",
    "followed_up": "closed",
    "reached": "followed_up",
    "resolved": "reached",
    "satisfied": "reached",
}


class Rule(NamedTuple):
    """A scored measure; `points` and `floor` in units of the sub-score, `per` None for a weight."""

    measure: str
    points: int
    floor: int
    per: Fraction | None
    full: Fraction


class Reading(NamedTuple):
    """A unit's measure: its rate with credit, its plain share, its cases (None: published without)."""

    rate: Fraction
    share: Fraction
    n: int | None


NOTHING = Reading(Fraction(0), Fraction(0), 0)


def prepare_measures(settings: Mapping[str, Any]) -> Ready:
    decimals = int(settings["sub_score_decimals"])
    if not 0 <= decimals <= MOST_DECIMALS:
        raise ValueError(f"not a number of decimals: {decimals}")
    unit = 10**decimals
    rules = [
        Rule(measure, int(HUNDRED * weight * unit), 0, None, Fraction(1))
        for measure, weight in numbers_in(settings.get("weights")).items()
    ]
    for band in settings.get("bands", ()):
        points, full, per, floor = (number(band[key]) for key in ("points", "full", "per", "floor"))
        rules.append(Rule(band["measure"].strip(), int(points * unit), int(floor * unit), per * unit, full))
    of = {key.strip(): value.strip() for key, value in settings.get("of", {}).items()}
    source = settings.get("source", {})
    sources = {"*": source.strip()} if isinstance(source, str) else source
    sources = {key.strip(): value.strip() for key, value in sources.items()}
    return Ready(
        rules=rules,
        events=numbers_in(settings.get("events")),
        decimals=decimals,
        n_min=max(1, int(settings["n_min"])),
        of=of,
        source=sources,
        credit=numbers_in(settings.get("credit")),
        counted=[
            (rule.measure, of.get(rule.measure) or USUAL_OF.get(rule.measure, ""), sources.get(rule.measure))
            for rule in rules
        ],
    )


def sub_score(rule: Rule, rate: Fraction) -> int:
    """Points for a rate, rounded half-up in units of the sub-score; a band stays within floor and points."""
    if rule.per is None:
        return nearest(rule.points * rate)
    short = rule.full - HUNDRED * rate
    return min(rule.points, max(rule.floor, nearest(rule.points - rule.per * short)))


def score_readings(
    readings: Mapping[str, Reading], settings: Ready, n: int | None, facts: dict[str, str]
) -> Scored:
    """Sum the rounded sub-scores over the full marks of the measures that have enough cases."""
    earned = total = 0
    for rule in settings["rules"]:
        reading = readings.get(rule.measure)
        if reading is None:
            continue
        if reading.n is not None:
            facts[f"{rule.measure}_n"] = str(reading.n)
            if reading.n < settings["n_min"]:
                continue
        points = sub_score(rule, reading.rate)
        earned += points
        total += rule.points
        facts[f"{rule.measure}_rate"] = percent(*reading.share.as_integer_ratio())
        facts[f"{rule.measure}_score"] = spelled(points, settings["decimals"])
    if not total:
        return Scored(None, "too_few", n, facts)
    return Scored(Fraction(earned, total), "ok", n, facts)


def score_events(counts: Counts, settings: Ready, n: int | None, facts: dict[str, str]) -> Scored:
    """100 less what each event costs, rounded event by event, at least 0."""
    unit = 10 ** settings["decimals"]
    left = full = HUNDRED * unit
    for event, off in settings["events"].items():
        times = counts.get(event, 0)
        deducted = nearest(times * off * unit)
        left -= deducted
        facts[f"{event}_count"] = str(times)
        facts[f"{event}_deducted"] = spelled(deducted, settings["decimals"])
    return Scored(Fraction(max(0, left), full), "ok", n, facts)


def credited(partly: Iterable[tuple[int, Fraction]]) -> Fraction:
    """So many, each worth a part of one."""
    return sum((count * part for count, part in partly), Fraction(0))


# ---------------------------------------------------------------- F2 of single cases


@cache
def end_of(ends_on: str | None, zone: str) -> datetime | None:
    """The first moment after the period; None where it has no dates."""
    if not ends_on:
        return None
    following = date.fromisoformat(ends_on) + timedelta(days=1)
    try:
        return datetime(following.year, following.month, following.day, tzinfo=ZoneInfo(zone))
    except KeyError:
        # Some systems have no zone data; China's time is +08:00 since 1991.
        if zone != "Asia/Shanghai":
            raise
        return datetime.fromisoformat(f"{following}T00:00:00+08:00")


def moment(text: str | None) -> datetime | None:
    """A time of an entry, which always has its offset."""
    return None if text is None else datetime.fromisoformat(text)


def due(limit: datetime | None, done: datetime | None, end: datetime | None) -> bool:
    """A case is due once it is done, or when its time is over before the period ends."""
    return limit is not None and (done is not None or (end is not None and limit < end))


def in_time(limit: datetime | None, done: datetime | None) -> bool | None:
    return None if limit is None else done is not None and done <= limit


def after(given: bool | None, before: bool | None) -> bool | None:
    """What was not given is no where the step before it was not reached."""
    return False if given is None and before is False else given


def states_of(values: Mapping[str, Any], end: datetime | None) -> dict[str, bool | None]:
    """What is known of a case: yes, no, or None where it was not given."""
    get = values.get
    signed, closed = moment(get("signed_at")), moment(get("closed_at"))
    sign_limit, limit = moment(get("sign_due_at")), moment(get("due_at"))
    followed_up, opinion = get("followed_up"), get("opinion")
    reached = after(get("reached"), followed_up)
    return {
        "accepted": True,
        "signed": signed is not None,
        "sign_due": due(sign_limit, signed, end),
        "signed_on_time": in_time(sign_limit, signed),
        "closed": closed is not None,
        "due": due(limit, closed, end),
        "on_time": in_time(limit, closed),
        "followed_up": followed_up,
        "reached": reached,
        "resolved": after(get("resolved"), reached),
        "satisfied": after(None if opinion is None else opinion == "satisfied", reached),
    }


def tally_case(values: Mapping[str, Any], settings: Ready, period: Mapping[str, Any]) -> Tallied:
    """("accepted",), ("event", event); for each measure ("of", ...), ("count", ...) or ("credit", ...)."""
    counts: dict[str, int] = {}
    source, of_all = values.get("source"), settings["source"].get("*")
    if of_all is None or of_all == source:
        counts["accepted"] = 1
        for event, times in values.get("events", {}).items():
            if count_of(times):
                counts[name_of("event", event)] = times
    states = states_of(values, end_of(period["ends_on"], period["time_zone"]))
    for measure, of, own_source in settings["counted"]:
        wanted, state = own_source or of_all, states[measure]
        if (wanted is not None and wanted != source) or not states[of] or state is None:
            continue
        counts["of/" + measure] = 1
        if state:
            counts["count/" + measure] = 1
        elif measure == "satisfied" and values.get("opinion") in settings["credit"]:
            counts[name_of("credit", measure, values["opinion"])] = 1
    return counts, {}


def score_cases(counts: Counts, _shared: Counts, settings: Ready, _rolls: Rolls) -> Scored:
    accepted = counts.get("accepted", 0)
    if not accepted:
        return Scored(None, "no_cases", 0, {})
    facts = {"accepted": str(accepted)}
    if settings["events"]:
        if accepted < settings["n_min"]:
            return Scored(None, "too_few", accepted, facts)
        times = {event: counts.get("event/" + event, 0) for event in settings["events"]}
        return score_events(times, settings, accepted, facts)
    readings = {}
    for rule in settings["rules"]:
        of, good = counts.get("of/" + rule.measure, 0), counts.get("count/" + rule.measure, 0)
        credit = settings["credit"] if rule.measure == "satisfied" else {}
        partly = credited((counts.get("credit/satisfied/" + key, 0), part) for key, part in credit.items())
        if of:
            readings[rule.measure] = Reading((good + partly) / of, Fraction(good, of), of)
    return score_readings(readings, settings, accepted, facts)


# ---------------------------------------------------------------- F2 of totals


def tally_totals(values: Mapping[str, Any], _settings: Ready, _period: Mapping[str, Any]) -> Tallied:
    """The row's figures, and in ("given", measure, form, span) how it gave them."""
    measure, of, rate = values["measure"], values.get("of"), values.get("rate")
    span = "month" if values.get("month") else "whole"
    if rate is not None:
        form = "bare" if of is None else "of"
        counted = (
            {name_of("rate", measure, rate): 1} if of is None else {name_of("rate_of", measure, rate): of}
        )
    else:
        form = "alone" if of is None else "of"
        counted = {name_of("count", measure): values["count"], name_of("of", measure): of or 0}
    counts = {name: amount for name, amount in counted.items() if count_of(amount)}
    counts[name_of("given", measure, form, span)] = 1
    return counts, {}


def forms_of(counts: Counts, measure: str) -> set[str]:
    """In what forms and spans a measure was given."""
    return {
        word
        for form in ("of", "bare", "alone")
        for span in ("month", "whole")
        if counts.get(f"given/{measure}/{form}/{span}")
        for word in (form, span)
    }


def published(counts: Counts, start: str) -> tuple[Fraction, int]:
    """The sum of published rates (1 is all), each as often as it counts, and how often that is."""
    total, times = Fraction(0), 0
    for name, amount in counts.items():
        if amount and name.startswith(start):
            digits, decimals = digits_of(name[len(start) :])
            total += Fraction(digits * amount, HUNDRED * 10**decimals)
            times += amount
    return total, times


def score_totals(counts: Counts, _shared: Counts, settings: Ready, _rolls: Rolls) -> Scored:
    keys = [*(rule.measure for rule in settings["rules"]), *settings["credit"], *settings["events"]]
    given = {key: forms for key in keys if (forms := forms_of(counts, key))}
    if not given:
        return Scored(None, "no_cases", 0, {})
    if any({"of", "bare"} <= forms or {"month", "whole"} <= forms for forms in given.values()):
        return Scored(None, "inconsistent", None, {})
    if settings["events"]:
        times = {event: counts.get("count/" + event, 0) for event in settings["events"]}
        return score_events(times, settings, None, {})
    readings = {}
    for rule in settings["rules"]:
        if rule.measure in given:
            credit = settings["credit"] if rule.measure == "satisfied" else {}
            reading = read_totals(counts, rule.measure, credit, "bare" in given[rule.measure])
            if reading is None:
                return Scored(None, "inconsistent", None, {})
            if reading.n != 0:
                readings[rule.measure] = reading
    if not readings:
        return Scored(None, "no_cases", 0, {})
    known = [reading.n for reading in readings.values() if reading.n is not None]
    return score_readings(readings, settings, max(known, default=None), {})


def read_totals(counts: Counts, measure: str, credit: Mapping[str, Fraction], bare: bool) -> Reading | None:
    """Pooled cases, or the plain mean of rates published without `of`; None where they contradict."""
    partly = [(counts.get("count/" + key, 0), part) for key, part in credit.items()]
    others = sum(count for count, _ in partly)
    if bare:
        total, times = published(counts, f"rate/{measure}/")
        if others:
            return None
        return Reading(total / times, total / times, None) if times else NOTHING
    earned, more = published(counts, f"rate_of/{measure}/")
    n, good = counts.get("of/" + measure, 0) + more, counts.get("count/" + measure, 0) + earned
    if good + others > n or any(counts.get("of/" + key, 0) not in (0, n) for key in credit):
        return None
    if not n:
        return NOTHING
    return Reading((good + credited(partly)) / n, Fraction(good, n), n)


# ---------------------------------------------------------------- F2 of sessions of a hotline show

ATTENDANCE = ("leader", "deputy", "other", "absent")
ASKED = ("answered_on_time", "resolved", "satisfied")


def tally_session(values: Mapping[str, Any], settings: Ready, _period: Mapping[str, Any]) -> Tallied:
    counts = {"session": 1}
    if "attended_by" in values:
        counts[name_of("attended", values["attended_by"])] = 1
    for measure in ASKED:
        of = values.get(settings["of"].get(measure, "questions"))
        if of and measure in values:
            counts["of/" + measure] = count_of(of)
            if count_of(values[measure]):
                counts["count/" + measure] = values[measure]
    return counts, {}


def score_sessions(counts: Counts, _shared: Counts, settings: Ready, _rolls: Rolls) -> Scored:
    """Attendance is worth 1 for a leader, 0 for nobody, what `credit` says between; the rest are rates."""
    sessions = counts.get("session", 0)
    if not sessions:
        return Scored(None, "no_cases", 0, {})
    facts = {"sessions": str(sessions)}
    pairs = {
        measure: (counts.get("count/" + measure, 0), counts.get("of/" + measure, 0)) for measure in ASKED
    }
    if any(good > of for good, of in pairs.values()):
        return Scored(None, "inconsistent", sessions, facts)
    came = {who: counts.get("attended/" + who, 0) for who in ATTENDANCE}
    n = sum(came.values())
    if n:
        facts.update({f"{who}_count": str(times) for who, times in came.items()})
    if settings["events"]:
        if sessions < settings["n_min"]:
            return Scored(None, "too_few", sessions, facts)
        answered, asked = pairs["answered_on_time"]
        return score_events({**came, "late": asked - answered}, settings, sessions, facts)
    readings = {
        measure: Reading(Fraction(good, of), Fraction(good, of), of)
        for measure, (good, of) in pairs.items()
        if of
    }
    if n:
        worth = came["leader"] + credited((came[who], part) for who, part in settings["credit"].items())
        readings["attended"] = Reading(Fraction(worth) / n, Fraction(n - came["absent"], n), n)
    return score_readings(readings, settings, sessions, facts)


# ---------------------------------------------------------------- F3 and F4: ballots and rosters

PAPER = ("no_answer", "invalid", "withheld")
TURNOUT = ("issued", "returned")


def prepare_ballots(settings: Mapping[str, Any]) -> Ready:
    worths = {key: worth / HUNDRED for key, worth in numbers_in(settings["options"]).items()}
    whole_worth = lcm(*(worth.denominator for worth in worths.values()))
    dimensions = numbers_in(settings.get("dimensions")) or {"overall": Fraction(1)}
    strata = numbers_in(settings.get("strata"))
    unscored = [key.strip() for key in settings["unscored"] if key.strip() not in PAPER]

    def names(dimension: str, stratum: str, options: Iterable[str]) -> list[str]:
        return [name_of("answer", dimension, option, *([stratum] if strata else [])) for option in options]

    weights = dict(zip(strata, common_units(strata.values()), strict=True)) if strata else {"": 1}
    return Ready(
        settings_of_ballots(settings),
        worths=[int(worth * whole_worth) for worth in worths.values()],
        whole_worth=whole_worth,
        options=list(worths),
        dimensions=list(zip(dimensions, common_units(dimensions.values()), strict=True)),
        only=next(iter(dimensions)),
        strata=weights,
        weighted=bool(strata),
        cells={
            dimension: [
                (
                    stratum,
                    names(dimension, stratum, worths),
                    names(dimension, stratum, unscored),
                    names(dimension, stratum, [option for option in unscored if option == "no_opinion"]),
                    names(dimension, stratum, PAPER),
                )
                for stratum in weights
            ]
            for dimension in dimensions
        },
    )


def settings_of_ballots(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The fewest ballots, the quorum and the grades."""

    def threshold(rule: Mapping[str, Any]) -> tuple[str, Fraction, bool] | None:
        """What it is a part of, how much, and whether it must be passed."""
        if "of" not in rule:
            return None
        over = "over" in rule
        return rule["of"], number(rule["over" if over else "at_least"]), over

    return {
        "n_min": max(1, int(settings["n_min"])),
        "quorum": threshold(settings.get("quorum", {})),
        "grades": [
            (grade["key"].strip(), [option.strip() for option in grade.get("options", ())], threshold(grade))
            for grade in settings.get("grades", ())
        ],
    }


def tally_ballots(values: Mapping[str, Any], settings: Ready, _period: Mapping[str, Any]) -> Tallied:
    """("answer", dimension, option[, stratum]); issued and returned, without a unit, are of the channel."""
    option, count = values["option"], values["count"]
    if type(count) is not int or count < 0:
        raise ValueError(f"not a count: {count!r}")
    if not count:
        return {}, {}
    stratum = values.get("stratum") if settings["weighted"] else None
    if option in TURNOUT:
        counts = {name_of(option, stratum) if stratum else option: count}
        return (counts, {}) if "unit" in values else ({}, counts)
    dimension = values.get("dimension") or settings["only"]
    if stratum:
        return {name_of("answer", dimension, option, stratum): count}, {}
    name = f"answer/{dimension}/{option}"
    if "~" in name or name.count("/") != 2:
        name = name_of("answer", dimension, option)
    return {name: count}, {}


class Sums(NamedTuple):
    """A unit's ballots: for each dimension its strata with answers (stratum, answers, their worth summed);
    answers by option; scored, unscored and "no opinion" answers; valid and returned ballots."""

    parts: dict[str, list[tuple[str, int, int]]]
    by_option: dict[str, int]
    scored: int
    unscored: int
    no_opinion: int
    valid: int
    shown: int


def sum_ballots(counts: Counts, settings: Ready) -> Sums:
    get, worths = counts.get, settings["worths"]
    by_option = [0] * len(worths)
    parts: dict[str, list[tuple[str, int, int]]] = {}
    scored_all = unscored_all = no_opinion = valid = shown = 0
    for dimension, cells in settings["cells"].items():
        scored = unscored = paper = 0
        found = parts[dimension] = []
        for stratum, scored_names, unscored_names, no_opinion_names, paper_names in cells:
            answers = [get(name, 0) for name in scored_names]
            n = sum(answers)
            if n:
                found.append((stratum, n, sum(a * value for a, value in zip(answers, worths, strict=True))))
                by_option = [a + b for a, b in zip(by_option, answers, strict=True)]
            scored += n
            unscored += sum(get(name, 0) for name in unscored_names)
            no_opinion += sum(get(name, 0) for name in no_opinion_names)
            paper += sum(get(name, 0) for name in paper_names)
        scored_all += scored
        unscored_all += unscored
        valid, shown = max(valid, scored), max(shown, scored + unscored + paper)
    by_name = dict(zip(settings["options"], by_option, strict=True))
    return Sums(parts, by_name, scored_all, unscored_all, no_opinion, valid, shown)


def turnout(name: str, counts: Counts, shared: Counts, settings: Ready, rolls: Rolls) -> int | None:
    """Issued or returned ballots: the unit's own number, else the channel's, else the roll."""
    names = [name, *(name_of(name, stratum) for stratum in settings["strata"] if settings["weighted"])]
    own, all_units = (sum(table.get(each, 0) for each in names) for table in (counts, shared))
    return own or all_units or roll(rolls, name)


def contradiction(issued: int | None, returned: int | None, shown: int) -> str:
    """More returned than issued is void; more answered than returned is inconsistent; "" is neither."""
    if issued is not None and (shown if returned is None else returned) > issued:
        return "void"
    return "inconsistent" if returned is not None and shown > returned else ""


def stratum_contradiction(stratum: str, counts: Counts, shared: Counts, settings: Ready, rolls: Rolls) -> str:
    """The same inside one stratum."""
    issued, returned = (
        counts.get(name_of(name, stratum), 0)
        or shared.get(name_of(name, stratum), 0)
        or roll(rolls, name, stratum)
        for name in TURNOUT
    )
    if issued is None and returned is None:
        return ""
    shown = 0
    for cells in settings["cells"].values():
        for each, *tables in cells:
            if each == stratum:
                scored_names, unscored_names, _, paper_names = tables
                names = (*scored_names, *unscored_names, *paper_names)
                shown = max(shown, sum(counts.get(name, 0) for name in names))
    return contradiction(issued, returned, shown)


def reaches(count: int, threshold: tuple[str, Fraction, bool], bases: Mapping[str, int], times: int) -> bool:
    """Whether a count is at least (or over) a part of `times` a number; never of an unknown one."""
    of, part, over = threshold
    if of not in bases:
        return False
    wanted = part * bases[of] * times
    return count > wanted if over else count >= wanted


def rate_ballots(sums: Sums, settings: Ready, facts: dict[str, str]) -> Fraction:
    """The weighted mean over dimensions of their mean worths; empty strata and dimensions spread theirs."""
    total, weights = Fraction(0), 0
    for dimension, weight in settings["dimensions"]:
        parts = sums.parts[dimension]
        if not parts:
            continue
        shares = sum(settings["strata"][stratum] for stratum, _, _ in parts)
        worth = sum((Fraction(settings["strata"][s] * earned, n) for s, n, earned in parts), Fraction(0))
        rate = worth / (shares * settings["whole_worth"])
        if len(settings["dimensions"]) > 1:
            facts[f"{dimension}_score"] = percent(*rate.as_integer_ratio())
        total += weight * rate
        weights += weight
    return total / weights


def score_ballots(counts: Counts, shared: Counts, settings: Ready, rolls: Rolls) -> Scored:
    sums = sum_ballots(counts, settings)
    issued, reported = (turnout(name, counts, shared, settings, rolls) for name in TURNOUT)
    returned = sums.shown if reported is None else reported
    known = {"eligible": roll(rolls, "eligible"), "issued": issued, "returned": returned, "valid": sums.valid}
    bases = {name: count for name, count in known.items() if count is not None}
    facts = {name: str(count) for name, count in bases.items()}
    problems = [contradiction(issued, reported, sums.shown)]
    if settings["weighted"]:
        problems += [stratum_contradiction(s, counts, shared, settings, rolls) for s in settings["strata"]]
    for status in ("void", "inconsistent"):
        if status in problems:
            return Scored(None, status, sums.valid, facts)
    if settings["quorum"] and not reaches(returned, settings["quorum"], bases, 1):
        return Scored(None, "below_quorum", sums.valid, facts)
    if sums.valid < settings["n_min"]:
        return Scored(None, "too_few", sums.valid, facts)
    for option, count in sums.by_option.items():
        facts[f"{option}_share"] = percent(count, sums.scored)
    if "no_opinion" not in sums.by_option:
        facts["no_opinion_share"] = percent(sums.no_opinion, sums.scored + sums.unscored)
    rate = rate_ballots(sums, settings, facts)
    if settings["grades"]:
        facts["grade"] = grade_of(sums, settings, bases)
    return Scored(rate, "ok", sums.valid, facts)


def grade_of(sums: Sums, settings: Ready, bases: Mapping[str, int]) -> str:
    """The first grade whose options are enough; answers of several dimensions are of as many ballots."""
    for key, options, threshold in settings["grades"]:
        if threshold is None:
            return str(key)
        count = sum(sums.by_option[option] for option in options)
        if threshold[0] == "valid":
            reached = reaches(count, threshold, {"valid": sums.scored}, 1)
        else:
            reached = reaches(count, threshold, bases, len(settings["dimensions"]))
        if reached:
            return str(key)
    raise ValueError("the last grade has a threshold")


# ---------------------------------------------------------------- F5: monitoring points


def prepare_points(settings: Mapping[str, Any]) -> Ready:
    return Ready(
        prepare_ballots(settings),
        ballot_share=number(settings["ballot_share"]),
        report_weights=numbers_in(settings["report_weights"]),
    )


def tally_point(values: Mapping[str, Any], settings: Ready, _period: Mapping[str, Any]) -> Tallied:
    """Answers and reports of the unit; shared, that the point spoke, nameless where its name is withheld."""
    stratum, month = values["stratum"], values.get("month")
    speaker = (stratum, values["point"]) if "point" in values else (stratum,)
    tail = (stratum,) if settings["weighted"] else ()
    counts = {
        name_of("answer", dimension, option, *tail): 1
        for dimension, option in values.get("answers", {}).items()
    }
    reports = values.get("reports")
    if reports:
        counts["reports"] = count_of(reports)
        for measure in ASKED:
            if measure in values:
                counts["of/" + measure] = reports
                if count_of(values[measure]):
                    counts["count/" + measure] = values[measure]
    shared = {name_of("point", *speaker): 1}
    if month:
        shared[name_of("month", month, *speaker)] = 1
    return counts, shared


def score_points(counts: Counts, shared: Counts, settings: Ready, rolls: Rolls) -> Scored:
    """`ballot_share` of the ballots' score, the rest the weighted rates of the points' own reports."""
    ballots = score_ballots(counts, shared, settings, rolls)
    facts = {**ballots.facts, "reports": str(counts.get("reports", 0)), **coverage(shared, rolls)}
    reports = [
        (measure, weight, counts.get("count/" + measure, 0), counts.get("of/" + measure, 0))
        for measure, weight in settings["report_weights"].items()
        if counts.get("of/" + measure, 0)
    ]
    if any(good > of for _, _, good, of in reports):
        return Scored(None, "inconsistent", ballots.n, facts)
    facts.update({f"{measure}_rate": percent(good, of) for measure, _, good, of in reports})
    if ballots.rate is None or not reports:
        return ballots._replace(facts=facts)
    worth = sum((weight * Fraction(good, of) for _, weight, good, of in reports), Fraction(0))
    part = worth / sum(weight for _, weight, _, _ in reports)
    facts["ballot_part"] = percent(*ballots.rate.as_integer_ratio())
    facts["report_part"] = percent(*part.as_integer_ratio())
    share = settings["ballot_share"]
    return Scored(share * ballots.rate + (1 - share) * part, "ok", ballots.n, facts)


def coverage(shared: Counts, rolls: Rolls) -> dict[str, str]:
    """How many points spoke, of how many that are registered; no share where more spoke than there are."""
    points = sum(1 for name, times in shared.items() if times and name.startswith("point/"))
    registered = roll(rolls, "registered")
    facts = {"points": str(points)}
    if registered is not None:
        facts["registered"] = str(registered)
        if 0 < registered >= points:
            facts["coverage"] = percent(points, registered)
    return facts


def coarse(shared: Counts) -> dict[str, int]:
    """The channel's counters without the points' names: ("point", type) and ("month", month, type)."""
    sums: dict[str, int] = {}
    for name, amount in shared.items():
        words = name.split("/")
        private = (words[0] == "point" and len(words) == 3) or (words[0] == "month" and len(words) == 4)
        kept = "/".join(words[:-1]) if private else name
        sums[kept] = sums.get(kept, 0) + amount
    return sums


PRIVATE_POINTS = ("point/", "month/")

# ---------------------------------------------------------------- presets

FOUR = ("very_satisfied", "satisfied", "basic", "dissatisfied")
FIVE = (*FOUR, "very_dissatisfied")
THREE = ("satisfied", "basic", "dissatisfied")
Presets = Mapping[str, Mapping[str, Any]]


def worth(options: Iterable[str], values: str) -> dict[str, Any]:
    """Options with their worths, "100/80/60/0"."""
    return {"options": dict(zip(options, values.split("/"), strict=True))}


def bands(full_satisfaction: str) -> dict[str, Any]:
    """The circulars of Lianyungang: 10, 20 and 25 points."""
    rows = [
        ("signed_on_time", "10", "95", "1", "0"),
        ("on_time", "20", "95", "1", "0"),
        ("satisfied", "25", full_satisfaction, "0.5", "12.5"),
    ]
    keys = ("measure", "points", "full", "per", "floor")
    return {"bands": [dict(zip(keys, row, strict=True)) for row in rows], "sub_score_decimals": 2}


PARTNER_PRESETS: Presets = {"hundred": {"scale": "100"}, "hundred-2": {"scale": "100", "score_decimals": 2}}
PANEL_PRESETS: Presets = {"plain": {"trim": 0, "n_min": 3}, "trimmed": {"trim": 1, "n_min": 3}}
ITEM_PRESETS: Presets = {"national": {"bonus_gate": {"over": "80"}, "bonus_cap": "20"}}
MEASURE_PRESETS: Presets = {
    "panjin": {
        "weights": {"closed": "0.20", "satisfied": "0.30", "on_time": "0.25", "followed_up": "0.25"},
        "sub_score_decimals": 2,
    },
    "three_rate": {
        "weights": {"signed_on_time": "0.10", "resolved": "0.50", "satisfied": "0.40"},
        "credit": {"basic": "0.9"},
        "sub_score_decimals": 2,
    },
    "30/30/40": {
        "weights": {"on_time": "0.3", "closed": "0.3", "satisfied": "0.4"},
        "sub_score_decimals": 2,
    },
    "lianyungang": bands("95"),
    "lianyungang_2022": bands("98"),
    "rate": {"n_min": 5},
}
SHOW_PRESETS: Presets = {
    "100/80/50": {"credit": {"deputy": "0.8", "other": "0.5"}},
    "leader_only": {"credit": {"deputy": "0", "other": "0"}},
    "40/20/20/20": {
        "weights": {"attended": "0.4", "answered_on_time": "0.2", "resolved": "0.2", "satisfied": "0.2"},
        "sub_score_decimals": 2,
    },
}
BALLOT_PRESETS: Presets = {
    **{scale: worth(FOUR, scale) for scale in ("100/80/60/0", "100/90/70/50")},
    **{scale: worth(FIVE, scale) for scale in ("100/80/60/30/0", "100/80/60/40/20", "100/80/60/40/0")},
    **{scale: worth(THREE, scale) for scale in ("100/80/30", "100/75/55", "100/70/30")},
    "1-10": {"options": {str(mark): f"{(mark - 1) * 100}/9" for mark in range(1, 11)}},
    "kaixian": worth(FOUR, "100/90/70/50"),
    "jinxiang": {**worth(THREE, "100/80/30"), "unscored": ["no_opinion"], "shown_as": "score"},
    "shandong_2008": {
        **worth(THREE, "100/75/55"),
        "unscored": ["no_opinion"],
        "shown_as": "score",
        "strata": {"phone": "0.6", "questionnaire": "0.4"},
    },
    "xiaolongshan": {
        **worth(("satisfied", "fairly_satisfied", "average"), "100/80/60"),
        "unscored": [],
        "shown_as": "score",
    },
    "survey": {"n_min": 30},
}
ROSTER_PRESETS: Presets = {
    **BALLOT_PRESETS,
    "half": {"quorum": {"over": "0.5", "of": "eligible"}},
    "zhenhai": {
        "grades": [
            {"key": "satisfied", "options": ["satisfied"], "at_least": "0.5", "of": "eligible"},
            {"key": "basic", "options": ["satisfied", "basic"], "over": "0.5", "of": "eligible"},
            {"key": "dissatisfied"},
        ],
    },
}
POINT_PRESETS: Presets = {
    **BALLOT_PRESETS,
    "50/50": {
        "ballot_share": "0.5",
        "report_weights": {"answered_on_time": "0.2", "resolved": "0.4", "satisfied": "0.4"},
    },
}

# ---------------------------------------------------------------- the families


@dataclass(frozen=True)
class Family:
    """A channel's formula. `tally` and `score` take the settings of the scheme, or those of `complete`.

    `due_per_unit`: a unit without an entry is not_submitted. `private_counters`: how the names of shared
    counters begin which end in a private value; where it is withheld, `tally` gives them as `coarse` does.
    """

    prepare: Callable[[Mapping[str, Any]], Ready]
    count: Callable[[Mapping[str, Any], Ready, Mapping[str, Any]], Tallied]
    worth: Callable[[Counts, Counts, Ready, Rolls], Scored]
    presets: Presets
    due_per_unit: bool = False
    private_counters: tuple[str, ...] = ()
    completed: dict[int, tuple[Mapping[str, Any], Ready]] = field(default_factory=dict)

    def complete(self, settings: Mapping[str, Any]) -> Ready:
        """The settings with their presets filled in: later presets win, the scheme's own win over all."""
        if type(settings) is Ready:
            return settings
        known = self.completed.get(id(settings))
        if known is None or known[0] is not settings:
            names = settings.get("preset", ())
            filled: dict[str, Any] = {}
            for name in [names] if isinstance(names, str) else names:
                filled.update(self.presets[name])
            known = self.completed[id(settings)] = (settings, self.prepare({**filled, **settings}))
        return known[1]

    def tally(
        self, values: Mapping[str, Any], settings: Mapping[str, Any], period: Mapping[str, Any]
    ) -> Tallied:
        """What one entry adds to its unit's counters and to the channel's; nothing that is 0."""
        return self.count(values, settings if type(settings) is Ready else self.complete(settings), period)

    def score(
        self,
        counts: Counts,
        shared: Counts,
        settings: Mapping[str, Any],
        _period: Mapping[str, Any],
        rolls: Rolls,
    ) -> Scored:
        """What a unit's counters are worth."""
        scored = self.worth(counts, shared, self.complete(settings), rolls)
        if scored.rate is not None and not 0 <= scored.rate <= 1:
            raise ValueError(f"a rate outside 0 to 1: {scored.rate}")
        return scored


PARTNER = Family(prepare_marks, tally_mark, score_partner, PARTNER_PRESETS, due_per_unit=True)
PANEL = Family(prepare_marks, tally_mark, score_panel, PANEL_PRESETS, due_per_unit=True)
CHECKLIST = Family(prepare_items, tally_checklist, score_items, ITEM_PRESETS, due_per_unit=True)
FINDINGS = Family(prepare_items, tally_finding, score_items, ITEM_PRESETS)
CASES = Family(prepare_measures, tally_case, score_cases, MEASURE_PRESETS)
CASE_TOTALS = Family(prepare_measures, tally_totals, score_totals, MEASURE_PRESETS)
SHOW = Family(prepare_measures, tally_session, score_sessions, SHOW_PRESETS)
BALLOTS = Family(prepare_ballots, tally_ballots, score_ballots, BALLOT_PRESETS)
ROSTER = Family(prepare_ballots, tally_ballots, score_ballots, ROSTER_PRESETS)
POINTS = Family(prepare_points, tally_point, score_points, POINT_PRESETS, private_counters=PRIVATE_POINTS)

FAMILIES: dict[str, Family] = {
    "partner_score": PARTNER,
    "panel": PANEL,
    "districts": PANEL,
    "checklist": CHECKLIST,
    "inspections": FINDINGS,
    "hotline": CASES,
    "messages": CASES,
    "press": CASES,
    "hotline_totals": CASE_TOTALS,
    "messages_totals": CASE_TOTALS,
    "press_totals": CASE_TOTALS,
    "hotline_show": SHOW,
    "mobile_qr": BALLOTS,
    "web_poll": BALLOTS,
    "television": BALLOTS,
    "weibo": BALLOTS,
    "deputies": ROSTER,
    "cppcc": ROSTER,
    "roster": ROSTER,
    "monitoring_points": POINTS,
}


# ---------------------------------------------------------------------------------------------------------
# 10. From scores to the result: points, groups, totals, adjustments, ranks, grades, last places.
# Points are whole numbers of 10**-decimals. Every rate is exact; each level is rounded once, half up.

NOT_SUBMITTED, SWITCHED_OFF, QUARANTINED = "not_submitted", "switched_off", "quarantined"
Points = int | None


class Rated(NamedTuple):
    """A unit on a channel; `printed` stands in for the rate where the formula is not in this file."""

    rate: Fraction | None
    status: str
    n: int | None = 0
    facts: Mapping[str, str] = {}
    veto: bool = False
    printed: str = ""


@dataclass
class Line:
    """One unit on its way to the result."""

    code: str
    name: str
    category: str
    cells: dict[str, Rated] = field(default_factory=dict)
    points: dict[str, Points] = field(default_factory=dict)
    groups: dict[str, Points] = field(default_factory=dict)
    total: Points = None
    adjustment: int = 0
    override: str = ""
    coverage: Fraction = Fraction(0)
    ranked: bool = False
    rank: int | None = None
    of: int | None = None
    grade: str = ""
    falls: list[str] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)


def word(value: Decimal) -> str:
    """A decimal without exponent, trailing zeros or a minus before 0."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def exact(spelling: Any) -> Fraction:
    """A number of the scheme or the snapshot."""
    return Fraction(Decimal(str(spelling)))


def half_up(value: Fraction) -> int:
    """The nearest whole number, halves away from zero."""
    whole = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return -whole if value < 0 else whole


def spell(points: Points, decimals: int) -> str:
    """8730 at two decimals is "87.30"; nothing rated is empty."""
    if points is None:
        return ""
    digits = str(abs(points)).rjust(decimals + 1, "0")
    sign = "-" if points < 0 else ""
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else sign + digits


def per_cent(share: Fraction) -> str:
    hundredths = half_up(share * 10_000)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def assess(
    scheme: Mapping[str, Any], snapshot: Mapping[str, Any], scores: Mapping[str, Mapping[str, Rated]]
) -> dict[str, Any]:
    """The document that results.json prints: scores[channel][unit]; a unit without one did not submit."""
    lines = [Line(code, name, category) for code, name, category, *_ in snapshot["units"]]
    choices = {(row[3], row[2]): row[4] for row in snapshot["decisions"] if row[0] == "switch_off"}
    off = {matter for matter, choice in choices.items() if choice == "yes"}
    maxima = {plan["key"]: exact(plan["max_points"]) for plan in scheme["channels"]}
    for line in lines:
        give_points(scheme, line, maxima, scores, off)
    add_up(scheme, lines, off)
    adjust(scheme, snapshot, lines)
    categories: dict[str, list[Line]] = {}
    for line in lines:
        categories.setdefault(line.category, []).append(line)
    for members in categories.values():
        stand(scheme, snapshot, members)
    order = {table["key"]: position for position, table in enumerate(scheme["categories"])}
    listed = sorted(lines, key=lambda line: (order[line.category], line.rank is None, line.rank or 0))
    items = items_of(snapshot)
    return {
        "scheme": scheme["key"],
        "full_marks": word(Decimal(str(scheme["full_marks"]))),
        "decimals": scheme["decimals"],
        "channels": {plan["key"]: word(Decimal(str(plan["max_points"]))) for plan in scheme["channels"]},
        "units": [unit_document(scheme, line, items.get(line.code, [])) for line in listed],
        "switch_off_proposals": switch_off_proposals(scheme, categories, choices),
        "notices": [
            notice for key, members in categories.items() for notice in notices(scheme, key, members)
        ],
    }


def give_points(
    scheme: Mapping[str, Any],
    line: Line,
    maxima: Mapping[str, Fraction],
    scores: Mapping[str, Mapping[str, Rated]],
    off: set[tuple[str, str]],
) -> None:
    """Points on each channel: rate times maximum, rounded once; where a channel is switched off it is not."""
    scale = 10 ** scheme["decimals"]
    for plan in scheme["channels"]:
        key = plan["key"]
        rated = scores.get(key, {}).get(line.code, Rated(None, NOT_SUBMITTED))
        if (line.category, key) in off:
            rated = Rated(None, SWITCHED_OFF, rated.n, rated.facts)
        if rated.rate is not None and not 0 <= rated.rate.numerator <= rated.rate.denominator:
            raise UnfitError(
                f"单位 {line.code} 在渠道 {key} 的得分率不在 0 到 1 之间。",
                f"The rate of {line.code} on {key} is not between 0 and 1.",
            )
        line.cells[key] = rated
        if rated.printed:
            line.points[key] = printed_points(rated.printed, scheme, plan)
        else:
            full = maxima[key] * scale
            line.points[key] = None if rated.rate is None else half_up(rated.rate * full)


def printed_points(spelling: str, scheme: Mapping[str, Any], plan: Mapping[str, Any]) -> int:
    """Points as results.json prints them, for a channel whose formula is not in this file."""
    points = exact(spelling) * 10 ** scheme["decimals"]
    if points.denominator != 1 or not 0 <= exact(spelling) <= exact(plan["max_points"]):
        raise UnfitError(
            f"渠道 {plan['key']} 的得分 {spelling} 不可能出现。",
            f"{spelling} cannot be points of {plan['key']}.",
        )
    return int(points)


def add_up(scheme: Mapping[str, Any], lines: Sequence[Line], off: set[tuple[str, str]]) -> None:
    """Group points and totals by the scheme's policy for what is missing, and the share that was rated."""
    policy = scheme["policies"]["missing"]
    exactly = {plan["key"]: exact(plan["max_points"]) for plan in scheme["channels"]}
    common = lcm(*(most.denominator for most in exactly.values()))
    maxima = {key: int(most * common) for key, most in exactly.items()}  # only their ratios matter
    everything = sum(maxima.values())
    means = category_means(lines) if policy == "category_mean" else {}
    for line in lines:
        have = [key for key, points in line.points.items() if points is not None]
        line.coverage = Fraction(sum(maxima[key] for key in have), everything)
        filled = dict(line.points)
        for key, points in line.points.items():
            if points is None and (line.category, key) not in off:
                filled[key] = {"zero": 0, "category_mean": means.get((line.category, key))}.get(policy)
        if not have:
            filled = dict.fromkeys(filled)
        flat = policy == "reallocate_flat"
        line.total = raised([(filled[key], maxima[key]) for key in filled]) if flat else None
        whole = branch(scheme, line, "", filled, maxima, flat)
        line.total = line.total if flat else whole[0]


def category_means(lines: Sequence[Line]) -> dict[tuple[str, str], int]:
    """(category, channel) -> the mean points of the units rated there, rounded."""
    rated: dict[tuple[str, str], list[int]] = {}
    for line in lines:
        for key, points in line.points.items():
            if points is not None:
                rated.setdefault((line.category, key), []).append(points)
    return {place: half_up(Fraction(sum(points), len(points))) for place, points in rated.items()}


def branch(
    scheme: Mapping[str, Any],
    line: Line,
    group: str,
    filled: Mapping[str, Points],
    maxima: Mapping[str, int],
    flat: bool,
) -> tuple[Points, int]:
    """A group's points and its maximum, innermost groups first; the top is ""."""
    parts = [
        (filled[plan["key"]], maxima[plan["key"]])
        for plan in scheme["channels"]
        if plan.get("group", "") == group
    ]
    for inner in scheme.get("groups", []):
        if inner.get("parent", "") == group:
            below = branch(scheme, line, inner["key"], filled, maxima, flat)
            line.groups[inner["key"]] = below[0]
            parts.append(below)
    have = [points for points, _ in parts if points is not None]
    points = (sum(have) if have else None) if flat else raised(parts)
    return points, sum(most for _, most in parts)


def raised(parts: Sequence[tuple[Points, int]]) -> Points:
    """The sum of what is there, raised to the worth of all where something is missing, half up."""
    have = [(points, most) for points, most in parts if points is not None]
    total = sum(points for points, _ in have)
    if len(have) == len(parts):
        return total
    worth, whole = sum(most for _, most in have), sum(most for _, most in parts)
    return half_up(Fraction(total * whole, worth)) if have else None


def adjust(scheme: Mapping[str, Any], snapshot: Mapping[str, Any], lines: Sequence[Line]) -> None:
    """Bonuses up to their cap, less deductions and warnings; vetoes; who can be ranked at all."""
    scale = 10 ** scheme["decimals"]
    cap, full = scheme["policies"].get("bonus_cap"), half_up(exact(scheme["full_marks"]) * scale)
    least = exact(scheme["policies"]["min_coverage"]) / 100
    for line in lines:
        bonus = taken = Fraction(0)
        kinds = set()
        for unit, kind, points, target, *_ in snapshot["adjustments"]:
            if unit != line.code or target != "total":
                continue
            kinds.add(kind)
            bonus += exact(points or 0) if kind == "bonus" else 0
            taken += exact(points or 0) if kind in ("deduction", "warning") else 0
        line.adjustment = half_up(((bonus if cap is None else min(bonus, exact(cap))) - taken) * scale)
        if line.total is not None:
            line.total = min(max(line.total + line.adjustment, 0), full)
        vetoed = "veto" in kinds or any(cell.veto for cell in line.cells.values())
        line.override = "disqualified" if "disqualification" in kinds else "veto" if vetoed else ""
        line.ranked = line.total is not None and not line.override and line.coverage >= least


def stand(scheme: Mapping[str, Any], snapshot: Mapping[str, Any], members: Sequence[Line]) -> None:
    """Ranks, grades and last places of one category."""
    ranked = [line for line in members if line.ranked]
    totals = sorted((line.total or 0 for line in ranked), reverse=True)
    better = {total: totals.index(total) for total in set(totals)}  # units with a higher total
    if scheme["policies"]["ties"] == "dense":
        ranks = {total: place for place, total in enumerate(sorted(better, reverse=True), 1)}
    else:
        ranks = {total: above + 1 for total, above in better.items()}
    grades = grades_of(scheme, better, len(totals))
    for line in ranked:
        at = line.total or 0
        line.rank, line.of, line.grade = ranks[at], len(ranked), grades.get(at, "")
    overridden = sum(bool(line.override) for line in members)
    ties = {row[1]: row[4] for row in snapshot["decisions"] if row[0] == "tie"}
    for rule in scheme.get("consequences", []):
        when = rule["when"]
        k = when["k"] - (overridden if when.get("overrides_use_places") else 0)
        inside, waiting = last_places(scheme, ranked, max(k, 0), ties)
        inside, waiting = repeated(snapshot, inside, waiting, when, ties)
        for line in ranked:
            if line.code in inside:
                line.falls.append(rule["action"])
            if line.code in waiting:
                line.waits.append(rule["action"])


def grades_of(scheme: Mapping[str, Any], better: Mapping[int, int], ranked: int) -> dict[int, str]:
    """Total -> grade: by lower bounds, or by shares of the places with equal totals in the better grade."""
    table = scheme.get("grades")
    if table is None:
        return {}
    if table.get("from"):
        scale = 10 ** scheme["decimals"]
        bounds = [(key, exact(bound) * scale) for key, bound in table["from"].items()]
        return {total: next(key for key, bound in bounds if total >= bound) for total in better}
    graded: dict[int, str] = {}
    upto, keys = 0, list(table["shares"])
    for key in keys:
        upto += int(exact(table["shares"][key]) * ranked)
        for total, above in better.items():
            if total not in graded and (key == keys[-1] or above < upto):
                graded[total] = key
    return graded


Codes = set[str]


def last_places(
    scheme: Mapping[str, Any], ranked: Sequence[Line], k: int, ties: Mapping[str, str]
) -> tuple[Codes, Codes]:
    """The last k, and those tied at the cut for whom a person has to decide."""
    inside: Codes = set()
    for tied in equals({line.code: line.total or 0 for line in ranked}):
        if len(inside) == k:
            break
        if len(tied) <= k - len(inside):
            inside |= set(tied)
            continue
        still = tied
        for key in scheme["policies"]["tie_break"]:
            values = {line.code: (line.points | line.groups)[key] for line in ranked if line.code in still}
            if None in values.values():
                continue  # what one of them lacks cannot compare them
            for equal in equals({code: points or 0 for code, points in values.items()}):
                if len(equal) > k - len(inside):
                    still = equal
                    break
                inside |= set(equal)
            if len(inside) == k:
                return inside, set()
        return by_choice(inside, still, k - len(inside), ties)
    return inside, set()


def equals(values: Mapping[str, int]) -> list[list[str]]:
    """Units of equal value together, the lowest first."""
    return [[c for c in values if values[c] == value] for value in sorted(set(values.values()))]


def by_choice(inside: Codes, tied: Sequence[str], left: int, ties: Mapping[str, str]) -> tuple[Codes, Codes]:
    """A person's decisions on a tie, and what must follow from them."""
    chosen = {code for code in tied if ties.get(code) == "in"}
    still = {code for code in tied if code not in ties}
    left -= len(chosen)
    if left <= 0:
        return inside | chosen, set()
    if len(still) <= left:
        return inside | chosen | still, set()
    return inside | chosen, still


def repeated(
    snapshot: Mapping[str, Any],
    inside: Codes,
    waiting: Codes,
    when: Mapping[str, Any],
    ties: Mapping[str, str],
) -> tuple[Codes, Codes]:
    """Of the last k now, those who were so in each of the periods before, where a rule wants several."""
    before = when.get("consecutive", 1) - 1
    if not before:
        return inside, waiting
    periods: dict[str, dict[str, tuple[Any, Any, Any]]] = {}
    for earlier, unit, category, _, rank, of in snapshot["previous"]:
        periods.setdefault(earlier, {})[unit] = (category, rank, of)
    if len(periods) < before:
        return set(), set()
    newest = [periods[key] for key in sorted(periods, key=natural)[-before:]]
    falls: Codes = set()
    open_: Codes = set()
    for code in inside | waiting:
        places = {place_then(results, code, when["k"]) for results in newest}
        if "out" in places:
            continue
        unsettled = "tied" in places and code not in ties
        if code in waiting or unsettled:
            open_.add(code)
        elif "tied" not in places or ties[code] == "in":
            falls.add(code)
    return falls, open_


def place_then(results: Mapping[str, tuple[Any, Any, Any]], code: str, k: int) -> str:
    """Whether a unit was in the last k of its category in an earlier period, out, or tied at the cut."""
    category, rank, of = results.get(code, ("", None, None))
    if rank is None or of is None:
        return "out"
    ranks = [other[1] for other in results.values() if other[0] == category and other[1] is not None]
    better = sum(other < rank for other in ranks) if len(ranks) == of else rank - 1
    if of - better <= k:
        return "in"
    return "tied" if of - better - ranks.count(rank) < k else "out"


def natural(key: str) -> list[tuple[int, str]]:
    """Keys in the order of their numbers: 2017-9 before 2017-10."""
    parts = re.split(r"(\d+)", key)
    return [(int(part), "") if at % 2 else (0, part) for at, part in enumerate(parts)]


def switch_off_proposals(
    scheme: Mapping[str, Any],
    categories: Mapping[str, Sequence[Line]],
    choices: Mapping[tuple[str, str], str],
) -> list[dict[str, Any]]:
    """Channels that more than a fifth of a category lacks and nobody has decided on."""
    found = []
    for category, members in categories.items():
        for plan in scheme["channels"]:
            key = plan["key"]
            missing = sum(line.points[key] is None for line in members)
            if missing * 5 > len(members) and (category, key) not in choices:
                found.append(
                    {"category": category, "channel": key, "missing": missing, "units": len(members)}
                )
    return found


def notices(scheme: Mapping[str, Any], category: str, members: Sequence[Line]) -> Iterator[dict[str, str]]:
    """What makes last places doubtful; stops nothing."""
    ranked = sum(line.ranked for line in members)
    rules = scheme.get("consequences", [])
    if not rules or not ranked:
        return
    if ranked < 5:
        yield {
            "code": "few_ranked",
            "category": category,
            "zh": f"该类别只有 {ranked} 个单位参加排名，末位的意义有限。",
            "en": f"Only {ranked} units are ranked in this category: its last places mean little.",
        }
    k = max(rule["when"]["k"] for rule in rules)
    if 3 * k > ranked:
        yield {
            "code": "many_places",
            "category": category,
            "zh": f"末 {k} 位超过了参加排名的 {ranked} 个单位的三分之一。",
            "en": f"The last {k} are more than a third of the {ranked} ranked units.",
        }


def add_whole(document: Mapping[str, Any], whole: Mapping[str, Any]) -> None:
    """Beside each unit's result the one with held evidence counted; where the ranks differ it is to be reviewed."""
    others = {unit["unit"]: unit for unit in whole["units"]}
    for unit in document["units"]:
        other = others[unit["unit"]]
        unit["all_total"], unit["all_rank"] = other["total"], other["rank"]
        unit["all_points"] = {
            key: other["channels"][key]["points"]
            for key, cell in unit["channels"].items()
            if cell["points"] != other["channels"][key]["points"]
        }
        unit["review"] = unit["rank"] != other["rank"]


def items_of(snapshot: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for unit, kind, points, target, reason, document in snapshot["adjustments"]:
        item = {
            "kind": kind,
            "points": points or "",
            "target": target,
            "reason": reason,
            "document": document,
        }
        found.setdefault(unit, []).append(item)
    return found


def unit_document(
    scheme: Mapping[str, Any], line: Line, items: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """A unit's line as results.json prints it."""
    decimals = scheme["decimals"]
    status = "needs_decision" if line.waits else "ranked"
    return {
        "unit": line.code,
        "name": line.name,
        "category": line.category,
        "status": line.override or (status if line.ranked else "not_ranked"),
        "total": spell(line.total, decimals),
        "rank": line.rank,
        "of": line.of,
        "grade": line.grade,
        "adjustments": spell(line.adjustment, decimals),
        "adjustment_items": list(items),
        "coverage_percent": per_cent(line.coverage),
        "proposed_actions": line.falls,
        "undecided_actions": line.waits,
        "groups": {key: spell(points, decimals) for key, points in line.groups.items()},
        "channels": {
            key: {
                "points": spell(line.points[key], decimals),
                "status": cell.status,
                "n": cell.n,
                "facts": dict(cell.facts),
            }
            for key, cell in line.cells.items()
        },
    }


def results_csv(scheme: Mapping[str, Any], document: Mapping[str, Any]) -> bytes:
    """results.csv: the same as a table, one row per unit."""
    keys = [plan["key"] for plan in scheme["channels"]]
    units = document["units"]
    facts = {key: sorted({name for unit in units for name in unit["channels"][key]["facts"]}) for key in keys}
    groups = [group["key"] for group in scheme.get("groups", [])]
    header = ["category", "unit", "name"]
    for key in keys:
        header += [key, f"{key}.n", f"{key}.status", *(f"{key}.{name}" for name in facts[key])]
    header += [*groups, "adjustments", "total", "rank", "of", "rank_low", "rank_high"]
    header += ["label", "grade", "status"]
    both = any("all_rank" in unit for unit in units)
    header += ["all_total", "all_rank", "review"] if both else []
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(header)
    for unit in units:
        row = [unit["category"], unit["unit"], unit["name"]]
        for key in keys:
            cell = unit["channels"][key]
            row += [
                cell["points"],
                cell["n"],
                cell["status"],
                *(cell["facts"].get(n, "") for n in facts[key]),
            ]
        row += [unit["groups"][key] for key in groups]
        row += [unit["adjustments"], unit["total"], unit["rank"], unit["of"], "", "", ""]
        row += [unit["grade"], unit["status"]]
        row += [unit["all_total"], unit["all_rank"], "true" if unit["review"] else "false"] if both else []
        table.writerow(row)
    return out.getvalue().encode()


# ---------------------------------------------------------------------------------------------------------
# 11. Draws by lot: root = SHA-256(rule and pool), in the record before the source was known;
# seed = SHA-256(root, value); ticket = SHA-256(seed, id); in each stratum the smallest tickets are drawn.


def check_draw(report: Report, name: str, said: Mapping[str, Any]) -> None:
    """The pool is the one that was committed, and the members drawn follow from the source's value."""
    rule, pool = said["rule"], sorted([member["id"], member["stratum"]] for member in said["pool"])
    stated = {key: rule[key] for key in ("size", "alternates", "source", "quotas")}
    root = hashlib.sha256(canonical({"rule": stated, "pool": pool})).digest()
    committed = f"- {said['leaf']}".encode()
    if len({member for member, _ in pool}) != len(pool) or root.hex() != said["root"]:
        raise UnfitError(
            f"{name}：名册或规则与登记的根不符。",
            f"{name}: pool or rule are not those of the root that was committed.",
        )
    if not any(committed in lines for lines in JOB.lines):
        raise UnfitError(
            f"{name}：记录中没有这次抽签的登记。", f"{name}: the record holds no commitment of this draw."
        )
    if said["value"] is None:
        report.note(
            f"{name}：名册已登记，尚未抽签。", f"{name}: the pool is committed, nothing is drawn yet."
        )
        return
    value = " ".join(unicodedata.normalize("NFKC", said["value"]).split())
    seed = hashlib.sha256(root + value.encode()).digest()
    places = places_of(rule, pool, seed)
    if (
        said["seed"] != seed.hex()
        or said["places"] != places
        or not substitutes_fit(places, said["substitutes"])
    ):
        raise UnfitError(
            f"{name}：抽签结果不是由名册和公开数值得出的。",
            f"{name}: what was drawn does not follow from the pool and the source's value.",
        )
    drawn = sum(place["lot"] == "drawn" for place in places)
    report.ok(
        f"抽签：{name} 从 {len(pool)} 人中抽取 {drawn} 人，重抽结果相同。",
        f"Draw: {name}, {drawn} of {len(pool)}, comes out the same when it is drawn again.",
    )


def places_of(rule: Mapping[str, Any], pool: Sequence[Sequence[str]], seed: bytes) -> list[dict[str, Any]]:
    """Every member by stratum and ticket, and what became of it."""
    strata: dict[str, list[tuple[str, str]]] = {}
    for member, stratum in pool:
        ticket = hashlib.sha256(seed + member.encode()).hexdigest()
        strata.setdefault(stratum, []).append((ticket, member))
    sizes = {stratum: len(members) for stratum, members in strata.items()}
    quotas = shared_out(rule["size"], sizes) if rule["quotas"] is None else rule["quotas"]
    left = {stratum: size - quotas.get(stratum, 0) for stratum, size in sizes.items()}
    spare = shared_out(min(rule["alternates"], sum(left.values())), left)
    found = []
    for stratum in sorted(strata):
        quota = quotas.get(stratum, 0)
        for place, (ticket, member) in enumerate(sorted(strata[stratum]), 1):
            lot = (
                "drawn" if place <= quota else "alternate" if place <= quota + spare[stratum] else "not_drawn"
            )
            found.append({"id": member, "stratum": stratum, "ticket": ticket, "place": place, "lot": lot})
    return found


def shared_out(number: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """A number split by sizes: largest remainder first, then the larger, then by name."""
    total = sum(sizes.values()) or 1
    found = {name: number * size // total for name, size in sizes.items()}
    order = sorted(sizes, key=lambda name: (-(number * sizes[name] % total), -sizes[name], name))
    for name in order[: number - sum(found.values())]:
        found[name] += 1
    return found


def substitutes_fit(places: Sequence[Mapping[str, Any]], said: Sequence[Mapping[str, str]]) -> bool:
    """Only members who serve were replaced, each by an alternate of the same stratum, taken in their order."""
    stratum = {place["id"]: place["stratum"] for place in places}
    waiting: dict[str, list[str]] = {}
    for place in places:
        if place["lot"] == "alternate":
            waiting.setdefault(place["stratum"], []).append(place["id"])
    taken = [one["member"] for one in said]
    serving = {place["id"] for place in places if place["lot"] == "drawn"} | set(taken)
    replaced = [one["replaced"] for one in said]
    used = {name: [member for member in taken if stratum[member] == name] for name in waiting}
    return (
        len(set(replaced)) == len(replaced) == sum(map(len, used.values()))
        and set(replaced) <= serving
        and all(stratum[one["replaced"]] == stratum[one["member"]] for one in said)
        and all(sorted(used[name]) == sorted(waiting[name][: len(used[name])]) for name in waiting)
    )


# ---------------------------------------------------------------------------------------------------------
# 12. Ballots. Each sealed ballot is a leaf while the period is open; after its closing a box is opened once,
# and only sums come out. Nobody can look into a ballot from here: what is checked is that none is left out
# or added, that the boxes were made ready before and opened after, and that the sums add up to the ballots.

FLOOR = 10  # fewer scored answers are never shown by option, fewer held ballots of a cell never at all
MARGINS = ("burst", "surge", "surge_least", "margin", "deviations", "usual_least")  # thresholds of a box
LOST = ("missing", "altered", "extra")  # what an opening may name where stored ballots and record differ
Words = tuple[str, str]
Faults = Iterator[Words]


class Packed(NamedTuple):
    """A sealed ballot in the record: where, and the hash of its leaf."""

    place: tuple[int, int]
    digest: str


class Box(NamedTuple):
    """A channel's box as it was made ready: its frozen content, its cards by stratum, its ballots and opening."""

    channel: str
    frozen: dict[str, Any]
    cards: dict[str, int]
    ballots: list[Packed]
    opened: Act

    @property
    def layout(self) -> dict[str, Any]:
        layout: dict[str, Any] = self.frozen["layout"]
        return layout

    @property
    def told(self) -> dict[str, Any]:
        return self.opened.body


def check_ballots(report: Report, record: Record) -> None:
    """All checks of this section; periods without ballots are passed over."""
    acts = record.acts
    ballots = ballots_in(record.blocks)
    if not ballots and not acts_of(acts, "ballots.prepared", "box.opened"):
        return
    opening, closing = life_of(acts)
    frozen, found = prepared_boxes(acts, opening)
    found += misplaced(ballots, frozen, acts, closing)
    boxes = []
    for channel in dict.fromkeys([*frozen, *(act.body["channel"] for act in acts_of(acts, "box.opened"))]):
        opened = [act for act in acts_of(acts, "box.opened") if act.body["channel"] == channel]
        found += opened_once(channel, opened, channel in frozen)
        if opened and channel in frozen:
            cards = cards_before(acts, channel, opening)
            boxes.append(Box(channel, frozen[channel], cards, ballots.get(channel, []), opened[0]))
    found += secret_gone(acts, boxes, closing)
    found += wrong_cells(acts, record.blocks, {box.channel: box for box in boxes})
    report.all_wrong(found)
    for box in boxes:
        with report.part(f"票箱 {box.channel}", f"Box {box.channel}"):
            check_box(report, record, box, closing)


def check_box(report: Report, record: Record, box: Box, closing: tuple[int, int]) -> None:
    """One box: its ballots, its opening, its sums and its cards."""
    told, tallies = box.told, tallies_of(record.blocks, box.channel)
    found = [
        *wrong_numbers(box, closing),
        *wrong_opening(box, record.logs, closing),
        *wrong_cards(box, tallies),
        *wrong_sums(box, tallies),
        *unfit_cells(box, tallies),
        *wrong_digest(box, tallies),
    ]
    report.all_wrong(found)
    if not found:
        sealed, counted, held, rejected = (told[name] for name in ("sealed", "counted", "held", "rejected"))
        layout = sha256(canonical(box.layout))
        report.ok(
            f"选票：渠道 {box.channel} 记录中的 {sealed} 张密封选票 = 计入 {counted} + 待核查 {held} + 不计 {rejected}；截止后才开箱，各单位各项合计与票数相符。",
            f"Ballots: channel {box.channel}, {sealed} sealed in the record = {counted} counted + {held} held + {rejected} rejected; opened after the closing; the options of every unit and dimension add up to them.",
        )
        limits = ", ".join(f"{name} {box.frozen['rules'][name]}" for name in MARGINS)
        report.ok(
            f"票箱 {box.channel} 在开放前即已定下：票面 {layout}；待核查的界限 {limits}。",
            f"Box {box.channel}, fixed before the period opened: layout {layout}; thresholds {limits}.",
        )
    tell_box(report, record, box, closing)


def tell_box(report: Report, record: Record, box: Box, closing: tuple[int, int]) -> None:
    """What is not wrong but should be known: ballots without rows, too many cards, entries beside the box."""
    if lost := {name: box.told[name] for name in LOST if box.told.get(name)}:
        told = ", ".join(f"{name} {len(receipts)}" for name, receipts in lost.items())
        report.note(
            f"票箱 {box.channel} 开箱时，库存选票与记录不完全相符（{told}），由两人决定继续；请向主办单位问明。",
            f"When box {box.channel} was opened, the stored ballots were not all those of the record ({told}); two people went on. Ask the office about them.",
        )
    if over := sum(count for _, _, why, count in box.told["numbers"] if why == "cards_exceeded"):
        report.note(
            f"渠道 {box.channel} 收到的选票比发出的票卡多 {over} 张；多出的未计入，请向主办单位问明。",
            f"Channel {box.channel} took {over} ballots more than it has cards; they do not count. Ask the office about them.",
        )
    if more := sum(cards_before(record.acts, box.channel, JOB.until).values()) - sum(box.cards.values()):
        report.note(
            f"渠道 {box.channel} 在周期开放之后又登记了 {more} 张票卡；请向主办单位问明。",
            f"Channel {box.channel}: {more} cards were committed after the period had opened; ask the office about them.",
        )
    if beside := sum(block.beside[box.channel] for block in record.blocks):
        report.note(
            f"渠道 {box.channel} 另有 {beside} 条报送不是开箱得出的。",
            f"Channel {box.channel} has {beside} entries that did not come out of its box.",
        )
    for key in JOB.witnesses:
        places = [place for who, place in record.cosigned if who == key]
        if not any(closing < place <= box.opened.place for place in places):
            report.note(
                f"数据包里没有见证方 {key.name} 在截止之后、票箱 {box.channel} 开箱之前的签名。",
                f"The bundle has no line of {key.name} from between the closing and the opening of box {box.channel}.",
            )


def ballots_in(blocks: Iterable[Block]) -> dict[str, list[Packed]]:
    """The sealed ballots of each channel in the order of the record."""
    found: dict[str, list[Packed]] = {}
    for block in blocks:
        for channel, packed in block.ballots.items():
            into = found.setdefault(channel, [])
            for one in packed:
                place = int.from_bytes(one[:4], "big"), int.from_bytes(one[4:12], "big")
                into.append(Packed(place, one[12:].hex()))
    return found


def life_of(acts: Sequence[Act]) -> tuple[tuple[int, int], tuple[int, int]]:
    """When the period first opened, and when it first closed after that: a reopened period takes no ballots."""
    opened = next((act.place for act in acts_of(acts, "period.open")), None)
    closed = next(
        (act.place for act in acts_of(acts, "period.closed") if opened and act.place > opened), None
    )
    if opened is None or closed is None:
        raise UnfitError(
            "记录中没有周期的开放或截止，选票无法核对。",
            "The record shows no opening or no closing of the period: its ballots cannot be checked.",
        )
    return opened, closed


def prepared_boxes(
    acts: Sequence[Act], opening: tuple[int, int]
) -> tuple[dict[str, dict[str, Any]], list[Words]]:
    """Channel -> what was frozen for its box, by the last preparation before the period opened."""
    all_of_them = acts_of(acts, "ballots.prepared")
    before = [act for act in all_of_them if act.place < opening]
    found: list[Words] = []
    if not before:
        found.append(
            (
                "周期开放之前没有准备票箱的记录。",
                "The record does not show that the ballot boxes were prepared before the period opened.",
            )
        )
    if len(before) < len(all_of_them):
        found.append(
            (
                "周期开放之后又准备过票箱：密钥、票面或界限可能被换过。",
                "Ballot boxes were prepared after the period had opened: keys, layout or thresholds may have been swapped.",
            )
        )
    boxes = (before or all_of_them)[-1].body["boxes"] if all_of_them else []
    frozen = {box["channel"]: box for box in boxes}
    for channel, box in frozen.items():
        if not frozen_whole(channel, box):
            found.append(
                (
                    f"渠道 {channel} 的票箱没有定明票面和界限。",
                    f"The box of channel {channel} was prepared without naming its layout and thresholds.",
                )
            )
    return frozen, found


def frozen_whole(channel: str, box: Mapping[str, Any]) -> bool:
    """Whether what was frozen for a box names its layout, of the period's units, and a number for each threshold."""
    layout, rules = box["layout"], box["rules"]
    lists = [layout[name] for name in ("units", "dimensions", "options", "strata")]
    named = all(type(one) is list and one and set(map(type, one)) == {str} for one in lists)
    return (
        named
        and layout["channel"] == channel
        and sorted(layout["units"]) == sorted(row[0] for row in JOB.snapshot["units"])
        and type(layout["scored"]) is int
        and 0 < layout["scored"] <= len(layout["options"])
        and count_of(layout["comment"]) >= 0
        and (box["kind"], layout["every_unit"]) in (("open", False), ("roster", True))
        and type(layout["every_unit"]) is bool
        and bool(HEX.fullmatch(box["questionnaire"]))
        and set(MARGINS) <= rules.keys()
        and all(number(rules[name]) > 0 for name in MARGINS)
    )


def misplaced(
    ballots: Mapping[str, Sequence[Packed]],
    frozen: Mapping[str, Any],
    acts: Sequence[Act],
    closing: tuple[int, int],
) -> Faults:
    """Ballots of an unknown channel, twice, before their box was ready or after the closing."""
    ready = max((act.place for act in acts_of(acts, "ballots.prepared")), default=closing)
    for channel, sealed in ballots.items():
        if channel not in frozen:
            yield (
                f"记录中有 {len(sealed)} 张选票属于没有票箱的渠道“{channel}”。",
                f"The record holds {len(sealed)} ballots of {channel}, which has no box.",
            )
        if twice := len(sealed) - len({one.digest for one in sealed}):
            yield (
                f"渠道 {channel} 有 {twice} 张选票在记录中重复。",
                f"{twice} ballots of channel {channel} stand twice in the record.",
            )
        if early := sum(one.place < ready for one in sealed):
            yield (
                f"渠道 {channel} 有 {early} 张选票在票箱准备好之前就进入了记录。",
                f"{early} ballots of channel {channel} came before the boxes were prepared.",
            )
        if late := sum(one.place > closing for one in sealed):
            yield (
                f"渠道 {channel} 有 {late} 张选票在截止之后才进入记录。",
                f"{late} ballots of channel {channel} came after the period had closed.",
            )


def opened_once(channel: str, opened: Sequence[Act], known: bool) -> Faults:
    if not known:
        yield (
            f"渠道 {channel} 没有准备过票箱，却有开箱记录。",
            f"A box of channel {channel} was opened, but none was prepared.",
        )
    if not opened:
        yield (
            f"渠道 {channel} 的票箱没有开箱记录。",
            f"The record does not show that the box of channel {channel} was opened.",
        )
    if len(opened) > 1:
        yield (
            f"渠道 {channel} 的票箱开过 {len(opened)} 次，只能开一次。",
            f"The box of channel {channel} was opened {len(opened)} times; once is all there may be.",
        )


def cards_before(acts: Sequence[Act], channel: str, opening: tuple[int, int]) -> dict[str, int]:
    """How many cards each stratum of a roster has by the lists committed before the period opened."""
    cards: Counter[str] = Counter()
    for act in acts_of(acts, "cards.committed"):
        body = act.body
        if body["channel"] == channel and body["purpose"] == "card" and act.place < opening:
            cards[body["stratum"]] += count_of(body["cards"])
    return dict(cards)


def secret_gone(acts: Sequence[Act], boxes: Sequence[Box], closing: tuple[int, int]) -> Faults:
    """The secret that tells whose marks are whose was destroyed after the closing, before any box was opened."""
    destroyed = [
        a.place for a in acts_of(acts, "ballots.secret_destroyed") if a.body["what"] == "period_secret"
    ]
    first = min((box.opened.place for box in boxes), default=None)
    if first is not None and not any(place < first for place in destroyed):
        yield (
            "第一个票箱开箱之前，没有销毁周期密钥的记录。",
            "The record does not show that the period's secret was destroyed before the first box was opened.",
        )
    if any(place < closing for place in destroyed):
        yield (
            "周期密钥在截止之前就被销毁了。",
            "The period's secret was destroyed before the period had closed.",
        )


def wrong_numbers(box: Box, closing: tuple[int, int]) -> Faults:
    """What was sealed is what the record holds, and is counted, held or rejected, each the sum of its numbers."""
    channel, told = box.channel, box.told
    before = sum(one.place < closing for one in box.ballots)
    if told["sealed"] != before:
        yield (
            f"渠道 {channel}：截止前记录中有 {before} 张密封选票，开箱却说有 {told['sealed']} 张。",
            f"Channel {channel}: the record holds {before} sealed ballots before the closing, the opening told of {told['sealed']}.",
        )
    sums = dict.fromkeys(STANDINGS, 0)
    for unit, standing, why, count in told["numbers"]:
        if type(unit) is not str or type(why) is not str or count_of(count) == 0:
            raise ValueError("numbers")
        sums[standing] += count
        if (standing == "counted") != (why == "") or (standing == "held" and count < FLOOR):
            yield (
                f"渠道 {channel} 单位 {unit or '（全部）'}：{standing} {count} 张（{why or '—'}）不可能出现。",
                f"Channel {channel}, unit {unit or '(all)'}: {count} {standing} ballots ({why or '—'}) cannot be.",
            )
    if len({(unit, standing, why) for unit, standing, why, _ in told["numbers"]}) != len(told["numbers"]):
        yield (f"渠道 {channel} 的票数有重复。", f"Channel {channel}: a number of ballots is told twice.")
    parts = {name: told[name] for name in STANDINGS}
    if parts != sums or sum(sums.values()) != told["sealed"]:
        yield (
            f"渠道 {channel} 的票数不相加：密封 {told['sealed']}，计入、待核查、不计分别为 {list(parts.values())}，明细合计 {list(sums.values())}。",
            f"Channel {channel}: the ballots do not add up: {told['sealed']} sealed; counted, held, rejected {list(parts.values())}; their numbers sum to {list(sums.values())}.",
        )
    approved = told.get("approved_by", [])
    if any(name in told for name in LOST) and len(set(approved)) < 2:
        yield (
            f"渠道 {channel} 的库存选票与记录不符，却没有两人决定继续开箱。",
            f"Channel {channel}: stored ballots and record differed, and not two people had its box opened all the same.",
        )
    for name in LOST[:2]:
        named = told.get(name, [])
        if not {one.digest for one in box.ballots}.issuperset(named) or len(set(named)) != len(named):
            yield (
                f"渠道 {channel} 列为 {name} 的选票不在记录中。",
                f"Channel {channel}: ballots named as {name} are not in the record.",
            )


def wrong_opening(box: Box, logs: Sequence[Log], closing: tuple[int, int]) -> Faults:
    """The box was opened after the closing, under a head of this record that covers the closing."""
    channel, told = box.channel, box.told
    if box.opened.place < closing:
        yield (
            f"渠道 {channel} 的票箱在周期截止之前就开了。",
            f"The box of channel {channel} was opened before the period had closed.",
        )
    if JOB.until < box.opened.place:
        yield (
            f"渠道 {channel} 的票箱在快照冻结之后才开。",
            f"The box of channel {channel} was opened after the snapshot was frozen.",
        )
    head = head_of(*told["head"].split(" "))
    at = next((n for n, log in enumerate(logs) if log.epoch.origin == head.origin), None)
    log = None if at is None else logs[at]
    if at is None or log is None or head.size > log.tree.size or log.tree.root(head.size) != head.root:
        yield (
            f"渠道 {channel} 开箱所依据的树头 {head.line} 不在本记录中。",
            f"The head {head.line}, under which the box of channel {channel} was opened, is not of this record.",
        )
        return
    if (told["epoch"], told["size"]) != (log.epoch.number, head.size):
        yield (
            f"渠道 {channel} 开箱记录的树头与其期号、大小不符。",
            f"The opening of channel {channel} names a head and another epoch or size.",
        )
    if not closing < (at, head.size) <= box.opened.place:
        yield (
            f"渠道 {channel} 开箱所依据的树头（{head.size} 条）没有包含周期截止，或晚于开箱。",
            f"The head under which the box of channel {channel} was opened ({head.size} leaves) does not cover the closing, or is later than the opening.",
        )


def tallies_of(blocks: Iterable[Block], channel: str) -> Counter[Tally]:
    found: Counter[Tally] = Counter()
    for block in blocks:
        for tally, count in block.tallies.items():
            if tally.channel == channel:
                found[tally] += count
    return found


def wrong_cards(box: Box, tallies: Mapping[Tally, int]) -> Faults:
    """Of a roster no more ballots count than cards were committed before the period opened, in all and by stratum."""
    channel, told, cards = box.channel, box.told, box.cards
    roster = box.frozen["kind"] == "roster"
    issued = sum(cards.values()) if roster else None
    if told["cards"] != issued or (box.frozen["cards"] or {}) != (cards if roster else {}):
        yield (
            f"渠道 {channel} 的票卡数（开箱说 {told['cards']}）不是开放前登记的 {issued}。",
            f"Channel {channel}: its cards (the opening tells of {told['cards']}) are not the {issued} committed before the period opened.",
        )
    if (shown_ := turnout_of(tallies, "issued")) != (issued or 0):
        yield (
            f"渠道 {channel} 登记票卡 {issued or 0} 张，报送却写 {shown_} 张。",
            f"Channel {channel}: {issued or 0} cards were committed, the entries say {shown_}.",
        )
    if issued is None:
        return
    used = told["counted"] + told["held"]
    if used > issued:
        yield (
            f"渠道 {channel} 计入的选票 {used} 张，多于开放前登记的票卡 {issued} 张。",
            f"Channel {channel}: {used} ballots count, but only {issued} cards were committed before the period opened.",
        )
    by_stratum: Counter[tuple[str, str, str]] = Counter()
    for tally, count in tallies.items():
        if tally.unit:
            by_stratum[tally.stratum, tally.unit, tally.dimension] += count
    for stratum in sorted({stratum for stratum, _, _ in by_stratum}):
        most = max(count for (one, _, _), count in by_stratum.items() if one == stratum)
        if most > cards.get(stratum, 0):
            yield (
                f"渠道 {channel} 人群“{stratum}”有 {most} 张选票，票卡只有 {cards.get(stratum, 0)} 张。",
                f"Channel {channel}, stratum {stratum}: {most} ballots, but {cards.get(stratum, 0)} cards.",
            )


def wrong_sums(box: Box, tallies: Mapping[Tally, int]) -> Faults:
    """Per unit and dimension the options add up to the ballots counted or held for one reason; rosters: `returned`."""
    batch, dimensions, roster = box.frozen["batch"], box.layout["dimensions"], box.layout["every_unit"]
    wanted: Counter[tuple[str, str]] = Counter()
    returned = 0
    for unit, standing, why, count in box.told["numbers"]:
        if standing != "rejected":
            returned += count if roster else 0
            for each in box.layout["units"] if roster else [unit]:
                wanted[each, f"{batch}.{why}" if why else batch] += count
    sums: Counter[tuple[str, str, str]] = Counter()
    for tally, count in tallies.items():
        if tally.unit or tally.option not in TURNOUT:
            sums[tally.unit, tally.batch, tally.dimension or dimensions[0]] += count
    if (shown_ := turnout_of(tallies, "returned")) != returned:
        yield (
            f"渠道 {box.channel} 收回 {returned} 张，报送却写 {shown_} 张。",
            f"Channel {box.channel}: {returned} ballots were returned, the entries say {shown_}.",
        )
    expected = {(*place, dimension): n for place, n in wanted.items() for dimension in dimensions}
    for unit, named, dimension in sorted(expected.keys() | sums.keys()):
        place = unit, named, dimension
        if sums[place] != expected.get(place, 0):
            yield (
                f"渠道 {box.channel} 单位 {unit}，{dimension}（{named}）：各选项合计 {sums[place]}，选票 {expected.get(place, 0)} 张。",
                f"Channel {box.channel}, unit {unit}, {dimension} ({named}): the options add up to {sums[place]}, the ballots are {expected.get(place, 0)}.",
            )


def turnout_of(tallies: Mapping[Tally, int], option: str) -> int:
    """How many ballots were issued or returned by the entries of the channel as a whole."""
    return sum(count for tally, count in tallies.items() if not tally.unit and tally.option == option)


def unfit_cells(box: Box, tallies: Mapping[Tally, int]) -> Faults:
    """Options and strata are those of the layout; one to nine scored answers of a cell are never shown by option."""
    known = {*box.layout["options"], "no_answer", "withheld", *TURNOUT}
    scored = set(box.layout["options"][: box.layout["scored"]])
    cells: dict[Tally, dict[str, int]] = {}
    for tally, count in tallies.items():
        cells.setdefault(tally._replace(option=""), {})[tally.option] = count
    for cell, options in cells.items():
        if not options.keys() <= known or cell.stratum not in (*box.layout["strata"], *box.cards):
            yield (
                f"渠道 {box.channel} 单位 {cell.unit}，{cell.dimension}：有票面没有的选项或人群（{cell.stratum or '—'}）。",
                f"Channel {box.channel}, unit {cell.unit}, {cell.dimension}: options or a stratum ({cell.stratum or '—'}) that the layout does not have.",
            )
        n = sum(count for option, count in options.items() if option in scored)
        if 0 < n < FLOOR or ("withheld" in options and len(options) > 1):
            yield (
                f"渠道 {box.channel} 单位 {cell.unit}，{cell.dimension}（{cell.stratum or '—'}，{cell.batch}）：不足 {FLOOR} 份的回答没有隐去。",
                f"Channel {box.channel}, unit {cell.unit}, {cell.dimension} ({cell.stratum or '—'}, {cell.batch}): fewer than {FLOOR} answers are shown by option.",
            )


def wrong_digest(box: Box, tallies: Mapping[Tally, int]) -> Faults:
    """The digest that auditors get by a recount: without comments it follows from sums and numbers alone."""
    layout, batch = box.layout, box.frozen["batch"]
    if not HEX.fullmatch(box.told["digest"]):
        raise ValueError("digest")
    if layout["comment"]:
        return
    options = [*layout["options"], "no_answer", "withheld", *TURNOUT]
    whole = layout["every_unit"]

    def order(entry: Mapping[str, Any]) -> tuple[Any, ...]:
        unit, dimension, option = entry["unit"], entry["dimension"], entry["option"]
        if option == "returned" and not unit:
            return ()
        units = place_in(layout["units"], unit) if whole else 0
        cell = "" if whole else unit, entry["stratum"], entry["reason"]
        return *cell, units, place_in(layout["dimensions"], dimension), place_in(options, option)

    entries = []
    for tally, count in tallies.items():
        why = tally.batch.removeprefix(batch).removeprefix(".")
        said = {name: value for name, value in tally._asdict().items() if name not in ("channel", "standing")}
        if tally.unit or tally.option != "issued":
            entries.append({**said, "count": count, "standing": "held" if why else "counted", "reason": why})
    names = ("unit", "standing", "reason", "count")
    numbers = [dict(zip(names, row, strict=True)) for row in box.told["numbers"]]
    content = {"entries": sorted(entries, key=order), "numbers": numbers, "opinions": []}
    if sha256(canonical(content)) != box.told["digest"]:
        yield (
            f"渠道 {box.channel} 公布的数与开箱时登记的摘要不符（审计员重新计票应得到该摘要）。",
            f"Channel {box.channel}: the sums are not those whose digest the opening recorded, and which a recount gives.",
        )


def place_in(words: Sequence[str], one: str) -> int:
    """The place of a word in a list; behind all where it is none of them, which is told elsewhere."""
    return words.index(one) if one in words else len(words)


Cell = tuple[str, str, str]  # channel, unit, reason


def wrong_cells(acts: Sequence[Act], blocks: Sequence[Block], boxes: Mapping[str, Box]) -> Faults:
    """After the opening only held cells move, as two people decided, each cell once and as a whole."""
    decided: dict[Cell, bool] = {}
    for act in acts_of(acts, "cell.decided"):
        body = act.body
        cell = body["channel"], body["unit"], body["reason"]
        if act.place < JOB.until:
            yield from wrong_decision(act, cell, acts, boxes, decided)
            decided[cell] = body["release"]
    left, faults = moved_cells(blocks, boxes)
    yield from faults
    for cell, standings in sorted(left.items()):
        release = decided.get(cell)
        wanted = "held" if release is None else "counted" if release else "rejected"
        if standings.keys() != {wanted}:
            yield (
                f"渠道 {cell[0]} 单位 {cell[1]} 的待核查选票（{cell[2]}）按决定应为 {wanted}，实际为 {', '.join(sorted(standings))}。",
                f"Channel {cell[0]}, unit {cell[1]}: the ballots held for {cell[2]} should be {wanted} by what was decided, but are {', '.join(sorted(standings))}.",
            )


def wrong_decision(
    act: Act, cell: Cell, acts: Sequence[Act], boxes: Mapping[str, Box], decided: Mapping[Cell, bool]
) -> Faults:
    """A decision is on a held cell and its number, comes after the opening, once, and from two reviewers."""
    channel, unit, why = cell
    box = boxes.get(channel)
    numbers = box.told["numbers"] if box else []
    held = sum(n for u, standing, r, n in numbers if (u, standing, r) == (unit, "held", why))
    reviewers = {
        one.body["by"]
        for one in acts_of(acts, "cell.reviewed")
        if one.place < act.place and (one.body["channel"], one.body["unit"], one.body["reason"]) == cell
    }
    right = box is not None and act.place > box.opened.place and held and act.body["ballots"] == held
    if not right or cell in decided or type(act.body["release"]) is not bool:
        yield (
            f"渠道 {channel} 单位 {unit} 关于 {why} 的决定没有对应的待核查选票，或不止一次。",
            f"Channel {channel}, unit {unit}: a decision on {why} that fits no held ballots, or not the first.",
        )
    if len(reviewers) < 2:
        yield (
            f"渠道 {channel} 单位 {unit} 关于 {why} 的决定没有经两人复核。",
            f"Channel {channel}, unit {unit}: the decision on {why} was not reviewed by two people.",
        )


def moved_cells(
    blocks: Sequence[Block], boxes: Mapping[str, Box]
) -> tuple[dict[Cell, Counter[str]], list[Words]]:
    """Cell -> the standings in which its entries stand now; and entries that should never have moved."""
    cells: dict[Cell, Counter[str]] = {}
    taken: dict[str, tuple[Tally, str]] = {}
    found: list[Words] = []
    plain_ = {channel: box.frozen["batch"] for channel, box in boxes.items()}

    def cell_of(tally: Tally) -> Cell | None:
        batch = plain_.get(tally.channel, tally.batch)
        reason_ = tally.batch.removeprefix(f"{batch}.")
        return None if tally.batch == batch else (tally.channel, tally.unit, reason_)

    for block in blocks:
        for tally in block.tallies:
            if cell := cell_of(tally):
                cells.setdefault(cell, Counter())[tally.standing] += 1
        taken |= {digest: (tally, tally.standing) for digest, tally in block.taken.items()}
    for leaf in (leaf for block in blocks for leaf in block.entries):
        if leaf.replaces not in taken:
            continue
        tally, standing = taken.pop(leaf.replaces)
        cell = cell_of(tally)
        if leaf.row is not None or cell is None:
            found.append(
                (
                    f"第 {leaf.at} 条叶子改动了渠道 {tally.channel} 开箱得出的数（单位 {tally.unit or '（全部）'}）；只有待核查的可以由复核移动。",
                    f"Leaf {leaf.at} changes what came out of the box of channel {tally.channel} (unit {tally.unit or '(all)'}); only what is held may be moved, by its review.",
                )
            )
            continue
        taken[leaf.digest] = (tally, leaf.standing)
        cells[cell][leaf.standing] += 1
        cells[cell][standing] -= 1
    return {cell: +standings for cell, standings in cells.items()}, found


# ---------------------------------------------------------------------------------------------------------
# 13. The whole.

KNOWN_FILES = re.compile(
    r"scheme\.toml|period\.toml|(units|rolls|adjustments|decisions|previous|results)\.csv"
    r"|(snapshot|epochs|results|record)\.json|heads\.jsonl|verify\.py"
    r"|entries/[^/]+\.csv|leaves/[0-9]+\.txt|revisions/[0-9]+/results\.json|draws/[^/]+\.json"
)


def score_channels(
    report: Report, computed: Mapping[str, Any], printed: Mapping[str, Any]
) -> dict[str, dict[str, Rated]]:
    """Every unit on every channel, from the snapshot's counters; foreign channels as they are printed."""
    scores: dict[str, dict[str, Rated]] = {}
    foreign: list[str] = []
    for key, plan in JOB.plans.items():
        if isinstance(computed[key], tuple):
            raise UnfitError(*computed[key])
        if computed[key] is not None:
            scores[key] = computed[key]
            continue
        scores[key] = {unit["unit"]: printed_cell(unit["channels"][key]) for unit in printed["units"]}
        foreign.append(key)
        report.note(
            f"渠道 {key} 的公式来自外来插件 {plan['plugin']}，未重算。已核对：其报送都在记录中并与 entries/ 相同；合计与名次按其公布的得分重算。",
            f"Channel {key}: not recomputed, its formula comes from the foreign plugin {plan['plugin']}. Checked all the same: its entries are in the record and equal entries/; totals and ranks are recomputed from its printed points.",
        )
    rated = sum(len(scores[key]) for key in scores if key not in foreign)
    take_over_vetoes(scores, foreign, JOB.snapshot, printed)
    report.ok(
        f"得分：用独立编写的公式重算了 {len(scores) - len(foreign)} 个渠道的 {rated} 个得分。",
        f"Scores: {rated} scores of {len(scores) - len(foreign)} channels computed by formulas written independently.",
    )
    return scores


def score_channel(key: str) -> dict[str, Rated] | tuple[str, str] | None:
    """One channel's scores; None where its formulas are not here; or what is wrong."""
    family = FAMILIES.get(JOB.plans[key]["plugin"])
    try:
        return None if family is None else score_units(family, JOB.plans[key], JOB.snapshot)
    except GARBAGE as error:
        what = reason(error)
        return (f"渠道 {key} 无法重算（{what[0]}）。", f"Channel {key} cannot be recomputed ({what[1]}).")


def score_whole(key: str) -> dict[str, Rated] | tuple[str, str] | None:
    """The same with held evidence counted; None where nothing is held on this channel too."""
    family, standings = FAMILIES.get(JOB.plans[key]["plugin"]), JOB.snapshot["counters"].get(key, {})
    if family is None or not standings.get("held"):
        return None
    try:
        whole = {**JOB.snapshot, "counters": {key: {"counted": with_held(standings)}}}
        return score_units(family, JOB.plans[key], whole)
    except GARBAGE as error:
        what = reason(error)
        return (f"渠道 {key} 无法重算（{what[0]}）。", f"Channel {key} cannot be recomputed ({what[1]}).")


def with_held(standings: Mapping[str, Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    """Counted and held counters of a channel in one, by unit."""
    found: dict[str, Counter[str]] = {}
    for standing in ("counted", "held"):
        for unit, counts in standings.get(standing, {}).items():
            found.setdefault(unit, Counter()).update(counts)
    sums = {unit: {name: n for name, n in counts.items() if n} for unit, counts in found.items()}
    return {unit: counts for unit, counts in sums.items() if counts}


def score_all_whole(
    computed: Mapping[str, Any], scores: Mapping[str, dict[str, Rated]], printed: Mapping[str, Any]
) -> dict[str, dict[str, Rated]]:
    """Every channel's scores with held evidence counted; those of foreign channels as they are printed."""
    if wrong := next((found for found in computed.values() if isinstance(found, tuple)), None):
        raise UnfitError(*wrong)
    whole = {key: given if computed[key] is None else computed[key] for key, given in scores.items()}
    foreign = [key for key in scores if JOB.plans[key]["plugin"] not in FAMILIES]
    if not any(held_on(key) for key in foreign):
        return whole
    for key in foreign:
        whole[key] = {unit["unit"]: printed_whole(unit, key) for unit in printed["units"]}
    held = frozenset().union(*map(held_on, foreign))
    outside = [
        {"unit": unit["unit"], "status": "veto"}
        for unit in printed["units"]
        if unit["all_rank"] is None and (unit["status"] == "veto" or held & {"", unit["unit"]})
    ]
    take_over_vetoes(whole, foreign, JOB.snapshot, {"units": outside})
    return whole


def held_on(key: str) -> frozenset[str]:
    """The units of which something is held on a channel; "" stands for the channel as a whole."""
    return frozenset(JOB.snapshot["counters"].get(key, {}).get("held", {}))


def printed_whole(unit: Mapping[str, Any], key: str) -> Rated:
    """A foreign channel's score with held evidence counted, as results.json prints it."""
    points = unit["channels"][key]["points"]
    if held_on(key) & {"", unit["unit"]}:
        points = unit["all_points"].get(key, points)
    return Rated(None, "ok" if points else NOT_SUBMITTED, printed=points)


def score_units(family: Family, plan: Mapping[str, Any], snapshot: Mapping[str, Any]) -> dict[str, Rated]:
    """One channel's scores; a unit of which all evidence is held is quarantined."""
    key = plan["key"]
    standings = snapshot["counters"].get(key, {})
    counted, held = standings.get("counted", {}), standings.get("held", {})
    if not counted and not held:
        return {}
    rolls = {(name, stratum): count for channel, name, stratum, count in snapshot["rolls"] if channel == key}
    found: dict[str, Rated] = {}
    for code, *_ in snapshot["units"]:
        counts = counted.get(code, {})
        if not counts and code in held:
            found[code] = Rated(None, QUARANTINED)
        elif counts or not family.due_per_unit:
            shared = counted.get("", {})
            found[code] = Rated(*family.score(counts, shared, plan["settings"], snapshot["period"], rolls))
    return found


def printed_cell(cell: Mapping[str, Any]) -> Rated:
    """A foreign channel's score as results.json prints it."""
    points, status, n, facts = cell["points"], cell["status"], cell["n"], cell["facts"]
    if (status == "ok") != bool(points) or not isinstance(status, str) or not isinstance(facts, dict):
        raise UnfitError(
            "results.json 的得分与状态矛盾。", "results.json contradicts itself: points and status."
        )
    return Rated(None, status, n, facts, printed=points)


def take_over_vetoes(
    scores: Mapping[str, dict[str, Rated]],
    foreign: Sequence[str],
    snapshot: Mapping[str, Any],
    printed: Mapping[str, Any],
) -> None:
    """A veto that nothing here explains can only come from a foreign channel: it is taken as printed."""
    explained = {row[0] for row in snapshot["adjustments"] if row[1] == "veto" and row[3] == "total"}
    explained |= {code for units in scores.values() for code, rated in units.items() if rated.veto}
    for unit in printed["units"] if foreign else ():
        code = unit["unit"]
        if unit["status"] == "veto" and code not in explained:
            scores[foreign[0]][code] = scores[foreign[0]][code]._replace(veto=True)


def check_results(report: Report, computed: Mapping[str, Any], whole: Mapping[str, Any]) -> None:
    """results.json and results.csv are, byte for byte, what the snapshot comes to."""
    files, snapshot = JOB.files, JOB.snapshot
    scheme = tomllib.loads(snapshot["scheme"].removeprefix("\ufeff"))
    printed = read_json(needed(files, "results.json"))
    scores = score_channels(report, computed, printed)
    document = assess(scheme, snapshot, scores)
    if any(standings.get("held") for standings in snapshot["counters"].values()):
        add_whole(document, assess(scheme, snapshot, score_all_whole(whole, scores, printed)))
    found: list[tuple[str, str]] = []
    if canonical(document) + b"\n" != files["results.json"]:
        found = list(differences(document, printed))
        found = found or [
            ("results.json 的写法不是规定的那一种。", "results.json is not spelt as it must be.")
        ]
    if (table := results_csv(scheme, document)) != needed(files, "results.csv"):
        pairs = zip(table.split(b"\n"), files["results.csv"].split(b"\n"), strict=False)
        line = next((n for n, (one, other) in enumerate(pairs, 1) if one != other), "—")
        found.append(
            (
                f"results.csv 第 {line} 行起与重算的结果不同。",
                f"results.csv is not the recomputed table, from line {line} on.",
            )
        )
    report.all_wrong(found)
    if not found:
        ranked = sum(unit["rank"] is not None for unit in document["units"])
        report.ok(
            f"结果：{len(document['units'])} 个单位的得分、总分、名次（{ranked} 个参与排名）、等次和拟议措施重算后逐字节相同。",
            f"Result: points, totals, ranks ({ranked} ranked), grades and proposals of {len(document['units'])} units come out the same, byte for byte.",
        )
        tell_review(report, document["units"])


def tell_review(report: Report, units: Sequence[Mapping[str, Any]]) -> None:
    if any("review" in unit for unit in units):
        codes = ", ".join(unit["unit"] for unit in units if unit["review"]) or "—"
        report.ok(
            f"含待核查票的总分和名次重算后也相同；名次因此不同、标“复核”的单位：{codes}。",
            f"With held evidence counted, totals and ranks come out the same too; ranks differ and are to be reviewed: {codes}.",
        )


def differences(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where a printed result differs from the recomputed one."""
    for name in sorted(mine.keys() | theirs.keys()):
        if name != "units" and mine.get(name) != theirs.get(name):
            yield (
                f"results.json 的 {name}：公布 {shown(theirs.get(name))}，重算 {shown(mine.get(name))}。",
                f"results.json, {name}: printed {shown(theirs.get(name))}, recomputed {shown(mine.get(name))}.",
            )
    ours = {unit["unit"]: flat(unit) for unit in mine["units"]}
    printed = {unit["unit"]: flat(unit) for unit in theirs["units"]}
    for code in [*ours, *(code for code in printed if code not in ours)]:
        one, other = ours.get(code, {}), printed.get(code, {})
        for name in sorted(one.keys() | other.keys()):
            if one.get(name) != other.get(name):
                yield (
                    f"单位 {code} 的 {name}：公布 {shown(other.get(name))}，重算 {shown(one.get(name))}。",
                    f"Unit {code}, {name}: printed {shown(other.get(name))}, recomputed {shown(one.get(name))}.",
                )
    if list(ours) != list(printed):
        yield ("results.json 中单位的次序不对。", "The order of the units in results.json is wrong.")


def flat(value: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, inner in value.items():
        found |= flat(inner, f"{above}{name}.") if isinstance(inner, dict) else {f"{above}{name}": inner}
    return found


def shown(value: Any) -> str:
    return "—" if value in (None, "") else json.dumps(value, ensure_ascii=False)[:200]


def prepare(files: Mapping[str, bytes], period: str) -> None:
    """Forget what an earlier check left."""
    JOB.period, JOB.files, JOB.snapshot = period, files, {}
    JOB.plans, JOB.readers, JOB.lines, JOB.openings = {}, {}, [], {}
    JOB.every_row, JOB.until, JOB.replaced, JOB.witnesses = False, (0, 0), frozenset(), ()


def read_snapshot() -> None:
    """Read the snapshot, and from its scheme which channels there are."""
    snapshot = read_json(needed(JOB.files, "snapshot.json"))
    plans = {
        plan["key"]: plan for plan in tomllib.loads(snapshot["scheme"].removeprefix("\ufeff"))["channels"]
    }
    for plan in plans.values():
        plan.setdefault("settings", {})
        plan["plugin"].encode()
    columns = entry_columns(JOB.files)
    for key, plan in plans.items():
        family, shown = FAMILIES.get(plan["plugin"]), columns.get(key, [])
        settings = plan["settings"] if family is None else family.complete(plan["settings"])
        JOB.readers[key] = Reader(shown, frozenset(shown), family, settings)
    JOB.snapshot, JOB.plans = snapshot, plans


@dataclass
class Record:
    """The whole record, read: blocks and acts in the order of the log, and what was computed beside them."""

    logs: list[Log]
    blocks: list[Block]
    acts: list[Act]
    rows: dict[str, Any]  # channel -> rows of its entries file
    scores: dict[str, Any]  # channel -> scores
    whole: dict[str, Any]  # channel -> scores with held evidence counted
    cosigned: list[tuple[Key, tuple[int, int]]] = field(
        default_factory=list
    )  # who signed rightly, up to where


def read_record(report: Report) -> tuple[Record, list[Epoch], list[Any], list[list[Block]]]:
    """Read leaves, heads, entries files and scores, all at once."""
    epochs = read_epochs(JOB.files)
    notes: list[tuple[Epoch, str]] = []
    with report.part("heads.jsonl", "heads.jsonl"):
        notes = read_notes(JOB.files, epochs)
    JOB.lines = [read_lines(JOB.files, epoch) for epoch in epochs]
    expect_leaves()
    blocks = [(n, first) for n, lines in enumerate(JOB.lines) for first in range(0, len(lines), BLOCK)]
    tasks: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [(read_block, place) for place in blocks]
    tasks += [(read_note, (note, epoch.key)) for epoch, note in notes]
    tasks += [(task, (key,)) for task in (sum_file, score_channel, score_whole) for key in JOB.plans]
    done = iter(at_once(tasks, sum(map(len, JOB.lines)) >= FEW_LEAVES))
    by_epoch: list[list[Block]] = [[] for _ in epochs]
    for epoch, _ in blocks:
        by_epoch[epoch].append(next(done))
    heads = [next(done) for _ in notes]
    rows, scores, whole = ({key: next(done) for key in JOB.plans} for _ in range(3))
    logs = [
        Log(epoch, Tree([block.levels for block in each], BLOCK_LEVELS))
        for epoch, each in zip(epochs, by_epoch, strict=True)
    ]
    all_blocks = [block for each in by_epoch for block in each]
    acts = [
        Act((epoch, act.at), act.body)
        for epoch, each in enumerate(by_epoch)
        for block in each
        for act in block.acts
    ]
    return Record(logs, all_blocks, acts, rows, scores, whole), [epoch for epoch, _ in notes], heads, by_epoch


def check_record(report: Report, pins: Sequence[tuple[Head, str]]) -> Record:
    """Tree, heads, epochs and pins."""
    record, notes, heads, by_epoch = read_record(report)
    report.all_wrong([fault for block in record.blocks for fault in block.faults])
    lost: dict[str, Head] = {}
    with report.part("恢复记录", "Restores"):
        lost = check_restores(
            report, record.logs, [[act for block in each for act in block.acts] for each in by_epoch]
        )
    with report.part("树头", "Heads"):
        check_heads(report, record.logs, notes, heads, lost)
    with report.part("外部树头", "Pins"):
        check_pins(report, record.logs, pins, lost)
    with report.part("见证", "Witnesses"):
        check_witnesses(report, record, notes, heads)
    return record


def verify(folder: Path, pins: Sequence[str] = (), lang: str = "zh", witnesses: Sequence[str] = ()) -> int:
    """Check everything, say what was checked and what is wrong; 0 where nothing is, else 1."""
    report = Report(lang)
    began = time.monotonic()
    collecting = gc.isenabled()
    gc.disable()  # a million values and no circles: twice as fast without
    try:
        with report.part("文件夹", "The folder"):
            check_all(report, folder, pins, witnesses)
    finally:
        prepare({}, "")
        if collecting:
            gc.enable()
    seconds = f"{time.monotonic() - began:.1f}"
    if report.faults:
        report.wrong(
            f"结论：有 {report.faults} 处不符，这份结果不可采信。（{seconds} 秒）",
            f"Conclusion: {report.faults} things are wrong; do not rely on this result. ({seconds} s)",
        )
        return 1
    report.ok(
        f"结论：能够核对的全部相符。（{seconds} 秒）",
        f"Conclusion: all that can be checked is right. ({seconds} s)",
    )
    return 0


def check_all(report: Report, folder: Path, pins: Sequence[str], witnesses: Sequence[str]) -> None:
    period, files = check_manifest(report, folder)
    prepare(files, period)
    if others := [name for name in files if not KNOWN_FILES.fullmatch(name)]:
        names = ", ".join(sorted(others)[:10])
        report.note(
            f"除清单的摘要外未核对的文件：{names}。", f"Not checked beyond the manifest's SHA-256: {names}."
        )
    heads = read_pins(report, pins)
    JOB.witnesses = read_witnesses(report, witnesses)
    with report.part("snapshot.json", "snapshot.json"):
        read_snapshot()
    record: Record | None = None
    with report.part("记录（epochs.json、leaves/）", "The record (epochs.json, leaves/)"):
        record = check_record(report, heads)
    if record is None or not JOB.plans:
        return
    with report.part("公布记录", "The record's acts"):
        frozen_at = check_acts(report, files, record.acts, record.logs)
        if frozen_at != JOB.until:
            JOB.until = frozen_at
            record.blocks = [block for blocks in read_all_leaves() for block in blocks]
    with report.part("报送", "Entries"):
        check_entries(report, record)
    with report.part("选票", "Ballots"):
        check_ballots(report, record)
    with report.part("快照与文件", "The snapshot and the files"):
        check_particulars(report, files, JOB.snapshot)
    with report.part("登记", "Registers"):
        check_settings_of_record(report, JOB.snapshot, [act for act in record.acts if act.place < JOB.until])
    for name in sorted(name for name in files if name.startswith("draws/")):
        with report.part(name, name):
            check_draw(report, name, read_json(files[name]))
    with report.part("两人", "Two persons"):
        check_two_persons(report, record.acts)
    with report.part("结果", "Result"):
        check_results(report, record.scores, record.whole)


def check_entries(report: Report, record: Record) -> None:
    entries = follow(record.blocks)
    report.all_wrong(entries.faults)
    if not entries.faults:
        report.ok(
            f"报送记录：{entries.seen} 条，其中更正 {entries.corrections} 条、处置 {entries.dispositions} 条，前后相接；现行 {entries.standing} 条。",
            f"Entry leaves: {entries.seen}, of them {entries.corrections} corrections and {entries.dispositions} dispositions, each linked to what it replaces; {entries.standing} stand.",
        )
    if entries.late:
        report.note(
            f"快照之后又有 {entries.late} 条报送，不计入这份结果。",
            f"{entries.late} entries came after the snapshot; this result does not count them.",
        )
    with report.part("entries/", "entries/"):
        check_entry_files(report, entries, record.rows)
    check_counters(report, JOB.snapshot, entries)


USAGE = (
    'python3 -I verify.py [DIR] [--pin "ORIGIN SIZE ROOT" | --pin FILE]... [--witness VKEY]... [--lang zh|en]'
)


@dataclass
class Arguments:
    """What was asked for: the folder (by default this file's own), pins, witnesses' keys, the language."""

    folder: Path
    pins: list[str] = field(default_factory=list)
    witnesses: list[str] = field(default_factory=list)
    lang: str = "zh"


def arguments(given: Sequence[str]) -> Arguments:
    """The command line; ValueError or IndexError where it cannot be understood."""
    spoken = next((os.environ[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(n)), "")
    found = Arguments(Path(__file__).parent, lang="en" if spoken.startswith("en") else "zh")
    rest, folders = list(given), 0
    while rest:
        word_ = rest.pop(0)
        name, equals_, value = word_.partition("=")
        if name in ("--pin", "--witness", "--lang"):
            value = value if equals_ else rest.pop(0)
            if name == "--pin":
                found.pins.append(value)
            elif name == "--witness":
                found.witnesses.append(value)
            elif value in ("zh", "en"):
                found.lang = value
            else:
                raise ValueError(value)
        elif word_.startswith("-") or folders:
            raise ValueError(word_)
        else:
            found.folder, folders = Path(word_), 1
    return found


def main(given: Sequence[str]) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        asked = arguments(given)
    except (ValueError, IndexError):
        sys.stdout.write(f"{USAGE}\n")
        return 1
    if not asked.folder.is_dir():
        Report(asked.lang).wrong(f"没有文件夹 {asked.folder}。", f"There is no folder {asked.folder}.")
        return 1
    return verify(asked.folder, asked.pins, asked.lang, asked.witnesses)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
