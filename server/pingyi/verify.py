"""Checks a published evaluation from its public folder alone; Python 3.11 or later and nothing else.

    python3 -I DIR/verify.py [DIR] [--pin "ORIGIN SIZE ROOT" | --pin FILE]... [--witness VKEY]...
        [--lang zh|en]

Written from the published rules, not from the server's code.
Exit status 0: everything that can be checked from here is right. 1: something is not, in plain words.
A pin is a tree head that you kept yourself (from a receipt, a notice, an API answer): without one, whoever
holds the signing key could have written the whole record anew. A witness cosigns heads so that others need
not keep them: its verifier key, got from the witness itself, has its lines checked.

Assembled from the parts in verifier/pingyi_verifier, to be read from top to bottom: 1 words, 2 the
folder, 3 the log, 4 the formulas, 5 the record, 6 the entries, 7 the snapshot, 8 the result, 9 draws by
lot, 10 ballots, 11 reading, 12 the whole check, 13 the command line.
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
from fractions import Fraction
from functools import cache
from math import lcm
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

# ---------------------------------------------------------------------------------------------------------
# 1. Words: everything is said in Chinese and English, and what is wrong is counted.


# ---------------- report.sentences
# Every sentence is said in Chinese and English; what cannot be read becomes one too.

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


class Text(NamedTuple):
    """One sentence in both languages."""

    zh: str
    en: str


class UnfitError(Exception):
    """A part of the folder cannot be used; its sentence says why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.text = Text(zh, en)


def reason(error: BaseException) -> Text:
    """Why something could not be read, in words where the kind is known."""
    detail = f"{error}"[:160]
    known: dict[type[BaseException], Text] = {
        KeyError: Text(zh=f"缺少 {detail}", en=f"{detail} is missing"),
        UnicodeError: Text(zh="不是 UTF-8 文字", en="not text in UTF-8"),
        json.JSONDecodeError: Text(zh=f"不是 JSON：{detail}", en=f"not JSON: {detail}"),
        tomllib.TOMLDecodeError: Text(zh=f"不是 TOML：{detail}", en=f"not TOML: {detail}"),
        binascii.Error: Text(zh="不是 base64", en="not base64"),
        RecursionError: Text(zh="层次过深", en="nested too deep"),
    }
    as_it_is = Text(f"{type(error).__name__}: {detail}", f"{type(error).__name__}: {detail}")
    return next((text for kind, text in known.items() if isinstance(error, kind)), as_it_is)


# ---------------- report.report
# Prints what is right and what is wrong, and counts what is wrong.

MOST_SENTENCES = 12  # of one kind; the rest is counted
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

    def all_wrong(self, faults: Sequence[Text]) -> None:
        """Say the first of many faults of one kind, and how many more there are."""
        for zh, en in faults[:MOST_SENTENCES]:
            self.wrong(zh, en)
        if len(faults) > MOST_SENTENCES:
            left = len(faults) - MOST_SENTENCES
            self.wrong(zh=f"……此类问题还有 {left} 处。", en=f"... and {left} more of this kind.")

    @contextmanager
    def part(self, zh: str, en: str) -> Iterator[None]:
        """Whatever cannot be read inside becomes a sentence, never a traceback."""
        try:
            yield
        except UnfitError as refusal:
            self.wrong(*refusal.text)
        except GARBAGE as error:
            why = reason(error)
            self.wrong(zh=f"{zh}：无法读懂（{why.zh}）。", en=f"{en}: the content makes no sense ({why.en}).")

    def _say(self, kind: str, zh: str, en: str) -> None:
        words = (zh, en)[self.lang]
        # Names come from the files that are being checked: no control character of theirs reaches a terminal.
        safe = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in words)
        sys.stdout.write(f"{MARKS[kind][self.lang]}{safe}\n")


# ---------------------------------------------------------------------------------------------------------
# 2. The folder: plain readers, and the manifest that lists every file with its SHA-256.


# ---------------- folder.canonical_json
# JSON in its one spelling, and digests.


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
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return value


def _no_float(spelling: str) -> Any:
    raise ValueError(f"{spelling} is not a whole number")


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same: 1 is neither true nor "1"."""
    return canonical(one) == canonical(other)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# ---------------- folder.csv_tables
# The rows of a CSV file.


def read_rows(content: bytes, name: str) -> list[dict[str, str]]:
    """The rows of a CSV file by column."""
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    if not lines or len(set(lines[0])) != len(lines[0]):
        raise UnfitError(zh=f"{name} 没有可用的表头。", en=f"{name} has no usable header.")
    if any(len(line) != len(lines[0]) for line in lines):
        raise UnfitError(
            zh=f"{name} 有的行列数不对。", en=f"{name} has rows of another length than its header."
        )
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


# ---------------- folder.manifest
# The manifest lists every file of the folder with its SHA-256.

FORMAT = "pingyi-public-bundle-1"


def files_below(folder: Path) -> dict[str, Path]:
    """Every plain file below the folder by its relative path; anything else is refused."""
    paths: dict[str, Path] = {}
    for place, folders, names in os.walk(folder):
        for name in folders + names:
            path = Path(place, name)
            kind = path.lstat().st_mode
            relative = path.relative_to(folder).as_posix()
            if stat.S_ISREG(kind):
                paths[relative] = path
            elif not stat.S_ISDIR(kind):
                raise UnfitError(
                    zh=f"“{relative}”不是普通文件（可能是链接）。",
                    en=f"{relative} is not a plain file (a link?).",
                )
    return paths


def check_manifest(report: Report, folder: Path) -> tuple[str, dict[str, bytes]]:
    """The period's key and the content of every file; says which are missing, changed or not listed."""
    paths = files_below(folder)
    if "manifest.json" not in paths:
        raise UnfitError(zh="文件夹里没有 manifest.json。", en="There is no manifest.json in the folder.")
    content = {name: path.read_bytes() for name, path in paths.items()}
    raw = content.pop("manifest.json")
    manifest = read_json(raw)
    listed, period = manifest["files"], manifest["period"]
    if raw != canonical(manifest) + b"\n" or set(manifest) != {"format", "period", "files"}:
        raise UnfitError(
            zh="manifest.json 不是规定的逐字节写法，可能被改动过。",
            en="manifest.json is not spelt as it must be, byte for byte: it may have been changed.",
        )
    if manifest["format"] != FORMAT or not isinstance(period, str) or not isinstance(listed, dict):
        raise UnfitError(
            zh=f"manifest.json 的格式不是 {FORMAT}。", en=f"manifest.json is not of the format {FORMAT}."
        )
    faults: list[Text] = []
    for name in sorted(listed.keys() | content.keys()):
        if name not in content:
            faults.append(Text(zh=f"缺少文件 {name}。", en=f"The file {name} is missing."))
        elif name not in listed:
            faults.append(
                Text(zh=f"清单没有列出文件 {name}。", en=f"The file {name} is not listed in the manifest.")
            )
        elif sha256(content[name]) != listed[name]:
            faults.append(
                Text(
                    zh=f"文件 {name} 与清单不符：被改动过。",
                    en=f"The file {name} was changed: not the listed SHA-256.",
                )
            )
    report.all_wrong(faults)
    if not faults:
        report.ok(
            zh=f"清单：{len(listed)} 个文件的 SHA-256 全部相符，没有多余或缺少的文件。",
            en=f"Manifest: {len(listed)} files, each with its SHA-256; none missing, none unlisted.",
        )
    return period, content


