"""For whom: the conditions are tried on made-up people with every documented fact."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from itertools import pairwise

from outreach.kernel.said import Said
from outreach.programs.rules import conditions
from outreach.programs.rules.lint import flow, whom
from outreach.programs.rules.lint.findings import Finding, Path, Subject
from outreach.programs.rules.lint.somebody import CODE, QUOTED, RISKS

LOWER_CASE = re.compile(
    r"(?:\b\w+|encounter\.(?:type|reason)|procedure\.text|appointment\.text)"
    r"(?:\.(?:contains|startsWith|endsWith|matches)\(\s*|\s*==\s*)[\"']([^\"']*)[\"']"
)
SYSTEMS = ("icd10", "icd10pcs", "snomed", "cpt")
BARE_CODE = re.compile(r"[\"']([A-TV-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?|\d{6,18})[\"']")
SHAPES = {
    "icd10": re.compile(r"[A-Z]\d[0-9AB](?:\.(?:[0-9A-HJ-NP-Z]{1,4})?)?|[A-Z]\d?"),
    "icd10pcs": re.compile(r"[0-9A-HJ-NP-Z]{2,7}"),
    "snomed": re.compile(r"\d{6,18}"),
    "cpt": re.compile(r"\d{4}[0-9FTU]|\d{2,4}"),
}
"""ICD-10-CM: a letter, a figure, a figure or A or B, then a dot; no O and no I after the first. SNOMED CT
identifiers end in a Verhoeff digit."""
LIKE_THIS = 'Write it like "icd10:I50.9", "snomed:84114007", "cpt:27447" or "icd10pcs:0SR9".'
LOOKALIKE = "Look for a letter O, I or l in place of a 0 or 1, or a figure in place of the first letter."
D5 = ("0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
      "5987604321", "6598710432", "7659821043", "8765932104", "9876543210")  # fmt: skip
P8 = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)
LANGUAGE = re.compile(r"patient\.language\s*(?:==|!=|in)\s*(\[[^\]]*\]|\"[^\"]*\")")
TIER = re.compile(r"patient\.risk_tier\s*(?:==|!=|in)\s*(\[[^\]]*\]|\"[^\"]*\")")
PAST = re.compile(
    r"(?<!!)(?<!\w)\w+\.contains\(\"((?:family |past )?history|history of|ruled? out"
    r"|no evidence)[^\"]*\"\)"
)
ANSWERED = re.compile(r'question == "([^"]*)"[^()|]*?means (?:==|!=) "([^"]*)"')
SINCE = re.compile(r'question == "([^"]*)"[^()|]*?days_ago\s*(<=|<)\s*(\d+)')
NEEDS = ("ride", "interpreter", "no_social_screening")
"""Needs that something of ours reads; a clinic may write down others."""


def check(subject: Subject) -> Iterator[Finding]:
    """Check for whom the program is, and for whom each condition holds."""
    program = subject.program
    places: list[tuple[Path, str]] = [(("audience",), program.audience), (("exclude",), program.exclude)]
    for place, expression in (*places, *flow.written(program)):
        yield from _mixed(subject, place, expression)
        wrong = [*_no_codes(subject, place, expression), *_no_values(subject, place, expression)]
        yield from wrong or _unmatched(subject, place, expression)
        yield from _past(subject, place, expression)
        yield from _never(subject, place, expression, known=bool(wrong))
        yield from _answers(subject, place, expression)


def _mixed(subject: Subject, place: Path, expression: str) -> Iterator[Finding]:
    """Find && and || side by side: && binds first, which is seldom what was meant."""
    depths: list[set[str]] = [set()]
    bare = QUOTED.sub(lambda match: "_" * len(match.group(0)), expression)
    for match in re.finditer(r"[(\[,)\]]|&&|\|\|", bare):
        sign = match.group(0)
        if sign in "([":
            depths.append(set())
        elif sign in ")]" or sign == ",":
            depths = [*depths[:-1], *([set()] if sign == "," or len(depths) == 1 else [])]
        else:
            depths[-1].add(sign)
        if len(depths[-1]) > 1:
            yield subject.finding(
                "condition",
                *subject.row(place, expression[match.start() : match.start() + 8]),
                what="`&&` and `||` stand side by side without parentheses: `&&` binds first",
                mend="Put ( ) round the parts that belong together.",
            )
            return


def _unmatched(subject: Subject, place: Path, expression: str) -> Iterator[Finding]:
    bare = CODE.sub('""', expression)
    for match in LOWER_CASE.finditer(bare):
        if match.group(1) != match.group(1).lower():
            yield subject.finding(
                "condition",
                *subject.row(place, f'"{match.group(1)}"'),
                what=Said("“%(value)s” never matches: these facts are in lower case", value=match.group(1)),
                mend="Write it in lower case.",
            )


def _no_codes(subject: Subject, place: Path, expression: str) -> Iterator[Finding]:
    for match in CODE.finditer(expression):
        system, _, code = match.group(1).partition(":")
        if not _is_code(system, code):
            mend = LOOKALIKE if _looks_alike(system, code) else LIKE_THIS
            yield subject.finding(
                "condition",
                *subject.row(place, f'"{match.group(1)}"'),
                what=Said("“%(value)s” is no code of a system we know", value=match.group(1)),
                mend=mend,
            )
    if re.search(r"\bcodes\b", expression):
        for match in BARE_CODE.finditer(expression):
            yield subject.finding(
                "condition",
                *subject.row(place, f'"{match.group(1)}"'),
                what=Said("“%(value)s” is no code of a system we know", value=match.group(1)),
                mend=LIKE_THIS,
            )


def _no_values(subject: Subject, place: Path, expression: str) -> Iterator[Finding]:
    for pattern, known in ((LANGUAGE, None), (TIER, RISKS)):
        for listed in pattern.findall(expression):
            for value in re.findall(r'"([^"]*)"', listed):
                if value not in known if known else not re.fullmatch(r"[a-z]{2,3}(?:-[A-Za-z]+)?", value):
                    yield subject.finding(
                        "condition",
                        *subject.row(place, f'"{value}"'),
                        what=Said("No patient's record says “%(value)s” there", value=value),
                        mend='Languages are like "en" and "es", risk tiers like "high" and "low".',
                    )


def _past(subject: Subject, place: Path, expression: str) -> Iterator[Finding]:
    for match in PAST.finditer(expression):
        yield subject.finding(
            "condition",
            *subject.row(place, match.group(0)),
            what=Said("Wants those of whom only “%(words)s” is written", words=match.group(1)),
            mend="Put ! before it: what is over or was ruled out is to be left out.",
        )


def _looks_alike(system: str, code: str) -> bool:
    """Return whether a letter that looks like a figure, or the other way, is all that is wrong."""
    plain = code.upper().translate(str.maketrans("OIL", "011"))
    tried = {plain, plain[:1].translate(str.maketrans("01", "OI")) + plain[1:], code[:1].upper() + plain[1:]}
    return any(one != code and _is_code(system.lower(), one) for one in tried)


def _is_code(system: str, code: str) -> bool:
    shape = SHAPES.get(system)
    if shape is None or not shape.fullmatch(code):
        return False
    return system != "snomed" or _verhoeff(code)


def _verhoeff(code: str) -> bool:
    left = 0
    for place, digit in enumerate(reversed(code)):
        left = int(D5[left][int(P8[place % 8][int(digit)])])
    return left == 0


def _answers(subject: Subject, place: Path, expression: str) -> Iterator[Finding]:
    """Find answers that the named question hasn't, and windows in which it was never asked."""
    program = subject.program
    for key, means in ANSWERED.findall(expression):
        question = program.questions.get(key)
        if question and means not in {one.means for one in question.branches()}:
            yield subject.finding(
                "condition",
                *place,
                what=Said("“%(key)s” has no answer “%(means)s”", key=key, means=means),
                mend="Use one of its `means`.",
            )
    for key, sign, days in SINCE.findall(expression):
        asked = sorted({day for step in program.steps if step.ask == key for day in step.days})
        gaps = [later - day for day, later in pairwise(asked)]
        latest = int(days) - (sign == "<")
        about_itself = place[:2] == ("questions", key) or place[0] == "variants"
        if about_itself and gaps and latest < min(gaps) and not (latest == 0 and len(asked) < len(gaps)):
            yield subject.finding(
                "condition",
                *place,
                what=Said(
                    "“%(key)s” is asked every %(gap)s days: no earlier answer is %(days)s days old or less",
                    key=key,
                    gap=min(gaps),
                    days=latest,
                ),
                mend="Widen `days_ago`.",
            )


def _never(subject: Subject, place: Path, expression: str, *, known: bool) -> Iterator[Finding]:
    """Find conditions about the patient alone that hold for nobody, and days without an end."""
    if re.search(r"days_ago\s*>=?\s*\d", expression) and not re.search(r"days_ago\s*<", expression):
        yield subject.finding(
            "condition",
            *place,
            what="Looks at answers of any age: `days_ago` has no upper end",
            mend="Write `days_ago <= ...`.",
        )
    for value in re.findall(r'n == "([^"]*)"', expression):
        near = difflib.get_close_matches(value, NEEDS, n=1, cutoff=0.8)
        if near and value not in NEEDS:
            yield subject.finding(
                "condition",
                *subject.row(place, f'"{value}"'),
                what=Said("No patient's record says “%(value)s” there", value=value),
                mend=Said("Known are %(names)s.", names=", ".join(NEEDS)),
            )
    if known or "earlier" in expression or "value" in expression or place[0] in ("audience", "exclude"):
        return
    try:
        if whom.holds_for_nobody(expression):
            yield subject.finding(
                "condition",
                *place,
                what="Holds for nobody",
                mend="Mend the values, or the parts that exclude each other.",
            )
    except conditions.BadExpression:
        return
