"""What the program itself says, in Dutch and English. None of it is an answer, and none of it is ever in a quote."""

from dataclasses import dataclass

from citaat.text.language import Language


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language. `{}` in `capabilities` takes the titles, in `closest` the headings and in `about` one heading."""

    greeting: str
    thanks: str
    capabilities: str
    refusal: str
    closest: str
    about: str
    others: str


PHRASES: dict[Language, Phrases] = {
    "nl": Phrases(
        greeting="Hallo. Stel een vraag, dan zoek ik de passages die antwoord geven en toon ze woordelijk, met hun plaats.",
        thanks="Graag gedaan.",
        capabilities="Ik zoek in {} de passages die antwoord geven op een vraag en toon ze woordelijk, met hun plaats in de "
        "tekst. Zelf schrijf ik niets: wat de tekst niet zegt, zeg ik ook niet.",
        refusal="Ik vond geen passage die hier duidelijk antwoord op geeft.",
        closest="Het dichtst in de buurt: {}.",
        about="Wat staat er over “{}”?",
        others="{} andere",
    ),
    "en": Phrases(
        greeting="Hello. Ask a question; I look up the passages that answer it and show them word for word, with their place.",
        thanks="You are welcome.",
        capabilities="I look up the passages in {} that answer a question, and show them word for word, with their place in "
        "the text. I write nothing myself: what the text does not say, I do not say either.",
        refusal="I found no passage that clearly answers this.",
        closest="Closest in the text: {}.",
        about="What does it say about “{}”?",
        others="{} others",
    ),
}