def needed(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise UnfitError(
            zh=f"没有 {name}，这一部分无法核对。", en=f"Without {name} this part cannot be checked."
        )
    return files[name]


# ---------------------------------------------------------------------------------------------------------
# 3. The log: its tree (RFC 9162), the heads of that tree and who signed them (Ed25519, signed notes).


# ---------------- log.ed25519
# Ed25519 (RFC 8032) with Python's whole numbers.

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
    points = [ZERO]
    for _ in range(15):
        points.append(point_sum(points[-1], point))
    return points


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


# ---------------- log.heads
# What a tree head says, and its one spelling.


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


# ---------------- log.signed_notes
# Signed notes and their keys (C2SP signed-note, tlog-checkpoint).


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


def note_signed_by(note: str, spelling: str) -> tuple[Head, int]:
    """The head that a note signs with this key, and how many others signed it; else UnfitError."""
    key = key_of(spelling)
    text, head, signed = note_parts(note)
    mine = [rest[4:] for name, rest in signed if (name, rest[:4]) == (key.name, key.hint)]
    if len(mine) != 1 or not signature_holds(key.public, text, mine[0]):
        raise UnfitError(
            zh=f"树头（{head.size} 条）的签名不对。",
            en=f"The signature of the tree head of size {head.size} is wrong.",
        )
    return head, len(signed) - 1


# ---------------- log.cosignatures
# What witnesses signed (C2SP tlog-cosignature).

Seen = dict[Key, int | None]  # a witness that signed a head -> when, in seconds since 1970; None: wrongly


def cosigned_by(note: str, witnesses: Iterable[Key]) -> Seen:
    """What the witnesses say of a head (C2SP tlog-cosignature): a witness without a line is left out.

    A line is the key's four bytes, eight bytes of time and a signature over "cosignature/v1", the time
    and the head's own text.
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


# ---------------- log.tree
# The tree of RFC 9162: an entry's hash is SHA-256(0x00 entry), a node's SHA-256(0x01 left right).


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
# 4. The formulas: what an entry counts and what the counts are worth, by the key of the plugin.


# ---------------- formulas.counters
# Counters and their names, rolls, and what a unit's counters come to.

Counts = Mapping[str, int]
Rolls = Mapping[tuple[str, str], int]
Tallied = tuple[dict[str, int], dict[str, int]]
HUNDRED = 100


class Scored(NamedTuple):
    """A unit on one channel: exact rate (None: not rated), status, evidence, facts as printed, veto."""

    rate: Fraction | None
    status: str
    n: int | None
    facts: dict[str, str]
    veto: bool = False


class Ready(dict[str, Any]):
    """A channel's settings with its presets filled in and its numbers exact, and what follows from them."""


def name_of(*words: str) -> str:
    """A counter's name: its words joined by "/"; inside a word "~" is "~0" and "/" is "~1"."""
    joined = "/".join(words)
    if "~" in joined or joined.count("/") != len(words) - 1:
        return "/".join(word.replace("~", "~0").replace("/", "~1") for word in words)
    return joined


def count_of(value: Any) -> int:
    """A count as an entry has it: a whole number of at least 0."""
    if type(value) is not int or value < 0:
        raise ValueError(f"not a count: {value!r}")
    return value


def roll(rolls: Rolls, name: str, stratum: str | None = None) -> int | None:
    """A number recorded with the period, over all strata when none is named; None when there is none."""
    if stratum is not None:
        return rolls.get((name, stratum))
    counts = [count for (each, _), count in rolls.items() if each == name]
    return sum(counts) if counts else None


# ---------------- formulas.numbers
# Exact numbers: read strictly, rounded half up, printed with their decimals.

DECIMAL = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?")
QUOTIENT = re.compile(r"[0-9]{1,15}/[1-9][0-9]{0,14}")


def number(value: Any) -> Fraction:
    """A whole number, a plain decimal or a quotient, exactly; ValueError on anything else."""
    text = str(value).strip()
    plain = type(value) in (str, int) and (DECIMAL.fullmatch(text) or QUOTIENT.fullmatch(text))
    if not plain:
        raise ValueError(f"not a number: {value!r}")
    return Fraction(text)


def digits_of(text: str) -> tuple[int, int]:
    """A decimal's digits as a whole number, and how many of them stand behind the point."""
    if not DECIMAL.fullmatch(text):
        raise ValueError(f"not a decimal: {text!r}")
    whole, _, part = text.partition(".")
    return int(whole + part), len(part)


def decimal(value: Any) -> Fraction:
    """A whole number or a plain decimal of the scheme or the snapshot; ValueError on anything else."""
    return Fraction(shortest(value))


def shortest(value: Any) -> str:
    """The same in its shortest spelling: "+07.50" is "7.5"."""
    if type(value) not in (str, int):
        raise ValueError(f"not a decimal: {value!r}")
    return spelled_short(*digits_of(str(value).strip()))


def whole_number(value: Any) -> int:
    """A whole number of the settings, also given as digits."""
    units, decimals = digits_of(str(value).strip())
    if decimals:
        raise ValueError(f"not a whole number: {value!r}")
    return units


def half_up(value: Fraction) -> int:
    """The nearest whole number, halves away from zero."""
    nearest = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return -nearest if value < 0 else nearest


def percent(share: Fraction) -> str:
    """A share as it is printed: percent, two decimals, half up, no sign."""
    return spelled(half_up(share * 10_000), 2)


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


def numbers_in(table: Mapping[str, Any] | None) -> dict[str, Fraction]:
    """A table of numbers of the settings, its keys trimmed."""
    return {key.strip(): number(value) for key, value in (table or {}).items()}


def flag(value: Any) -> bool:
    """A yes or no of the settings."""
    return str(value).strip().lower() in {"true", "t", "yes", "y", "on", "1", "是", "有"}


# ---------------- formulas.ballots
# F3 and F4: what ballots and rosters set, and what an entry of them counts.

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
        "n_min": max(1, whole_number(settings["n_min"])),
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


# ---------------- formulas.ballot_scores
# F3 and F4: the score of ballots: turnout, quorum, shares, rate, grade.


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
        strata = parts[dimension] = []
        for stratum, scored_names, unscored_names, no_opinion_names, paper_names in cells:
            answers = [get(name, 0) for name in scored_names]
            n = sum(answers)
            if n:
                strata.append((stratum, n, sum(a * value for a, value in zip(answers, worths, strict=True))))
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
            facts[f"{dimension}_score"] = percent(rate)
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
        facts[f"{option}_share"] = percent(Fraction(count, sums.scored))
    if "no_opinion" not in sums.by_option:
        facts["no_opinion_share"] = percent(Fraction(sums.no_opinion, sums.scored + sums.unscored))
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


# ---------------- formulas.items
# F1d and F6: checklists and the findings of inspections.


def prepare_items(settings: Mapping[str, Any]) -> Ready:
    """Points become whole numbers of 10**-decimals, `decimals` the most that the settings have."""
    gate = settings.get("bonus_gate", "0")
    [(kind, least)] = gate.items() if isinstance(gate, Mapping) else [("at_least", gate)]
    values = [
        item[effect] for item in settings["items"] for effect in ("deduct", "bonus", "cap") if effect in item
    ]
    values += [least, settings.get("bonus_cap", "0")]
    decimals = max(digits_of(str(value).strip())[1] for value in values)

    def units(value: Any) -> int | None:
        return None if value is None else int(number(value) * 10**decimals)

    items = [
        (
            item["key"].strip(),
            effect,
            units(item.get(effect)) if effect != "veto" else None,
            units(item.get("cap")),
        )
        for item in settings["items"]
        for effect in ("deduct", "bonus", "veto")
        if (flag(item.get(effect, "")) if effect == "veto" else effect in item)
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
    for key, effect, points, cap in settings["items"]:
        times = counts.get("item/" + key, 0)
        facts[f"{key}_count"] = str(times)
        if effect == "veto":
            vetoes += [key] if times else []
            continue
        worth = times * points if cap is None else min(cap, times * points)
        sums[effect] += worth
        if effect == "deduct":
            facts[f"{key}_deducted"] = spelled_short(worth, decimals)
        adds = adds or effect == "bonus"
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


# ---------------- formulas.marks
# F1: a mark over its scale; F1m: the trimmed mean of a panel.

Mark = tuple[Fraction, str, int]  # its value, its spelling, how often it was given


def prepare_marks(settings: Mapping[str, Any]) -> Ready:
    return Ready(
        scale=number(settings["scale"]),
        trim=whole_number(settings.get("trim", 0)),
        n_min=max(1, whole_number(settings.get("n_min", 1))),
    )


def tally_mark(values: Mapping[str, Any], _settings: Ready, _period: Mapping[str, Any]) -> Tallied:
    """("mark", score); a row without a score (an absent rater) adds nothing."""
    mark = values.get("score")
    return ({} if mark is None else {"mark/" + mark: 1}), {}


def marks_in(counts: Counts) -> list[Mark]:
    """The marks of a unit, lowest first."""
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


def score_panel(counts: Counts, _shared: Counts, settings: Ready, _rolls: Rolls) -> Scored:
    """The mean of the marks over the scale; from 5 marks on, `trim` are dropped at each end if 3 remain."""
    marks, scale, trim = marks_in(counts), settings["scale"], settings["trim"]
    n = sum(times for _, _, times in marks)
    if n < settings["n_min"]:
        return Scored(None, "too_few", n, {})
    if marks[-1][0] > scale:
        return Scored(None, "inconsistent", n, {})
    dropped = trim if n >= 5 and n - 2 * trim >= 3 else 0
    mean = sum_of_places(marks, dropped, n - dropped) / (n - 2 * dropped)
    facts = {"spread": difference(marks[-1][1], marks[0][1]), "dropped": str(2 * dropped)}
    return Scored(mean / scale, "ok", n, facts)


def sum_of_places(marks: Sequence[Mark], first: int, end: int) -> Fraction:
    """The marks in the places from `first` up to `end`, summed; a mark given twice fills two places."""
    total, place = Fraction(0), 0
    for mark, _, times in marks:
        inside = min(place + times, end) - max(place, first)
        total += mark * max(inside, 0)
        place += times
    return total


def difference(high: str, low: str) -> str:
    """One decimal less another, with the decimals of the longer one."""
    (above, above_decimals), (below, below_decimals) = digits_of(high), digits_of(low)
    decimals = max(above_decimals, below_decimals)
    units = above * 10 ** (decimals - above_decimals) - below * 10 ** (decimals - below_decimals)
    return spelled(units, decimals)


# ---------------- formulas.measures
# F2: weighted rates, bands or events.

MOST_DECIMALS = 20
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
    decimals = whole_number(settings["sub_score_decimals"])
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
        n_min=max(1, whole_number(settings["n_min"])),
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
        return half_up(rule.points * rate)
    short = rule.full - HUNDRED * rate
    return min(rule.points, max(rule.floor, half_up(rule.points - rule.per * short)))


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
        facts[f"{rule.measure}_rate"] = percent(reading.share)
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
        deducted = half_up(times * off * unit)
        left -= deducted
        facts[f"{event}_count"] = str(times)
        facts[f"{event}_deducted"] = spelled(deducted, settings["decimals"])
    return Scored(Fraction(max(0, left), full), "ok", n, facts)


def credited(partly: Iterable[tuple[int, Fraction]]) -> Fraction:
    """So many, each worth a part of one."""
    return sum((count * part for count, part in partly), Fraction(0))


# ---------------- formulas.case_totals
# F2 of totals that somebody else counted.


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
    delivered = {key: forms for key in keys if (forms := forms_of(counts, key))}
    if not delivered:
        return Scored(None, "no_cases", 0, {})
    if any({"of", "bare"} <= forms or {"month", "whole"} <= forms for forms in delivered.values()):
        return Scored(None, "inconsistent", None, {})
    if settings["events"]:
        times = {event: counts.get("count/" + event, 0) for event in settings["events"]}
        return score_events(times, settings, None, {})
    readings = {}
    for rule in settings["rules"]:
        if rule.measure in delivered:
            credit = settings["credit"] if rule.measure == "satisfied" else {}
            reading = read_totals(counts, rule.measure, credit, "bare" in delivered[rule.measure])
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


# ---------------- formulas.cases
# F2 of single cases.


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


def after(answer: bool | None, before: bool | None) -> bool | None:
    """What was not answer is no where the step before it was not reached."""
    return False if answer is None and before is False else answer


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


# ---------------- formulas.presets
# Settings that a scheme picks by name, each as the notice or circular that it is named after has it.
#
# The names and what they stand for are published with the families (docs/plugins.md).

Preset = dict[str, Any]
Presets = Mapping[str, Preset]


def scored_out_of(scale: str, **more: Any) -> Preset:
    """One score on a scale."""
    return {"scale": scale, **more}


def trimmed_by(marks: int) -> Preset:
    """A panel of at least three of which so many marks are dropped at each end."""
    return {"trim": marks, "n_min": 3}


def weighted(**weights: str) -> Preset:
    """Rates by weight, each sub-score rounded to two decimals before they are added."""
    return {"weights": weights, "sub_score_decimals": 2}


def full_from(percent: str, measure: str, points: str, off: str, floor: str) -> Preset:
    """Full points from a percentage on, so much off for each percent below it, and no less than the floor."""
    return {"measure": measure, "points": points, "full": percent, "per": off, "floor": floor}


def lianyungang(satisfaction: str) -> Preset:
    """Signing 10 points and closing on time 20, both full from 95 percent; satisfaction 25."""
    signing = full_from("95", "signed_on_time", "10", off="1", floor="0")
    closing = full_from("95", "on_time", "20", off="1", floor="0")
    satisfied = full_from(satisfaction, "satisfied", "25", off="0.5", floor="12.5")
    return {"bands": [signing, closing, satisfied], "sub_score_decimals": 2}


LEVELS = {  # the usual options by how many there are, best first
    3: "satisfied basic dissatisfied",
    4: "very_satisfied satisfied basic dissatisfied",
    5: "very_satisfied satisfied basic dissatisfied very_dissatisfied",
}


def options(worths: str, names: str = "") -> Preset:
    """What each option is worth, best first: "100/80/60/0"."""
    points = worths.split("/")
    return {"options": dict(zip((names or LEVELS[len(points)]).split(), points, strict=True))}


def as_score(worths: str, unscored: str = "", names: str = "", **more: Any) -> Preset:
    """The same of a notice that says a score, not a rate, and which answers it leaves out."""
    return {**options(worths, names), "unscored": unscored.split(), "shown_as": "score", **more}


def grade(key: str, *names: str, **threshold: str) -> Preset:
    """A grade that the answers under these options reach together; the last grade has no threshold."""
    return {"key": key, "options": list(names), **threshold, "of": "eligible"} if names else {"key": key}


PARTNER_PRESETS: Presets = {
    "hundred": scored_out_of("100"),
    "hundred-2": scored_out_of("100", score_decimals=2),
}
PANEL_PRESETS: Presets = {"plain": trimmed_by(0), "trimmed": trimmed_by(1)}
# After 国办秘函〔2019〕19号: above 80 points the bonus counts, 20 at most.
ITEM_PRESETS: Presets = {"national": {"bonus_cap": "20", "bonus_gate": {"over": "80"}}}
MEASURE_PRESETS: Presets = {
    "rate": {"n_min": 5},
    "30/30/40": weighted(on_time="0.3", closed="0.3", satisfied="0.4"),
    "panjin": weighted(closed="0.20", satisfied="0.30", on_time="0.25", followed_up="0.25"),
    # response, resolution, satisfaction (三率); basically satisfied counts nine tenths
    "three_rate": {
        **weighted(signed_on_time="0.10", resolved="0.50", satisfied="0.40"),
        "credit": {"basic": "0.9"},
    },
    "lianyungang": lianyungang("95"),
    "lianyungang_2022": lianyungang("98"),
}
SHOW_PRESETS: Presets = {
    "leader_only": {"credit": {"deputy": "0", "other": "0"}},
    "100/80/50": {"credit": {"deputy": "0.8", "other": "0.5"}},
    "40/20/20/20": weighted(attended="0.4", answered_on_time="0.2", resolved="0.2", satisfied="0.2"),
}
SCALES = (
    "100/80/60/0 100/90/70/50 100/80/60/30/0 100/80/60/40/20 100/80/60/40/0 100/80/30 100/75/55 100/70/30"
)
BALLOT_PRESETS: Presets = {
    **{scale: options(scale) for scale in SCALES.split()},
    "1-10": {"options": {str(number): f"{100 * number - 100}/9" for number in range(1, 11)}},
    "survey": {"n_min": 30},
    "kaixian": options("100/90/70/50"),
    "jinxiang": as_score("100/80/30", unscored="no_opinion"),
    "shandong_2008": as_score(
        "100/75/55", unscored="no_opinion", strata={"phone": "0.6", "questionnaire": "0.4"}
    ),
    "xiaolongshan": as_score("100/80/60", names="satisfied fairly_satisfied average"),
}
ROSTER_PRESETS: Presets = {
    **BALLOT_PRESETS,
    "half": {"quorum": {"over": "0.5", "of": "eligible"}},
    # satisfied: at least half of the members; basically: more than half together with these
    "zhenhai": {
        "grades": [
            grade("satisfied", "satisfied", at_least="0.5"),
            grade("basic", "satisfied", "basic", over="0.5"),
            grade("dissatisfied"),
        ]
    },
}
POINT_PRESETS: Presets = {
    **BALLOT_PRESETS,
    "50/50": {
        "ballot_share": "0.5",
        "report_weights": {"answered_on_time": "0.2", "resolved": "0.4", "satisfied": "0.4"},
    },
}


# ---------------- formulas.show_sessions
# F2 of the sessions of a hotline show.

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


# ---------------- formulas.monitoring_points
# F5: monitoring points: their ballots and what became of their reports.


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
    facts.update({f"{measure}_rate": percent(Fraction(good, of)) for measure, _, good, of in reports})
    if ballots.rate is None or not reports:
        return ballots._replace(facts=facts)
    worth = sum((weight * Fraction(good, of) for _, weight, good, of in reports), Fraction(0))
    part = worth / sum(weight for _, weight, _, _ in reports)
    facts["ballot_part"] = percent(ballots.rate)
    facts["report_part"] = percent(part)
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
            facts["coverage"] = percent(Fraction(points, registered))
    return facts


def coarse(shared: Counts) -> dict[str, int]:
    """The channel's counters without the points' names: ("point", type) and ("month", month, type)."""
    sums: dict[str, int] = {}
    for name, amount in shared.items():
        words = name.split("/")
        private = (words[0] == "point" and len(words) == 3) or (words[0] == "month" and len(words) == 4)
        shown = "/".join(words[:-1]) if private else name
        sums[shown] = sums.get(shown, 0) + amount
    return sums


PRIVATE_POINTS = ("point/", "month/")


# ---------------- formulas.channels
# Each bundled channel with its formula, by the key of its plugin.


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
# 5. The record: its leaves, signed heads, epochs, pins and witnesses, and the acts that it tells of.
#
# Line i of leaves/<epoch>.txt is log entry i: a leaf's own bytes where it belongs to this period, else
# `scope digest`. The tree stands over "scope\ndigest\n", digest = SHA-256(0x00 leaf).


# ---------------- record.bundle
# The public bundle that is checked, as far as it has been read; processes that share the work inherit it.

Place = tuple[int, int]  # of a leaf in the record: position of its epoch, number of the leaf


class Reader(NamedTuple):
    """How a channel's entries are read: columns of its file, its formulas (None: foreign) and settings."""

    columns: list[str]
    known: frozenset[str]
    family: Family | None
    settings: Mapping[str, Any]


@dataclass
class Bundle:
    """Its files, and what must be known of them before the leaves are read one by one."""

    period: str
    files: Mapping[str, bytes]
    witnesses: tuple[Key, ...] = ()  # whose lines under the heads are checked
    snapshot: Mapping[str, Any] = field(default_factory=dict)
    plans: dict[str, dict[str, Any]] = field(default_factory=dict)  # channel -> its table in the scheme
    readers: dict[str, Reader] = field(default_factory=dict)  # channel -> how its entries are read
    leaves: list[list[bytes]] = field(default_factory=list)  # the lines of leaves/, by epoch
    replaced: frozenset[str] = frozenset()  # digests that other leaves name as replaced
    frozen_at: Place = (0, 0)  # the leaf that froze the snapshot
    openings: dict[str, Any] = field(default_factory=dict)  # channel -> the delivery that came out of its box
    every_row: bool = False  # keep each entry apart, to name rows that differ
    secret: bytes = field(default_factory=lambda: os.urandom(16))  # see `mark`


# ---------------- record.acts
# Acts: whatever the record tells of besides entries and ballots.


class Act(NamedTuple):
    """An act at its place in the record: epoch and number of its leaf."""

    place: Place
    body: dict[str, Any]


def acts_of(acts: Sequence[Act], *kinds: str) -> list[Act]:
    return [act for act in acts if act.body["kind"] in kinds]


# ---------------- record.blocks
# A run of leaves, read: most entries are only summed, what others replace is left one by one.

STANDINGS = ("counted", "held", "rejected")
Counters = dict[tuple[str, str, str], dict[str, int]]  # (channel, standing, unit or "") -> counter -> sum


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


def mark(bundle: Bundle, standing: str, row: str) -> int:
    """A row as a number that nobody can foresee, since its secret is drawn anew for every check."""
    text = f"{len(standing)} {standing}{row}"
    return int.from_bytes(hashlib.sha256(bundle.secret + text.encode()).digest(), "little")


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
    faults: list[Text] = field(default_factory=list)


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


# ---------------- record.entry_rows
# A row of an entries file, and an entry of the record as such a row: cells compared as text.
#
# A row is one text, which two rows share only if they have the same cells, one for each column of the file.

BETWEEN = "\x1f"
NOT_SHOWN = f"{BETWEEN}\x1e{BETWEEN}"  # stands behind an entry of which no column shows some value
PLAIN = frozenset((str, int))


def row_of(cells: list[str]) -> str:
    """The cells as one text; with the mark between cells inside one, in a spelling that no other row has."""
    row = BETWEEN.join(cells)
    if row.count(BETWEEN) < len(cells) or not cells:
        return row
    return BETWEEN * len(cells) + json.dumps(cells)


def row_of_entry(values: dict[str, Any], reader: Reader) -> str:
    """An entry's cells in the order of the columns; `NOT_SHOWN` behind them where no column shows a value."""
    if values.keys() <= reader.known:
        cells = [values.get(column, "") for column in reader.columns]
        kinds = set(map(type, cells))
        if kinds <= PLAIN:
            return row_of(list(map(str, cells)))
        if dict not in kinds:
            return row_of([cell if type(cell) is str else spelt(cell) for cell in cells])
    by_column: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            by_column |= {f"{name}.{key}": spelt(cell) for key, cell in value.items()}
        else:
            by_column[name] = spelt(value)
    left_out = any(cell for column, cell in by_column.items() if column not in reader.known)
    return row_of([by_column.get(column, "") for column in reader.columns]) + (NOT_SHOWN if left_out else "")


def spelt(value: Any) -> str:
    """A value as a cell."""
    if value is None:
        return ""
    return ("false", "true")[value] if isinstance(value, bool) else str(value)


def shown_row(row: str) -> str:
    """A row for a person to read."""
    shown = row.removesuffix(NOT_SHOWN).replace(BETWEEN, ",")
    return f"{shown} …" if row.endswith(NOT_SHOWN) else shown


# ---------------- record.epochs
# Epochs: a log that was restored from a backup goes on as the next epoch, under its own name and key.


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
            zh="epochs.json 没有按序列出各期日志。", en="epochs.json does not list the epochs in order."
        )
    for epoch in epochs:
        if key_of(epoch.key).name != epoch.origin or not epoch.origin.endswith(f"/{epoch.number}"):
            raise UnfitError(
                zh=f"第 {epoch.number} 期日志的名称与其公钥不符。",
                en=f"The name of epoch {epoch.number} does not belong to its key.",
            )
    known = {f"leaves/{epoch.number}.txt" for epoch in epochs}
    for name in files:
        if name.startswith("leaves/") and name not in known:
            raise UnfitError(zh=f"{name} 不属于任何一期日志。", en=f"{name} belongs to no epoch.")
    return epochs


def read_leaf_lines(files: Mapping[str, bytes], epoch: Epoch) -> list[bytes]:
    name = f"leaves/{epoch.number}.txt"
    lines = needed(files, name).split(b"\n")
    if lines.pop() != b"":
        raise UnfitError(zh=f"{name} 的最后一行不完整。", en=f"The last line of {name} is not complete.")
    return lines


def read_notes(files: Mapping[str, bytes], epochs: Sequence[Epoch]) -> list[tuple[Epoch, str]]:
    """The notes of heads.jsonl with the epoch of each."""
    by_number = {epoch.number: epoch for epoch in epochs}
    rows = [read_json(line) for line in needed(files, "heads.jsonl").splitlines()]
    return [(by_number[count_of(row["epoch"])], row["note"]) for row in rows]


# ---------------- record.expected_leaves
# What must be known of all leaves before they are read one by one.

REPLACES = re.compile(rb'"replaces":"([0-9a-f]{64})"')


def expect_leaves(bundle: Bundle) -> None:
    """Note which leaves are replaced and where the snapshot was frozen, before they are read one by one."""
    digest = sha256(bundle.files.get("snapshot.json", b"")).encode()
    replaced: set[str] = set()
    bundle.frozen_at, bundle.openings = (0, 0), {}
    for epoch, lines in enumerate(bundle.leaves):
        for at, line in enumerate(lines):
            if b'"replaces":"' in line:
                replaced.update(other.decode() for other in REPLACES.findall(line))
            elif digest in line and b'"snapshot.frozen"' in line:
                bundle.frozen_at = (epoch, at)
            if b'"kind":"box.opened"' in line:
                expect_opening(bundle, line)
    bundle.replaced = frozenset(replaced)


def expect_opening(bundle: Bundle, line: bytes) -> None:
    """Note which delivery came out of a box; a leaf that makes no sense is named where it is read."""
    try:
        body = read_json(line)
        bundle.openings.setdefault(body["channel"], body["delivery"])
    except GARBAGE:
        return


# ---------------- record.leaves
# Leaves: hashed, read and summed in runs, which processes share.

BLOCK_LEVELS = 13
BLOCK = 1 << BLOCK_LEVELS
DIGEST_ONLY = re.compile(rb"([A-Za-z0-9][A-Za-z0-9_.-]{0,127}|-) ([0-9a-f]{64})")
HEX = re.compile(r"[0-9a-f]{64}")
FIRST_JSON: Callable[[str, int], tuple[Any, int]] = vars(json.JSONDecoder())["scan_once"]


def read_block(bundle: Bundle, epoch: int, first: int) -> Block:
    """Hash and read the leaves of one run; what is wrong with a leaf is said, and the leaf left out."""
    new = hashlib.sha256
    hashes: list[bytes] = []
    block = Block()
    for at, line in enumerate(bundle.leaves[epoch][first : first + BLOCK], first):
        if line[:1] == b"{":
            digest = new(b"\x00" + line).hexdigest()
            scope = read_leaf(bundle, block, (epoch, at), digest, line)
            hashes.append(new(f"\x00{scope}\n{digest}\n".encode()).digest())
            continue
        parts = DIGEST_ONLY.fullmatch(line)
        if parts is None or parts[1].decode() == bundle.period:
            why_zh = "是本周期的，却没有给出内容" if parts else "不是规定的写法"
            why_en = (
                "is of this period, but its content is withheld" if parts else "is not spelt as it must be"
            )
            block.faults.append(Text(zh=f"第 {at} 条叶子{why_zh}。", en=f"Leaf {at} {why_en}."))
        hashes.append(new(b"\x00" + line.replace(b" ", b"\n") + b"\n").digest())
    block.levels = levels_of(hashes)
    block.places = [b"".join(block.places)]
    return block


def read_leaf(bundle: Bundle, block: Block, place: Place, digest: str, line: bytes) -> str:
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
        elif bundle.plans:
            read_entry(bundle, block, place, digest, body)
        if kind == "restore":
            return "-"
        if body["period"] != bundle.period or end != len(text):
            raise ValueError("another period, or more than a leaf")
    except (StopIteration, *GARBAGE) as error:
        why = reason(error)
        block.faults.append(
            Text(
                zh=f"第 {place[1]} 条叶子无法读懂（{why.zh}）。",
                en=f"Leaf {place[1]} makes no sense ({why.en}).",
            )
        )
    return bundle.period


def read_ballot(block: Block, place: Place, digest: str, body: dict[str, Any]) -> None:
    """Note a sealed ballot: 12 bytes of place, then the hash of its leaf, which is the voter's receipt."""
    channel = body["channel"]
    if body.keys() != {"ballot", "channel", "kind", "period"} or type(channel) is not str:
        raise ValueError("not a sealed ballot")
    if not HEX.fullmatch(body["ballot"]):
        raise ValueError("not the digest of a sealed ballot")
    packed = place[0].to_bytes(4, "big") + place[1].to_bytes(8, "big") + bytes.fromhex(digest)
    block.ballots.setdefault(channel, []).append(packed)


def read_entry(bundle: Bundle, block: Block, place: Place, digest: str, body: dict[str, Any]) -> None:
    """Sum an entry, or keep it apart where it replaces another or is replaced."""
    channel, replaces, standing = body["channel"], body["replaces"], body["standing"]
    reader = bundle.readers[channel]
    if standing not in STANDINGS or (replaces is not None and not HEX.fullmatch(replaces)):
        raise ValueError("standing, replaces")
    block.places.append(body["delivery"].to_bytes(8, "big") + body["position"].to_bytes(8, "big"))
    if place >= bundle.frozen_at:
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
    row = row_of_entry(values, reader)
    if channel in bundle.openings:
        read_tally(bundle, block, digest, body, unit)
    counts = None
    if reader.family is not None:
        counts = reader.family.tally(values, reader.settings, bundle.snapshot["period"])
    if replaces is not None or digest in bundle.replaced or bundle.every_row:
        block.entries.append(EntryLeaf(place[1], digest, channel, unit, standing, replaces, row, counts))
        return
    number, marks = block.rows.get(channel, (0, 0))
    block.rows[channel] = Rows(number + 1, marks + mark(bundle, standing, row))
    if counts is not None:
        add_counts(block.sums, channel, standing, unit, counts)


def read_tally(bundle: Bundle, block: Block, digest: str, body: dict[str, Any], unit: str) -> None:
    """Sum an entry of a channel with a ballot box by what it says, in the standing in which it came."""
    channel, values = body["channel"], body["values"]
    if body["delivery"] != bundle.openings[channel]:
        block.beside[channel] += 1
        return
    cells = (values.get(name) or "" for name in ("stratum", "dimension", "option"))
    tally = Tally(channel, body["standing"], values.get("batch") or "", unit, *cells)
    block.tallies[tally] = block.tallies.get(tally, 0) + count_of(values["count"])
    if digest in bundle.replaced:
        block.taken[digest] = tally


def read_all_leaves(bundle: Bundle) -> list[Block]:
    """All blocks, read again; see `Bundle.every_row` and `Bundle.frozen_at`."""
    return [
        read_block(bundle, epoch, first)
        for epoch, lines in enumerate(bundle.leaves)
        for first in range(0, len(lines), BLOCK)
    ]


# ---------------- record.pins
# Pins: every head that somebody kept outside is a root of this very record.

PREFIX = "Ledger-Checkpoint:"


class Pin(NamedTuple):
    """A head that was kept outside, with its signed note where it came as one."""

    head: Head
    note: str = ""


def read_pins(report: Report, spellings: Sequence[str]) -> list[Pin]:
    """The pins of the command line: heads themselves, or files with a note or with heads."""
    pins: list[Pin] = []
    for spelling in spellings:
        with report.part(f"外部树头“{spelling}”", f"Pin {spelling}"):
            words = spelling.removeprefix(PREFIX).split()
            if len(words) == 3 and SIZE.fullmatch(words[1]):
                pins.append(Pin(head_of(*words)))
            else:
                pins += pins_in(Path(spelling))
    return pins


def pins_in(path: Path) -> Iterator[Pin]:
    """The pins of a file."""
    text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    if "\n\n" in text and len(text.split("\n")[0].split()) == 1:
        yield Pin(note_parts(text)[1], text)
        return
    lines = [line.removeprefix(PREFIX).split() for line in text.split("\n") if line.strip()]
    if not lines:
        raise UnfitError(zh=f"“{path}”里没有树头。", en=f"There is no head in {path}.")
    for line in lines:
        if len(line) != 3:
            raise ValueError("a line is not ORIGIN SIZE ROOT")
        yield Pin(head_of(*line))


def check_pins(report: Report, logs: Sequence[Log], pins: Sequence[Pin], lost: Mapping[str, Head]) -> None:
    by_origin = {log.epoch.origin: log for log in logs}
    right = 0
    for pin in pins:
        head, log, gap = pin.head, by_origin.get(pin.head.origin), lost.get(pin.head.origin)
        if log is not None and head.size <= log.tree.size and log.tree.root(head.size) == head.root:
            right += 1
        elif log is not None and head.size <= log.tree.size:
            report.wrong(*split_view(log.epoch, pin))
        elif gap is not None and (head == gap or head.size < gap.size):
            report.note(
                zh=f"外部树头 {head.line} 落在恢复备份造成的缺口里，无法核对。",
                en=f"The pin {head.line} lies in the gap that a restored backup left: it cannot be checked.",
            )
        else:
            report.wrong(*outside_record(head, log))
    tell_pins(report, right, len(pins))


def tell_pins(report: Report, right: int, pins: int) -> None:
    if right:
        report.ok(
            zh=f"外部树头：{right} 个都在本记录之中，此前的内容没有改写过。",
            en=f"Pins: {right} heads kept outside are part of this record; nothing up to them was rewritten.",
        )
    if not pins:
        report.note(
            zh="没有给出外部保存的树头（--pin）：无法排除持有签名密钥的人整体重写记录。",
            en=(
                "No head kept outside was given (--pin): that the holder of the key rewrote everything "
                "cannot be ruled out."
            ),
        )


def outside_record(head: Head, log: Log | None) -> Text:
    """A pin of a log that is not here, or that saw more of it than is here."""
    if log is None:
        return Text(
            zh=f"外部树头 {head.line} 属于另一个日志：本记录里没有 {head.origin}。",
            en=f"The pin {head.line} is of another log: this record has no {head.origin}.",
        )
    return Text(
        zh=(f"记录被截短：外部树头 {head.line} 见过 {head.size} 条叶子，文件夹里只有 {log.tree.size} 条。"),
        en=(
            f"The record was cut short: the pin {head.line} saw {head.size} leaves, the folder "
            f"has {log.tree.size}."
        ),
    )


def split_view(epoch: Epoch, pin: Pin) -> Text:
    """Two histories of one log; where the pin is a note of the same key, the key's holder signed both."""
    head, signed = pin.head, False
    if pin.note:
        try:
            signed = note_signed_by(pin.note, epoch.key)[0] == head
        except (UnfitError, *GARBAGE):
            signed = False
    more_zh = "两份都有同一密钥的签名。" if signed else ""
    more_en = " Both are signed by the same key." if signed else ""
    return Text(
        zh=(
            f"两个版本的记录：外部树头 {head.line} 与本记录前 {head.size} 条叶子的根不同，记录被改写过。"
            f"{more_zh}"
        ),
        en=(
            f"Split view: the pin {head.line} is not the root of this record's first {head.size} "
            f"leaves; the record was rewritten.{more_en}"
        ),
    )


# ---------------- record.processes
# Several processes share the work: each inherits the bundle and sends back what its tasks come to.

FEW_LEAVES = 20_000  # below, a second process costs more than it brings
PROCESSES = min(max(os.cpu_count() or 1, 2), 8)
Task = tuple[Callable[..., Any], tuple[Any, ...]]  # a function of the bundle and these values
INHERITED: list[Bundle] = []  # in a process that shares the work: the bundle


def at_once(bundle: Bundle, tasks: Sequence[Task]) -> list[Any]:
    """The results of all tasks in their order; where there is much to do, several processes share them."""
    few = sum(map(len, bundle.leaves)) < FEW_LEAVES
    if few or "fork" not in multiprocessing.get_all_start_methods():
        return [task(bundle, *values) for task, values in tasks]
    with multiprocessing.get_context("fork").Pool(PROCESSES, INHERITED.append, (bundle,)) as pool:
        return [asked.get() for asked in [pool.apply_async(run_task, task) for task in tasks]]


def run_task(task: Callable[..., Any], values: tuple[Any, ...]) -> Any:
    return task(INHERITED[0], *values)


# ---------------- record.publication
# The publication: the result published last is the folder's, and was computed from its snapshot.


class Publication(NamedTuple):
    """What was published last, by its digests, and where its snapshot was frozen."""

    revision: int
    results: str
    snapshot: str
    frozen: Act


def check_publication(report: Report, bundle: Bundle, acts: Sequence[Act], logs: Sequence[Log]) -> Place:
    """Returns the place of the leaf that froze the snapshot: it counts all entries before that."""
    newest = newest_publication(bundle.files, acts)
    check_named_head(newest.frozen.body.get("head"), logs)
    report.ok(
        zh=f"公布：第 {newest.revision} 版结果、其快照及公布均在记录中，摘要相符。",
        en=(
            f"Publication: revision {newest.revision}, its snapshot and its publication stand in the "
            "record with these digests."
        ),
    )
    check_revisions(report, bundle.files, acts_of(acts, "result.published"))
    check_record_json(bundle, logs, newest)
    return newest.frozen.place


def newest_publication(files: Mapping[str, bytes], acts: Sequence[Act]) -> Publication:
    """The publication that the folder shows; UnfitError where results or snapshot are not the record's."""
    results, snapshot = sha256(needed(files, "results.json")), sha256(needed(files, "snapshot.json"))
    published = acts_of(acts, "result.published")
    if not published:
        raise UnfitError(zh="记录中没有公布结果。", en="The record holds no publication of a result.")
    revision = published[-1].body["revision"]
    if published[-1].body["sha256"] != results:
        raise UnfitError(
            zh=f"results.json 不是记录中最后公布的第 {revision} 版结果：被改动或替换过。",
            en=(
                f"results.json is not the result published last (revision {revision}): it was changed "
                "or replaced."
            ),
        )
    computed, frozen = origin_of_result(acts, published[-1], snapshot, results)
    if computed is None:
        raise UnfitError(
            zh=f"记录中的第 {revision} 版结果不是由 snapshot.json 算出的：快照或结果被改动过。",
            en=(
                f"By the record, revision {revision} was not computed from snapshot.json: one of them "
                "was changed."
            ),
        )
    if frozen is None:
        raise UnfitError(
            zh="snapshot.json 不是记录中冻结的快照：被改动过。",
            en="snapshot.json is not a snapshot that the record froze: it was changed.",
        )
    return Publication(revision, results, snapshot, frozen)


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
            zh=f"快照或 record.json 所列的树头 {head.line} 不在本记录中。",
            en=f"The head {head.line}, named by the snapshot or by record.json, is not of this record.",
        )


