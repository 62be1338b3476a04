from __future__ import annotations

import re

import pytest

from outreach.care import rules
from outreach.interop.fhir.read import read_paths
from outreach.kernel.segments import encoding_of
from tests.interop.fhir.test_read import REAL

SNOMED = "http://snomed.info/sct"


@pytest.mark.parametrize(
    ("text", "code", "key"),
    [
        # by code
        ("Diabetic diet", "160670007", "eating"),
        ("Alcohol-free diet", "226138001", "eating"),
        ("Dietary approaches to stop hypertension diet", "1151000175103", "eating"),
        ("Exercise therapy", "229065009", "moving"),
        ("Recommendation to avoid exercise", "304510005", "resting"),
        ("Dressing change management", "385949008", "wound"),
        ("Drug addiction counseling", "60112009", None),
        ("Smoking cessation education", "225323000", None),
        ("Chemotherapy", "367336001", None),
        ("High resolution computed tomography of lungs", "241541005", None),
        # by words, the sensitive ones first
        ("Low salt diet", None, "eating"),
        ("Avoid strenuous exercise", None, "resting"),
        ("Daily walks", None, "moving"),
        ("Wound care twice a day", None, "wound"),
        ("Cuidado de la herida", None, "wound"),
        ("Líquidos: dos litros al día", None, "drinking"),
        ("Take medication with food", None, "eating"),
        ("Alcohol-free diet", None, None),
        ("Education about methadone", None, None),
        ("Follow-up after biopsy", None, None),
        ("Eve will photograph her meals", None, "eating"),
        ("Something nobody foresaw", None, None),
        ("", None, None),
    ],
)
def test_an_activity_gets_a_phrase_or_is_left_to_staff(text, code, key):
    found = rules.safe_phrase(text, [(SNOMED, code)] if code else [], "en")

    assert (found.key if found else None) == key


def test_what_is_left_to_staff_says_why():
    assert "sensitive" in rules.judge("Detox", [], "en").why
    assert rules.judge("Xyzzy", [], "en").why == "no safe phrase is known for it"


def test_phrases_come_in_the_patients_language_or_in_english():
    diet = ("Diabetic diet", [(None, "160670007")])

    assert rules.safe_phrase(*diet, "es").language == "es"
    assert rules.safe_phrase(*diet, "zh").text == "how is eating going?"
    assert rules.phrase("eating", "es").text == rules.safe_phrase(*diet, "es").text
    with pytest.raises(rules.NoSuchPhrase):
        rules.phrase("no such", "en")


def test_the_timing_says_that_it_is_ours():
    found = rules.safe_phrase("Diabetic diet", [], "en")

    assert found.days == (5, 15)
    assert "ours" in found.timing


TELLING = re.compile(
    "diabet|insulin|cancer|tumor|alcohol|drug|smok|hiv|depress|mental|pregnan|heart"
    "|lung|kidney|infection|allerg|asthma|blood|pressure|sugar|stroke|surgery|therapy|disease|embarazo"
    "|sangre|presión|azúcar|cáncer|corazón|pulm|riñ|alergia|diabética"
)


def test_no_phrase_tells_what_is_wrong_with_anyone():
    for phrase in rules.every_phrase():
        assert not TELLING.search(phrase.text.lower()), phrase
        assert phrase.text.endswith("?")
        assert phrase.text[0] == "¿" or phrase.text[0].islower()


def test_every_phrase_leaves_room_for_the_rest_of_the_text():
    for phrase in rules.every_phrase():
        assert encoding_of(phrase.text) == "GSM-7", phrase
        assert len(phrase.text) <= 70
        assert all(0 < day <= 30 for day in phrase.days)


def test_every_phrase_is_written_in_both_languages():
    found = {(phrase.key, phrase.language) for phrase in rules.every_phrase()}

    assert found == {(key, language) for key, _ in found for language in ("en", "es")}


def test_every_activity_of_the_real_files_is_decided_by_a_code_or_known_words():
    if not REAL.is_dir():
        pytest.skip("the real files are not here")
    unknown = {
        activity.text
        for folder in ("synthea-2019-r4", "synthea-2020-r4-careteam")
        for reading in read_paths([REAL / folder])
        for person in reading.people
        for plan in person.care_plans
        for activity in plan.activities
        if getattr(rules.judge(activity.text, [(c.system, c.code) for c in activity.codes], "en"), "why", "")
        == "no safe phrase is known for it"
    }

    assert unknown == set()
