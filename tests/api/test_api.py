"""The JSON API: described, guarded by scopes, on the record; and what it answers is what it describes."""

from __future__ import annotations

import json
import re
from uuid import UUID

import jsonschema
import pytest
from sqlalchemy import text

from outreach.api import routes, spec
from outreach.programs.commands.release import install_library
from outreach.staff import commands as staff
from outreach.staff import queries
from outreach.staff.rules import API_SCOPES
from outreach.web.app import create_app
from tests.web import make

ANSWERS = {scope: answer for scope, _, _, answer in spec.OPERATIONS.values()}


@pytest.fixture
def clinic(services, clock):
    m = make.Morning(services, clock)
    maria = m.person(43, "Maria Delgado")
    m.text_id = m.sends(
        43, maria, "Riverside: how are you? 1 Fine 2 Not so well", state="undelivered", error=30003
    )
    with m.begin() as uow:
        install_library(uow)
        m.token = staff.create_api_token(uow, label="all", scopes=list(API_SCOPES))
    return m


@pytest.fixture
def ask(services):
    client = create_app(services, [routes.blueprint]).test_client()

    def get(path: str, token: str | None = None):
        return client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"} if token else {})

    return get


def path_of(scope: str, text_id: UUID) -> str:
    path = next(path for path, operation in spec.OPERATIONS.items() if operation[0] == scope)
    return path.replace("{id}", str(text_id))


def test_the_description_names_every_route_and_scope_and_needs_no_token(services, ask):
    app = create_app(services, [routes.blueprint])
    served = {
        re.sub("<.*>", "{id}", rule.rule.removeprefix("/api/v1")): getattr(
            app.view_functions[rule.endpoint], "scope", None
        )
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
    }  # fmt: skip

    document = ask("/openapi.json").get_json()

    assert served == {"/openapi.json": None} | {path: one[0] for path, one in spec.OPERATIONS.items()}
    assert set(document["paths"]) == set(spec.OPERATIONS)
    assert {one["get"]["security"][0]["token"][0] for one in document["paths"].values()} == (
        set(API_SCOPES) - {"metrics"}
    )


@pytest.mark.parametrize("scope", sorted(ANSWERS))
def test_each_answer_is_as_described_and_only_for_its_scope(clinic, ask, scope):
    with clinic.begin() as uow:
        others = staff.create_api_token(
            uow, label="others", scopes=[one for one in API_SCOPES if one != scope]
        )
    path = path_of(scope, clinic.text_id)

    answer = ask(path, clinic.token)

    jsonschema.validate(answer.get_json(), ANSWERS[scope])
    assert answer.status_code == 200
    assert ask(path).status_code == 401
    assert ask(path).headers["WWW-Authenticate"] == "Bearer"
    assert ask(path, "wrong").status_code == 401
    refused = ask(path, others)
    assert (refused.status_code, scope in refused.get_json()["error"]) == (403, True)


def test_a_revoked_token_opens_nothing(clinic, ask):
    with clinic.begin() as uow:
        (one,) = queries.api_tokens(uow)
        staff.revoke_api_token(uow, token_id=one.id)

    assert ask("/programs", clinic.token).status_code == 401
    with clinic.begin() as uow, pytest.raises(staff.NoSuchToken):
        staff.revoke_api_token(uow, token_id=one.id)


def test_what_became_of_a_text_holds_nothing_of_the_patient_and_the_look_is_on_the_record(clinic, ask):
    said = ask(f"/texts/{clinic.text_id}", clinic.token)

    assert said.get_json() | {"at": "", "settled_at": ""} == {
        "id": str(clinic.text_id),
        "direction": "out",
        "author": "program",
        "state": "undelivered",
        "error_code": 30003,
        "segments": 1,
        "at": "",
        "settled_at": "",
    }
    with clinic.begin() as uow:
        (token,) = queries.api_tokens(uow)
        lines = uow.session.execute(
            text("SELECT actor_id FROM audit_event WHERE actor_kind = 'api' AND subject_id = :id"),
            {"id": clinic.text_id},
        ).scalars()
        assert list(lines) == [token.id]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/texts/{UUID(int=7)}", 404),
        (f"/why/{UUID(int=7)}", 404),
        ("/texts/nothing", 404),
        ("/figures?first=yesterday", 422),
    ],
)
def test_what_can_not_be_answered_is_said_in_json(clinic, ask, path, status):
    answer = ask(path, clinic.token)

    assert answer.status_code == status
    jsonschema.validate(json.loads(answer.text), spec.ERROR)
