"""citaat eval"""

import json
from dataclasses import replace
from pathlib import Path

import click

from citaat.cli.options import PATH, refuse_ignored
from citaat.errors import InputError
from citaat.settings import Settings


@click.command("eval")
@click.argument("sets", nargs=-1, type=PATH)
@click.option("--queries", type=PATH, help="Questions from another file with the same ids.")
@click.option("--without", type=PATH, help="A .jsonl of passages to leave out of the corpora, such as those that were learned.")
@click.option("--documents", multiple=True, type=PATH, help="Texts to put a QUESTIONS.jsonl to; may be repeated.")
@click.option("--model", help="Measure this model instead of the one in use: a folder or an id.")
@click.option("--mistyped", is_flag=True, help="Ask each question once more with a typing error in each content word.")
@click.option("--refusal", is_flag=True, help="What is refused on each set by a ranker fitted on the others.")
@click.option("--cross", nargs=2, multiple=True, type=PATH, help="For refusal: a set's folder and other questions to it.")
@click.option("--plot", type=PATH, help="Draw the risk-coverage curves of --refusal into this .png file.")
@click.option("--translations", nargs=2, type=PATH, help="Two files of lines that translate each other.")
@click.option("--conversations", nargs=2, multiple=True, type=PATH, help="Conversations, and the text they are about.")
@click.option("--far", multiple=True, type=PATH, help="A queries.jsonl that the texts of --conversations do not answer.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def evaluate(
    sets: tuple[Path, ...],
    queries: Path | None,
    without: Path | None,
    documents: tuple[Path, ...],
    model: str | None,
    mistyped: bool,
    refusal: bool,
    cross: tuple[tuple[Path, Path], ...],
    plot: Path | None,
    translations: tuple[Path, Path] | None,
    conversations: tuple[tuple[Path, Path], ...],
    far: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Measure on question SETS: folders in BEIR layout, or one QUESTIONS.jsonl with --documents."""
    from citaat.evaluation import question_sets, questions, reports
    from citaat.evaluation.conversations import conversation_figures
    from citaat.retrieval.model import Model
    from citaat.training import cross_validation, examples

    _refuse_incomplete(bool(sets or translations), bool(conversations), bool(far))
    settings = _settings(model)
    asked = {"--queries": queries, "--without": without, "--mistyped": mistyped}
    judged = {"--refusal": refusal, "--cross": cross, "--plot": plot}
    if documents:
        refuse_ignored(asked | judged, "With --documents a file of questions is asked as it is.")
        figures = questions.question_report(sets, documents, settings)
    elif refusal or plot:
        refuse_ignored({"--queries": queries, "--mistyped": mistyped}, "Refusal is judged by each set's own questions.")
        left_out = question_sets.ids(without)
        figures = cross_validation.cross_validate(examples.read_examples(sets, cross, settings.model, left_out), plot)
    elif cross:
        raise InputError("--cross names questions to judge refusal by; add --refusal.", code="ignored-option")
    elif sets:
        left_out = question_sets.ids(without)
        figures = reports.question_set_report(sets, queries, Model.load(settings), mistyped=mistyped, without=left_out)
    else:
        refuse_ignored(asked, "No question set is named.")
        figures = {}
    if conversations:
        figures["conversations"] = conversation_figures(conversations, settings, far)
    if translations:
        figures["translations"] = reports.translation_report(*translations, Model.load(settings).encoder)
    click.echo(json.dumps(figures, indent=2, ensure_ascii=False) if as_json else reports.table(figures))


def _settings(model: str | None) -> Settings:
    """What is measured: a model, or the one in use, without a cross-encoder."""
    settings = Settings.from_environment()
    return replace(settings, model=model or settings.model, rerank="")


def _refuse_incomplete(has_sets: bool, has_conversations: bool, has_far: bool) -> None:
    if not (has_sets or has_conversations):
        raise InputError("Nothing to measure: name question sets, --translations or --conversations.", code="no-question-set")
    if has_far and not has_conversations:
        raise InputError("--far is put to the texts of --conversations; name those too.", code="no-question-set")
