"""The linter: everything a program file can get wrong that a reader would not see. Pure; it raises nothing.

`findings` says what a problem is, `texts` checks the words, `answers` what may be replied and what follows,
`flow` the steps and their times, `hours` whether somebody is there for the answers,
`checks` is the list of them all.
"""

from outreach.programs.rules.lint.checks import lint
from outreach.programs.rules.lint.findings import Finding, Lines, Rostered, Spans

__all__ = ("Finding", "Lines", "Rostered", "Spans", "lint")
