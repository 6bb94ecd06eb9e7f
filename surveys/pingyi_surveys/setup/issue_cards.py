"""Cards made at the issuer's, without database or server: links, slips to cut, and the list of hashes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.public_hosts import is_site
from pingyi_surveys.ballot.card_codes import new_card, new_visit_code, write_card
from pingyi_surveys.setup.card_hashes import FEWEST_CARDS, HASH_BYTES, card_hash
from pingyi_surveys.setup.key_files import write_private
from pingyi_surveys.setup.printable_cards import render_slips
from pingyi_surveys.setup.public_address import is_public_site

LINKS: Final = "links.csv"
SLIPS: Final = "slips.html"
HASHES: Final = "hashes.txt"
MOST_CARDS: Final = 100_000


def issue_cards(
    folder: Path,
    count: int,
    address: str,
    *,
    stratum: str = "",
    visit: bool = False,
    private: bool = False,
) -> None:
    """Make cards, or visit codes of one unit, and write their three files into an empty folder.

    `address`: of the server, as in https://host, on a private network only if `private`; `stratum` (or the
    unit's code) is printed on the slips. The order of the hashes tells nothing of the order of the links.
    Raises Problem cards_not_issued.
    """
    _check(folder, count, visit=visit, wrong_address=_wrong_address(address, private=private))
    tokens = [new_visit_code() if visit else new_card() for _ in range(count)]
    base = address.rstrip("/") + ("/v/" if visit else "/c/")
    links = [base + (token.decode("ascii") if visit else write_card(token)) for token in tokens]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(folder / LINKS, "".join(f"{link}\n" for link in links).encode())
    write_private(folder / SLIPS, render_slips(links, visit=visit, heading=stratum).encode())
    hashes = sorted(card_hash(token).hex() for token in tokens)
    write_private(folder / HASHES, "".join(f"{one}\n" for one in hashes).encode())


def read_hashes(written: str) -> list[bytes]:
    """The hashes of a list, one a line; Problem cards_invalid names the lines that are wrong."""
    found: dict[bytes, int] = {}
    errors = []
    for number, line in enumerate(written.removeprefix("\ufeff").splitlines(), 1):
        hashed = _hash(line.strip())
        if line.strip() and (hashed is None or hashed in found):
            errors.append(FieldError(code="card_invalid", message=_BAD_LINE, pointer="/hashes", row=number))
        elif hashed is not None:
            found[hashed] = number
    if errors or not found:
        raise Problem("cards_invalid", 422, _BAD_LIST, errors[:20])
    return list(found)


_BAD_LINE = Text(
    zh="这一行不是 64 位十六进制摘要，或与前面重复。",
    en="This line is no digest of 64 hexadecimal digits, or stands there twice.",
)
_BAD_LIST = Text(
    zh="票卡清单有误：请原样使用 pingyi cards issue 写出的 hashes.txt。",
    en="The list of cards is wrong: take hashes.txt as pingyi cards issue wrote it.",
)


def _hash(line: str) -> bytes | None:
    try:
        found = bytes.fromhex(line)
    except ValueError:
        return None
    return found if len(found) == HASH_BYTES else None


def _wrong_address(address: str, *, private: bool) -> Text | None:
    if not address:
        return _NO_ADDRESS
    if not is_site(address):
        return _ADDRESS
    return None if private or is_public_site(address) else _PRIVATE


def _check(folder: Path, count: int, *, visit: bool, wrong_address: Text | None) -> None:
    least = 1 if visit else FEWEST_CARDS
    errors: list[tuple[str, Text]] = []
    if not least <= count <= MOST_CARDS:
        errors.append(("/count", _COUNT.format(least=least, most=MOST_CARDS)))
    if wrong_address:
        errors.append(("/address", wrong_address))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        errors.append(("/out", _FOLDER))
    if errors:
        raise Problem("cards_not_issued", 422, _NOT_ISSUED, _field_errors(errors))


def _field_errors(errors: Sequence[tuple[str, Text]]) -> list[FieldError]:
    return [FieldError(code="invalid", message=message, pointer=pointer) for pointer, message in errors]


_COUNT = Text(
    zh="张数须为 {least} 到 {most}：太少会认出投票人。",
    en="The number is {least} to {most}: of fewer cards, voters could be told.",
)
_ADDRESS = Text(
    zh="请写服务器网址，如 https://host，不带路径。",
    en="Give the server's address, as in https://host, without a path.",
)
_NO_ADDRESS = Text(
    zh="请用 --address 写服务器的对外网址，如 https://host，或设置 PINGYI_PUBLIC_ADDRESS。",
    en="Give the server's public address by --address, as in https://host, or set PINGYI_PUBLIC_ADDRESS.",
)
_PRIVATE = Text(
    zh="此网址只有本机或内网能访问，印出的票卡扫不开：请写对外网址；确实只在内网使用的，"
    "加 --private-address，或设置 PINGYI_PRIVATE_ADDRESSES=allowed。",
    en="This address is reached from this host or a private network alone, and cards would lead nowhere: "
    "give the public one; where everybody is inside, add --private-address or set "
    "PINGYI_PRIVATE_ADDRESSES=allowed.",
)
_FOLDER = Text(zh="请指定一个新的或空的文件夹。", en="Name a folder that is new or empty.")
_NOT_ISSUED = Text(zh="没有制卡，请改正下列各处。", en="No cards were made: correct what is named.")