def check_revisions(report: Report, files: Mapping[str, bytes], published: Sequence[Act]) -> None:
    """Every earlier published revision is still there, byte for byte."""
    digests = {act.body["revision"]: act.body["sha256"] for act in published}
    now = published[-1].body["revision"]
    faults: list[Text] = []
    for revision, digest in digests.items():
        name = f"revisions/{revision}/results.json"
        if (name in files or revision != now) and sha256(files.get(name, b"")) != digest:
            faults.append(
                Text(
                    zh=f"公布过的第 {revision} 版结果缺少或被改动过（{name}）。",
                    en=f"Revision {revision}, which was published, is missing or was changed ({name}).",
                )
            )
    report.all_wrong(faults)
    if len(digests) > 1 and not faults:
        report.ok(
            zh=f"历次公布：此前公布的 {len(digests) - 1} 版结果都在，未被改动。",
            en=f"Earlier publications: all {len(digests) - 1} are there, unchanged.",
        )


def check_record_json(bundle: Bundle, logs: Sequence[Log], newest: Publication) -> None:
    """record.json names this publication, and a head of this record."""
    content = needed(bundle.files, "record.json")
    printed = read_json(content)
    if canonical(printed) + b"\n" != content:
        raise UnfitError(zh="record.json 不是规定的写法。", en="record.json is not spelt as it must be.")
    wanted = {
        "period": bundle.period,
        "revision": newest.revision,
        "snapshot_sha256": newest.snapshot,
        "results_sha256": newest.results,
    }
    for name, value in wanted.items():
        if not same(printed[name], value):
            raise UnfitError(
                zh=f"record.json 的 {name} 与记录不符。",
                en=f"{name} in record.json is not what the record says.",
            )
    check_named_head(printed.get("head"), logs)


# ---------------- record.restores
# Restores: every later epoch begins with a leaf that tells how much the restored backup had lost.


def check_restores(report: Report, logs: Sequence[Log], acts: Sequence[Act]) -> dict[str, Head]:
    """Returns the highest head that was known of each log that lost leaves, by origin."""
    lost: dict[str, Head] = {}
    for position, log in enumerate(logs):
        restores = [act for act in acts_of(acts, "restore") if act.place[0] == position]
        if not restores and log.epoch.number == 1:
            continue
        before = logs[position - 1] if position else None
        if fault := wrong_restore(log.epoch.number, restores, before):
            report.wrong(*fault)
            continue
        known, restored = heads_named_by(restores[0])
        lost[known.origin] = known
        gap = known.size - restored.size if known.origin == restored.origin else known.size
        report.note(
            zh=(
                f"缺口：系统曾由备份恢复到树头 {restored.line}，而此前已知的树头是 {known.line}；"
                f"其间至少 {gap} 条叶子已丢失，不在本记录中，请向主办单位问明。"
            ),
            en=(
                f"Gap: the system was restored from a backup at the head {restored.line}, while "
                f"{known.line} was known: at least {gap} leaves between them are lost and not in this "
                "record; ask the office about them."
            ),
        )
    return lost


def wrong_restore(number: int, restores: Sequence[Act], before: Log | None) -> Text | None:
    """What is wrong with how an epoch says that it began, after the epoch before it."""
    if [act.place[1] for act in restores] != [0]:
        return Text(
            zh=f"第 {number} 期日志没有（只在开头）说明它为什么重新开始：缺少恢复记录。",
            en=(
                f"Epoch {number} does not say, at its start and only there, why it began: no readable "
                "restore."
            ),
        )
    _, restored = heads_named_by(restores[0])
    if restored.size and (before is None or restored != before.tree.head(before.epoch.origin)):
        return Text(
            zh=f"第 {number} 期的恢复记录说恢复到 {restored.line}，与前一期的叶子不符。",
            en=f"Epoch {number} says that {restored.line} was restored, but the epoch before is not that.",
        )
    return None


def heads_named_by(restore: Act) -> tuple[Head, Head]:
    """The head that was known before a restore, and the one that was restored."""
    known, restored = (restore.body[name] for name in ("known", "restored"))
    return (
        head_of(known["origin"], str(known["size"]), known["root"]),
        head_of(restored["origin"], str(restored["size"]), restored["root"]),
    )


# ---------------- record.signed_heads
# Signed heads: every one is a root of the leaves at its size, and the newest covers them all.


class SignedHead(NamedTuple):
    """A head that the log signed; what witnesses say of it; how many other lines nobody asked to check."""

    head: Head
    seen: Seen
    unchecked: int


def read_note(bundle: Bundle, note: str, key: str) -> SignedHead | Text:
    """A signed head, or what is wrong with it."""
    try:
        head, others = note_signed_by(note, key)
        seen = cosigned_by(note, bundle.witnesses)
        return SignedHead(head, seen, max(others - len(seen), 0))
    except UnfitError as unfit:
        return unfit.text
    except GARBAGE as error:
        why = reason(error)
        return Text(zh=f"有树头无法读懂（{why.zh}）。", en=f"A tree head makes no sense ({why.en}).")


def check_heads(
    report: Report,
    logs: Sequence[Log],
    heads: Sequence[tuple[Epoch, SignedHead | Text]],
    lost: Mapping[str, Head],
) -> None:
    faults: list[Text] = []
    by_number = {log.epoch.number: log for log in logs}
    newest = {log.epoch.number: 0 for log in logs}
    signed = [one for _, one in heads if isinstance(one, SignedHead)]
    for epoch, one in heads:
        if isinstance(one, Text):
            faults.append(one)
        else:
            newest[epoch.number] = max(newest[epoch.number], one.head.size)
            faults += unlike_leaves(by_number[epoch.number], one.head, lost, signed)
    faults += (
        Text(
            zh=f"第 {number} 期日志有 {by_number[number].tree.size} 条叶子，有签名的树头最多只到 {size} 条。",
            en=f"Epoch {number} has {by_number[number].tree.size} leaves, but no signed head beyond {size}.",
        )
        for number, size in newest.items()
        if size < by_number[number].tree.size
    )
    report.all_wrong(faults)
    if not faults:
        tell_heads(report, logs, len(heads), sum(one.unchecked for one in signed))


def tell_heads(report: Report, logs: Sequence[Log], heads: int, others: int) -> None:
    report.ok(
        zh=f"树头：{heads} 个签名正确，各自的根由叶子重算得到。",
        en=f"Heads: {heads} signatures are right and their roots follow from the leaves.",
    )
    if others:
        report.note(
            zh=f"另有 {others} 个见证签名未核对：请用 --witness 给出见证方的公钥（向见证方索取）。",
            en=(
                f"{others} lines of witnesses are there and were not checked: give --witness, the key "
                "that the witness tells you."
            ),
        )
    for log in logs:
        last = log.tree.head(log.epoch.origin)
        report.ok(
            zh=f"记录：第 {log.epoch.number} 期共 {last.size} 条叶子。最新树头（请自行保存）：{last.line}",
            en=f"Record: epoch {log.epoch.number} has {last.size} leaves. Newest head (keep it): {last.line}",
        )


