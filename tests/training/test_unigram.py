from citaat.training.unigram import train_tokenizer

WORDS = {"kernwapens": 50_000, "woningen": 40_000, "woning": 40_000, "één": 30_000, "eenmalig": 1, "xyzzyx": 1}
FREQUENCIES = WORDS | dict.fromkeys("abcdefghijklmnopqrstuvwxyz", 100)


def test_frequent_words_are_whole_pieces_whatever_their_case_and_accents() -> None:
    tokenizer = train_tokenizer(FREQUENCIES, 60)
    assert tokenizer.get_vocab_size() <= 60
    assert tokenizer.encode("Woning").tokens == tokenizer.encode("woning").tokens == ["\u2581woning"]
    assert tokenizer.encode("EEN").tokens == tokenizer.encode("één").tokens


def test_a_word_met_once_is_in_no_piece() -> None:
    tokenizer = train_tokenizer(FREQUENCIES | {"\u4e2d": 1}, 60)
    assert "\u4e2d" not in "".join(tokenizer.get_vocab())
    assert len(tokenizer.encode("xyzzyx").tokens) > 2


def test_marks_stand_apart_from_words() -> None:
    pieces = train_tokenizer(FREQUENCIES | {"?": 5_000}, 60).encode("woning?").tokens
    assert (pieces[0], pieces[-1][-1], "".join(pieces)) == ("\u2581woning", "?", "\u2581woning\u2581?")
