"""`outreach demo-data`: the sample people of a first look, in the clinic's record and on the pretend
phones.
"""

from __future__ import annotations

from pathlib import Path

import click

from outreach.cli import opening
from outreach.interop import demo
from outreach.interop.demo_stage import Said
from outreach.kernel import clock
from outreach.services import Services
from outreach.simulator.keywords import REPLIES, keyword
from outreach.simulator.records import Message, Text, new_sid
from outreach.simulator.settings import SimulatorSettings
from outreach.simulator.store import Store


@click.command(name="demo-data")
@opening.data_option
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed makes the same people.")
def demo_data(data: Path, seed: int) -> None:
    """Load the sample clinic and its dozen invented patients; a second time changes nothing.

    Prints how to sign in. While the simulator runs, its phones keep to themselves what it knows already.

    Example: outreach demo-data --seed 7
    """
    with opening.services(data) as services:
        loaded = demo.load(services, seed=seed)
        if loaded.said and data.is_dir() and not services.settings.real_provider:
            phones = data / "simulator"
            phones.mkdir(mode=0o700, exist_ok=True)
            _fill_phones(phones, services, loaded)
    for line in loaded.login:
        click.echo(line)


def _fill_phones(folder: Path, services: Services, loaded: demo.Loaded) -> None:
    """Put what was said in the past on the handsets of the simulator, which is not running yet."""
    settings = services.settings
    ours = tuple(dict.fromkeys(one.ours for one in loaded.said))
    told = SimulatorSettings(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_tokens[0],
        numbers=ours,
        data_dir=folder,
    )
    store = Store(told, clock.SystemClock().now)
    for e164, label in loaded.labels:
        store.label(e164, label)
    for one in loaded.said:
        _show(store, one)
    if store.journal:
        store.journal.close()


def _show(store: Store, one: Said) -> None:
    store.add_message(
        Message(
            sid=one.sid,
            direction="outbound-api" if one.inward else "inbound",
            to=one.phone if one.inward else one.ours,
            from_=one.ours if one.inward else one.phone,
            body=one.body,
            status="delivered" if one.inward else "received",
            created=one.at,
            updated=one.at,
            sent=one.at,
        )
    )
    text = Text(
        sid=one.sid,
        inward=one.inward,
        body=one.body,
        at=one.at,
        shown_at=one.at,
        other=one.ours,
        state="delivered",
    )
    store.show(one.phone, text)
    word = None if one.inward else keyword(one.body)
    if word == "STOP" and store.block(store.block_key(one.ours), one.phone):
        answer = Text(
            sid=new_sid("SM"),
            inward=True,
            body=REPLIES[word],
            at=one.at,
            shown_at=one.at,
            other=one.ours,
            kind="auto",
        )
        store.show(one.phone, answer)
