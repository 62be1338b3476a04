"""Invented people and texts for the large database: many words, used as unevenly as people use them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import accumulate

FIRST_TEXT = """
Maria James Ana Robert Rosa Michael Elena David Carmen John Lucia William Grace Walter June Henry Ruth
Theo Dolores Omar Priya Wei Fatima Samuel Irene Victor Nadia Leon Hazel Marcus Olga Pedro Ines Tomas Clara
Hugo
"""
FIRST = FIRST_TEXT.split()
CLINICAL_TEXT = """
bandage incision swelling redness fever chills nausea dizzy dizziness headache pharmacy prescription
refill insurance appointment surgeon nurse weight pounds ankle ankles knee shoulder hip stitches drain
wound shower lifting walking stairs breathing breath cough chest tight pain sore numb tingling sleeping
appetite eating constipated laxative tylenol ibuprofen oxycodone metoprolol furosemide lisinopril warfarin
insulin glucose sugar pressure cuff reading morning night yesterday tomorrow monday tuesday friday weekend
daughter son wife husband caregiver ride bus work note clinic hospital discharge papers instructions
question worried better worse same still started stopped dose pill tablet bottle herida dolor fiebre
pastillas medicina farmacia cita presion azucar hinchado respirar mareo nausea tobillo rodilla hija esposo
preocupada mejor peor igual
"""
CLINICAL = CLINICAL_TEXT.split()
TEMPLATES = (
    "Riverside: Hi {name}, how are you feeling today? Reply 1 if better, 2 if the same, 3 if worse.",
    "Riverside: Good morning {name}. Have you weighed yourself today? Reply with the number in pounds.",
    "Riverside: {name}, did you get your new prescription? Reply 1 yes, 2 not yet.",
    "Riverside: Your visit is {day} at 2:30 pm. Reply 1 to confirm or 2 to change.",
    "Riverside: Hi {name}, how is your breathing today? Reply 1 good, 2 same, 3 worse.",
    "Riverside: Hola {name}, ¿cómo va la herida? Responda 1 bien, 2 igual, 3 peor.",
    "Riverside: {name}, your refill is due {day}. Reply 1 if you have enough until then, 2 if not.",
    "Riverside: Thank you, {name}. A nurse will read this within the hour and call you back.",
    "Riverside: Please bring your discharge papers and all pill bottles on {day}.",
    "Riverside: Keep the bandage dry until {day}. Reply if you see redness, swelling or drainage.",
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
SHORT = (
    "1",
    "2",
    "3",
    "yes",
    "no",
    "ok thank you",
    "gracias",
    "184",
    "120/80",
    "not yet",
    "si",
    "better today",
)
ONSETS_TEXT = """
b c d f g h j k l m n p r s t v w br cl dr fl gr pl st tr
"""
ONSETS = ONSETS_TEXT.split()
VOWELS = ["a", "e", "i", "o", "u", "ai", "ea", "ou"]
CODAS = ["", "n", "r", "s", "l", "m", "t", "nd", "rk"]
VOCABULARY, SENTENCES = 20_000, 200_000


def _invented_word(chance: random.Random, syllables: int) -> str:
    return "".join(
        chance.choice(ONSETS) + chance.choice(VOWELS) + chance.choice(CODAS) for _ in range(syllables)
    )


@dataclass
class Invention:
    """Makes names, numbers and texts; the same seed makes the same ones."""

    seed: int = 20260310
    chance: random.Random = field(init=False)
    words: list[str] = field(init=False)
    _weights: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        made = dict.fromkeys(CLINICAL)
        while len(made) < VOCABULARY:
            made[_invented_word(self.chance, self.chance.choice((1, 2, 2, 3)))] = None
        self.words = list(made)
        # Zipf's law: the n-th word is used 1/n as often as the first.
        self._weights = list(accumulate(1 / (place + 3) for place in range(len(self.words))))
        self.sentences = [self._sentence() for _ in range(SENTENCES)]
        self.last_names = [_invented_word(self.chance, 2).capitalize() for _ in range(8000)]

    def person(self) -> tuple[str, str]:
        """Return a first and a last name."""
        return self.chance.choice(FIRST), self.chance.choice(self.last_names)

    def outbound(self, first: str) -> str:
        """Return a text of ours."""
        chance = self.chance
        return chance.choice(TEMPLATES).format(name=first, day=DAYS[int(chance.random() * 5)])

    def inbound(self) -> str:
        """Return a patient's text: every third is an answer of a word, the others are sentences."""
        chance = self.chance
        if chance.random() < 0.35:
            return chance.choice(SHORT)
        return self.sentences[int(chance.random() * len(self.sentences))]

    def _sentence(self) -> str:
        size = 4 + int(self.chance.random() * 9)
        return " ".join(self.chance.choices(self.words, cum_weights=self._weights, k=size))


def number(place: int) -> str:
    """Return an invented phone number; 555 is an exchange without subscribers."""
    areas = 780
    return f"+1{200 + place % areas:03d}555{place // areas:04d}"
