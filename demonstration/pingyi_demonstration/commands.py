"""The shell's command: fill in the demonstration, or write that of a ready-made scheme as a bundle."""

from __future__ import annotations

from pathlib import Path

import click

from pingyi.channels import Text
from pingyi.shell import running_installation, say, words

_ONLY_AS_BUNDLE = Text(
    zh="这个方案的演示只能写成数据包：请加 --bundle。",
    en="This scheme's demonstration is written as a bundle only: add --bundle.",
)


@click.command()
@click.option("--scheme", default="maanshan-2017", help="现成的方案 / a ready-made scheme")
@click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    help="只写出数据包 / only write its bundle into this new folder",
)
def demo(scheme: str, bundle: Path | None) -> None:
    """演示数据 / Fill in the demonstration, or write that of a ready-made scheme as a bundle."""
    if bundle:
        from pingyi_demonstration.data.bundle import write_bundle

        written = write_bundle(scheme, bundle)
        say(Text(zh=f"数据包已写入 {bundle}：{written} 行报送。", en=f"Wrote {bundle}: {written} entries."))
        return
    if scheme != "maanshan-2017":
        raise click.UsageError(words(_ONLY_AS_BUNDLE))
    from pingyi_demonstration.running.fill import fill

    with running_installation() as (app, settings):
        fill(app, settings)
