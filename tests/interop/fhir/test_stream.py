from __future__ import annotations

import json
import tracemalloc

import pytest

from outreach.interop.fhir import stream
from outreach.interop.fhir.read import NothingToRead, read_paths, size
from tests.interop.fhir import make


def reasons(readings):
    return [(one.where, one.reason) for reading in readings for one in reading.quarantined]


def test_members_come_out_whole_wherever_the_window_ends(tmp_path, monkeypatch):
    content = {
        "resourceType": "Bundle",
        "n": -12.5e3,
        "t": True,
        "entry": [{"a": 'é\n"}'}, {}, [1, 22, 333]],
        "z": "x",
    }
    path = tmp_path / "f.json"
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")

    for chunk in range(1, 60):
        monkeypatch.setattr(stream, "_CHUNK", chunk)
        found = list(stream.members(path, lambda _: None))

        entries = [item.value for name, item in found if name == "entry"]
        assert entries == content["entry"]
        assert {name: item.value for name, item in found if name != "entry"} == {
            name: value for name, value in content.items() if name != "entry"
        }


@pytest.mark.parametrize(
    ("content", "reason", "line"),
    [
        ('{"resourceType": "Bundle",\n "entry": [{"resource": {"resourceType": "Pa', "not JSON", 2),
        ('{"resourceType": "Bundle", "entry": [{}\n{}]}', "comma missing", 2),
        ('{"resourceType":\n"Bundle"} {}', "goes on after its end", 2),
        ("[1, 2]", "not a JSON object", 1),
        ("", "not a JSON object", 1),
        ("\n\nhello", "not a JSON object", 3),
        ('{"a": ' + "[" * 100_000, "nested too deeply", 1),
        ('{"a": ' + "9" * 5_000 + "}", "a number no one can mean", 1),
        (b'{"a": "\xff\xfe"}', "not UTF-8", 1),
        ("{\"resourceType\": 'Patient'}", "not JSON", 1),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line_and_nothing_of_the_file_is_used(tmp_path, content, reason, line):
    (reading,) = make.read(tmp_path, content)

    (fault,) = reading.quarantined
    assert reading.people == ()
    assert reason in fault.reason
    assert "nothing of this file was used" in fault.reason
    assert fault.where == f"line {line}"


def test_a_byte_order_mark_is_no_fault(tmp_path):
    written = b"\xef\xbb\xbf" + json.dumps(make.bundle(make.patient())).encode()

    assert make.only_person(make.read(tmp_path, written)).patient
    assert make.only_person(
        make.read(tmp_path, b"\xef\xbb\xbf" + json.dumps(make.patient()).encode(), "a.ndjson")
    )


def test_a_faulty_line_of_ndjson_stands_alone(tmp_path):
    lines = [
        json.dumps(make.patient("a")),
        '{"resourceType": "Patient", ',
        "",
        json.dumps(make.patient("b")),
        "\xff",
    ]

    (reading,) = make.read(tmp_path, "\n".join(lines).encode("latin-1"), "Patient.000.ndjson")

    assert {person.reference.key.id for person in reading.people} == {"a", "b"}
    assert reasons([reading]) == [("line 2, column 28", "is not JSON"), ("line 5", "is not UTF-8")]
    assert reading.quarantined[0].raw.strip() == lines[1].strip()


def test_ndjson_is_known_by_its_lines_when_its_name_does_not_say(tmp_path):
    lines = "\n".join(json.dumps(make.patient(one)) for one in "abc")

    (reading,) = make.read(tmp_path, lines, "export.json")

    assert len(reading.people) == 3


def test_a_line_too_long_for_a_resource_is_set_aside_and_the_next_one_read(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "LONGEST_RESOURCE", 1_000)
    long = json.dumps(make.patient("a", note="x" * 5_000_000))

    (reading,) = make.read(tmp_path, f"{long}\n{json.dumps(make.patient('b'))}\n", "p.ndjson")

    assert [person.reference.key.id for person in reading.people] == ["b"]
    assert "longer than" in reading.quarantined[0].reason


def test_a_value_too_long_for_a_resource_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "LONGEST_RESOURCE", 100_000)
    monkeypatch.setattr(stream, "_CHUNK", 10_000)
    told = []
    path = tmp_path / "long.json"
    path.write_text('{"entry": [{"resource": "' + "x" * 5_000_000 + '"}]}')

    (reading,) = read_paths([path], progress=told.append)

    assert "longer than" in reading.quarantined[0].reason
    assert sum(told) < 400_000


def test_a_large_bundle_is_never_held_whole(tmp_path):
    observation = {"resourceType": "Observation", "id": "o", "text": "x" * 2_000}
    path = tmp_path / "large.json"
    path.write_text(json.dumps(make.bundle(make.patient(), *[observation] * 6_000)))
    assert path.stat().st_size > 12_000_000

    tracemalloc.start()
    (reading,) = read_paths([path])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert reading.unused == {"Observation": 6_000}
    assert peak < 8_000_000


def test_progress_adds_up_to_the_size_of_the_files(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(make.bundle(make.patient()), indent=2))
    (tmp_path / "b.ndjson").write_text(json.dumps(make.patient("b")) + "\n\n")
    (tmp_path / "notes.txt").write_text("not read")
    told = []

    list(read_paths([tmp_path], progress=told.append))

    assert sum(told) == size([tmp_path]) > 0


def test_a_path_with_nothing_in_it_is_told_at_once(tmp_path):
    with pytest.raises(NothingToRead):
        list(read_paths([tmp_path]))
    with pytest.raises(NothingToRead):
        list(read_paths([tmp_path / "absent.json"]))
