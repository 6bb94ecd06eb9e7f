"""Ready-made schemes, shipped as TOML documents."""

from __future__ import annotations

from importlib.resources import files


def shipped_schemes() -> tuple[str, ...]:
    """The keys of the schemes that come with the package."""
    names = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def shipped_scheme(key: str) -> str:
    """The TOML document of a shipped scheme; KeyError where there is none of this key."""
    if key not in shipped_schemes():
        raise KeyError(key)
    return (files(__name__) / f"{key}.toml").read_text(encoding="utf-8")
