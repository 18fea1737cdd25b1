from pathlib import Path

from app import lessons
from app.pairs import Sheet

LAW = "De huurder betaalt de huur op de eerste dag van de maand. De verhuurder geeft daarvan een bewijs aan de huurder."
PAIRS = [("huur", "rent"), ("huur", "rent"), ("arts", "doctor"), ("taxi", "taxi")]


def taught(folder: Path, title: str) -> list[lessons.Lesson]:
    file = folder / "laws.jsonl"
    file.write_text("".join(f'{{"id": "{number}", "title": "{title}", "text": "{LAW}"}}\n' for number in range(200)))
    sheets = {"lexicon.tsv": Sheet(PAIRS, PAIRS), "sentences.tsv": Sheet(PAIRS, PAIRS)}
    return lessons.lessons_of([file], sheets, 200, 10, 10, 0)


def test_the_four_lessons_are_texts_questions_translations_and_words(tmp_path: Path) -> None:
    running, asked, aligned, words = taught(tmp_path, "Wet > Huur en verhuur")
    assert all(text == "Huur en verhuur" or text in LAW for text in running.texts)
    assert "Huur en verhuur" in running.texts
    assert all(text.endswith("?") for text in asked.texts)
    assert [lesson.prompt for lesson in (running, asked, aligned, words)] == ["document", "query", "query", "query"]
    assert "huurder" in words.texts


def test_texts_of_a_pair_share_a_meaning_and_no_pair_comes_twice_or_of_equal_texts(tmp_path: Path) -> None:
    _, _, aligned, words = taught(tmp_path, "Wet > Huur en verhuur")
    for lesson in (aligned, words):
        listed = dict(zip(lesson.texts[:4], lesson.meanings.tolist(), strict=False))
        assert sorted(listed) == ["arts", "doctor", "huur", "rent"]
        assert (listed["huur"], listed["arts"]) == (listed["rent"], listed["doctor"])
    assert len(aligned.texts) == 4


def test_a_heading_that_says_nothing_is_not_learned_from(tmp_path: Path) -> None:
    running, asked, _, _ = taught(tmp_path, "Wet > Artikel  5")
    assert not any("Artikel" in text for text in running.texts + asked.texts)