def unlike_leaves(
    log: Log, head: Head, lost: Mapping[str, Head], signed: Sequence[SignedHead]
) -> Iterator[Text]:
    """What is wrong with a signed head beside the leaves, and since which head that is still right."""
    if head.origin != log.epoch.origin:
        yield Text(zh=f"树头 {head.line} 不是本日志的。", en=f"The head {head.line} is not of this log.")
    elif head.size <= log.tree.size:
        if log.tree.root(head.size) != head.root:
            smaller = [
                one.head for one in signed if one.head.origin == head.origin and one.head.size < head.size
            ]
            right = [one.size for one in smaller if log.tree.root(one.size) == one.root]
            since = max(right, default=0)
            yield Text(
                zh=(
                    f"叶子被改动、删除、插入或换位过：前 {head.size} 条叶子的根与有签名的树头不符（前 "
                    f"{since} 条仍相符）。"
                ),
                en=(
                    f"Leaves were changed, removed, added or swapped: the first {head.size} do not give "
                    f"the root that was signed (the first {since} still do)."
                ),
            )
    elif head.origin not in lost or head.size > lost[head.origin].size:
        yield Text(
            zh=f"记录被截短：有签名的树头说有 {head.size} 条叶子，文件夹里只有 {log.tree.size} 条。",
            en=f"The record was cut short: a signed head has {head.size} leaves, the folder {log.tree.size}.",
        )


# ---------------- record.record
# The whole record, read.


@dataclass
class Record:
    """Blocks and acts in the order of the log, its heads, and what was computed of each channel."""

    logs: list[Log]
    blocks: list[Block]
    acts: list[Act]
    heads: list[tuple[Epoch, SignedHead | Text]]
    rows: dict[str, Rows | Text]  # channel -> rows of its entries file
    scores: dict[str, Any]  # channel -> scores of its units
    whole: dict[str, Any]  # channel -> scores with held evidence counted
    cosigned: list[tuple[Key, Place]] = field(default_factory=list)  # who signed rightly, up to where


# ---------------- record.witnesses
# Witnesses: each one asked for saw a head of this record that covers the publication, and signed rightly.


class Cosigned(NamedTuple):
    """A head that a witness signed: its place in the record, and when; None where the signature is wrong."""

    place: Place
    head: Head
    seconds: int | None


def read_witnesses(report: Report, spellings: Sequence[str]) -> tuple[Key, ...]:
    """The verifier keys of the witnesses asked for, each once."""
    keys: dict[Key, None] = {}
    for spelling in spellings:
        with report.part(f"见证方公钥“{spelling}”", f"Witness {spelling}"):
            keys[key_of(spelling.strip(), WITNESS)] = None
    return tuple(keys)


def check_witnesses(report: Report, bundle: Bundle, record: Record) -> None:
    numbers = [log.epoch.number for log in record.logs]
    for key in bundle.witnesses:
        lines = [
            Cosigned((numbers.index(epoch.number), one.head.size), one.head, one.seen[key])
            for epoch, one in record.heads
            if isinstance(one, SignedHead) and key in one.seen
        ]
        faults = wrong_lines(key, lines)
        report.all_wrong(faults)
        if not faults:
            record.cosigned += ((key, line.place) for line in lines)
            check_reach(report, record, key, lines)


def check_reach(report: Report, record: Record, key: Key, lines: Sequence[Cosigned]) -> None:
    """The witness's last head covers the publication."""
    published = acts_of(record.acts, "result.published")
    place, head, seconds = max(lines, key=lambda line: line.place)
    day = f"{datetime.fromtimestamp(seconds or 0, UTC):%Y-%m-%d %H:%M:%S} UTC"
    if published and place <= published[-1].place:
        report.wrong(
            zh=(
                f"见证方 {key.name} 最后见证的是 {day} 的 {head.size} 条叶子，还不到公布结果那一条："
                "请下载更新的数据包再核对。"
            ),
            en=(
                f"The witness {key.name} last signed {head.size} leaves, on {day}, which does not reach "
                "the publication: get a newer bundle."
            ),
        )
        return
    report.ok(
        zh=(
            f"见证：{key.name} 的 {len(lines)} 个签名正确，最后一个在 {day}，见证了前 {head.size} 条叶子："
            f"{head.line}"
        ),
        en=(
            f"Witness: {len(lines)} lines of {key.name} are right, the last of {day} over the first "
            f"{head.size} leaves: {head.line}"
        ),
    )


def wrong_lines(key: Key, lines: Sequence[Cosigned]) -> list[Text]:
    """What is wrong with a witness's lines: a signature, or that there is no line."""
    if not lines:
        return [
            Text(
                zh=f"缺少见证方 {key.name} 的签名：数据包里没有它见证过的树头。",
                en=f"The witness {key.name} signed none of the heads in this bundle: its line is missing.",
            )
        ]
    return [
        Text(
            zh=f"见证方 {key.name} 在树头（{line.head.size} 条）上的签名不对。",
            en=f"The line of the witness {key.name} under the head of size {line.head.size} is wrong.",
        )
        for line in lines
        if line.seconds is None
    ]


# ---------------------------------------------------------------------------------------------------------
# 6. The entries: those that stand in the record are the rows of the files and the sums of the snapshot.


# ---------------- entries.standing
# The entries that stand: each correction and disposition applied in the order of the record.


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
    faults: list[Text] = field(default_factory=list)


def follow(bundle: Bundle, blocks: Iterable[Block]) -> Entries:
    """Apply the entries in the order of the log and sum what stands.

    A leaf that replaces another takes it off; a disposition puts it back with another standing.
    """
    entries = Entries()
    places: list[bytes] = []
    for block in blocks:
        entries.seen, entries.late = entries.seen + block.seen, entries.late + block.late
        places += (joined[at : at + 16] for joined in block.places for at in range(0, len(joined), 16))
        for place, cell in block.sums.items():
            add_counts(entries.sums, *place, (cell, {}))
        for channel, (number, marks) in block.rows.items():
            add_rows(entries, channel, number, marks)
        for leaf in block.entries:
            if why := apply_leaf(entries, leaf):
                fault = Text(
                    zh=f"第 {leaf.at} 条叶子（{leaf.channel}）{why.zh}。",
                    en=f"Leaf {leaf.at} ({leaf.channel}) {why.en}.",
                )
                entries.faults.append(fault)
    if twice := len(places) - len(set(places)):
        entries.faults.append(
            Text(zh=f"有 {twice} 条报送在记录中重复。", en=f"{twice} entries stand twice in the record.")
        )
    for entry in entries.live.values():
        add_rows(entries, entry.channel, 1, mark(bundle, entry.standing, entry.row))
        if entry.counts is not None:
            add_counts(entries.sums, entry.channel, entry.standing, entry.unit, entry.counts)
    return entries


def add_rows(entries: Entries, channel: str, number: int, marks: int) -> None:
    entries.standing += number
    before = entries.rows.get(channel, Rows())
    entries.rows[channel] = Rows(before.number + number, before.marks + marks)


def apply_leaf(entries: Entries, leaf: EntryLeaf) -> Text | None:
    """Apply one entry or disposition; returns what is wrong with it."""
    before = None
    if leaf.replaces is not None:
        before = entries.live.get(leaf.replaces)
        if before is None or before.channel != leaf.channel:
            return Text(zh="所更正的那一条并不有效", en="replaces an entry that does not stand at that point")
        del entries.live[leaf.replaces]
    if leaf.row is not None:
        entries.corrections += before is not None
        entries.live[leaf.digest] = Standing(leaf.channel, leaf.unit, leaf.standing, leaf.row, leaf.counts)
        return None
    if before is None:
        return Text(zh="处置了不存在的报送", en="disposes of nothing")
    entries.dispositions += 1
    entries.live[leaf.digest] = before._replace(standing=leaf.standing)
    return None


# ---------------- entries.counters
# The snapshot's counters are the sums of what the standing entries add, in every standing.


def check_counters(report: Report, bundle: Bundle, entries: Entries) -> None:
    mine = entries.sums
    theirs: Counters = {
        (channel, standing, unit): dict(counts)
        for channel, standings in bundle.snapshot["counters"].items()
        for standing, units in standings.items()
        for unit, counts in units.items()
    }
    faults: list[Text] = []
    compared = 0
    for place in sorted(mine.keys() | theirs.keys()):
        plan = bundle.plans.get(place[0])
        if plan is None or place[1] not in STANDINGS:
            faults.append(
                Text(
                    zh=f"快照里有方案没有的渠道或状态 {place[:2]}。",
                    en=f"The snapshot counts {place[:2]}, unknown to the scheme.",
                )
            )
        elif family := FAMILIES.get(plan["plugin"]):
            ours, frozen = mine.get(place, {}), theirs.get(place, {})
            names = [n for n in ours.keys() | frozen.keys() if not n.startswith(family.private_counters)]
            compared += len(names)
            faults += (
                differing_counter(place, n, frozen.get(n, 0), ours.get(n, 0))
                for n in sorted(names)
                if type(frozen.get(n, 0)) is not int or frozen.get(n, 0) != ours.get(n, 0)
            )
    report.all_wrong(faults)
    if not faults:
        report.ok(
            zh=f"计数：由报送重新累加的 {compared} 个计数与快照全部相同。",
            en=f"Counters: {compared} sums counted anew from the entries equal the snapshot's.",
        )


def differing_counter(place: tuple[str, str, str], name: str, frozen: Any, ours: int) -> Text:
    channel, standing, unit = place
    return Text(
        zh=(
            f"计数不符：渠道 {channel}，单位 {unit or '（整个渠道）'}，{standing}，{name}：快照 "
            f"{frozen}，按报送重算 {ours}。"
        ),
        en=(
            f"Counter differs: channel {channel}, unit {unit or '(whole channel)'}, {standing}, {name}: "
            f"snapshot {frozen}, counted anew {ours}."
        ),
    )


# ---------------- entries.files
# The files below entries/: their rows are the entries that stand in the record, no more and no fewer.

APART = ("standing", "reason")  # columns that come from dispositions, not from the entries


def check_entry_files(
    report: Report, bundle: Bundle, entries: Entries, printed: Mapping[str, Rows | Text]
) -> None:
    faults = [
        Text(zh=f"{name} 不属于任何渠道。", en=f"{name} belongs to no channel of the scheme.")
        for name in sorted(bundle.files)
        if name.startswith("entries/") and name[8:-4] not in bundle.plans
    ]
    faults += (fault for fault in printed.values() if isinstance(fault, Text))
    differ = [
        channel
        for channel, rows in printed.items()
        if isinstance(rows, Rows) and rows != entries.rows.get(channel, Rows())
    ]
    if differ:
        faults += differing_rows(bundle, differ)
    report.all_wrong(faults)
    if not faults:
        report.ok(
            zh=f"报送：entries/ 里的 {entries.standing} 行正是记录中现行有效的报送。",
            en=(
                f"Entries: the {entries.standing} rows below entries/ are exactly those that stand in "
                "the record."
            ),
        )


def differing_rows(bundle: Bundle, channels: Sequence[str]) -> Iterator[Text]:
    """The rows that differ, by reading all leaves once more."""
    bundle.every_row = True
    live = follow(bundle, read_all_leaves(bundle)).live.values()
    bundle.every_row = False
    for channel in channels:
        wanted = Counter((one.standing, one.row) for one in live if one.channel == channel)
        printed = Counter(printed_rows(bundle, channel))
        for standing, row in wanted - printed:
            yield Text(
                zh=f"记录中有一条报送不在 entries/{channel}.csv 里：{standing} {shown_row(row)}",
                en=f"An entry of the record is not in entries/{channel}.csv: {standing} {shown_row(row)}",
            )
        for standing, row in printed - wanted:
            yield Text(
                zh=f"entries/{channel}.csv 有一行不是记录中的报送：{standing} {shown_row(row)}",
                en=(
                    f"entries/{channel}.csv has a row that is no entry of the record: {standing} "
                    f"{shown_row(row)}"
                ),
            )


def printed_rows(bundle: Bundle, channel: str) -> Iterator[tuple[str, str]]:
    """The rows of an entries file as (standing, cells); see `APART`."""
    name = f"entries/{channel}.csv"
    if name not in bundle.files:
        return
    reader = csv.reader(io.StringIO(bundle.files[name].decode("utf-8-sig"), newline=""), strict=True)
    header = next(reader, [])
    if len(set(header)) != len(header) or not header:
        raise UnfitError(zh=f"{name} 没有可用的表头。", en=f"{name} has no usable header.")
    apart = sorted((header.index(n) for n in APART if n in header), reverse=True)
    standing_at = header.index("standing") if "standing" in header else None
    for cells in reader:
        if len(cells) != len(header):
            raise UnfitError(
                zh=f"{name} 有的行列数不对。", en=f"{name} has a row of another length than its header."
            )
        standing = "counted" if standing_at is None else cells[standing_at] or "counted"
        for at in apart:
            del cells[at]
        yield standing, row_of(cells)


def sum_file(bundle: Bundle, channel: str) -> Rows | Text:
    """An entries file as a multiset of rows, or what is wrong with it."""
    try:
        number = marks = 0
        for standing, row in printed_rows(bundle, channel):
            number += 1
            marks += mark(bundle, standing, row)
        return Rows(number, marks)
    except UnfitError as unfit:
        return unfit.text
    except GARBAGE as error:
        why = reason(error)
        return Text(
            zh=f"entries/{channel}.csv：无法读懂（{why.zh}）。",
            en=f"entries/{channel}.csv makes no sense ({why.en}).",
        )


def entry_columns(files: Mapping[str, bytes]) -> dict[str, list[str]]:
    """Channel -> the columns of its entries file that come from the entries themselves."""
    columns: dict[str, list[str]] = {}
    for name, content in files.items():
        if name.startswith("entries/") and name.endswith(".csv"):
            columns[name[8:-4]] = [one for one in header_of(content) if one not in APART]
    return columns


def header_of(content: bytes) -> list[str]:
    """The header of an entries file, read as its rows are; empty where `printed_rows` says why not."""
    try:
        return next(
            csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline=""), strict=True), []
        )
    except GARBAGE:
        return []


# ---------------- entries.check
# All checks of entries.


def check_entries(report: Report, bundle: Bundle, record: Record) -> None:
    """Corrections and dispositions, then files and counters."""
    entries = follow(bundle, record.blocks)
    report.all_wrong(entries.faults)
    if not entries.faults:
        report.ok(
            zh=(
                f"报送记录：{entries.seen} 条，其中更正 {entries.corrections} 条、处置 "
                f"{entries.dispositions} 条，前后相接；现行 {entries.standing} 条。"
            ),
            en=(
                f"Entry leaves: {entries.seen}, of them {entries.corrections} corrections and "
                f"{entries.dispositions} dispositions, each linked to what it replaces; "
                f"{entries.standing} stand."
            ),
        )
    if entries.late:
        report.note(
            zh=f"快照之后又有 {entries.late} 条报送，不计入这份结果。",
            en=f"{entries.late} entries came after the snapshot; this result does not count them.",
        )
    with report.part("entries/", "entries/"):
        check_entry_files(report, bundle, entries, record.rows)
    check_counters(report, bundle, entries)


# ---------------------------------------------------------------------------------------------------------
# 7. The snapshot: what it holds besides sums is that of the files, and what the record saw being set.


# ---------------- snapshot.tables
# The tables beside the snapshot: units, rolls, adjustments, decisions and earlier results.
#
# A cell is text and says the same only where it is the same text: 007 is not 7. Only in the columns that hold
# numbers, and nowhere else, 1.50 says the same as 1.5.

PLAIN_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?")
Cells = tuple[str, ...]


class Table(NamedTuple):
    """A table: its columns as the snapshot's rows have them, which hold numbers, whether order counts."""

    name: str
    columns: Cells
    numbers: frozenset[str] = frozenset()
    in_order: bool = False

    @property
    def file(self) -> str:
        return f"{self.name}.csv"


TABLES = (
    Table("units", ("code", "name", "category", "subordination", "superior"), in_order=True),
    Table("rolls", ("channel", "name", "stratum", "count"), frozenset({"count"})),
    Table("adjustments", ("unit", "kind", "points", "target", "reason", "document"), frozenset({"points"})),
    Table("decisions", ("kind", "unit", "channel", "category", "choice", "reason")),
    Table(
        "previous",
        ("period", "unit", "category", "total", "rank", "of"),
        frozenset({"total", "rank", "of"}),
    ),
)
IF_EMPTY = {"target": "total"}


def wrong_tables(files: Mapping[str, bytes], snapshot: Mapping[str, Any]) -> list[Text]:
    """The tables that do not say what the frozen snapshot says."""
    faults = []
    for table in TABLES:
        printed, frozen = printed_rows_of(table, files), frozen_rows_of(table, snapshot)
        if printed != frozen if table.in_order else Counter(printed) != Counter(frozen):
            more, fewer = Counter(printed) - Counter(frozen), Counter(frozen) - Counter(printed)
            faults.append(unlike_snapshot(table.file, first_of(more), first_of(fewer)))
    return faults


def printed_rows_of(table: Table, files: Mapping[str, bytes]) -> list[Cells]:
    """The rows of a file; a missing file has none, a missing column is empty."""
    if table.file not in files:
        return []
    return [
        tuple(cell_of(table, column, row.get(column) or IF_EMPTY.get(column, "")) for column in table.columns)
        for row in read_rows(files[table.file], table.file)
    ]


