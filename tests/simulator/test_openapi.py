"""Our answers against the provider's own OpenAPI description."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests

from outreach.simulator.server import Running
from tests.simulator.kit import ACCOUNT, ANNA, OURS, SERVICE, TOKEN, Application, Control, until

BASE = "/2010-04-01/Accounts"
MESSAGES = f"{BASE}/{ACCOUNT}/Messages"


@cache
def description() -> dict[str, Any]:
    for folder in Path(__file__).resolve().parents:
        found = folder / "shared" / "data" / "twilio" / "twilio_api_v2010.json"
        if found.exists():
            return _strict(json.loads(found.read_text()))
    pytest.skip("the provider's OpenAPI description is not on this machine")


def _strict(node: Any) -> Any:
    """Turn OpenAPI's `nullable` into JSON Schema, and forbid fields the description doesn't know."""
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {name: _strict(value) for name, value in node.items()}
    if found.get("nullable") is True and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    if isinstance(found.get("properties"), dict) and found.get("type") in ("object", ["object", "null"]):
        found.setdefault("additionalProperties", False)
    return found


def check(path: str, method: str, status: str, answer: dict[str, Any]) -> None:
    """Fail unless the answer is what the description says, with every field it names."""
    whole = description()
    content = whole["paths"][path][method]["responses"][status]["content"]
    schema = copy.deepcopy(next(iter(content.values()))["schema"])
    schema["components"] = whole["components"]
    jsonschema.Draft202012Validator(schema).validate(answer)
    name = schema.get("$ref", "").removeprefix("#/components/schemas/")
    if name:
        expected = whole["components"]["schemas"][name]["properties"]
        assert set(answer) == set(expected), set(expected) ^ set(answer)


def call(simulator: Running, method: str, path: str, **data: object) -> dict[str, Any]:
    answer = requests.request(method, f"{simulator.url}{path}", data=data, auth=(ACCOUNT, TOKEN), timeout=5)
    assert answer.ok, answer.text
    found: dict[str, Any] = answer.json()
    return found


ONE = "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json"
ALL = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
MEDIA = "/2010-04-01/Accounts/{AccountSid}/Messages/{MessageSid}/Media"
NUMBERS = "/2010-04-01/Accounts/{AccountSid}/IncomingPhoneNumbers"


@pytest.mark.parametrize("sender", [{"From": OURS}, {"MessagingServiceSid": SERVICE}])
def test_messages_are_as_described(simulator: Running, control: Control, sender: dict[str, str]) -> None:
    control.post("faults", phone_errors={ANNA: 30005})
    made = call(simulator, "POST", f"{MESSAGES}.json", To=ANNA, Body="Hi", **sender)
    check(ALL, "post", "201", made)

    one = f"{MESSAGES}/{made['sid']}.json"
    until(lambda: call(simulator, "GET", one)["error_code"])
    check(ONE, "get", "200", call(simulator, "GET", one))
    check(ONE, "post", "200", call(simulator, "POST", one, Body=""))
    control.send(ANNA, "Hello")
    listed = call(simulator, "GET", f"{MESSAGES}.json?PageSize=1")
    assert listed["next_page_uri"].startswith(MESSAGES)
    check(ALL, "get", "200", listed)
    check(ALL, "get", "200", call(simulator, "GET", listed["next_page_uri"]))


def test_media_are_as_described(simulator: Running, control: Control, application: Application) -> None:
    sid = control.send(ANNA, "", media=[{"content_type": "image/png", "base64": "iVBORw=="}])["sid"]

    listed = call(simulator, "GET", f"{MESSAGES}/{sid}/Media.json")
    check(f"{MEDIA}.json", "get", "200", listed)
    one = call(simulator, "GET", f"{MESSAGES}/{sid}/Media/{listed['media_list'][0]['sid']}.json")
    check(f"{MEDIA}/{{Sid}}.json", "get", "200", one)


def test_the_account_and_its_numbers_are_as_described(simulator: Running) -> None:
    check("/2010-04-01/Accounts/{Sid}.json", "get", "200", call(simulator, "GET", f"{BASE}/{ACCOUNT}.json"))

    listed = call(simulator, "GET", f"{BASE}/{ACCOUNT}/IncomingPhoneNumbers.json")
    check(f"{NUMBERS}.json", "get", "200", listed)
    one = f"{BASE}/{ACCOUNT}/IncomingPhoneNumbers/{listed['incoming_phone_numbers'][0]['sid']}.json"
    check(f"{NUMBERS}/{{Sid}}.json", "get", "200", call(simulator, "GET", one))
    check(f"{NUMBERS}/{{Sid}}.json", "post", "200", call(simulator, "POST", one, SmsUrl="https://a.test/"))
    rented = call(
        simulator, "POST", f"{BASE}/{ACCOUNT}/IncomingPhoneNumbers.json", PhoneNumber="+12025550178"
    )
    check(f"{NUMBERS}.json", "post", "201", rented)


@pytest.mark.parametrize(
    "wrong", [{"sid": "not-a-sid"}, {"status": "nonsense"}, {"error_code": "30005"}, {"extra": 1}]
)
def test_the_check_itself_notices_wrong_answers(simulator: Running, wrong: dict[str, object]) -> None:
    made = call(simulator, "POST", f"{MESSAGES}.json", To=ANNA, Body="Hi", From=OURS)

    with pytest.raises(jsonschema.ValidationError):
        check(ALL, "post", "201", {**made, **wrong})
