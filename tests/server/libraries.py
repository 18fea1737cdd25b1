"""The texts of small libraries."""

from citaat.domain import Document, Passage, Source, Span
from citaat.indexing import Prepared, write_documents
from citaat.parsers.reading import Origin
from citaat.retrieval.calibration import NO_FEATURES
from citaat.retrieval.model import Model
from citaat.segmentation.passages import Split
from citaat.settings import Settings
from citaat.store.embedded import generations
from citaat.store.embedded.writer import Writer
from tests.fakes import QuickDisk

ODD = (
    "De kat 🐈‍⬛ slaapt na\u0308chst de cafe\u0301. De kat krijgt elke dag vis 🐟 en melk.\n\n"
    "De hond mag niet mee in de trein 🚆 van zeven uur.\n"
)
RENT = "De huur van een <b>woning</b> gaat omlaag.\r\nDe huur in de stad gaat omhoog.\r\n\r\nDe wereld draait.\r\n"
PLAN = """\
# Plan van de stad

## Kernwapens de wereld uit

Kernwapens gaan de wereld uit, want dat spreken alle landen die ze nu nog hebben met elkaar af. Zo hoort het ook.

## Trein naar de zee

De trein rijdt elk uur naar de zee, ook in de nacht en ook voor wie met een hond of een fiets reist. Dat is goedkoop.
"""
TEXTS = {
    "dieren.txt": ODD,
    "huur.md": RENT,
    "plan.md": PLAN,
    "sources.toml": '["huur.md"]\ntitle = "Huur & <woning>"\npublisher = "Huurders"\nyear = "2023"\nlanguage = "nl"\n'
    'url = "https://huur.example/plan?a=1&b=2"\nlicence = "CC0"\n',
}
PAGED = "De huur gaat omlaag in de stad."
PAGE = 7


def write_paged(settings: Settings) -> None:
    """A store of one document whose only passage stands on page 7."""
    encoder = Model.load(settings).encoder
    span = Span(0, len(PAGED))
    passage = Passage("plan/000000000000", "plan", span, (), None, (span,), PAGE)
    document = Document("plan", PAGED, Source("Plan", url="https://huur.example/plan.pdf", language="nl"))
    prepared = Prepared(document, Split((passage,), {}), Origin("plan.pdf", len(PAGED), 0, ""))
    with generations.building(settings.store) as folder:
        writer = Writer(folder, encoder, QuickDisk())
        write_documents([prepared], writer)
        writer.finish([]).close()
        writer.publish(settings.store, NO_FEATURES)
