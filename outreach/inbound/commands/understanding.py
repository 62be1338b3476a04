"""Understanding one text: read it, decide by the table, act, put it into its thread. Nothing ends nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from outreach.consent import commands as consent
from outreach.consent.rules import is_start
from outreach.conversations import commands as conversations
from outreach.conversations import queries as talk
from outreach.conversations.queries import ConversationView, PromptView
from outreach.escalations import commands as escalations
from outreach.escalations.rules import is_acknowledgment
from outreach.inbound import queries, rules
from outreach.inbound.commands import replies
from outreach.inbound.commands.after_hours import after_hours_reply
from outreach.inbound.commands.origin import SPOKEN, Here, locate_all, mark_understood, pager_owner
from outreach.inbound.commands.ours import Ours
from outreach.inbound.queries import Arrival
from outreach.kernel import log
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands as messaging
from outreach.patients.queries import Holder
from outreach.patients.rules import may_answer, topics_of
from outreach.staff import queries as staff
from outreach.triage import rules as triage
from outreach.triage.rules import Reading

logger = log.get(__name__)


def interpret(uow: UnitOfWork, *, receipt_id: UUID) -> None:
    """Understand one text and act on it. A repeat changes nothing."""
    interpret_all(uow, receipt_ids=[receipt_id])


def interpret_all(uow: UnitOfWork, *, receipt_ids: Sequence[UUID]) -> list[UUID]:
    """Understand several texts and act on them, each as if it were alone.

    Return those left alone: of texts from one phone only the first is understood, since the next may have to
    be understood in its light.
    """
    found = queries.arrivals(uow, receipt_ids=receipt_ids, lock=True)
    first = {one.phone: one for one in reversed(found) if one.interpreted_at is None}
    waiting = [one for one in found if first.get(one.phone) is one]
    ours = Ours(uow)
    owners = {one.receipt_id: pager_owner(uow, ours, one) for one in waiting}
    for one in waiting:
        staff_id = owners[one.receipt_id]
        if staff_id is not None:
            _answer_to_page(uow, ours, one, staff_id)
    theirs = [one for one in waiting if owners[one.receipt_id] is None]
    if theirs:
        _from_patients(uow, ours, locate_all(uow, ours, theirs))
    if waiting:
        mark_understood(uow, [one.receipt_id for one in waiting])
    return [one.receipt_id for one in found if one.interpreted_at is None and one not in waiting]


def _answer_to_page(uow: UnitOfWork, ours: Ours, arrival: Arrival, staff_id: UUID) -> None:
    """Take what a page was about, or have a person read what the colleague wrote instead."""
    answer = None
    if is_acknowledgment(arrival.body):
        answer = escalations.acknowledge_page(uow, staff_id=staff_id)
    sender = ours.sender_of(arrival)
    if answer is not None and sender is not None and arrival.phone is not None:
        tell = escalations.confirm_taken if answer.taken else escalations.tell_not_taken
        tell(
            uow,
            escalation_id=answer.escalation_id,
            staff_id=staff_id,
            pager=arrival.phone,
            sender_id=sender.id,
        )
    if answer is None:
        escalations.add_task(
            uow,
            team_id=staff.default_team(uow).id,
            kind="read_text",
            source_kind="inbound",
            source_id=arrival.receipt_id,
            detail=f"{staff.staff(uow, staff_id).name} answered a page: {arrival.body}",
        )
    logger.info(
        "page_answered", receipt_id=str(arrival.receipt_id), taken=answer is not None and answer.taken
    )


def _from_patients(uow: UnitOfWork, ours: Ours, heres: Sequence[Here]) -> None:
    threads = conversations.ensure_all(
        uow,
        [
            conversations.Place(phone_id=here.phone_id, team_id=here.team.id, patient_id=here.only_patient)
            for here in heres
        ],
    )
    understood = [_understand(uow, here, thread) for here, thread in zip(heres, threads, strict=True)]
    message_ids = messaging.record_all_inbound(uow, [_incoming(one) for one in understood])
    arrived = [
        _handle(uow, ours, Seen(message_id=message_id, **vars(one)))
        for one, message_id in zip(understood, message_ids, strict=True)
    ]
    conversations.take_in_all(uow, arrived)


@dataclass(frozen=True, kw_only=True)
class Understood:
    """A text, what it says and what we make of it."""

    here: Here
    conversation_id: UUID
    talking: bool
    """Whether a colleague is talking with them."""
    reading: Reading
    plan: rules.Plan

    @property
    def language(self) -> str:
        """The language to answer in."""
        return self.here.language(self.reading.language)


@dataclass(frozen=True, kw_only=True)
class Seen(Understood):
    """A text that has become a message of its thread."""

    message_id: UUID


def _understand(uow: UnitOfWork, here: Here, thread: ConversationView) -> Understood:
    about = here.about
    reading = _read(here, rules.current_of(rules.asked_of(here.prompts, about), about))
    situation = _situation(uow, here, reading, thread)
    return Understood(
        here=here,
        conversation_id=thread.id,
        talking=situation.talking,
        reading=reading,
        plan=rules.decide(situation),
    )


def _incoming(one: Understood) -> messaging.Incoming:
    here = one.here
    return messaging.Incoming(
        receipt_id=here.arrival.receipt_id,
        phone_id=here.phone_id,
        sender_id=here.sender_id,
        body=here.arrival.body,
        media=here.arrival.media,
        conversation_id=one.conversation_id,
        about_patient=one.plan.about,
        team_id=here.team.id,
        author_kind=_author(here.holders, one.plan.about),
        language=one.reading.language if one.reading.language in SPOKEN else None,
    )


def _handle(uow: UnitOfWork, ours: Ours, seen: Seen) -> conversations.Arrived:
    """Do what was decided; return what becomes of the conversation."""
    here, plan = seen.here, seen.plan
    human = _act(uow, seen, plan)
    after_hours_reply(
        uow,
        ours,
        here,
        plan,
        conversation_id=seen.conversation_id,
        language=seen.language,
        talking=seen.talking,
    )
    logger.info("text_understood", receipt_id=str(here.arrival.receipt_id), why=plan.why, human=human)
    return conversations.Arrived(
        message_id=seen.message_id,
        conversation_id=seen.conversation_id,
        needs_human=human,
        unknown_sender=not here.holders,
        opted_out=True if plan.opt_out else False if plan.opt_in else None,
    )


def _read(here: Here, asked: PromptView | None) -> Reading:
    question = rules.to_triage(_with_names(here, asked)) if asked else None
    # Our own question about whom is answered by a name.
    which = asked is not None and asked.question.get("key") == rules.WHICH
    said = here.arrival.body if which or not asked else here.said_of(asked)
    return triage.read(said, question=question, language_hint=here.hint)


def _read_as(here: Here, asked: PromptView, says: str) -> Reading:
    """Read other words than the text's own for a question: what it says instead of an earlier answer."""
    return triage.read(says, question=rules.to_triage(asked.question), language_hint=here.hint)


