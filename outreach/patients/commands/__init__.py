"""What is done to patients and their phones. The phone row is the lock of everything texted to it."""

from outreach.patients.commands.correcting import lock_version, rescope
from outreach.patients.commands.history import note_change
from outreach.patients.commands.numbers import (
    LockedPhone,
    lock_phone,
    lock_phones,
    mark_phone,
    new_holder,
    phone_for,
    phones_for,
    verify_phone,
)
from outreach.patients.commands.people import (
    IdentifierTaken,
    MergeCircle,
    PatientChanges,
    PatientDetails,
    add_identifier,
    attach_phone,
    correct_living,
    detach_phone,
    mark_deceased,
    mark_hospice,
    merge,
    register,
    restore_phone,
    unmerge,
    update,
)
from outreach.patients.commands.words import index_people, index_person

__all__ = (
    "IdentifierTaken",
    "LockedPhone",
    "MergeCircle",
    "PatientChanges",
    "PatientDetails",
    "add_identifier",
    "attach_phone",
    "correct_living",
    "detach_phone",
    "index_people",
    "index_person",
    "lock_phone",
    "lock_phones",
    "lock_version",
    "mark_deceased",
    "mark_hospice",
    "mark_phone",
    "merge",
    "new_holder",
    "note_change",
    "phone_for",
    "phones_for",
    "register",
    "rescope",
    "restore_phone",
    "unmerge",
    "update",
    "verify_phone",
)
