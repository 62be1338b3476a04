"""Reads one text.

`read` understands it; the `exact_` functions know the bare keywords, fast enough for a webhook. The names
below are the public ones. The files: `words` (plain letters), `spelling`, `patterns` (the language of the
lexicons), `lexicon`, `context` (is the sign really there?), `answers`, `measures`, `language`, `keywords`,
`meanings`, `reading`.
"""

from outreach.triage.rules.keywords import (
    exact_help as exact_help,
)
from outreach.triage.rules.keywords import (
    exact_opt_in as exact_opt_in,
)
from outreach.triage.rules.keywords import (
    exact_opt_out as exact_opt_out,
)
from outreach.triage.rules.keywords import (
    is_ambiguous_opt_out as is_ambiguous_opt_out,
)
from outreach.triage.rules.keywords import (
    lifts_provider_block as lifts_provider_block,
)
from outreach.triage.rules.language import (
    is_word as is_word,
)
from outreach.triage.rules.meanings import (
    Answer as Answer,
)
from outreach.triage.rules.meanings import (
    Finding as Finding,
)
from outreach.triage.rules.meanings import (
    Kind as Kind,
)
from outreach.triage.rules.meanings import (
    OpenQuestion as OpenQuestion,
)
from outreach.triage.rules.meanings import (
    Option as Option,
)
from outreach.triage.rules.meanings import (
    QuestionKind as QuestionKind,
)
from outreach.triage.rules.meanings import (
    Reading as Reading,
)
from outreach.triage.rules.meanings import (
    Span as Span,
)
from outreach.triage.rules.reading import read as read