def _with_names(here: Here, asked: PromptView) -> dict[str, object]:
    """Our question about whom: names are looked up now and never stored with it."""
    if asked.question.get("key") != rules.WHICH:
        return asked.question
    names = {str(one.patient_id): [one.preferred_name or one.name, one.name] for one in here.holders}
    options = [
        {
            "word": one["word"],
            "labels": {"en": names.get(one["means"], []), "es": names.get(one["means"], [])},
        }
        for one in asked.question["options"]
    ]
    return {**asked.question, "options": options}


def _situation(uow: UnitOfWork, here: Here, reading: Reading, thread: ConversationView) -> rules.Situation:
    arrival = here.arrival
    asked_about = [one for one in here.prompts if one.question.get("key") != rules.WHICH]
    return rules.Situation(
        reading=reading,
        candidates=_candidates(uow, here, reading, thread.id),
        patients_here=here.patients_here,
        patients_asked=frozenset(one.patient_id for one in asked_about),
        may_answer=frozenset(one.patient_id for one in here.holders if _may(one, None)),
        chosen_for=frozenset(
            (one.patient_id, topic) for one in here.holders for topic in topics_of(one.scopes)
        ),
        named=here.named,
        may_be_named=here.may_be_named,
        knows_sender=bool(here.holders),
        blank=not arrival.body.strip(),
        talking=thread.staff_active_until is not None and thread.staff_active_until > uow.now,
        question_waits=any(one.state in ("open", "superseded", "expired") for one in asked_about),
        courtesy=rules.is_courtesy(arrival.body),
        asks_who=rules.asks_who(reading, arrival.body),
        exact_start=is_start(arrival.body),
        exact_help=triage.exact_help(arrival.body),
        provider_helped=rules.provider_helps(arrival.body, arrival.opt_out_type),
        ambiguous_opt_out=triage.is_ambiguous_opt_out(arrival.body),
        own_value=here.is_caregivers and rules.tells_own_value(arrival.body),
        appointment_asked=any(one.source_kind == "appointment" for one in here.prompts),
    )


def _may(holder: Holder, topic: str | None) -> bool:
    return may_answer(holder.scopes, relation=holder.relation, topic=topic)


def _candidates(
    uow: UnitOfWork, here: Here, reading: Reading, conversation_id: UUID
) -> tuple[rules.Candidate, ...]:
    """Questions this text answers: the open one, else the one earlier question that listens to these
    words.
    """
    if not here.prompts:
        return ()
    return rules.candidates(
        here.prompts,
        reading,
        read=lambda one: _read(here, one),
        staff_wrote_at=talk.staff_wrote_at(uow, conversation_id=conversation_id),
        said=here.arrival.body,
        reread=lambda one, says: _read_as(here, one, says),
        about=here.about,
    )