def frozen_rows_of(table: Table, snapshot: Mapping[str, Any]) -> list[Cells]:
    """The rows of the snapshot."""
    return [
        tuple(cell_of(table, column, value) for column, value in zip(table.columns, row, strict=True))
        for row in snapshot[table.name]
    ]


def cell_of(table: Table, column: str, value: Any) -> str:
    """A cell as it is compared; null is empty."""
    if column in table.numbers:
        return number_cell(value)
    if value is not None and type(value) is not str:
        raise TypeError(f"{column} is not text")
    return value or ""


def number_cell(value: Any) -> str:
    """A number in its shortest spelling; whatever else stands in its place is compared as text."""
    if value is None:
        return ""
    plain = type(value) is int or (type(value) is str and PLAIN_NUMBER.fullmatch(value))
    return shortest(value) if plain else str(value)


def first_of(rows: Counter[Cells]) -> str:
    return ",".join(next(iter(rows), ()))


def unlike_snapshot(name: str, printed: str, frozen: str) -> Text:
    """What a file says and what the snapshot says; nothing of either where only their order differs."""
    if not printed and not frozen:
        zh, en = "内容或次序不同", "content or order differ"
    else:
        zh = f"文件为“{printed or '—'}”，快照为“{frozen or '—'}”"
        en = f"file: {printed or '—'}; snapshot: {frozen or '—'}"
    return Text(
        zh=f"{name} 与冻结的快照不符：{zh}。", en=f"{name} does not say what the frozen snapshot says: {en}."
    )


# ---------------- snapshot.plain_files
# The plain files say the same as the frozen snapshot: the scheme, the period and the tables.

DATES = ("starts_on", "ends_on", "time_zone")
USUAL_ZONE = {"time_zone": "Asia/Shanghai"}


def check_plain_files(report: Report, bundle: Bundle) -> None:
    files, snapshot = bundle.files, bundle.snapshot
    faults: list[Text] = []
    if needed(files, "scheme.toml").decode() != snapshot["scheme"]:
        faults.append(unlike_snapshot("scheme.toml", "", ""))
    faults += wrong_period(bundle)
    faults += wrong_tables(files, snapshot)
    report.all_wrong(faults)
    if not faults:
        units, adjustments, decisions = (len(snapshot[n]) for n in ("units", "adjustments", "decisions"))
        report.ok(
            zh=f"快照：方案、{units} 个单位、{adjustments} 项加减分、{decisions} 项决定等与各文件相同。",
            en=(
                f"Snapshot: scheme, {units} units, {adjustments} adjustments, {decisions} decisions and "
                "the rest are those of the files."
            ),
        )


def wrong_period(bundle: Bundle) -> list[Text]:
    """Whether period.toml names this period, its dates and its time zone."""
    period = tomllib.loads(needed(bundle.files, "period.toml").decode("utf-8-sig"))
    frozen = bundle.snapshot["period"]
    if unknown := set(period) - {"key", "demonstration", *DATES}:
        raise UnfitError(
            zh=f"period.toml 有未知的 {sorted(unknown)}。",
            en=f"period.toml has unknown keys: {sorted(unknown)}.",
        )
    printed = [period.get("key"), *(str((USUAL_ZONE | period).get(name) or "") for name in DATES)]
    wanted = [bundle.period, *(str(frozen[name] or "") for name in DATES)]
    same = printed == wanted
    return [] if same else [unlike_snapshot("period.toml", " ".join(map(str, printed)), " ".join(wanted))]


# ---------------- snapshot.registers
# The registers: what the snapshot holds besides sums is what the record saw being set before.

ADJUSTMENTS = ("deduction", "bonus", "warning", "veto", "disqualification")


def check_registers(report: Report, snapshot: Mapping[str, Any], acts: Sequence[Act]) -> None:
    """Units, rolls, earlier results, adjustments and decisions are those that these acts set."""
    faults = [
        Text(
            zh=f"快照中的{register.zh}与记录中登记的不符。",
            en=f"The {register.en} in the snapshot are not those that the record saw being set.",
        )
        for register, as_set in registers(snapshot, acts)
        if not as_set
    ]
    report.all_wrong(faults)
    if not faults:
        report.ok(
            zh="登记：单位、名册数、加减分、决定和往期结果都是记录中登记过的。",
            en=(
                "Registers: units, rolls, adjustments, decisions and earlier results are those set in "
                "the record."
            ),
        )


def registers(snapshot: Mapping[str, Any], acts: Sequence[Act]) -> Iterator[tuple[Text, bool]]:
    """Each register, and whether the snapshot has it as it was set."""
    units = [[row["code"], row["name"], row["category"]] for row in last_set(acts, "units.set", "list")]
    yield Text(zh="单位", en="units"), same(units, [row[:3] for row in snapshot["units"]])
    rolls = last_set(acts, "rolls.set", "rolls")
    yield (
        Text(zh="名册数", en="rolls"),
        Counter(map(canonical, rolls)) == Counter(map(canonical, snapshot["rolls"])),
    )
    previous = acts_of(acts, "previous.set")
    rows = previous[-1].body["rows"] if previous else 0
    yield Text(zh="往期结果", en="earlier results"), same(rows, len(snapshot["previous"]))
    yield Text(zh="加减分", en="adjustments"), adjustments_fit(acts, snapshot["adjustments"])
    yield Text(zh="决定", en="decisions"), decisions_fit(acts, snapshot["decisions"])


def last_set(acts: Sequence[Act], kind: str, name: str) -> list[Any]:
    """The list that the last act of this kind set, which it holds as JSON or as it is."""
    settings = acts_of(acts, kind)
    if not settings:
        return []
    content = settings[-1].body[name]
    return list(read_json(content.encode()) if isinstance(content, str) else content)


def adjustments_fit(acts: Sequence[Act], frozen: Sequence[Sequence[Any]]) -> bool:
    """The adjustments in force are those added in the record and not withdrawn."""
    added: dict[Any, tuple[Any, ...]] = {}
    for act in acts:
        body = act.body
        kind = body.get("what") if body["kind"] == "adjustment.added" else body["kind"]
        if kind in ADJUSTMENTS:
            added[body["adjustment"]] = (body["unit"], kind, number_cell(body["points"]), body["target"])
        elif body["kind"] == "adjustment.withdrawn":
            del added[body["adjustment"]]
    wanted = ((unit, kind, number_cell(points), target) for unit, kind, points, target, *_ in frozen)
    return Counter(added.values()) == Counter(wanted)


def decisions_fit(acts: Sequence[Act], frozen: Sequence[Sequence[Any]]) -> bool:
    """The last decision on each matter is the snapshot's."""
    taken: dict[tuple[Any, ...], Any] = {}
    for act in acts:
        body = act.body
        kind = body.get("what") if body["kind"] == "decision.taken" else body["kind"]
        if kind in ("tie", "switch_off"):
            taken[kind, body["unit"] or "", body["channel"], body["category"]] = body["choice"]
    return taken == {tuple(row[:4]): row[4] for row in frozen}


# ---------------- snapshot.second_person
# Two persons: what one asked for was approved by another.

SECOND_PERSON = ("result.published", "adjustment.added", "adjustment.withdrawn", *ADJUSTMENTS)


def check_two_persons(report: Report, acts: Sequence[Act]) -> None:
    """Publications, adjustments and reopenings were asked for by one person and approved by another."""
    bound = [act.body for act in acts if act.body["kind"] in SECOND_PERSON or "approved_by" in act.body]
    faults = [
        Text(
            zh=(
                f"“{body['kind']}”（第 {body.get('act', '—')} 号申请）没有由另一人审批：申请 "
                f"{body.get('by')}，审批 {body.get('approved_by')}。"
            ),
            en=(
                f"{body['kind']} (act {body.get('act', '—')}) was not approved by a second person: "
                f"asked by {body.get('by')}, approved by {body.get('approved_by')}."
            ),
        )
        for body in bound
        if not body.get("approved_by") or body["approved_by"] == body.get("by")
    ]
    report.all_wrong(faults)
    if not faults:
        report.ok(
            zh=f"两人：{len(bound)} 项公布、加减分等均由申请人以外的人审批。",
            en=(
                f"Two persons: {len(bound)} publications, adjustments and the like were approved by "
                "somebody else than asked."
            ),
        )


# ---------------------------------------------------------------------------------------------------------
# 8. The result: points, groups, totals, adjustments, ranks, grades and last places.
#
# Points are whole numbers of 10**-decimals. Every rate is exact; each level is rounded once, half up.


# ---------------- result.lines
# A unit on its way to the result, and how its points are spelt.

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
    proposed: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)


def spell(points: Points, decimals: int) -> str:
    """8730 at two decimals is "87.30"; nothing rated is empty."""
    return "" if points is None else spelled(points, decimals)


# ---------------- result.adjustments
# Adjustments: bonuses, deductions and warnings; vetoes; who can be ranked at all.


class Adjustment(NamedTuple):
    """What the office put to one unit, as a row of the snapshot has it; a veto has no points."""

    unit: str
    kind: str
    points: str | None
    target: str
    reason: str
    document: str


def adjustments_by_unit(snapshot: Mapping[str, Any]) -> dict[str, list[Adjustment]]:
    """Every unit's adjustments in the order of the snapshot."""
    by_unit: dict[str, list[Adjustment]] = {code: [] for code, *_ in snapshot["units"]}
    for one in map(Adjustment._make, snapshot["adjustments"]):
        by_unit.setdefault(one.unit, []).append(one)
    return by_unit


def adjust(scheme: Mapping[str, Any], lines: Sequence[Line], by_unit: Mapping[str, list[Adjustment]]) -> None:
    """Add bonuses up to their cap, take deductions and warnings off; say who stands outside the ranking."""
    scale = 10 ** scheme["decimals"]
    cap, full = scheme["policies"].get("bonus_cap"), half_up(decimal(scheme["full_marks"]) * scale)
    least = decimal(scheme["policies"]["min_coverage"]) / 100
    for line in lines:
        of_total = [one for one in by_unit[line.code] if one.target == "total"]
        bonus = points_of(of_total, "bonus")
        if cap is not None:
            bonus = min(bonus, decimal(cap))
        line.adjustment = half_up((bonus - points_of(of_total, "deduction", "warning")) * scale)
        if line.total is not None:
            line.total = min(max(line.total + line.adjustment, 0), full)
        kinds = {one.kind for one in of_total}
        vetoed = "veto" in kinds or any(cell.veto for cell in line.cells.values())
        line.override = "disqualified" if "disqualification" in kinds else "veto" if vetoed else ""
        line.ranked = line.total is not None and not line.override and line.coverage >= least


def points_of(adjustments: Sequence[Adjustment], *kinds: str) -> Fraction:
    return sum((decimal(one.points or 0) for one in adjustments if one.kind in kinds), Fraction(0))


# ---------------- result.document
# A unit in results.json.


def unit_document(scheme: Mapping[str, Any], line: Line, adjustments: Sequence[Adjustment]) -> dict[str, Any]:
    """A unit's line as results.json prints it."""
    decimals = scheme["decimals"]
    status = "needs_decision" if line.undecided else "ranked"
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
        "adjustment_items": [item_document(one) for one in adjustments],
        "coverage_percent": percent(line.coverage),
        "proposed_actions": line.proposed,
        "undecided_actions": line.undecided,
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


def item_document(adjustment: Adjustment) -> dict[str, str]:
    """An adjustment below its unit: every column but the unit's, none of them null."""
    columns = adjustment._asdict()
    del columns["unit"]
    return {name: value or "" for name, value in columns.items()}


# ---------------- result.last_places
# The last places of a category, and who is tied at the cut.

Codes = set[str]


def last_places(
    scheme: Mapping[str, Any], ranked: Sequence[Line], k: int, ties: Mapping[str, str]
) -> tuple[Codes, Codes]:
    """The last k, and those tied at the cut for whom a person has to decide."""
    inside: Codes = set()
    for tied in tied_together({line.code: line.total or 0 for line in ranked}):
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
            for equal in tied_together({code: points or 0 for code, points in values.items()}):
                if len(equal) > k - len(inside):
                    still = equal
                    break
                inside |= set(equal)
            if len(inside) == k:
                return inside, set()
        return by_choice(inside, still, k - len(inside), ties)
    return inside, set()


def tied_together(values: Mapping[str, int]) -> list[list[str]]:
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


# ---------------- result.consecutive
# Last places over several periods.


def in_every_period(
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
    members: Codes = set()
    undecided: Codes = set()
    for code in inside | waiting:
        places = {place_then(results, code, when["k"]) for results in newest}
        if "out" in places:
            continue
        unsettled = "tied" in places and code not in ties
        if code in waiting or unsettled:
            undecided.add(code)
        elif "tied" not in places or ties[code] == "in":
            members.add(code)
    return members, undecided


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


def natural(key: str) -> list[tuple[str, int]]:
    """Keys in the order of their numbers, 2017-9 before 2017-10: pairs of text and the digits behind it."""
    pairs = re.findall(r"(\D*)(\d*)", key)
    return [(text, int(digits) if digits else -1) for text, digits in pairs if text or digits]


# ---------------- result.notices
# What makes a result doubtful: channels that many units lack, last places that mean little.


def switch_off_proposals(
    scheme: Mapping[str, Any],
    categories: Mapping[str, Sequence[Line]],
    choices: Mapping[tuple[str, str], str],
) -> list[dict[str, Any]]:
    """Channels that more than a fifth of a category lacks and nobody has decided on."""
    proposals = []
    for category, members in categories.items():
        for plan in scheme["channels"]:
            key = plan["key"]
            missing = sum(line.points[key] is None for line in members)
            if missing * 5 > len(members) and (category, key) not in choices:
                proposals.append(
                    {"category": category, "channel": key, "missing": missing, "units": len(members)}
                )
    return proposals


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


# ---------------- result.points
# Points on each channel: rate times maximum, rounded once.


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
                zh=f"单位 {line.code} 在渠道 {key} 的得分率不在 0 到 1 之间。",
                en=f"The rate of {line.code} on {key} is not between 0 and 1.",
            )
        line.cells[key] = rated
        if rated.printed:
            line.points[key] = printed_points(rated.printed, scheme, plan)
        else:
            full = maxima[key] * scale
            line.points[key] = None if rated.rate is None else half_up(rated.rate * full)


def printed_points(spelling: str, scheme: Mapping[str, Any], plan: Mapping[str, Any]) -> int:
    """Points as results.json prints them, for a channel whose formula is not in this file."""
    points = decimal(spelling) * 10 ** scheme["decimals"]
    if points.denominator != 1 or not 0 <= decimal(spelling) <= decimal(plan["max_points"]):
        raise UnfitError(
            zh=f"渠道 {plan['key']} 的得分 {spelling} 不可能出现。",
            en=f"{spelling} cannot be points of {plan['key']}.",
        )
    return int(points)


# ---------------- result.ranks
# Ranks, grades and last places of one category.


def rank_members(scheme: Mapping[str, Any], snapshot: Mapping[str, Any], members: Sequence[Line]) -> None:
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
        inside, waiting = in_every_period(snapshot, inside, waiting, when, ties)
        for line in ranked:
            if line.code in inside:
                line.proposed.append(rule["action"])
            if line.code in waiting:
                line.undecided.append(rule["action"])


def grades_of(scheme: Mapping[str, Any], better: Mapping[int, int], ranked: int) -> dict[int, str]:
    """Total -> grade: by lower bounds, or by shares of the places with equal totals in the better grade."""
    table = scheme.get("grades")
    if table is None:
        return {}
    if table.get("from"):
        scale = 10 ** scheme["decimals"]
        bounds = [(key, decimal(bound) * scale) for key, bound in table["from"].items()]
        return {total: next(key for key, bound in bounds if total >= bound) for total in better}
    graded: dict[int, str] = {}
    upto, keys = 0, list(table["shares"])
    for key in keys:
        upto += int(decimal(table["shares"][key]) * ranked)
        for total, above in better.items():
            if total not in graded and (key == keys[-1] or above < upto):
                graded[total] = key
    return graded


# ---------------- result.scores
# The scores of every channel, computed anew; of foreign channels as they are printed.


def score_channels(
    report: Report, bundle: Bundle, computed: Mapping[str, Any], printed: Mapping[str, Any]
) -> dict[str, dict[str, Rated]]:
    """Every unit on every channel, from the snapshot's counters; foreign channels as they are printed."""
    scores: dict[str, dict[str, Rated]] = {}
    foreign: list[str] = []
    for key, plan in bundle.plans.items():
        if isinstance(computed[key], Text):
            raise UnfitError(*computed[key])
        if computed[key] is not None:
            scores[key] = computed[key]
            continue
        scores[key] = {unit["unit"]: printed_cell(unit["channels"][key]) for unit in printed["units"]}
        foreign.append(key)
        report.note(
            zh=(
                f"渠道 {key} 的公式来自外来插件 {plan['plugin']}，未重算。已核对：其报送都在记录中并与 "
                "entries/ 相同；合计与名次按其公布的得分重算。"
            ),
            en=(
                f"Channel {key}: not recomputed, its formula comes from the foreign plugin "
                f"{plan['plugin']}. Checked all the same: its entries are in the record and equal "
                "entries/; totals and ranks are recomputed from its printed points."
            ),
        )
    rated = sum(len(scores[key]) for key in scores if key not in foreign)
    take_over_vetoes(scores, foreign, bundle.snapshot, printed)
    report.ok(
        zh=f"得分：用独立编写的公式重算了 {len(scores) - len(foreign)} 个渠道的 {rated} 个得分。",
        en=(
            f"Scores: {rated} scores of {len(scores) - len(foreign)} channels computed by formulas "
            "written independently."
        ),
    )
    return scores


