"""A reading being put together: what each step of `reading` sees and notes."""

from __future__ import annotations

from dataclasses import dataclass, field

from outreach.triage.rules import words
from outreach.triage.rules.lexicon import Encoded, Hit, Lexicon
from outreach.triage.rules.meanings import Answer, Finding, Kind, Option, Span
from outreach.triage.rules.numerals import Figures


@dataclass(slots=True)
class Draft:
    """A reading being put together."""

    text: str
    lexicon: Lexicon
    folded: words.Folded
    encoded: Encoded
    figures: Figures
    kinds: dict[Kind, float] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    alarmed: set[int] = field(default_factory=set)
    denied: set[Kind] = field(default_factory=set)
    denied_at: set[int] = field(default_factory=set)
    answer: Answer | None = None
    human: bool = False
    leans: Option | None = None
    """The answer that would call somebody at once, where a doubtful text names it."""
    unclear: bool = False
    """The open question was answered in no plain way, and nothing else is bound to it."""

    def see(self, kind: Kind, hit: Hit) -> None:
        """Note a rule that was seen, once for each place."""
        confidence = hit.rule.confidence
        if any(at in self.encoded.guessed for at in range(hit.start, hit.end)):
            confidence = round(confidence - 0.1, 3)
        self.kinds[kind] = max(confidence, self.kinds.get(kind, 0.0))
        self.used.update(range(hit.start, hit.end))
        start, end = self.encoded.where(hit.start, hit.end)
        span = Span(
            start=start, end=end, kind=kind.value, rule=hit.rule.id, text=self.text[start:end],
            topic=hit.rule.topic, tier=hit.rule.tier,
        )  # fmt: skip
        if not any(
            other.rule == span.rule and other.start <= start and end <= other.end for other in self.spans
        ):
            self.spans.append(span)

    def note(
        self, code: str, *, topic: str | None = None, rule: str | None = None, human: bool = False
    ) -> None:
        """Note a finding, and whether it calls for a person."""
        finding = Finding(code=code, topic=topic, rule=rule)
        if finding not in self.findings:
            self.findings.append(finding)
        self.human = self.human or human
