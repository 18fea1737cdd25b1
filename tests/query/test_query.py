import numpy as np

from citaat.query.query import DocumentLanguages, Query
from tests.query.conftest import document

DOCUMENTS = [document("a", language="nl"), document("b", language="en"), document("c"), document("d", language="de")]


def test_a_document_known_to_be_in_the_other_language_differs() -> None:
    languages = DocumentLanguages(DOCUMENTS)
    assert languages.differ("nl").tolist() == [False, True, False, False]
    assert languages.differ("en").tolist() == [True, False, False, False]


def test_a_question_in_no_language_differs_from_none() -> None:
    assert DocumentLanguages(DOCUMENTS).differ(None).tolist() == [False] * 4
    assert DocumentLanguages([]).differ("nl").tolist() == []


def test_what_differs_is_found_out_once_for_each_language() -> None:
    languages = DocumentLanguages(DOCUMENTS)
    assert languages.differ("nl") is languages.differ("nl")
    assert languages.differ("nl") is not languages.differ("en")


def test_a_query_is_put_to_all_documents_and_reads_whole_unless_it_says_otherwise() -> None:
    query = Query("Huur?", "Huur?", None, np.zeros(2, np.float32), (), ())
    assert (query.documents, query.publishers, query.alternative, query.is_truncated) == (None, (), None, False)