def score_channel(bundle: Bundle, key: str) -> dict[str, Rated] | Text | None:
    """One channel's scores; None where its formulas are not here; or what is wrong."""
    family = FAMILIES.get(bundle.plans[key]["plugin"])
    return None if family is None else scores_or_fault(family, bundle.plans[key], bundle.snapshot)


def scores_or_fault(
    family: Family, plan: Mapping[str, Any], snapshot: Mapping[str, Any]
) -> dict[str, Rated] | Text:
    """One channel's scores, or why they cannot be computed."""
    try:
        return score_units(family, plan, snapshot)
    except GARBAGE as error:
        why = reason(error)
        return Text(
            zh=f"渠道 {plan['key']} 无法重算（{why.zh}）。",
            en=f"Channel {plan['key']} cannot be recomputed ({why.en}).",
        )


def score_units(family: Family, plan: Mapping[str, Any], snapshot: Mapping[str, Any]) -> dict[str, Rated]:
    """One channel's scores; a unit of which all evidence is held is quarantined."""
    key = plan["key"]
    standings = snapshot["counters"].get(key, {})
    counted, held = standings.get("counted", {}), standings.get("held", {})
    if not counted and not held:
        return {}
    rolls = {(name, stratum): count for channel, name, stratum, count in snapshot["rolls"] if channel == key}
    scores: dict[str, Rated] = {}
    for code, *_ in snapshot["units"]:
        counts = counted.get(code, {})
        if not counts and code in held:
            scores[code] = Rated(None, QUARANTINED)
        elif counts or not family.due_per_unit:
            shared = counted.get("", {})
            scores[code] = Rated(*family.score(counts, shared, plan["settings"], snapshot["period"], rolls))
    return scores


