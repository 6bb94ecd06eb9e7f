"""Writes the package of a new channel: a channel that works, its test and its project file."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from string import Template

from pingyi.channels import Text
from pingyi.domain.errors import Problem

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,59}")
_FILES = {
    "pyproject.toml": "pyproject.txt",
    "README.md": "readme.txt",
    "{module}/__init__.py": "channel.txt",
    "{module}/py.typed": "typed.txt",
    "tests/test_{module}.py": "test.txt",
}


def write_package(key: str, folder: Path) -> Path:
    """Write a package for the channel `key` into a new folder of its own below `folder`; returns that.

    Raises Problem: plugin_key_invalid, plugin_folder_taken.
    """
    if not _KEY.fullmatch(key):
        raise Problem("plugin_key_invalid", 422, _NO_KEY.format(key=key))
    plain = re.sub(r"[-_]+", "_", key.lower()).strip("_")
    module, distribution = f"pingyi_{plain}", f"pingyi-{plain.replace('_', '-')}"
    target = folder / distribution
    if target.exists():
        raise Problem("plugin_folder_taken", 409, _TAKEN.format(folder=target))
    words = {"key": key, "module": module, "distribution": distribution}
    for name, source in _FILES.items():
        path = target / name.format(module=module)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = files("pingyi.scaffold").joinpath("files", source).read_text(encoding="utf-8")
        path.write_text(Template(text).substitute(words), encoding="utf-8")
    return target


_NO_KEY = Text(
    zh="“{key}”不能作为渠道的键：须以字母开头，只含字母、数字、_ 和 -，最多60个字符。",
    en="{key} is no key of a channel: letters, digits, _ and -, a letter first, at most 60 characters.",
)
_TAKEN = Text(zh="文件夹 {folder} 已经存在。", en="The folder {folder} is there already.")
