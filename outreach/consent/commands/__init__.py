"""Verbs of consent: every act is a line of the ledger, and the states follow it.

STOP takes the lock of the phone's row, as claiming a send does: no claim commits after a STOP has.
"""

from outreach.consent.commands.ledger import InTheirWords, NeedsEvidence, NotAPurpose
from outreach.consent.commands.numbers import right_person, wrong_person
from outreach.consent.commands.people import record_basis, record_choice, record_warning, set_purpose
from outreach.consent.commands.phones import (
    block_by_provider,
    claim_confirmation,
    opt_in,
    opt_out,
    unblock_by_provider,
)
from outreach.consent.commands.rebuild import rebuild

__all__ = [
    "InTheirWords",
    "NeedsEvidence",
    "NotAPurpose",
    "block_by_provider",
    "claim_confirmation",
    "opt_in",
    "opt_out",
    "rebuild",
    "record_basis",
    "record_choice",
    "record_warning",
    "right_person",
    "set_purpose",
    "unblock_by_provider",
    "wrong_person",
]
