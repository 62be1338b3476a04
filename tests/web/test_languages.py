"""The pages in the language of whoever reads them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from outreach.care import rules as care
from outreach.escalations.rules import ladder
from outreach.kernel.said import Said
from outreach.programs import files
from outreach.web import labels, languages, of_programs, words
from tests.web import make
from tests.web.forms import HTML, post, sign_in

NOON = datetime(2026, 3, 11, 16, 0, tzinfo=UTC)
SPANISH = {**HTML, "Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}


@pytest.fixture
def clinic(services, clock):
    m = make.Morning(services, clock)
    m.person(43, "Maria Delgado")
    m.says(43, "hello there")
    return m


def choose(client, language):
    return post(client, "/account/language", {"language": language})


def test_the_login_page_speaks_as_the_browser_asks(client, clinic):
    spanish = client.get("/login", headers=SPANISH).text
    english = client.get("/login", headers=HTML).text

    assert '<html lang="es">' in spanish
    assert "Correo del trabajo" in spanish
    assert '<html lang="en">' in english
    assert "Work email" in english


def test_a_choice_of_ones_own_wins_over_the_browser_and_stays(client, clinic):
    sign_in(client)

    assert choose(client, "es").status_code == 303

    page = client.get("/inbox", headers=HTML).text
    assert '<html lang="es">' in page
    assert "Bandeja" in page
    assert "No owner" not in page
    with clinic.begin() as uow:
        kept = uow.session.execute(
            text("SELECT preferences ->> 'language' FROM staff WHERE id = :id"), {"id": clinic.nurse_id}
        ).scalar_one()
    assert kept == "es"
    choose(client, "en")
    assert '<html lang="en">' in client.get("/inbox", headers=SPANISH).text


def test_a_language_we_do_not_speak_is_refused(client, clinic):
    sign_in(client)

    assert choose(client, "tlh").status_code == 422


def test_errors_are_said_in_it_on_pages_and_in_fragments(client, clinic):
    sign_in(client)
    choose(client, "es")
    nowhere = "/inbox/00000000-0000-7000-8000-000000000000"

    page = client.get(nowhere, headers=HTML)
    fragment = client.get(nowhere, headers={**HTML, "HX-Request": "true"})
    missing = client.get("/nowhere", headers=HTML)

    assert "No existe" in page.text
    assert '<html lang="es">' in missing.text, "whoever is signed in reads it as they chose"
    assert 'href="/tasks"' in page.text and 'href="/tasks"' in missing.text, "no dead end"
    assert "There is no" not in page.text + fragment.text + missing.text


def test_a_text_with_signs_of_its_own_is_neither_filled_nor_trusted():
    with languages.speaking("es"):
        assert languages.translate("100 % <b>sure</b> %(who)s") == "100 % <b>sure</b> %(who)s"
        assert languages.translate(Said("This must be one of: %(values)s.", values="50%")) == (
            "Debe ser uno de: 50%."
        )
    assert languages.translate(Said("This must be one of: %(values)s.", values="50%")) == (
        "This must be one of: 50%."
    )


def test_times_are_written_as_each_language_writes_them():
    at = datetime(2026, 3, 8, 20, 10, tzinfo=UTC)
    zone = "America/New_York"

    said = {}
    for language in languages.LANGUAGES:
        with languages.speaking(language):
            said[language] = (
                words.clock(at, zone),
                words.moment(at, datetime(2026, 3, 9, 16, tzinfo=UTC), zone),
                words.moment(at, NOON, zone),
                words.moment(at, datetime(2026, 5, 1, tzinfo=UTC), zone),
                words.full(at, zone),
                words.left(at, NOON),
            )

    assert said["en"] == (
        "4:10 pm",
        "yesterday 4:10 pm",
        "Sun 4:10 pm",
        "Mar 8, 4:10 pm",
        "Sunday, March 8, 2026, 4:10 pm EDT",
        "2 days over",
    )
    assert [one.replace("\xa0", " ") for one in said["es"]] == [
        "4:10 p.m.",
        "ayer 4:10 p.m.",
        "dom 4:10 p.m.",
        "8 mar, 4:10 p.m.",
        "domingo, 8 de marzo de 2026, 4:10 p.m. EDT",
        "2 días de atraso",
    ]


def test_what_the_shipped_programs_name_has_its_words():
    """Steps, answers, anchors and topics of the library: a new one needs its line in web/of_programs.py."""
    shipped = [one.program for one in files.library()]
    branches = [
        one for program in shipped for asked in program.questions.values() for one in asked.branches()
    ]

    assert {step.id for program in shipped for step in program.steps} == set(of_programs.STEPS)
    assert {one.means for one in branches} == set(of_programs.MEANINGS)
    assert {program.key for program in shipped} == set(of_programs.NAMES)
    assert {one.key for one in care.every_phrase()} == set(of_programs.ACTIVITIES)
    assert {program.anchor for program in shipped} <= set(of_programs.ANCHORS)
    assert {then.topic for one in branches for then in one.then if then.topic} <= set(words.TOPICS)


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("Error 30034: Not registered.", "Error 30034: Not registered."),
        ("Nora answered a page: yes", "Nora respondió a un aviso: yes"),
        (
            "Visit within 7 days of discharge (CPT 99496); medication reconciliation by the day of the visit",
            (
                "Cita dentro de los 7 días del alta (CPT 99496); conciliación de los medicamentos a más "
                "tardar el día de la cita"
            ),
        ),
        ("Ask Rosa 100 %(sure)s", "Ask Rosa 100 %(sure)s"),
    ],
)
def test_what_a_task_is_about_is_said_but_nobodys_own_words(detail, said):
    with languages.speaking("es"):
        assert languages.translate(labels.detail(detail)) == said


def test_a_page_is_in_the_language_its_reader_chose():
    page = ladder.page_text(clinic="Riverside", team="Home", tier="red", language="es")

    assert page == "Riverside: ALERTA ROJA para Home. Abra la bandeja ahora. Responda 1 para tomarla."
    assert ladder.page_text(clinic="R", team="H", tier="red", language="tlh").startswith(
        "R: RED alert for H."
    )
    assert all(tier in ladder.PAGE_TIERS["es"] for tier in ladder.LADDERS)
