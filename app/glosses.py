"""Dutch words into English ones, so that an English model can teach a Dutch one what its words mean.

A gloss is a word-for-word translation: no grammar, one sense a word. Senses come from the word list, from aligned
sentences where the list is silent, and from a short list of function words; of several senses the one is kept that
fits the sentences in which the word stands.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from app.domain import FloatMatrix
from app.encoder import unit
from app.lexicon import fold
from app.pairs import Ragged

_ROUNDS = 3
_CONTEXT, _COMMON, _CENTRAL = 0.6, 0.15, 1.0
"""What decides among senses: nearness to the contexts of the word, commonness, nearness to its other senses."""
_EM_STEPS = 6
_LIKELY = 0.2
_LONGEST_ALIGNED = 40
_TOO_COMMON = 0.03
"""The share of sentences from which a word says nothing about its neighbours' senses."""
_LINKS = ("s", "", "en", "e", "n", "-")
_SHORTEST_PART = 4
_RARE = 3
_WORD = re.compile(r"\w+")

FUNCTION_WORDS = dict(
    pair.split("=")
    for pair in """
    aan=to al=already alle=all alleen=only als=if altijd=always ander=other andere=other beter=better betekent=means bij=at
    binnen=within boven=above buiten=outside daarbij=with-that daarnaast=in-addition daarom=therefore daarvan=of-that dan=than
    dat=that de=the deze=this die=that dit=this doen=do doet=does door=by dus=so een=a eerste=first eigen=own elk=each en=and
    er=there extra=extra gaan=go gaat=goes gebruik=use geen=no geld=money gelden=apply geldig=valid geldt=applies gemaakt=made
    geworden=become goed=good goede=good grote=large haar=her heb=have hebben=have heeft=has hen=them het=the hierbij=with-this
    hierin=in-this hiervan=of-this hij=he hoe=how hoeveel=how-much hun=their iedereen=everyone iemand=someone iets=something
    ik=I in=in is=is jaar=year jaren=years je=you jij=you jouw=your jullie=you kan=can komen=come komt=comes kon=could
    kosten=costs krijgen=get krijgt=gets kunnen=can lang=long lange=long leggen=lay maakt=makes maar=but mag=may maken=make
    me=me meer=more mens=human mensen=people met=with mij=me mijn=my mocht=was-allowed-to moest=had-to moet=must moeten=must
    mogelijk=possible mogen=may na=after naar=to niemand=nobody niet=not niets=nothing nieuwe=new nodig=needed nog=still
    nooit=never of=or om=to omdat=because onder=under ons=our onze=our ook=also op=on opgesteld=drawn-up over=about per=per
    sinds=since staan=stand staat=state stellen=set te=to tegen=against tijdens=during toch=still tot=until tussen=between
    tweede=second u=you uit=from uw=your van=of vanaf=from veel=many verder=further via=through volgens=according-to voor=for
    waar=where waarbij=where waardoor=so-that waarin=in-which waarom=why waarvan=of-which wanneer=when want=because was=was
    wat=what we=we weer=again welk=which welke=which werd=was werden=were werk=work wie=who wij=we wil=want wilde=wanted
    willen=want worden=become wordt=is ze=they zal=will zich=itself zij=they zijn=are zo=so zoals=such-as zonder=without
    zou=would zouden=would zullen=will
    """.split()
)

Embed = Callable[[Sequence[str]], FloatMatrix]
Commonness = Callable[[str], float]


def gloss_words(
    words: Sequence[str],
    counts: NDArray[np.int64],
    sentences: Ragged,
    word_list: Iterable[tuple[str, str]],
    aligned: Sequence[tuple[str, str]],
    embed: Embed,
    commonness: Commonness,
) -> list[str]:
    """An English gloss for each Dutch word; one that is rare, or that nothing is known of, stands for itself.

    Args:
        words: lower-cased words; the numbers in `sentences` are places in it.
        counts: int64 [w], how often each stands in the texts.
        sentences: word numbers of running Dutch text, which decides among senses.
        word_list: Dutch and English words that can mean the same.
        aligned: Dutch sentences and their English translations.
        embed: English texts to unit vectors.
        commonness: of an English word or phrase, on a logarithmic scale.
    """
    units = Units(word_list)
    folded = [fold(word) for word in words]
    parts = [units.of(word) if count >= _RARE else () for word, count in zip(folded, counts, strict=True)]
    senses = _senses(units, parts, sentences, embed, commonness)
    likely = _translations(aligned)
    return [
        FUNCTION_WORDS.get(word, "").replace("-", " ") or " ".join(senses[part] for part in found) or likely.get(word, word)
        for word, found in zip(folded, parts, strict=True)
    ]


