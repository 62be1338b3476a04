"""What the second reader looks at: words, runs of letters in them, pairs of words, and pairs of meanings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from outreach.triage.rules import patterns
from outreach.triage.rules.lexicon import Encoded, Lexicon

Name = str | tuple[str, ...]
"""One thing that is seen: a word or a part of one, or several words or groups of meaning together (no new
string is made to look them up)."""
WINDOW = 14
"""A longer sentence is looked at in windows of this many words, so that a danger in a long story is not
drowned by what stands around it."""
_STEP = 7
_REACH = 4
_LONGEST_WORD = 24
_ENDS = frozenset((patterns.STOP, patterns.QUESTION))
_NUMBERS = frozenset((patterns.NUMBER, patterns.TIME))
# Groups that tell nothing by themselves.
_DULL = frozenset(("name",))


def groups_of(lexicon: Lexicon) -> dict[str, tuple[str, ...]]:
    """Name the groups of meaning (classes.yaml) that each word's character belongs to."""
    groups: dict[str, list[str]] = {}
    for name in lexicon.alphabet.classes():
        if name not in _DULL:
            for member in lexicon.alphabet.members(name):
                if len(member) == 1:
                    groups.setdefault(member, []).append(f"@{name}")
    for code in lexicon.negators:
        groups.setdefault(code, []).append("@negator")
    return {code: tuple(sorted(set(names))) for code, names in groups.items()}


def windows(codes: str) -> Iterator[tuple[int, int]]:
    """Cut an encoded text into its sentences, long ones into windows that overlap."""
    start = 0
    for at in range(len(codes) + 1):
        if at == len(codes) or codes[at] in _ENDS:
            if at > start:
                yield from _overlapping(start, at)
            start = at + 1


def _overlapping(start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > WINDOW:
        yield start, start + WINDOW
        start += _STEP
    yield start, end


def plain(encoded: Encoded, start: int, end: int) -> tuple[list[str], list[int]]:
    """List the words of a window, numbers as one sign, and the place of each."""
    kept = [at for at in range(start, end) if encoded.codes[at] != patterns.COMMA]
    return ["#" if encoded.codes[at] in _NUMBERS else encoded.words[at] for at in kept], kept


def of_word(word: str) -> Iterator[str]:
    """List what is seen in one word: itself, and its runs of three to five letters."""
    yield word
    if len(word) <= _LONGEST_WORD:
        framed = f"_{word}_"
        for size in (3, 4, 5):
            for place in range(len(framed) - size + 1):
                yield "~" + framed[place : place + size]


def of_neighbors(words: list[str], place: int) -> tuple[Name, ...]:
    """List what a word makes with those before it."""
    before = words[place - 1] if place else "^"
    found: tuple[Name, ...] = ((before, words[place]),)
    if place > 1:
        found += ((words[place - 2], "*", words[place]),)
    if place + 1 == len(words):
        found += ((words[place], "$"),)
    return found


def of_groups(
    codes: str, kept: list[int], place: int, groups: Mapping[str, tuple[str, ...]]
) -> Iterator[Name]:
    """List the groups of meaning of a word, and what they make with those up to four words before."""
    mine = groups.get(codes[kept[place]], ())
    if not mine:
        return
    earlier = {name for at in kept[max(0, place - _REACH) : place] for name in groups.get(codes[at], ())}
    for group in mine:
        yield group
        for other in earlier:
            yield other, group


def of_answer(encoded: Encoded, groups: Mapping[str, tuple[str, ...]]) -> frozenset[Name]:
    """List what the reader of answers looks at in a whole text: also words under a "no", and its length."""
    words, kept = plain(encoded, 0, len(encoded.codes))
    found: set[Name] = {f"len{min(len(words), _LONG)}"}
    under = 0
    for place, word in enumerate(words):
        found.update(of_word(word))
        found.update(of_neighbors(words, place))
        found.update(of_groups(encoded.codes, kept, place, groups))
        if place >= _APART:
            found.add((words[place - _APART], "**", word))
        if under:
            found.add(f"!{word}")
        under = _UNDER if word in DENIES else max(0, under - 1)
    return frozenset(found)


_LONG, _APART, _UNDER = 12, 3, 4
_DENYING = """not no dont didnt isnt havent hasnt never cant wasnt arent doesnt without nothing none wont nope
nah nunca nada sin tampoco ni ninguna ninguno"""
DENIES = frozenset(_DENYING.split())