def _act(uow: UnitOfWork, seen: Seen, plan: rules.Plan) -> bool:
    """Do what the table says; return whether a person must read the text."""
    _apply_consent(uow, seen, plan)
    if plan.visit_task:
        _task(uow, seen, plan, "appointment_change")
    if plan.help_reply:
        replies.help_reply(
            uow,
            seen.here,
            conversation_id=seen.conversation_id,
            language=seen.language,
        )
    if plan.ask_which is not None:
        replies.ask_which(
            uow,
            seen.here,
            plan.ask_which,
            message_id=seen.message_id,
            conversation_id=seen.conversation_id,
            language=seen.language,
        )
    if plan.alarm is not None:
        _call(uow, seen, plan.alarm)
    if plan.bind is None:
        return plan.needs_human
    bound = _bind(uow, seen, plan.bind)
    return plan.needs_human or not bound


def _call(uow: UnitOfWork, seen: Seen, held: rules.Candidate) -> None:
    """Call somebody for an answer that is nobody's yet: "June here. I feel worse", when Walt was asked."""
    named = seen.here.named
    escalations.raise_(
        uow,
        team_id=seen.here.team.id,
        tier=held.calls or "orange",
        topic=held.answer.topic or "other_danger",
        source_kind="inbound",
        source_id=seen.here.arrival.receipt_id,
        conversation_id=seen.conversation_id,
        patient_id=next(iter(named)) if len(named) == 1 else None,
        phone_id=seen.here.phone_id,
    )


def _apply_consent(uow: UnitOfWork, seen: Seen, plan: rules.Plan) -> None:
    here = seen.here
    phone_id, sender_id, receipt_id = here.phone_id, here.sender_id, here.arrival.receipt_id
    said: consent.InTheirWords = {
        "sender_id": sender_id,
        "receipt_id": receipt_id,
        "evidence": here.arrival.body,
        "language": seen.language,
        "wording_version": seen.reading.lexicon_version,
    }
    if plan.opt_out:
        by_caregiver = _author(here.holders, plan.about) == "caregiver"
        consent.opt_out(uow, phone_id=phone_id, how="caregiver" if by_caregiver else "text", **said)
    if plan.opt_in:
        consent.opt_in(uow, phone_id=phone_id, how="text", **said)
    elif rules.provider_starts(here.arrival.body, here.arrival.opt_out_type):
        consent.unblock_by_provider(uow, phone_id=phone_id, sender_id=sender_id)
    if plan.wrong_person:
        consent.wrong_person(uow, phone_id=phone_id, sender_id=sender_id, receipt_id=receipt_id)
        _task(uow, seen, plan, "wrong_person")


def _task(uow: UnitOfWork, seen: Seen, plan: rules.Plan, kind: str) -> None:
    escalations.add_task(
        uow,
        team_id=seen.here.team.id,
        kind=kind,
        source_kind="inbound",
        source_id=seen.here.arrival.receipt_id,
        patient_id=plan.about,
        conversation_id=seen.conversation_id,
    )


def _bind(uow: UnitOfWork, seen: Seen, candidate: rules.Candidate) -> bool:
    if candidate.is_which:
        return _bind_to_named(uow, seen, candidate)
    asked = talk.prompt(uow, prompt_id=candidate.prompt_id)
    conversations.bind_answer(
        uow,
        prompt_id=candidate.prompt_id,
        message_id=seen.message_id,
        value=rules.value_of(candidate.answer),
        by=_author(seen.here.holders, candidate.patient_id),
        late=rules.is_late(asked, now=uow.now),
        corrects=candidate.corrects,
    )
    return True


def _bind_to_named(uow: UnitOfWork, seen: Seen, candidate: rules.Candidate) -> bool:
    """Bind the answer that waited, now that we know about whom it was; if that was nobody asked, tell a
    person.
    """
    which = talk.prompt(uow, prompt_id=candidate.prompt_id)
    conversations.close_prompt(uow, prompt_id=which.prompt_id)
    named = next(
        (UUID(one["means"]) for one in which.question["options"] if one["word"] == candidate.answer.word),
        None,
    )
    asked = talk.prompt(uow, prompt_id=UUID(which.question["asked"]))
    first = UUID(which.question["message"])
    said = talk.text_in_thread(uow, message_id=first)
    reading = triage.read(said.body, question=rules.to_triage(asked.question), language_hint=seen.here.hint)
    topic = asked.question.get("topic")
    allowed = any(_may(one, topic) for one in seen.here.holders if one.patient_id == named)
    if named != asked.patient_id or not allowed or asked.state == "answered" or reading.answer is None:
        return False
    conversations.bind_answer(
        uow,
        prompt_id=asked.prompt_id,
        message_id=first,
        value=rules.value_of(reading.answer),
        by=_author(seen.here.holders, asked.patient_id),
        late=asked.expires_at <= uow.now,
    )
    return True


def _author(holders: tuple[Holder, ...], about: UUID | None) -> str:
    """Say who wrote: the patient, unless this phone is only a caregiver's for them."""
    theirs = [one.relation for one in holders if about is None or one.patient_id == about]
    return "caregiver" if theirs and "self" not in theirs else "patient"
