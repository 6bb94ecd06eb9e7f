"""Checks of the locks: no host, hashes, one version in both, and wheels for every system we promise."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from packaging.markers import Marker
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).resolve().parent.parent
RUNNING, WORKING = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
VERSIONS = ((3, 11), (3, 12), (3, 13), (3, 14))
GLIBC_MINOR = 28  # glibc 2.28: Debian 10, RHEL 8 and whatever came later
MACOS = (11, 0)  # the first on arm64
_LEGACY = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}  # names from before PEP 600
_ENTRY = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>.+?))? \\$", re.MULTILINE)


@dataclass(frozen=True)
class Pin:
    """One entry of a lock."""

    name: str
    version: str
    marker: str
    hashes: frozenset[str]


@dataclass(frozen=True)
class System:
    """What a wheel has to fit, best tag first, and what markers read there."""

    title: str
    tags: tuple[Tag, ...]
    environment: dict[str, str]


@dataclass(frozen=True)
class Wheel:
    filename: str
    sha256: str


def pins(lock: Path) -> list[Pin]:
    text = lock.read_text(encoding="utf-8")
    starts = list(_ENTRY.finditer(text))
    ends = [each.start() for each in starts[1:]] + [len(text)]
    return [
        Pin(
            each["name"],
            each["version"],
            each["marker"] or "",
            frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", text[each.end() : end])),
        )
        for each, end in zip(starts, ends, strict=True)
    ]


def lock_troubles() -> Iterator[str]:
    for lock in (RUNNING, WORKING):
        text = lock.read_text(encoding="utf-8")
        if re.search(r"https?://|--(extra-)?index-url|--find-links", text):
            yield f"{lock.name} names a host"
        entries = pins(lock)
        if len(entries) != len(re.findall(r"^[^\s#]", text, re.MULTILINE)) or not entries:
            yield f"{lock.name} has a line that pins nothing"
        yield from (f"{lock.name}: {each.name} has no hash" for each in entries if not each.hashes)
    missing = {each.name for each in set(pins(RUNNING)) - set(pins(WORKING))}
    if missing:
        yield f"requirements-dev.lock pins otherwise than requirements.lock: {', '.join(sorted(missing))}"


def systems() -> Iterator[System]:
    for version in VERSIONS:
        for machine in ("x86_64", "aarch64"):
            yield _system(version, "Linux", machine, list(_manylinux(machine)))
        yield _system(version, "Darwin", "arm64", list(mac_platforms(MACOS, "arm64")))


def _manylinux(machine: str) -> Iterator[str]:
    for minor in range(GLIBC_MINOR, 4, -1):
        yield f"manylinux_2_{minor}_{machine}"
        if minor in _LEGACY:
            yield f"{_LEGACY[minor]}_{machine}"


def _system(version: tuple[int, int], kernel: str, machine: str, platforms: list[str]) -> System:
    spelled, interpreter = ".".join(map(str, version)), "cp" + "".join(map(str, version))
    return System(
        f"Python {spelled} on {kernel} {machine}",
        (
            *cpython_tags(version, [interpreter], platforms),
            *compatible_tags(version, interpreter, platforms),
        ),
        {
            "implementation_name": "cpython",
            "os_name": "posix",
            "platform_machine": machine,
            "platform_python_implementation": "CPython",
            "platform_system": kernel,
            "python_full_version": f"{spelled}.0",
            "python_version": spelled,
            "sys_platform": kernel.lower(),
        },
    )


def lacking_wheels(entries: Sequence[Pin], offered: dict[tuple[str, str], list[Wheel]]) -> Iterator[str]:
    """What a system would have to build itself: no wheel that fits it has a hash in the lock."""
    for system in systems():
        for pin in entries:
            if pin.marker and not Marker(pin.marker).evaluate(dict(system.environment)):
                continue
            wheels = offered.get((pin.name, pin.version), [])
            if not any(each.sha256 in pin.hashes and _fits(each, system) for each in wheels):
                yield f"requirements.lock has no wheel of {pin.name} {pin.version} for {system.title}"


def _fits(wheel: Wheel, system: System) -> bool:
    return not parse_wheel_filename(wheel.filename)[3].isdisjoint(system.tags)


def offered_wheels(pylock: str) -> dict[tuple[str, str], list[Wheel]]:
    """The wheels of a PEP 751 lock, by name and version."""
    return {
        (each["name"], each["version"]): [
            Wheel(PurePosixPath(wheel["url"]).name, wheel["hashes"]["sha256"])
            for wheel in each.get("wheels", ())
        ]
        for each in tomllib.loads(pylock)["packages"]
    }


def index_answer() -> subprocess.CompletedProcess[str]:
    """What the index says about the pinned versions, as a PEP 751 lock; nothing is downloaded."""
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "--universal", "--no-deps", "--quiet"]
    form = ["--python-version", "3.11", "--generate-hashes", "--format", "pylock.toml", str(RUNNING)]
    return subprocess.run([*uv, *form], capture_output=True, text=True, check=False)


def wheel_troubles() -> Iterator[str]:
    """Asked once for each content of the lock: the answer is remembered in the environment."""
    asked = RUNNING.read_bytes() + Path(__file__).read_bytes()
    remembered = Path(sys.prefix) / f".wheels-{hashlib.sha256(asked).hexdigest()[:16]}"
    if remembered.exists():
        return
    answer = index_answer()
    if answer.returncode:
        words = f"the wheels of requirements.lock were not checked: {answer.stderr.strip()}"
        if os.environ.get("PINGYI_REQUIRE_ALL"):
            yield words
        sys.stderr.write(f"{words}\n")
        return
    troubles = list(lacking_wheels(pins(RUNNING), offered_wheels(answer.stdout)))
    yield from troubles
    if not troubles:
        remembered.touch()


def main() -> int:
    troubles = [*lock_troubles(), *wheel_troubles()]
    for trouble in troubles:
        sys.stdout.write(f"{trouble}\n")
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
