"""Reads one text. `read` understands it; the `exact_` functions know the bare keywords, fast enough for a webhook.

The public names of this package; its files are `words` (plain letters), `spelling`, `patterns` (the lexicons' language),
`lexicon`, `context` (is the sign really there?), `answers`, `measures`, `language`, `keywords`, `meanings`, `reading`.
"""

from outreach.triage.rules.keywords import (
    exact_help as exact_help,
    exact_opt_in as exact_opt_in,
    exact_opt_out as exact_opt_out,
    is_ambiguous_opt_out as is_ambiguous_opt_out,
    lifts_provider_block as lifts_provider_block,
)
from outreach.triage.rules.meanings import (
    Answer as Answer,
    Finding as Finding,
    Kind as Kind,
    OpenQuestion as OpenQuestion,
    Option as Option,
    QuestionKind as QuestionKind,
    Reading as Reading,
    Span as Span,
)
from outreach.triage.rules.reading import read as read
