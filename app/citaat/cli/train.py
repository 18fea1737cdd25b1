"""citaat train"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from citaat.cli.options import PATH, refuse_ignored
from citaat.errors import InputError


@click.command()
@click.option("--corpus", type=PATH, help="Texts to learn from; without it the model in --out is kept.")
@click.option("--from", "start", type=PATH, help="A model to adapt to your own texts, such as embeddings/model.")
@click.option("--sets", multiple=True, type=PATH, help="Question sets to fit the ranker on; may be repeated.")
@click.option("--cross", nargs=2, multiple=True, type=PATH, help="A set's folder and other questions to it, as above.")
@click.option("--without", type=PATH, help="A .jsonl of passages to leave out of the sets, such as those that were learned.")
@click.option("--out", required=True, type=PATH, help="The model folder to write.")
@click.option("--steps", type=click.IntRange(min=1), help="Batches to learn from, instead of the recipe's.")
@click.option("--seed", default=0, show_default=True, help="Decides what is drawn at random.")
def train(
    corpus: Path | None,
    start: Path | None,
    sets: tuple[Path, ...],
    cross: tuple[tuple[Path, Path], ...],
    without: Path | None,
    out: Path,
    steps: int | None,
    seed: int,
) -> None:
    """Train an encoder on a corpus, adapt one to your own texts, or fit a ranker on question sets."""
    if not corpus and not sets:
        raise InputError("Nothing to learn from: give --corpus, --sets or both.", code="no-path")
    if not corpus:
        learned = {"--from": start, "--steps": steps, "--seed": seed}
        refuse_ignored(learned, "Without --corpus only the ranker of the model in --out is fitted.")
    if not sets:
        refuse_ignored({"--cross": cross, "--without": without}, "Without --sets no ranker is fitted.")
    if corpus:
        click.echo(json.dumps(_learn(corpus, start, out, steps, seed), indent=2))
    if sets:
        _fit(sets, cross, without, out)


def _learn(corpus: Path, start: Path | None, out: Path, steps: int | None, seed: int) -> Mapping[str, object]:
    from citaat.training import adaptation, static

    with click.progressbar(length=1_000, label="Learning", file=sys.stderr, item_show_func=lambda loss: loss or "") as bar:

        def show(step: int, total: int, loss: float | None) -> None:
            bar.update(1_000 * step // total - bar.pos, "" if loss is None else f"loss {loss:.3f}")

        if start:
            return adaptation.adapt(corpus, start, out, steps=steps, seed=seed, progress=show)
        return static.train(corpus, out, replace(static.RECIPE, steps=steps or static.RECIPE.steps, seed=seed), show)


def _fit(sets: Sequence[Path], cross: Sequence[tuple[Path, Path]], without: Path | None, model: Path) -> None:
    """Write a model's `ranker.json`, and print how rankers fitted on all sets but one do on that one."""
    from citaat.evaluation.question_sets import ids
    from citaat.evaluation.reports import table
    from citaat.training import cross_validation, examples, ranker_fitting

    found = examples.read_examples(sets, cross, str(model), ids(without))
    ranker_fitting.fit(found).save(model / "ranker.json")
    if len(sets) > 1:
        click.echo(table(cross_validation.cross_validate(found)))
