"""THE table: which fact is heard by which handlers, in which order. And who composes which contact."""

from __future__ import annotations

from collections.abc import Mapping

from outreach.care import events as care
from outreach.consent import events as consent
from outreach.conversations import events as talk
from outreach.conversations import handlers as conversations
from outreach.escalations import events as raised
from outreach.escalations import handlers as escalations
from outreach.inbound import events as received
from outreach.inbound import handlers as inbound
from outreach.kernel.facts import Fact
from outreach.kernel.outbox import Subscribers
from outreach.kernel.relay import Handler, Together
from outreach.messaging import events as messaging
from outreach.messaging import handlers as texts
from outreach.patients import events as patients
from outreach.policy import events as policy
from outreach.programs import events as enrolled
from outreach.programs import handlers as programs
from outreach.programs.commands import send as program_texts
from outreach.reminders import commands as reminder_texts
from outreach.reminders import handlers as reminders
from outreach.staff import events as staff
from outreach.touchpoints import handlers as touchpoints
from outreach.touchpoints.commands import Source

TABLE: Mapping[type[Fact], tuple[Handler, ...]] = {
    received.TextReceived: (inbound.interpret,),
    received.SafetyReadingDue: (inbound.read_safety,),
    consent.OptedOut: (inbound.confirm_opt_out, texts.show_crossed, programs.on_opted_out),
    consent.OptedIn: (programs.on_opted_in,),
    talk.Answered: (programs.on_answered, reminders.on_answered, touchpoints.on_answered),
    talk.PromptExpired: (programs.on_prompt_expired,),
    messaging.MessageQueued: (conversations.show,),
    messaging.MessageAccepted: (conversations.show,),
    messaging.MessageDelivered: (conversations.show_delivery,),
    messaging.MessageFailed: (conversations.show_trouble, escalations.on_text_lost, programs.on_text_lost),
    messaging.MessageInDoubt: (conversations.show_trouble, escalations.on_text_lost, programs.on_text_lost),
    messaging.SenderTrouble: (escalations.on_sender_trouble,),
    messaging.MessageRecovered: (conversations.show_recovered,),
    messaging.MessageResolved: (conversations.show_delivery,),
    messaging.MessageDropped: (conversations.show_dropped, escalations.on_text_lost, programs.on_text_lost),
    raised.EscalationRaised: (escalations.start_ladder,),
    raised.EscalationOverruled: (inbound.on_overruled,),
    care.PatientDischarged: (programs.on_discharged,),
    care.EncounterChanged: (programs.on_encounter_changed,),
    care.PatientReadmitted: (programs.on_readmitted,),
    care.CarePlanChanged: (programs.on_care_plan_changed,),
    care.ProcedureChanged: (programs.on_procedure_changed,),
    care.AppointmentChanged: (reminders.on_appointment_changed, programs.on_appointment_changed),
    care.MedicationChanged: (reminders.on_medication_changed, programs.on_medication_changed),
    policy.Resumed: (programs.on_resumed,),
    staff.RosterFilled: (touchpoints.on_roster_filled,),
    patients.PatientDied: (programs.on_died,),
    patients.HospiceBegan: (programs.on_hospice,),
    patients.ZoneChanged: (touchpoints.on_zone_changed,),
}

UNHEARD: Mapping[type[Fact], str] = {
    consent.WrongPerson: "inbound gives staff their task in the same transaction",
    patients.PatientsMerged: "rows stay where they are; queries resolve merges",
    patients.PhoneLost: "the next due contact finds no phone and becomes a call task",
    enrolled.Enrolled: "for figures to come",
}

SOURCES: Mapping[str, Source] = {
    "program": program_texts.SOURCE,
    "activity": program_texts.SOURCE,
    "appointment": reminder_texts.SOURCE,
    "refill": reminder_texts.SOURCE,
}
"""Kind of a planned contact -> who checks that it is still true, and finds its words."""


def name_of(handler: Handler) -> str:
    """Return the name a handler has in the outbox, like "inbound.interpret"."""
    return f"{handler.__module__.removeprefix('outreach.').removesuffix('.handlers')}.{handler.__name__}"


SUBSCRIBERS: Subscribers = {
    fact.__name__: tuple(name_of(handler) for handler in handlers) for fact, handlers in TABLE.items()
}
HANDLERS: Mapping[str, Handler] = {
    name_of(handler): handler for handlers in TABLE.values() for handler in handlers
}
TOGETHER: Mapping[str, Together] = {
    name_of(inbound.interpret): inbound.interpret_together,
    name_of(inbound.read_safety): inbound.read_safety_together,
}
"""Handlers that can take a handful of facts at once, and what they are called with then."""
