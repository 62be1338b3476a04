"""The record as an auditor reads it: who did what to whom."""

from __future__ import annotations

import re

from outreach.staff import commands
from tests.web import make
from tests.web.forms import sign_in


def test_a_line_about_a_colleague_names_them(client, morning):
    with morning.begin() as uow:
        lea = commands.add_staff(
            uow, email="lea@riverside.example", name="Lea Lead", password=make.PASSWORD, is_admin=True
        )
        commands.join_team(uow, staff_id=lea, team_id=morning.team_id, role="lead")
    sign_in(client, email="lea@riverside.example")

    signed_in = client.get("/record?action=signed in").text
    given = client.get("/record?action=role_given").text

    assert re.search(r"signed in</a></td>\s*<td>staff: Lea Lead<", signed_in)
    assert re.search(r"role given</a></td>\s*<td>staff: Lea Lead<", given)