def printed_cell(cell: Mapping[str, Any]) -> Rated:
    """A foreign channel's score as results.json prints it."""
    points, status, n, facts = cell["points"], cell["status"], cell["n"], cell["facts"]
    if (status == "ok") != bool(points) or not isinstance(status, str) or not isinstance(facts, dict):
        raise UnfitError(
            zh="results.json 的得分与状态矛盾。", en="results.json contradicts itself: points and status."
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


# ---------------- result.held_evidence
# The same scores with held evidence counted.


def score_whole(bundle: Bundle, key: str) -> dict[str, Rated] | Text | None:
    """The same with held evidence counted; None where nothing is held on this channel too."""
    family, standings = FAMILIES.get(bundle.plans[key]["plugin"]), bundle.snapshot["counters"].get(key, {})
    if family is None or not standings.get("held"):
        return None
    whole = {**bundle.snapshot, "counters": {key: {"counted": with_held(standings)}}}
    return scores_or_fault(family, bundle.plans[key], whole)


def with_held(standings: Mapping[str, Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    """Counted and held counters of a channel in one, by unit."""
    together: dict[str, Counter[str]] = {}
    for standing in ("counted", "held"):
        for unit, counts in standings.get(standing, {}).items():
            together.setdefault(unit, Counter()).update(counts)
    sums = {unit: {name: n for name, n in counts.items() if n} for unit, counts in together.items()}
    return {unit: counts for unit, counts in sums.items() if counts}


def score_all_whole(
    bundle: Bundle,
    computed: Mapping[str, Any],
    scores: Mapping[str, dict[str, Rated]],
    printed: Mapping[str, Any],
) -> dict[str, dict[str, Rated]]:
    """Every channel's scores with held evidence counted; those of foreign channels as they are printed."""
    if wrong := next((score for score in computed.values() if isinstance(score, Text)), None):
        raise UnfitError(*wrong)
    whole = {key: score if computed[key] is None else computed[key] for key, score in scores.items()}
    foreign = [key for key in scores if bundle.plans[key]["plugin"] not in FAMILIES]
    if not any(held_on(bundle, key) for key in foreign):
        return whole
    for key in foreign:
        whole[key] = {unit["unit"]: printed_whole(bundle, unit, key) for unit in printed["units"]}
    held = frozenset().union(*(held_on(bundle, key) for key in foreign))
    outside = [
        {"unit": unit["unit"], "status": "veto"}
        for unit in printed["units"]
        if unit["all_rank"] is None and (unit["status"] == "veto" or held & {"", unit["unit"]})
    ]
    take_over_vetoes(whole, foreign, bundle.snapshot, {"units": outside})
    return whole


def held_on(bundle: Bundle, key: str) -> frozenset[str]:
    """The units of which something is held on a channel; "" stands for the channel as a whole."""
    return frozenset(bundle.snapshot["counters"].get(key, {}).get("held", {}))


def printed_whole(bundle: Bundle, unit: Mapping[str, Any], key: str) -> Rated:
    """A foreign channel's score with held evidence counted, as results.json prints it."""
    points = unit["channels"][key]["points"]
    if held_on(bundle, key) & {"", unit["unit"]}:
        points = unit["all_points"].get(key, points)
    return Rated(None, "ok" if points else NOT_SUBMITTED, printed=points)


# ---------------- result.table
# results.csv: the result as a table.


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


# ---------------- result.totals
# Groups and totals, by what the scheme says of channels that are missing.


def add_up(scheme: Mapping[str, Any], lines: Sequence[Line], off: set[tuple[str, str]]) -> None:
    """Group points and totals by the scheme's policy for what is missing, and the share that was rated."""
    policy = scheme["policies"]["missing"]
    exactly = {plan["key"]: decimal(plan["max_points"]) for plan in scheme["channels"]}
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
        line.total = raised_to_whole([(filled[key], maxima[key]) for key in filled]) if flat else None
        whole = group_points(scheme, line, "", filled, maxima, flat)
        line.total = line.total if flat else whole[0]


def category_means(lines: Sequence[Line]) -> dict[tuple[str, str], int]:
    """(category, channel) -> the mean points of the units rated there, rounded."""
    rated: dict[tuple[str, str], list[int]] = {}
    for line in lines:
        for key, points in line.points.items():
            if points is not None:
                rated.setdefault((line.category, key), []).append(points)
    return {place: half_up(Fraction(sum(points), len(points))) for place, points in rated.items()}


def group_points(
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
            below = group_points(scheme, line, inner["key"], filled, maxima, flat)
            line.groups[inner["key"]] = below[0]
            parts.append(below)
    have = [points for points, _ in parts if points is not None]
    points = (sum(have) if have else None) if flat else raised_to_whole(parts)
    return points, sum(most for _, most in parts)


def raised_to_whole(parts: Sequence[tuple[Points, int]]) -> Points:
    """The sum of what is there, raised_to_whole to the worth of all where something is missing, half up."""
    have = [(points, most) for points, most in parts if points is not None]
    total = sum(points for points, _ in have)
    if len(have) == len(parts):
        return total
    worth, whole = sum(most for _, most in have), sum(most for _, most in parts)
    return half_up(Fraction(total * whole, worth)) if have else None


# ---------------- result.assess
# The whole result, as results.json prints it.


def assess(
    scheme: Mapping[str, Any], snapshot: Mapping[str, Any], scores: Mapping[str, Mapping[str, Rated]]
) -> dict[str, Any]:
    """The document that results.json prints: scores[channel][unit]; a unit without one did not submit."""
    lines = [Line(code, name, category) for code, name, category, *_ in snapshot["units"]]
    choices = {(row[3], row[2]): row[4] for row in snapshot["decisions"] if row[0] == "switch_off"}
    off = {matter for matter, choice in choices.items() if choice == "yes"}
    maxima = {plan["key"]: decimal(plan["max_points"]) for plan in scheme["channels"]}
    for line in lines:
        give_points(scheme, line, maxima, scores, off)
    add_up(scheme, lines, off)
    adjustments = adjustments_by_unit(snapshot)
    adjust(scheme, lines, adjustments)
    categories: dict[str, list[Line]] = {}
    for line in lines:
        categories.setdefault(line.category, []).append(line)
    for members in categories.values():
        rank_members(scheme, snapshot, members)
    order = {table["key"]: position for position, table in enumerate(scheme["categories"])}
    listed = sorted(lines, key=lambda line: (order[line.category], line.rank is None, line.rank or 0))
    return {
        "scheme": scheme["key"],
        "full_marks": shortest(scheme["full_marks"]),
        "decimals": scheme["decimals"],
        "channels": {plan["key"]: shortest(plan["max_points"]) for plan in scheme["channels"]},
        "units": [unit_document(scheme, line, adjustments[line.code]) for line in listed],
        "switch_off_proposals": switch_off_proposals(scheme, categories, choices),
        "notices": [
            notice for key, members in categories.items() for notice in notices(scheme, key, members)
        ],
    }


def add_whole(document: Mapping[str, Any], whole: Mapping[str, Any]) -> None:
    """Beside each unit's result the one with held evidence counted; review where the ranks differ."""
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


# ---------------- result.comparison
# results.json and results.csv are, byte for byte, what the snapshot comes to.


def check_results(
    report: Report, bundle: Bundle, computed: Mapping[str, Any], whole: Mapping[str, Any]
) -> None:
    """results.json and results.csv are, byte for byte, what the snapshot comes to."""
    files, snapshot = bundle.files, bundle.snapshot
    scheme = tomllib.loads(snapshot["scheme"].removeprefix("\ufeff"))
    printed = read_json(needed(files, "results.json"))
    scores = score_channels(report, bundle, computed, printed)
    document = assess(scheme, snapshot, scores)
    if any(standings.get("held") for standings in snapshot["counters"].values()):
        add_whole(document, assess(scheme, snapshot, score_all_whole(bundle, whole, scores, printed)))
    faults: list[Text] = []
    if canonical(document) + b"\n" != files["results.json"]:
        faults = list(differences(document, printed))
        faults = faults or [
            Text(zh="results.json 的写法不是规定的那一种。", en="results.json is not spelt as it must be.")
        ]
    if (table := results_csv(scheme, document)) != needed(files, "results.csv"):
        pairs = zip(table.split(b"\n"), files["results.csv"].split(b"\n"), strict=False)
        line = next((n for n, (one, other) in enumerate(pairs, 1) if one != other), "—")
        faults.append(
            Text(
                zh=f"results.csv 第 {line} 行起与重算的结果不同。",
                en=f"results.csv is not the recomputed table, from line {line} on.",
            )
        )
    report.all_wrong(faults)
    if not faults:
        ranked = sum(unit["rank"] is not None for unit in document["units"])
        report.ok(
            zh=(
                f"结果：{len(document['units'])} 个单位的得分、总分、名次（{ranked} 个参与排名）、等次和"
                "拟议措施重算后逐字节相同。"
            ),
            en=(
                f"Result: points, totals, ranks ({ranked} ranked), grades and proposals of "
                f"{len(document['units'])} units come out the same, byte for byte."
            ),
        )
        tell_review(report, document["units"])


def tell_review(report: Report, units: Sequence[Mapping[str, Any]]) -> None:
    if any("review" in unit for unit in units):
        codes = ", ".join(unit["unit"] for unit in units if unit["review"]) or "—"
        report.ok(
            zh=f"含待核查票的总分和名次重算后也相同；名次因此不同、标“复核”的单位：{codes}。",
            en=(
                "With held evidence counted, totals and ranks come out the same too; ranks differ and "
                f"are to be reviewed: {codes}."
            ),
        )


def differences(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[Text]:
    """Where a printed result differs from the recomputed one."""
    for name in sorted(mine.keys() | theirs.keys()):
        if name != "units" and not same(mine.get(name), theirs.get(name)):
            yield Text(
                zh=f"results.json 的 {name}：公布 {shown(theirs.get(name))}，重算 {shown(mine.get(name))}。",
                en=(
                    f"results.json, {name}: printed {shown(theirs.get(name))}, recomputed "
                    f"{shown(mine.get(name))}."
                ),
            )
    ours = {unit["unit"]: flat(unit) for unit in mine["units"]}
    printed = {unit["unit"]: flat(unit) for unit in theirs["units"]}
    for code in [*ours, *(code for code in printed if code not in ours)]:
        one, other = ours.get(code, {}), printed.get(code, {})
        for name in sorted(one.keys() | other.keys()):
            if not same(one.get(name), other.get(name)):
                yield Text(
                    zh=f"单位 {code} 的 {name}：公布 {shown(other.get(name))}，重算 {shown(one.get(name))}。",
                    en=(
                        f"Unit {code}, {name}: printed {shown(other.get(name))}, recomputed "
                        f"{shown(one.get(name))}."
                    ),
                )
    if list(ours) != list(printed):
        yield Text(
            zh="results.json 中单位的次序不对。", en="The order of the units in results.json is wrong."
        )


def flat(value: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for name, inner in value.items():
        cells |= flat(inner, f"{above}{name}.") if isinstance(inner, dict) else {f"{above}{name}": inner}
    return cells


def shown(value: Any) -> str:
    return "—" if value in (None, "") else json.dumps(value, ensure_ascii=False)[:200]


# ---------------------------------------------------------------------------------------------------------
# 9. Draws by lot: root = SHA-256(rule and pool), in the record before the source was known;
# seed = SHA-256(root, value); ticket = SHA-256(seed, id); in each stratum the smallest tickets are drawn.


# ---------------- draws


def check_draw(report: Report, name: str, draw: Mapping[str, Any], leaves: Sequence[Sequence[bytes]]) -> None:
    """The pool is the one that was committed, and the members drawn follow from the source's value."""
    rule, pool = draw["rule"], sorted([member["id"], member["stratum"]] for member in draw["pool"])
    stated = {key: rule[key] for key in ("size", "alternates", "source", "quotas")}
    root = hashlib.sha256(canonical({"rule": stated, "pool": pool})).digest()
    committed = f"- {draw['leaf']}".encode()
    if len({member for member, _ in pool}) != len(pool) or root.hex() != draw["root"]:
        raise UnfitError(
            zh=f"{name}：名册或规则与登记的根不符。",
            en=f"{name}: pool or rule are not those of the root that was committed.",
        )
    if not any(committed in lines for lines in leaves):
        raise UnfitError(
            zh=f"{name}：记录中没有这次抽签的登记。",
            en=f"{name}: the record holds no commitment of this draw.",
        )
    if draw["value"] is None:
        report.note(
            zh=f"{name}：名册已登记，尚未抽签。", en=f"{name}: the pool is committed, nothing is drawn yet."
        )
        return
    value = " ".join(unicodedata.normalize("NFKC", draw["value"]).split())
    seed = hashlib.sha256(root + value.encode()).digest()
    places = places_of(rule, pool, seed)
    if (
        draw["seed"] != seed.hex()
        or not same(draw["places"], places)
        or not substitutes_fit(places, draw["substitutes"])
    ):
        raise UnfitError(
            zh=f"{name}：抽签结果不是由名册和公开数值得出的。",
            en=f"{name}: what was drawn does not follow from the pool and the source's value.",
        )
    drawn = sum(place["lot"] == "drawn" for place in places)
    report.ok(
        zh=f"抽签：{name} 从 {len(pool)} 人中抽取 {drawn} 人，重抽结果相同。",
        en=f"Draw: {name}, {drawn} of {len(pool)}, comes out the same when it is drawn again.",
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
    places = []
    for stratum in sorted(strata):
        quota = quotas.get(stratum, 0)
        for place, (ticket, member) in enumerate(sorted(strata[stratum]), 1):
            lot = (
                "drawn" if place <= quota else "alternate" if place <= quota + spare[stratum] else "not_drawn"
            )
            places.append({"id": member, "stratum": stratum, "ticket": ticket, "place": place, "lot": lot})
    return places


def shared_out(number: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """A number split by sizes: largest remainder first, then the larger, then by name."""
    total = sum(sizes.values()) or 1
    shares = {name: number * size // total for name, size in sizes.items()}
    order = sorted(sizes, key=lambda name: (-(number * sizes[name] % total), -sizes[name], name))
    for name in order[: number - sum(shares.values())]:
        shares[name] += 1
    return shares


def substitutes_fit(places: Sequence[Mapping[str, Any]], substitutes: Sequence[Mapping[str, str]]) -> bool:
    """Only members who serve were replaced, each by the next alternate of the same stratum."""
    stratum = {place["id"]: place["stratum"] for place in places}
    waiting: dict[str, list[str]] = {}
    for place in places:
        if place["lot"] == "alternate":
            waiting.setdefault(place["stratum"], []).append(place["id"])
    taken = [one["member"] for one in substitutes]
    serving = {place["id"] for place in places if place["lot"] == "drawn"} | set(taken)
    replaced = [one["replaced"] for one in substitutes]
    used = {name: [member for member in taken if stratum[member] == name] for name in waiting}
    return (
        len(set(replaced)) == len(replaced) == sum(map(len, used.values()))
        and set(replaced) <= serving
        and all(stratum[one["replaced"]] == stratum[one["member"]] for one in substitutes)
        and all(sorted(used[name]) == sorted(waiting[name][: len(used[name])]) for name in waiting)
    )


# ---------------------------------------------------------------------------------------------------------
# 10. Ballots: none is left out or added, boxes were made ready before and opened after, and the sums add up.
#
# Each sealed ballot is a leaf while the period is open; after its closing a box is opened once, and only sums
# come out. Nobody can look into a ballot from here.


# ---------------- ballots.boxes
# The boxes of a period: what was frozen for each, its cards, its sealed ballots and its opening.

FLOOR = 10  # fewer scored answers are never shown by option, fewer held ballots of a cell never at all
MARGINS = ("burst", "surge", "surge_least", "margin", "deviations", "usual_least")  # thresholds of a box
LOST = ("missing", "altered", "extra")  # what an opening may name where stored ballots and record differ
Faults = Iterator[Text]


class Packed(NamedTuple):
    """A sealed ballot in the record: where, and the hash of its leaf."""

    place: Place
    digest: str


class Box(NamedTuple):
    """A channel's box: what was frozen when it was made ready, its cards by stratum, ballots and opening."""

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


def ballots_in(blocks: Iterable[Block]) -> dict[str, list[Packed]]:
    """The sealed ballots of each channel in the order of the record."""
    ballots: dict[str, list[Packed]] = {}
    for block in blocks:
        for channel, packed in block.ballots.items():
            into = ballots.setdefault(channel, [])
            for one in packed:
                place = int.from_bytes(one[:4], "big"), int.from_bytes(one[4:12], "big")
                into.append(Packed(place, one[12:].hex()))
    return ballots


def life_of(acts: Sequence[Act]) -> tuple[Place, Place]:
    """When the period first opened, and first closed after that: a reopened period takes no ballots."""
    opened = next((act.place for act in acts_of(acts, "period.open")), None)
    closed = next(
        (act.place for act in acts_of(acts, "period.closed") if opened and act.place > opened), None
    )
    if opened is None or closed is None:
        raise UnfitError(
            zh="记录中没有周期的开放或截止，选票无法核对。",
            en="The record shows no opening or no closing of the period: its ballots cannot be checked.",
        )
    return opened, closed


def prepared_boxes(
    bundle: Bundle, acts: Sequence[Act], opening: Place
) -> tuple[dict[str, dict[str, Any]], list[Text]]:
    """Channel -> what was frozen for its box, by the last preparation before the period opened."""
    all_of_them = acts_of(acts, "ballots.prepared")
    before = [act for act in all_of_them if act.place < opening]
    faults: list[Text] = []
    if not before:
        faults.append(
            Text(
                zh="周期开放之前没有准备票箱的记录。",
                en="The record does not show that the ballot boxes were prepared before the period opened.",
            )
        )
    if len(before) < len(all_of_them):
        faults.append(
            Text(
                zh="周期开放之后又准备过票箱：密钥、票面或界限可能被换过。",
                en=(
                    "Ballot boxes were prepared after the period had opened: keys, layout or "
                    "thresholds may have been swapped."
                ),
            )
        )
    boxes = (before or all_of_them)[-1].body["boxes"] if all_of_them else []
    frozen = {box["channel"]: box for box in boxes}
    for channel, box in frozen.items():
        if not frozen_whole(bundle, channel, box):
            faults.append(
                Text(
                    zh=f"渠道 {channel} 的票箱没有定明票面和界限。",
                    en=f"The box of channel {channel} was prepared without naming its layout and thresholds.",
                )
            )
    return frozen, faults


def frozen_whole(bundle: Bundle, channel: str, box: Mapping[str, Any]) -> bool:
    """Whether what was frozen names the box's layout, of the period's units, and every threshold."""
    layout, rules = box["layout"], box["rules"]
    lists = [layout[name] for name in ("units", "dimensions", "options", "strata")]
    named = all(type(one) is list and one and set(map(type, one)) == {str} for one in lists)
    return (
        named
        and layout["channel"] == channel
        and sorted(layout["units"]) == sorted(row[0] for row in bundle.snapshot["units"])
        and type(layout["scored"]) is int
        and 0 < layout["scored"] <= len(layout["options"])
        and count_of(layout["comment"]) >= 0
        and (box["kind"], layout["every_unit"]) in (("open", False), ("roster", True))
        and type(layout["every_unit"]) is bool
        and bool(HEX.fullmatch(box["questionnaire"]))
        and set(MARGINS) <= rules.keys()
        and all(number(rules[name]) > 0 for name in MARGINS)
    )


def cards_before(acts: Sequence[Act], channel: str, opening: Place) -> dict[str, int]:
    """How many cards each stratum of a roster has by the lists committed before the period opened."""
    cards: Counter[str] = Counter()
    for act in acts_of(acts, "cards.committed"):
        body = act.body
        if body["channel"] == channel and body["purpose"] == "card" and act.place < opening:
            cards[body["stratum"]] += count_of(body["cards"])
    return dict(cards)


def tallies_of(blocks: Iterable[Block], channel: str) -> Counter[Tally]:
    tallies: Counter[Tally] = Counter()
    for block in blocks:
        for tally, count in block.tallies.items():
            if tally.channel == channel:
                tallies[tally] += count
    return tallies


def turnout_of(tallies: Mapping[Tally, int], option: str) -> int:
    """How many ballots were issued or returned by the entries of the channel as a whole."""
    return sum(count for tally, count in tallies.items() if not tally.unit and tally.option == option)


# ---------------- ballots.cells
# What came out of a box, cell by cell, and the digest that a recount gives.


def unfit_cells(box: Box, tallies: Mapping[Tally, int]) -> Faults:
    """Options and strata are those of the layout; one to nine scored answers are never shown by option."""
    known = {*box.layout["options"], "no_answer", "withheld", *TURNOUT}
    scored = set(box.layout["options"][: box.layout["scored"]])
    cells: dict[Tally, dict[str, int]] = {}
    for tally, count in tallies.items():
        cells.setdefault(tally._replace(option=""), {})[tally.option] = count
    for cell, options in cells.items():
        if not options.keys() <= known or cell.stratum not in (*box.layout["strata"], *box.cards):
            yield Text(
                zh=(
                    f"渠道 {box.channel} 单位 {cell.unit}，{cell.dimension}：有票面没有的选项或人群（"
                    f"{cell.stratum or '—'}）。"
                ),
                en=(
                    f"Channel {box.channel}, unit {cell.unit}, {cell.dimension}: options or a stratum "
                    f"({cell.stratum or '—'}) that the layout does not have."
                ),
            )
        n = sum(count for option, count in options.items() if option in scored)
        if 0 < n < FLOOR or ("withheld" in options and len(options) > 1):
            yield Text(
                zh=(
                    f"渠道 {box.channel} 单位 {cell.unit}，{cell.dimension}（{cell.stratum or '—'}，"
                    f"{cell.batch}）：不足 {FLOOR} 份的回答没有隐去。"
                ),
                en=(
                    f"Channel {box.channel}, unit {cell.unit}, {cell.dimension} ({cell.stratum or '—'}, "
                    f"{cell.batch}): fewer than {FLOOR} answers are shown by option."
                ),
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
        fields = {
            name: value for name, value in tally._asdict().items() if name not in ("channel", "standing")
        }
        if tally.unit or tally.option != "issued":
            entries.append(
                {**fields, "count": count, "standing": "held" if why else "counted", "reason": why}
            )
    names = ("unit", "standing", "reason", "count")
    numbers = [dict(zip(names, row, strict=True)) for row in box.told["numbers"]]
    content = {"entries": sorted(entries, key=order), "numbers": numbers, "opinions": []}
    if sha256(canonical(content)) != box.told["digest"]:
        yield Text(
            zh=f"渠道 {box.channel} 公布的数与开箱时登记的摘要不符（审计员重新计票应得到该摘要）。",
            en=(
                f"Channel {box.channel}: the sums are not those whose digest the opening recorded, and "
                "which a recount gives."
            ),
        )


def place_in(words: Sequence[str], one: str) -> int:
    """The place of a word in a list; behind all where it is none of them, which is told elsewhere."""
    return words.index(one) if one in words else len(words)


# ---------------- ballots.held_cells
# Held ballots: after the opening only they move, as two reviewers decided, each cell once and whole.

Cell = tuple[str, str, str]  # channel, unit, reason


def wrong_cells(
    bundle: Bundle, acts: Sequence[Act], blocks: Sequence[Block], boxes: Mapping[str, Box]
) -> Faults:
    decided: dict[Cell, bool] = {}
    for act in acts_of(acts, "cell.decided"):
        body = act.body
        cell = body["channel"], body["unit"], body["reason"]
        if act.place < bundle.frozen_at:
            yield from wrong_decision(act, cell, acts, boxes, decided)
            decided[cell] = body["release"]
    left, faults = moved_cells(blocks, boxes)
    yield from faults
    for cell, standings in sorted(left.items()):
        release = decided.get(cell)
        wanted = "held" if release is None else "counted" if release else "rejected"
        if standings.keys() != {wanted}:
            yield Text(
                zh=(
                    f"渠道 {cell[0]} 单位 {cell[1]} 的待核查选票（{cell[2]}）按决定应为 {wanted}，实际为"
                    f" {', '.join(sorted(standings))}。"
                ),
                en=(
                    f"Channel {cell[0]}, unit {cell[1]}: the ballots held for {cell[2]} should be "
                    f"{wanted} by what was decided, but are {', '.join(sorted(standings))}."
                ),
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
        yield Text(
            zh=f"渠道 {channel} 单位 {unit} 关于 {why} 的决定没有对应的待核查选票，或不止一次。",
            en=(
                f"Channel {channel}, unit {unit}: a decision on {why} that fits no held ballots, or not "
                "the first."
            ),
        )
    if len(reviewers) < 2:
        yield Text(
            zh=f"渠道 {channel} 单位 {unit} 关于 {why} 的决定没有经两人复核。",
            en=f"Channel {channel}, unit {unit}: the decision on {why} was not reviewed by two people.",
        )


class HeldCells:
    """Which held cells there are, and in which standings their entries stand now."""

    def __init__(self, boxes: Mapping[str, Box]) -> None:
        self.batches = {channel: box.frozen["batch"] for channel, box in boxes.items()}
        self.standings: dict[Cell, Counter[str]] = {}

    def cell_of(self, tally: Tally) -> Cell | None:
        """The cell of what came out of a box; None where it was counted at once."""
        batch = self.batches.get(tally.channel, tally.batch)
        why = tally.batch.removeprefix(f"{batch}.")
        return None if tally.batch == batch else (tally.channel, tally.unit, why)

    def add(self, tally: Tally) -> None:
        if cell := self.cell_of(tally):
            self.standings.setdefault(cell, Counter())[tally.standing] += 1

    def move(self, cell: Cell, before: str, after: str) -> None:
        self.standings[cell][after] += 1
        self.standings[cell][before] -= 1


def moved_cells(
    blocks: Sequence[Block], boxes: Mapping[str, Box]
) -> tuple[dict[Cell, Counter[str]], list[Text]]:
    """Cell -> the standings in which its entries stand now; and entries that should never have moved."""
    cells, faults = HeldCells(boxes), []
    taken: dict[str, tuple[Tally, str]] = {}
    for block in blocks:
        for tally in block.tallies:
            cells.add(tally)
        taken |= {digest: (tally, tally.standing) for digest, tally in block.taken.items()}
    for leaf in (leaf for block in blocks for leaf in block.entries):
        if leaf.replaces not in taken:
            continue
        tally, standing = taken.pop(leaf.replaces)
        cell = cells.cell_of(tally)
        if leaf.row is not None or cell is None:
            faults.append(moved_without_review(leaf.at, tally))
        else:
            taken[leaf.digest] = (tally, leaf.standing)
            cells.move(cell, standing, leaf.standing)
    return {cell: +standings for cell, standings in cells.standings.items()}, faults


def moved_without_review(at: int, tally: Tally) -> Text:
    return Text(
        zh=(
            f"第 {at} 条叶子改动了渠道 {tally.channel} 开箱得出的数（单位 {tally.unit or '（全部）'}）；"
            "只有待核查的可以由复核移动。"
        ),
        en=(
            f"Leaf {at} changes what came out of the box of channel {tally.channel} (unit "
            f"{tally.unit or '(all)'}); only what is held may be moved, by its review."
        ),
    )


# ---------------- ballots.openings
# The opening of a box: its numbers, and the head of the record under which it happened.


def wrong_numbers(box: Box, closing: Place) -> Faults:
    """As many were sealed as the record holds; counted, held and rejected are the sums of their numbers."""
    channel, told = box.channel, box.told
    before = sum(one.place < closing for one in box.ballots)
    if told["sealed"] != before:
        yield Text(
            zh=f"渠道 {channel}：截止前记录中有 {before} 张密封选票，开箱却说有 {told['sealed']} 张。",
            en=(
                f"Channel {channel}: the record holds {before} sealed ballots before the closing, the "
                f"opening told of {told['sealed']}."
            ),
        )
    sums = dict.fromkeys(STANDINGS, 0)
    for unit, standing, why, count in told["numbers"]:
        if type(unit) is not str or type(why) is not str or count_of(count) == 0:
            raise ValueError("numbers")
        sums[standing] += count
        if (standing == "counted") != (why == "") or (standing == "held" and count < FLOOR):
            yield impossible_number(channel, unit, standing, why, count)
    if len({(unit, standing, why) for unit, standing, why, _ in told["numbers"]}) != len(told["numbers"]):
        yield Text(
            zh=f"渠道 {channel} 的票数有重复。", en=f"Channel {channel}: a number of ballots is told twice."
        )
    parts = {name: told[name] for name in STANDINGS}
    if parts != sums or sum(sums.values()) != told["sealed"]:
        yield Text(
            zh=(
                f"渠道 {channel} 的票数不相加：密封 {told['sealed']}，计入、待核查、不计分别为 "
                f"{list(parts.values())}，明细合计 {list(sums.values())}。"
            ),
            en=(
                f"Channel {channel}: the ballots do not add up: {told['sealed']} sealed; counted, held, "
                f"rejected {list(parts.values())}; their numbers sum to {list(sums.values())}."
            ),
        )


def impossible_number(channel: str, unit: str, standing: str, why: str, count: int) -> Text:
    return Text(
        zh=f"渠道 {channel} 单位 {unit or '（全部）'}：{standing} {count} 张（{why or '—'}）不可能出现。",
        en=f"Channel {channel}, unit {unit or '(all)'}: {count} {standing} ballots ({why or '—'}) cannot be.",
    )


def wrong_losses(box: Box) -> Faults:
    """Where stored ballots and record differed, two people went on; what is named stands in the record."""
    channel, told = box.channel, box.told
    approved = told.get("approved_by", [])
    if any(name in told for name in LOST) and len(set(approved)) < 2:
        yield Text(
            zh=f"渠道 {channel} 的库存选票与记录不符，却没有两人决定继续开箱。",
            en=(
                f"Channel {channel}: stored ballots and record differed, and not two people had its box "
                "opened all the same."
            ),
        )
    for name in LOST[:2]:
        named = told.get(name, [])
        if not {one.digest for one in box.ballots}.issuperset(named) or len(set(named)) != len(named):
            yield Text(
                zh=f"渠道 {channel} 列为 {name} 的选票不在记录中。",
                en=f"Channel {channel}: ballots named as {name} are not in the record.",
            )


def wrong_opening(bundle: Bundle, box: Box, logs: Sequence[Log], closing: Place) -> Faults:
    """The box was opened after the closing, under a head of this record that covers the closing."""
    channel, told = box.channel, box.told
    if box.opened.place < closing:
        yield Text(
            zh=f"渠道 {channel} 的票箱在周期截止之前就开了。",
            en=f"The box of channel {channel} was opened before the period had closed.",
        )
    if bundle.frozen_at < box.opened.place:
        yield Text(
            zh=f"渠道 {channel} 的票箱在快照冻结之后才开。",
            en=f"The box of channel {channel} was opened after the snapshot was frozen.",
        )
    head = head_of(*told["head"].split(" "))
    at = next((n for n, log in enumerate(logs) if log.epoch.origin == head.origin), None)
    log = None if at is None else logs[at]
    if at is None or log is None or head.size > log.tree.size or log.tree.root(head.size) != head.root:
        yield Text(
            zh=f"渠道 {channel} 开箱所依据的树头 {head.line} 不在本记录中。",
            en=(
                f"The head {head.line}, under which the box of channel {channel} was opened, is not of "
                "this record."
            ),
        )
        return
    if (told["epoch"], told["size"]) != (log.epoch.number, head.size):
        yield Text(
            zh=f"渠道 {channel} 开箱记录的树头与其期号、大小不符。",
            en=f"The opening of channel {channel} names a head and another epoch or size.",
        )
    if not closing < (at, head.size) <= box.opened.place:
        yield Text(
            zh=f"渠道 {channel} 开箱所依据的树头（{head.size} 条）没有包含周期截止，或晚于开箱。",
            en=(
                f"The head under which the box of channel {channel} was opened ({head.size} leaves) "
                "does not cover the closing, or is later than the opening."
            ),
        )


# ---------------- ballots.sealed_ballots
# The sealed ballots of the record, and whether each box was opened once, after its secret was gone.


def misplaced(
    ballots: Mapping[str, Sequence[Packed]],
    frozen: Mapping[str, Any],
    acts: Sequence[Act],
    closing: Place,
) -> Faults:
    """Ballots of an unknown channel, twice, before their box was ready or after the closing."""
    ready = max((act.place for act in acts_of(acts, "ballots.prepared")), default=closing)
    for channel, sealed in ballots.items():
        if channel not in frozen:
            yield Text(
                zh=f"记录中有 {len(sealed)} 张选票属于没有票箱的渠道“{channel}”。",
                en=f"The record holds {len(sealed)} ballots of {channel}, which has no box.",
            )
        if twice := len(sealed) - len({one.digest for one in sealed}):
            yield Text(
                zh=f"渠道 {channel} 有 {twice} 张选票在记录中重复。",
                en=f"{twice} ballots of channel {channel} stand twice in the record.",
            )
        if early := sum(one.place < ready for one in sealed):
            yield Text(
                zh=f"渠道 {channel} 有 {early} 张选票在票箱准备好之前就进入了记录。",
                en=f"{early} ballots of channel {channel} came before the boxes were prepared.",
            )
        if late := sum(one.place > closing for one in sealed):
            yield Text(
                zh=f"渠道 {channel} 有 {late} 张选票在截止之后才进入记录。",
                en=f"{late} ballots of channel {channel} came after the period had closed.",
            )


def opened_once(channel: str, opened: Sequence[Act], known: bool) -> Faults:
    if not known:
        yield Text(
            zh=f"渠道 {channel} 没有准备过票箱，却有开箱记录。",
            en=f"A box of channel {channel} was opened, but none was prepared.",
        )
    if not opened:
        yield Text(
            zh=f"渠道 {channel} 的票箱没有开箱记录。",
            en=f"The record does not show that the box of channel {channel} was opened.",
        )
    if len(opened) > 1:
        yield Text(
            zh=f"渠道 {channel} 的票箱开过 {len(opened)} 次，只能开一次。",
            en=f"The box of channel {channel} was opened {len(opened)} times; once is all there may be.",
        )


def secret_gone(acts: Sequence[Act], boxes: Sequence[Box], closing: Place) -> Faults:
    """The secret that tells whose marks are whose was destroyed between the closing and the first opening."""
    destroyed = [
        a.place for a in acts_of(acts, "ballots.secret_destroyed") if a.body["what"] == "period_secret"
    ]
    first = min((box.opened.place for box in boxes), default=None)
    if first is not None and not any(place < first for place in destroyed):
        yield Text(
            zh="第一个票箱开箱之前，没有销毁周期密钥的记录。",
            en=(
                "The record does not show that the period's secret was destroyed before the first box "
                "was opened."
            ),
        )
    if any(place < closing for place in destroyed):
        yield Text(
            zh="周期密钥在截止之前就被销毁了。",
            en="The period's secret was destroyed before the period had closed.",
        )


# ---------------- ballots.sums
# The sums of a box: they add up to its ballots, which are no more than its cards.


def wrong_cards(box: Box, tallies: Mapping[Tally, int]) -> Faults:
    """The cards are those committed before the period opened, and no more ballots of a roster count."""
    channel, told, cards = box.channel, box.told, box.cards
    roster = box.frozen["kind"] == "roster"
    issued = sum(cards.values()) if roster else None
    if told["cards"] != issued or (box.frozen["cards"] or {}) != (cards if roster else {}):
        yield Text(
            zh=f"渠道 {channel} 的票卡数（开箱说 {told['cards']}）不是开放前登记的 {issued}。",
            en=(
                f"Channel {channel}: its cards (the opening tells of {told['cards']}) are not the "
                f"{issued} committed before the period opened."
            ),
        )
    if (printed := turnout_of(tallies, "issued")) != (issued or 0):
        yield Text(
            zh=f"渠道 {channel} 登记票卡 {issued or 0} 张，报送却写 {printed} 张。",
            en=f"Channel {channel}: {issued or 0} cards were committed, the entries say {printed}.",
        )
    if issued is None:
        return
    used = told["counted"] + told["held"]
    if used > issued:
        yield Text(
            zh=f"渠道 {channel} 计入的选票 {used} 张，多于开放前登记的票卡 {issued} 张。",
            en=(
                f"Channel {channel}: {used} ballots count, but only {issued} cards were committed "
                "before the period opened."
            ),
        )
    yield from wrong_strata(box, tallies)


def wrong_strata(box: Box, tallies: Mapping[Tally, int]) -> Faults:
    """In each stratum of a roster no unit has more ballots than there are cards."""
    channel, cards = box.channel, box.cards
    by_stratum: Counter[tuple[str, str, str]] = Counter()
    for tally, count in tallies.items():
        if tally.unit:
            by_stratum[tally.stratum, tally.unit, tally.dimension] += count
    for stratum in sorted({stratum for stratum, _, _ in by_stratum}):
        most = max(count for (one, _, _), count in by_stratum.items() if one == stratum)
        if most > cards.get(stratum, 0):
            yield Text(
                zh=f"渠道 {channel} 人群“{stratum}”有 {most} 张选票，票卡只有 {cards.get(stratum, 0)} 张。",
                en=(
                    f"Channel {channel}, stratum {stratum}: {most} ballots, but {cards.get(stratum, 0)} "
                    "cards."
                ),
            )


def wrong_sums(box: Box, tallies: Mapping[Tally, int]) -> Faults:
    """Per unit and dimension the options add up to the ballots counted, or held for one reason."""
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
    if (printed := turnout_of(tallies, "returned")) != returned:
        yield Text(
            zh=f"渠道 {box.channel} 收回 {returned} 张，报送却写 {printed} 张。",
            en=f"Channel {box.channel}: {returned} ballots were returned, the entries say {printed}.",
        )
    expected = {(*place, dimension): n for place, n in wanted.items() for dimension in dimensions}
    for unit, named, dimension in sorted(expected.keys() | sums.keys()):
        place = unit, named, dimension
        if sums[place] != expected.get(place, 0):
            yield Text(
                zh=(
                    f"渠道 {box.channel} 单位 {unit}，{dimension}（{named}）：各选项合计 {sums[place]}，"
                    f"选票 {expected.get(place, 0)} 张。"
                ),
                en=(
                    f"Channel {box.channel}, unit {unit}, {dimension} ({named}): the options add up to "
                    f"{sums[place]}, the ballots are {expected.get(place, 0)}."
                ),
            )


# ---------------- ballots.check
# All checks of ballots; periods without them are passed over.


def check_ballots(report: Report, bundle: Bundle, record: Record) -> None:
    acts = record.acts
    ballots = ballots_in(record.blocks)
    if not ballots and not acts_of(acts, "ballots.prepared", "box.opened"):
        return
    opening, closing = life_of(acts)
    frozen, faults = prepared_boxes(bundle, acts, opening)
    faults += misplaced(ballots, frozen, acts, closing)
    boxes = []
    for channel in dict.fromkeys([*frozen, *(act.body["channel"] for act in acts_of(acts, "box.opened"))]):
        opened = [act for act in acts_of(acts, "box.opened") if act.body["channel"] == channel]
        faults += opened_once(channel, opened, channel in frozen)
        if opened and channel in frozen:
            cards = cards_before(acts, channel, opening)
            boxes.append(Box(channel, frozen[channel], cards, ballots.get(channel, []), opened[0]))
    faults += secret_gone(acts, boxes, closing)
    faults += wrong_cells(bundle, acts, record.blocks, {box.channel: box for box in boxes})
    report.all_wrong(faults)
    for box in boxes:
        with report.part(f"票箱 {box.channel}", f"Box {box.channel}"):
            check_box(report, bundle, record, box, closing)


def check_box(report: Report, bundle: Bundle, record: Record, box: Box, closing: Place) -> None:
    """One box: its ballots, its opening, its sums and its cards."""
    told, tallies = box.told, tallies_of(record.blocks, box.channel)
    faults = [
        *wrong_numbers(box, closing),
        *wrong_losses(box),
        *wrong_opening(bundle, box, record.logs, closing),
        *wrong_cards(box, tallies),
        *wrong_sums(box, tallies),
        *unfit_cells(box, tallies),
        *wrong_digest(box, tallies),
    ]
    report.all_wrong(faults)
    if not faults:
        sealed, counted, held, rejected = (told[name] for name in ("sealed", "counted", "held", "rejected"))
        layout = sha256(canonical(box.layout))
        report.ok(
            zh=(
                f"选票：渠道 {box.channel} 记录中的 {sealed} 张密封选票 = 计入 {counted} + 待核查 "
                f"{held} + 不计 {rejected}；截止后才开箱，各单位各项合计与票数相符。"
            ),
            en=(
                f"Ballots: channel {box.channel}, {sealed} sealed in the record = {counted} counted + "
                f"{held} held + {rejected} rejected; opened after the closing; the options of every "
                "unit and dimension add up to them."
            ),
        )
        limits = ", ".join(f"{name} {box.frozen['rules'][name]}" for name in MARGINS)
        report.ok(
            zh=f"票箱 {box.channel} 在开放前即已定下：票面 {layout}；待核查的界限 {limits}。",
            en=f"Box {box.channel}, fixed before the period opened: layout {layout}; thresholds {limits}.",
        )
    tell_box(report, bundle, record, box, closing)


def tell_box(report: Report, bundle: Bundle, record: Record, box: Box, closing: Place) -> None:
    """What is not wrong but should be known: ballots without rows, too many cards, entries beside the box."""
    if lost := {name: box.told[name] for name in LOST if box.told.get(name)}:
        told = ", ".join(f"{name} {len(receipts)}" for name, receipts in lost.items())
        report.note(
            zh=(
                f"票箱 {box.channel} 开箱时，库存选票与记录不完全相符（{told}），由两人决定继续；"
                "请向主办单位问明。"
            ),
            en=(
                f"When box {box.channel} was opened, the stored ballots were not all those of the "
                f"record ({told}); two people went on. Ask the office about them."
            ),
        )
    if over := sum(count for _, _, why, count in box.told["numbers"] if why == "cards_exceeded"):
        report.note(
            zh=f"渠道 {box.channel} 收到的选票比发出的票卡多 {over} 张；多出的未计入，请向主办单位问明。",
            en=(
                f"Channel {box.channel} took {over} ballots more than it has cards; they do not count. "
                "Ask the office about them."
            ),
        )
    if more := sum(cards_before(record.acts, box.channel, bundle.frozen_at).values()) - sum(
        box.cards.values()
    ):
        report.note(
            zh=f"渠道 {box.channel} 在周期开放之后又登记了 {more} 张票卡；请向主办单位问明。",
            en=(
                f"Channel {box.channel}: {more} cards were committed after the period had opened; ask "
                "the office about them."
            ),
        )
    if beside := sum(block.beside[box.channel] for block in record.blocks):
        report.note(
            zh=f"渠道 {box.channel} 另有 {beside} 条报送不是开箱得出的。",
            en=f"Channel {box.channel} has {beside} entries that did not come out of its box.",
        )
    tell_unwitnessed(report, bundle, record, box, closing)


def tell_unwitnessed(report: Report, bundle: Bundle, record: Record, box: Box, closing: Place) -> None:
    """Witnesses that signed no head between the closing and the opening, when a box might be exchanged."""
    for key in bundle.witnesses:
        places = [place for who, place in record.cosigned if who == key]
        if not any(closing < place <= box.opened.place for place in places):
            report.note(
                zh=f"数据包里没有见证方 {key.name} 在截止之后、票箱 {box.channel} 开箱之前的签名。",
                en=(
                    f"The bundle has no line of {key.name} from between the closing and the opening of "
                    f"box {box.channel}."
                ),
            )


# ---------------------------------------------------------------------------------------------------------
# 11. Reading: the snapshot, then leaves, heads, entries files and scores, all at once.


# ---------------- reading


def read_snapshot(bundle: Bundle) -> None:
    """Read the snapshot, and from its scheme which channels there are."""
    snapshot = read_json(needed(bundle.files, "snapshot.json"))
    plans = {
        plan["key"]: plan for plan in tomllib.loads(snapshot["scheme"].removeprefix("\ufeff"))["channels"]
    }
    for plan in plans.values():
        plan.setdefault("settings", {})
        plan["plugin"].encode()
    columns = entry_columns(bundle.files)
    for key, plan in plans.items():
        family, shown = FAMILIES.get(plan["plugin"]), columns.get(key, [])
        settings = plan["settings"] if family is None else family.complete(plan["settings"])
        bundle.readers[key] = Reader(shown, frozenset(shown), family, settings)
    bundle.snapshot, bundle.plans = snapshot, plans


def read_record(report: Report, bundle: Bundle) -> Record:
    """Read leaves, heads, entries files and scores."""
    epochs = read_epochs(bundle.files)
    notes: list[tuple[Epoch, str]] = []
    with report.part("heads.jsonl", "heads.jsonl"):
        notes = read_notes(bundle.files, epochs)
    bundle.leaves = [read_leaf_lines(bundle.files, epoch) for epoch in epochs]
    expect_leaves(bundle)
    runs = [(n, first) for n, lines in enumerate(bundle.leaves) for first in range(0, len(lines), BLOCK)]
    tasks: list[Task] = [(read_block, run) for run in runs]
    tasks += [(read_note, (note, epoch.key)) for epoch, note in notes]
    tasks += [(task, (key,)) for task in (sum_file, score_channel, score_whole) for key in bundle.plans]
    done = iter(at_once(bundle, tasks))
    by_epoch: list[list[Block]] = [[] for _ in epochs]
    for position, _ in runs:
        by_epoch[position].append(next(done))
    return Record(
        logs=[
            Log(epoch, Tree([block.levels for block in blocks], BLOCK_LEVELS))
            for epoch, blocks in zip(epochs, by_epoch, strict=True)
        ],
        blocks=[block for blocks in by_epoch for block in blocks],
        acts=[
            Act((position, leaf.at), leaf.body)
            for position, blocks in enumerate(by_epoch)
            for block in blocks
            for leaf in block.acts
        ],
        heads=[(epoch, next(done)) for epoch, _ in notes],
        rows={key: next(done) for key in bundle.plans},
        scores={key: next(done) for key in bundle.plans},
        whole={key: next(done) for key in bundle.plans},
    )


def check_record(report: Report, bundle: Bundle, pins: Sequence[Pin]) -> Record:
    """Tree, restores, heads, pins and witnesses."""
    record = read_record(report, bundle)
    report.all_wrong([fault for block in record.blocks for fault in block.faults])
    lost: dict[str, Head] = {}
    with report.part("恢复记录", "Restores"):
        lost = check_restores(report, record.logs, record.acts)
    with report.part("树头", "Heads"):
        check_heads(report, record.logs, record.heads, lost)
    with report.part("外部树头", "Pins"):
        check_pins(report, record.logs, pins, lost)
    with report.part("见证", "Witnesses"):
        check_witnesses(report, bundle, record)
    return record


# ---------------------------------------------------------------------------------------------------------
# 12. The whole check: one part after the other; what cannot be read ends its part, not the check.


# ---------------- checking

KNOWN_FILES = re.compile(
    r"scheme\.toml|period\.toml|(units|rolls|adjustments|decisions|previous|results)\.csv"
    r"|(snapshot|epochs|results|record)\.json|heads\.jsonl|verify\.py"
    r"|entries/[^/]+\.csv|leaves/[0-9]+\.txt|revisions/[0-9]+/results\.json|draws/[^/]+\.json"
)


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
        if collecting:
            gc.enable()
    seconds = f"{time.monotonic() - began:.1f}"
    if report.faults:
        report.wrong(
            zh=f"结论：有 {report.faults} 处不符，这份结果不可采信。（{seconds} 秒）",
            en=f"Conclusion: {report.faults} things are wrong; do not rely on this result. ({seconds} s)",
        )
        return 1
    report.ok(
        zh=f"结论：能够核对的全部相符。（{seconds} 秒）",
        en=f"Conclusion: all that can be checked is right. ({seconds} s)",
    )
    return 0


def check_all(report: Report, folder: Path, pins: Sequence[str], witnesses: Sequence[str]) -> None:
    """The manifest, the record, then all that rests on it."""
    bundle = Bundle(*check_manifest(report, folder))
    if others := sorted(name for name in bundle.files if not KNOWN_FILES.fullmatch(name)):
        names = ", ".join(others[:10])
        report.note(
            zh=f"除清单的摘要外未核对的文件：{names}。",
            en=f"Not checked beyond the manifest's SHA-256: {names}.",
        )
    heads_outside = read_pins(report, pins)
    bundle.witnesses = read_witnesses(report, witnesses)
    with report.part("snapshot.json", "snapshot.json"):
        read_snapshot(bundle)
    record: Record | None = None
    with report.part("记录（epochs.json、leaves/）", "The record (epochs.json, leaves/)"):
        record = check_record(report, bundle, heads_outside)
    if record is not None and bundle.plans:
        check_content(report, bundle, record)


def check_content(report: Report, bundle: Bundle, record: Record) -> None:
    """What the record tells of, against the files, the snapshot and the result."""
    with report.part("公布记录", "The record's acts"):
        frozen_at = check_publication(report, bundle, record.acts, record.logs)
        if frozen_at != bundle.frozen_at:
            bundle.frozen_at = frozen_at
            record.blocks = read_all_leaves(bundle)
    with report.part("报送", "Entries"):
        check_entries(report, bundle, record)
    with report.part("选票", "Ballots"):
        check_ballots(report, bundle, record)
    with report.part("快照与文件", "The snapshot and the files"):
        check_plain_files(report, bundle)
    with report.part("登记", "Registers"):
        before = [act for act in record.acts if act.place < bundle.frozen_at]
        check_registers(report, bundle.snapshot, before)
    for name in sorted(name for name in bundle.files if name.startswith("draws/")):
        with report.part(name, name):
            check_draw(report, name, read_json(bundle.files[name]), bundle.leaves)
    with report.part("两人", "Two persons"):
        check_two_persons(report, record.acts)
    with report.part("结果", "Result"):
        check_results(report, bundle, record.scores, record.whole)


# ---------------------------------------------------------------------------------------------------------
# 13. The command line: which folder, pins and witnesses, in which language.


# ---------------- command

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


def arguments(words: Sequence[str]) -> Arguments:
    """The command line; ValueError or IndexError where it cannot be understood."""
    spoken = next((os.environ[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(n)), "")
    asked = Arguments(Path(__file__).parent, lang="en" if spoken.startswith("en") else "zh")
    rest, folders = list(words), 0
    while rest:
        word = rest.pop(0)
        name, sign, value = word.partition("=")
        if name in ("--pin", "--witness", "--lang"):
            value = value if sign else rest.pop(0)
            if name == "--pin":
                asked.pins.append(value)
            elif name == "--witness":
                asked.witnesses.append(value)
            elif value in ("zh", "en"):
                asked.lang = value
            else:
                raise ValueError(value)
        elif word.startswith("-") or folders:
            raise ValueError(word)
        else:
            asked.folder, folders = Path(word), 1
    return asked


def main(words: Sequence[str]) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        asked = arguments(words)
    except (ValueError, IndexError):
        sys.stdout.write(f"{USAGE}\n")
        return 1
    if not asked.folder.is_dir():
        Report(asked.lang).wrong(f"没有文件夹 {asked.folder}。", f"There is no folder {asked.folder}.")
        return 1
    return verify(asked.folder, asked.pins, asked.lang, asked.witnesses)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