class Units:
    """The word list, and how a Dutch word falls apart into entries of it."""

    def __init__(self, word_list: Iterable[tuple[str, str]]) -> None:
        import simplemma
        import Stemmer

        self._lemma: Callable[..., str] = simplemma.lemmatize
        self._stem = Stemmer.Stemmer("dutch").stemWord
        self._english: dict[str, set[str]] = {}
        for dutch, english in word_list:
            key = fold(dutch)
            if " " not in key:
                self._english.setdefault(key, set()).add(english)
        self._stems: dict[str, str] = {}
        for key in sorted(self._english, key=len, reverse=True):
            self._stems[self._stem(key)] = key
        self.of = cache(self._of)
        self._entry = cache(self._find)

    def senses(self, unit: str) -> list[str]:
        """The English words for a unit; one that the list lacks stands for itself."""
        return sorted(self._english.get(unit, (unit,)))

    def _find(self, word: str) -> str | None:
        """The entry for a word, its lemma or its stem."""
        lemma = fold(self._lemma(word, lang="nl", greedy=True).replace("_", ""))
        return next((form for form in (word, lemma) if form in self._english), self._stems.get(self._stem(word)))

    def _of(self, word: str) -> tuple[str, ...]:
        """The entries of a word, or of the parts of a compound, the longest tail first; () for an unknown word."""
        if len(word) < 3 or not word.isalpha():
            return ()
        if entry := self._entry(word):
            return (entry,)
        for cut in range(3, len(word) - _SHORTEST_PART + 1):
            tail = self._entry(word[cut:])
            heads = (word[: cut - len(link)] for link in _LINKS if word[:cut].endswith(link)) if tail else ()
            for head in heads:
                if found := self._head(head):
                    return (*found, str(tail))
        for cut in range(len(word) - _SHORTEST_PART - 1, _SHORTEST_PART, -1):
            if word[:cut] in self._english:
                return (word[:cut], word[cut:])
        return ()

    def _head(self, head: str) -> tuple[str, ...]:
        if len(head) < 3 or (len(head) == 3 and head not in self._english):
            return ()
        if entry := self._entry(head):
            return (entry,)
        found: tuple[str, ...] = self.of(head) if len(head) >= 2 * _SHORTEST_PART else ()
        return found


def _senses(
    units: Units, parts: Sequence[tuple[str, ...]], sentences: Ragged, embed: Embed, commonness: Commonness
) -> dict[str, str]:
    """One English word for each unit: what its contexts are about, as far as the other words' senses tell.

    The contexts of a unit are the sums of the vectors of the words beside it, each by its idf; senses and contexts take
    turns, beginning with the mean of all senses.
    """
    from scipy import sparse

    names = sorted({part for found in parts for part in found})
    number = {name: place for place, name in enumerate(names)}
    choices = [units.senses(name) for name in names]
    english = sorted({sense for senses in choices for sense in senses})
    place = {sense: row for row, sense in enumerate(english)}
    vectors = embed(english)
    vectors = unit(vectors - vectors.mean(axis=0))
    common = np.array([commonness(sense) for sense in english])
    options = [np.array([place[sense] for sense in senses]) for senses in choices]

    of_word = sparse.csr_matrix(
        (
            np.ones(sum(map(len, parts)), np.float32),
            [number[part] for found in parts for part in found],
            np.concatenate([[0], np.cumsum([len(found) for found in parts])]),
        ),
        shape=(len(parts), len(names)),
    )
    held = sparse.csr_matrix(
        (_weights(sentences, len(parts)), sentences.values, sentences.starts), shape=(len(sentences), len(parts))
    )
    held = (held @ of_word).tocsr()
    means = np.stack([vectors[rows].mean(axis=0) for rows in options])
    chosen, current = np.zeros(len(names), np.int64), means
    for _ in range(_ROUNDS):
        contexts = unit(held.T @ unit(held @ current))
        contexts = unit(contexts - contexts.mean(axis=0))
        for row, rows in enumerate(options):
            fit = _CONTEXT * vectors[rows] @ contexts[row] + _COMMON * common[rows] + _CENTRAL * vectors[rows] @ means[row]
            chosen[row] = rows[int(fit.argmax())]
        current = vectors[chosen]
    return {name: english[row] for name, row in zip(names, chosen, strict=True)}


def _weights(sentences: Ragged, words: int) -> NDArray[np.float32]:
    """The idf of each word of each sentence; 0 for those that stand in too many."""
    frequency = np.bincount(sentences.values, minlength=words)
    weight = np.log(len(sentences) / (frequency + 1)).astype(np.float32)
    weight[frequency > _TOO_COMMON * len(sentences)] = 0
    return weight[sentences.values]


def _translations(aligned: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The likeliest translation of each word by IBM Model 1 (Brown et al. 1993), where it is likely at all."""
    if not aligned:
        return {}
    dutch: dict[str, int] = {}
    english: dict[str, int] = {}
    left, right, places, used = [], [], [], 0
    for source, target in aligned:
        own = [dutch.setdefault(word, len(dutch)) for word in _WORD.findall(fold(source))][:_LONGEST_ALIGNED]
        other = [english.setdefault(word, len(english)) for word in _WORD.findall(fold(target))][:_LONGEST_ALIGNED]
        left.append(np.repeat(own, len(other)))
        right.append(np.tile(other, len(own)))
        places.append(np.tile(used + np.arange(len(other)), len(own)))
        used += len(other)
    pairs, links = np.unique(np.concatenate(left) * len(english) + np.concatenate(right), return_inverse=True)
    place = np.concatenate(places)
    chance = np.ones(len(pairs))
    for _ in range(_EM_STEPS):
        share = chance[links] / np.bincount(place, chance[links], used)[place]
        expected = np.bincount(links, share, len(pairs))
        chance = expected / np.bincount(pairs // len(english), expected, len(dutch))[pairs // len(english)]
    names, others = list(dutch), list(english)
    best = [row for row in np.argsort(chance, kind="stable") if chance[row] >= _LIKELY]
    return {names[pairs[row] // len(english)]: others[pairs[row] % len(english)] for row in best}
