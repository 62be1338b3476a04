"""The states follow from the ledger, and nothing but the ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from outreach.consent import commands, models, queries, rules
from outreach.patients import commands as patients
from tests.consent.make import house
from tests.examples import FIXTURES_STAY, examples

PHONES, PEOPLE, SENDERS = (0, 1), (0, 1), (0, 1)

ACTS = st.one_of(
    st.tuples(st.sampled_from(["opt_out", "opt_in", "yes", "claim", "wrong"]), st.sampled_from(PHONES)),
    st.tuples(
        st.sampled_from(["block", "unblock", "start"]), st.sampled_from(PHONES), st.sampled_from(SENDERS)
    ),
    st.tuples(
        st.sampled_from(["staff_out", "staff_in", "register", "document", "warn"]),
        st.sampled_from(PHONES),
        st.sampled_from(PEOPLE),
    ),
    st.tuples(
        st.just("purpose"),
        st.sampled_from(PHONES),
        st.sampled_from(PEOPLE),
        st.sampled_from(rules.PURPOSES),
        st.sampled_from(["allowed", "refused"]),
    ),
    st.tuples(st.just("holder"), st.sampled_from(PHONES)),
)


class World:
    """Two phones, two people and two senders, and what may be done to them."""

    def __init__(self, uow):
        self.uow = uow
        self.home = house(uow, basis=False)
        home = self.home
        self.phones = [home.phone_id, home.another_phone(patient_id=home.patient_id)]
        self.people = [home.patient_id, home.another_patient()]
        self.senders = [home.sender_id, home.another_sender()]

    def act(self, name, phone, *more):
        getattr(self, name)(self.phones[phone], *more)

    def opt_out(self, phone):
        commands.opt_out(self.uow, phone_id=phone, how="text", receipt_id=self.uow.new_id())

    def opt_in(self, phone):
        commands.opt_in(self.uow, phone_id=phone, how="text", receipt_id=self.uow.new_id(), evidence="START")

    def yes(self, phone):
        commands.opt_in(self.uow, phone_id=phone, how="text", receipt_id=self.uow.new_id(), evidence="YES")

    def claim(self, phone):
        commands.claim_confirmation(self.uow, phone_id=phone)

    def wrong(self, phone):
        commands.wrong_person(self.uow, phone_id=phone, receipt_id=self.uow.new_id())

    def holder(self, phone):
        patients.new_holder(self.uow, phone_id=phone, how="reassigned")

    def block(self, phone, sender):
        commands.block_by_provider(self.uow, phone_id=phone, sender_id=self.senders[sender])

    def unblock(self, phone, sender):
        commands.unblock_by_provider(self.uow, phone_id=phone, sender_id=self.senders[sender])

    def start(self, phone, sender):
        commands.opt_in(
            self.uow,
            phone_id=phone,
            how="text",
            receipt_id=self.uow.new_id(),
            sender_id=self.senders[sender],
            evidence="START",
        )

    def staff_out(self, phone, person):
        commands.opt_out(
            self.uow,
            phone_id=phone,
            how="staff",
            by_staff_id=self.home.staff_id,
            patient_id=self.people[person],
        )

    def staff_in(self, phone, person):
        commands.opt_in(
            self.uow,
            phone_id=phone,
            how="staff",
            by_staff_id=self.home.staff_id,
            evidence="called us",
            patient_id=self.people[person],
        )

    def register(self, phone, person):
        self.home.register(phone_id=phone, patient_id=self.people[person])

    def document(self, phone, person):
        self.home.register(
            phone_id=phone,
            patient_id=self.people[person],
            how="staff",
            by_staff_id=self.home.staff_id,
            evidence="signed the form",
        )

    def warn(self, phone, person):
        commands.record_warning(
            self.uow,
            patient_id=self.people[person],
            phone_id=phone,
            how="registration",
            wording_version="1",
            language="en",
        )

    def purpose(self, phone, person, purpose, wanted):
        commands.set_purpose(
            self.uow,
            patient_id=self.people[person],
            phone_id=phone,
            purpose=purpose,
            wanted=wanted,
            by_staff_id=self.home.staff_id,
            evidence="told the desk",
        )

    def stored(self):
        """The three states as the tables hold them."""
        session = self.uow.session
        session.expire_all()
        return (
            {
                (one.phone_id, one.epoch): (one.opted_out_at, one.event_id)
                for one in session.scalars(select(models.PhoneOptOut))
            },
            {
                (one.phone_id, one.sender_id): (one.blocked_at, one.event_id)
                for one in session.scalars(select(models.ProviderBlock))
            },
            {
                (one.patient_id, one.purpose): (one.state, one.basis, one.event_id, one.warned_at)
                for one in session.scalars(select(models.ContactPreference))
            },
        )

    def derived(self):
        """The same, from the whole ledger."""
        rows = self.uow.session.scalars(select(models.ConsentEvent).order_by(models.ConsentEvent.no))
        fields = rules.Entry.__dataclass_fields__
        states = rules.derive(rules.Entry(**{name: getattr(row, name) for name in fields}) for row in rows)
        return (
            states.opt_outs,
            states.blocks,
            {
                key: (wish.state, wish.basis, wish.event_id, states.warned.get(key[0]))
                for key, wish in states.preferences.items()
            },
        )


@pytest.fixture
def world(uow):
    return World(uow)


@given(history=st.lists(ACTS, max_size=14))
@examples(20, allow=FIXTURES_STAY)
def test_the_states_are_what_the_ledger_says_after_any_history(uow, world, history):
    with uow.session.begin_nested() as savepoint:
        for act in history:
            world.act(*act)

        kept = world.stored()
        assert kept == world.derived()
        for phone_id in world.phones:
            commands.rebuild(uow, phone_id=phone_id)
        assert world.stored() == kept
        savepoint.rollback()
    uow.facts.clear()


@given(history=st.lists(ACTS, max_size=10))
@examples(8, allow=FIXTURES_STAY)
def test_states_that_were_lost_or_spoiled_come_back_from_the_ledger(uow, world, history):
    with uow.session.begin_nested() as savepoint:
        for act in history:
            world.act(*act)
        kept = world.stored()

        uow.session.execute(models.PhoneOptOut.__table__.delete())
        uow.session.execute(models.ProviderBlock.__table__.delete())
        uow.session.execute(models.ContactPreference.__table__.update().values(state="allowed"))
        for phone_id in world.phones:
            commands.rebuild(uow, phone_id=phone_id)

        assert world.stored() == kept
        savepoint.rollback()
    uow.facts.clear()


REOPENING = ("opt_in", "start", "staff_in", "holder")


@given(history=st.lists(ACTS, max_size=12))
@examples(20, allow=FIXTURES_STAY)
def test_nothing_but_a_start_or_documented_evidence_or_a_new_holder_ends_an_opt_out(uow, world, history):
    with uow.session.begin_nested() as savepoint:
        phone = world.phones[0]
        world.opt_out(phone)

        for act in history:
            world.act(*act)

        if not any(name in REOPENING and where == 0 for name, where, *_ in history):
            for sender_id in world.senders:
                for patient_id in world.people:
                    standing = queries.standing(
                        uow, phone_id=phone, sender_id=sender_id, patient_id=patient_id, purpose="care"
                    )
                    assert standing.opted_out_at is not None
                    assert not standing.allowed
        savepoint.rollback()
    uow.facts.clear()


@pytest.mark.parametrize(
    ("wishes", "amounts_to"),
    [
        ([], None),
        ([("allowed", "registration")], "registration"),
        ([("allowed", "registration"), ("refused", "registration")], "refused"),
        # another row's registration, however late, undoes nothing
        ([("refused", "registration"), ("allowed", "registration")], "refused"),
        # what the person did later does
        ([("refused", "registration"), ("allowed", "opt_in_text")], "opt_in_text"),
        ([("allowed", "opt_in_text"), ("allowed", "registration")], "opt_in_text"),
        ([("allowed", "opt_in_text"), ("refused", "opt_in_text")], "refused"),
    ],
)
def test_what_the_rows_of_one_person_amount_to(wishes, amounts_to):
    assert rules.of_one_person(wishes) == amounts_to


@pytest.mark.parametrize(
    ("state", "how", "after"),
    [
        # two imports at once both write a line; the person's own word stands whichever came last
        ("refused", "registration", None),
        ("refused", "import", None),
        ("refused", "caregiver", None),
        ("refused", "text", ("allowed", "opt_in_text")),
        ("refused", "staff", ("allowed", "staff_documented")),
        ("allowed", "registration", None),
    ],
)
def test_a_registration_never_undoes_or_weakens_what_a_person_did(state, how, after):
    ids = [UUID(int=number) for number in range(1, 5)]
    before = rules.Preference(state=state, basis="opt_in_text", event_id=ids[0])
    line = rules.Entry(
        id=ids[1],
        kind="basis",
        purpose="care",
        how=how,
        phone_id=ids[2],
        epoch=1,
        patient_id=ids[3],
        sender_id=None,
        at=datetime(2026, 3, 10, tzinfo=UTC),
    )

    changed = rules.prefer(before, line)

    assert (changed and (changed.state, changed.basis)) == after
