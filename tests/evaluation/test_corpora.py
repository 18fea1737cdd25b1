from citaat.evaluation.corpora import indexed
from citaat.store.protocol import EVERYTHING
from tests.fakes import HashEncoder

CORPUS = [
    {"id": "b", "title": " Wonen ", "text": " De huur gaat omlaag. Dat geldt in de hele stad. "},
    {"id": "a", "title": "", "text": "The rent goes down in the whole of the city, and that is the law."},
    {"id": "c", "title": "", "text": "  "},
]


def test_each_row_is_one_passage_in_order_with_its_title_as_heading() -> None:
    with indexed(CORPUS, HashEncoder()) as store:
        assert [store.quote(row) for row in range(len(store))] == [CORPUS[0]["text"].strip(), CORPUS[1]["text"], "-"]
        assert [document.id for document in store.documents()] == ["b", "a", "c"]
        assert store.text("b") == "Wonen\n\nDe huur gaat omlaag. Dat geldt in de hele stad."
        (heading,) = store.passage(0).headings
        assert heading.of(store.text("b")) == "Wonen"
        assert store.passage(1).headings == ()


def test_rows_are_cut_into_sentences_in_their_own_language() -> None:
    with indexed(CORPUS, HashEncoder()) as store:
        first = store.passage(0)
        assert [one.of(store.text("b")) for one in first.sentences] == ["De huur gaat omlaag.", "Dat geldt in de hele stad."]
        assert [document.source.language for document in store.documents()][:2] == ["nl", "en"]
        assert [document.source.title for document in store.documents()] == ["Wonen", "", ""]


def test_equal_texts_are_passages_with_different_ids() -> None:
    twice = [CORPUS[0] | {"id": name} for name in ("x", "y")]
    with indexed(twice, model := HashEncoder()) as store:
        assert len({store.passage(row).id for row in range(2)}) == 2
        assert store.nearest(model.encode(["De huur"], "question").vectors[0], 1, EVERYTHING).tolist() == [0]
