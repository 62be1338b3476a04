"""`outreach init`: from an empty database to a deployment somebody can sign in to."""

from __future__ import annotations

from pathlib import Path

import click

from outreach.cli import opening
from outreach.cli.senders import address_of
from outreach.config import Settings
from outreach.consent import rules as consent
from outreach.kernel import phone
from outreach.kernel.unit_of_work import Actor, UnitOfWork
from outreach.programs.commands import release
from outreach.staff import commands as staff

CLI = Actor(kind="operator")
BASES = (*consent.SETTINGS, "none")


@click.command()
@opening.data_option
@click.option("--organization", prompt="Name of the organization", help="As it stands on your letters.")
@click.option(
    "--short-name", prompt="Short name for texts", help="First words of every text, like Riverside."
)
@click.option("--zone", prompt="Time zone", default="America/New_York", show_default=True)
@click.option("--team", prompt="Name of the first care team", default="Care team", show_default=True)
@click.option(
    "--sender",
    default=None,
    help="Number (+1...) or Messaging Service (MG...) to text from. Left out: "
    "TWILIO_MESSAGING_SERVICE_SID or TWILIO_FROM, else you are asked.",
)
@click.option("--callback", prompt="Number patients can call", help="Printed in texts, like (202) 555-0100.")
@click.option("--admin-email", prompt="E-mail of the first administrator")
@click.option("--admin-name", prompt="Name of the first administrator")
@click.option(
    "--admin-password",
    prompt="Password (12 characters or more)",
    hide_input=True,
    confirmation_prompt=True,
    help="Leave it out to be asked for it without echo.",
)
@click.option(
    "--admin-pager", default=None, help="Number to page them at when nobody else takes an alert (advised)."
)
@click.option(
    "--basis",
    type=click.Choice(BASES),
    prompt="Why may you text patients",
    help="registration: they gave their number for treatment (47 USC 227, FCC 2015; ask your counsel). "
    "opt_in: only people who texted START, or whose consent staff documented. none: nobody is texted. "
    "`outreach settings set` changes it later, for each purpose.",
)
def init(
    data: Path,
    organization: str,
    short_name: str,
    zone: str,
    team: str,
    sender: str | None,
    callback: str,
    admin_email: str,
    admin_name: str,
    admin_password: str,
    basis: str,
    admin_pager: str | None = None,
) -> None:
    """Set up the organization, its first team, sender and administrator.

    Example: outreach init --organization "Riverside Clinic" --short-name Riverside --team "Transitions"
    --sender +12025550100 --callback "(202) 555-0100" --admin-email ana@riverside.example
    --admin-name "Ana Ruiz" --admin-pager +12025550143 --zone America/New_York --basis registration
    """
    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        set_up(
            uow,
            organization=organization,
            short_name=short_name,
            zone=zone,
            team=team,
            sender=sender or _named(services.settings),
            callback=callback,
            admin_email=admin_email,
            admin_name=admin_name,
            admin_password=admin_password,
            basis=basis,
            admin_pager=admin_pager,
        )
    click.echo("Ready. Next: `outreach twilio setup`, then `outreach doctor`.")


def _named(settings: Settings) -> str:
    """Return the sender that the environment names, or ask for it."""
    named = settings.twilio_messaging_service_sid or settings.twilio_from
    return named or str(click.prompt("Number (+1...) or Messaging Service (MG...) to text from"))


def set_up(
    uow: UnitOfWork,
    *,
    organization: str,
    short_name: str,
    zone: str,
    team: str,
    sender: str,
    callback: str,
    admin_email: str,
    admin_name: str,
    admin_password: str,
    basis: str,
    admin_pager: str | None = None,
) -> None:
    """Do the whole first set-up in one transaction: all of it stands, or nothing does."""
    settings = {} if basis == "none" else {"basis": dict.fromkeys(consent.PURPOSES, basis)}
    staff.create_organization(uow, name=organization, short_name=short_name, zone=zone, settings=settings)
    sender_id = staff.create_sender(
        uow, label=sender, address=address_of(sender), short_name=short_name, callback_number=callback
    )
    team_id = staff.create_team(uow, name=team, sender_id=sender_id, zone=zone, is_default=True)
    admin_id = staff.add_staff(
        uow, email=admin_email, name=admin_name, password=admin_password, is_admin=True
    )
    staff.join_team(uow, staff_id=admin_id, team_id=team_id, role="lead")
    if admin_pager is not None:
        staff.set_pager(uow, staff_id=admin_id, phone=phone.parse(admin_pager))
    release.install_library(uow)
