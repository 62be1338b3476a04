"""The names in the programs that come with the product, as staff read them.

A program of one's own has names of its own: they are shown as its file has them.
"""

from __future__ import annotations

from outreach.web.languages import Texts, gettext, say

STEPS = Texts(
    {
        "bills": "Power, water and heating",
        "body": "Fever, pain and bleeding",
        "check": "Check",
        "close": "Last text",
        "daily": "Daily check",
        "day-after": "The day after",
        "day-before": "The day before",
        "early": "First days",
        "evening": "Evening reading",
        "exercise": "Exercises",
        "first-check": "First check",
        "follow-up": "Follow-up",
        "food": "Food",
        "get-ready": "Getting ready",
        "housing": "Housing",
        "intro": "Introduction",
        "later": "Later check",
        "lows": "Shaky or faint",
        "medicines": "Medicines",
        "month-after": "A month after",
        "mood": "Mood",
        "more-often": "Check, more often",
        "morning": "Morning reading",
        "need": "What they need",
        "offer": "Offer of a call",
        "pills": "Pain pills",
        "ready": "A ride and help at home",
        "ride": "A ride to the clinic",
        "scale": "A scale at home",
        "three-a-week": "Reading, three a week",
        "tip-bring": "Tip: what to bring",
        "tip-feet": "Tip: feet",
        "tip-move": "Tip: moving",
        "tip-sweet": "Tip: sweet drinks",
        "treatment": "The medicine for it",
        "visit-booked": "Visit, 14 days",
        "visit-check": "Is a visit booked?",
        "visit-pressure": "Visit, blood pressure",
        "visit-soon": "Visit, 7 days",
        "week-after": "A week after",
        "weekly": "Weekly check",
        "weekly-touch": "Weekly call",
    }
)
MEANINGS = Texts(
    {
        "all": "all of them",
        "appointment": "help with a visit",
        "at_times": "at times",
        "bearable": "bearable",
        "better": "better",
        "book": "wants to book",
        "booked": "is booked",
        "call": "wants a call",
        "cant_get": "can't get it",
        "daily": "every day",
        "each": "each day",
        "elsewhere": "goes elsewhere",
        "fever": "has a fever",
        "fine": "fine",
        "finished": "has finished it",
        "gain_2_days": "gained weight in 2 days",
        "gain_week": "gained weight in a week",
        "has_scale": "has a scale",
        "have_all": "has everything",
        "help": "wants help",
        "high": "high",
        "in_range": "in range",
        "low": "low",
        "medicines": "help with medicines",
        "missing": "something is missing",
        "more": "more",
        "most": "most days",
        "never": "never",
        "no": "no",
        "no_call": "wants no call",
        "no_fever": "has no fever",
        "no_scale": "has no scale",
        "none": "none",
        "not_booked": "is not booked",
        "not_now": "not now",
        "not_ready": "is not ready",
        "once": "once",
        "other": "something else",
        "over": "above the limit",
        "raised": "raised",
        "ready": "is ready",
        "same": "the same",
        "severe": "severe",
        "so_so": "so-so",
        "some": "some",
        "steady": "steady weight",
        "still_high": "still high",
        "still_low": "still low",
        "taking": "takes it",
        "very_high": "very high",
        "very_low": "very low",
        "worse": "worse",
        "yes": "yes",
    }
)
QUESTIONS = Texts(
    {
        "activity": "the care plan",
        "body": "fever, pain and bleeding",
        "breathing": "their breathing",
        "calf": "the calf",
        "exercise": "exercises",
        "fever": "fever",
        "fever_early": "fever",
        "food": "food",
        "harm": "harm to themselves",
        "housing": "housing",
        "how": "how they are",
        "interest": "little interest in things",
        "low": "low mood",
        "lows": "shaky or faint",
        "medicines": "medicines",
        "need": "what they need",
        "offer": "a call",
        "pain": "pain",
        "pills": "pain pills",
        "power": "power, water and heating",
        "pressure": "blood pressure",
        "reading": "glucose",
        "ready": "a ride and help at home",
        "rebook": "a new visit",
        "ride": "a ride to the clinic",
        "scale": "a scale at home",
        "second": "the second reading",
        "symptoms": "warning signs",
        "treatment": "the medicine for it",
        "visit": "a visit",
        "want_help": "help wanted",
        "warning_signs": "warning signs",
        "weight": "their weight",
        "wound": "the wound",
    }
)
"""What a question is about."""
ANCHORS = Texts(
    {
        "discharge": "the discharge",
        "birth": "the birth",
        "procedure": "the procedure",
        "missed_appointment": "the missed visit",
        "run_out": "the day the supply runs out",
    }
)

STOPS = Texts(
    {
        "readmitted": "They are back in hospital.",
        "died": "They have died.",
        "hospice": "They are in hospice care.",
        "opted_out": "They write STOP.",
        "finished": "Its last step is done.",
    }
)
"""What ends a program, as its file lists it."""
MOVED = Texts(
    {
        "discharge": "A later stay begins a program of its own.",
        "procedure": "The procedure is called off.",
        "missed_appointment": "Another visit is booked, or the visit was kept after all.",
        "run_out": "The medicine is stopped.",
    }
)
"""What ends a program besides, by what its days count from (docs/programs.md)."""

NAMES = Texts(
    {
        "copd": "COPD",
        "diabetes": "Diabetes",
        "ed-discharge": "Emergency visit",
        "generic-medical": "Hospital stay",
        "heart-failure": "Heart failure",
        "joint-replacement": "Joint replacement",
        "maternity-blood-pressure": "Blood pressure after birth",
        "maternity-general": "After birth",
        "missed-visit": "Missed visit",
        "pneumonia": "Pneumonia",
        "social-needs": "Everyday needs",
    }
)
ACTIVITIES = Texts(
    {
        "resting": "About taking it easy",
        "comfort": "About the sore area",
        "wound": "About the wound",
        "clean": "About keeping things clean",
        "skin": "About the skin",
        "exercises": "About exercises",
        "moving": "About moving",
        "eating": "About eating",
        "drinking": "About drinking",
        "weight": "About weight",
        "readings": "About readings",
        "medicines": "About medicines",
        "sleeping": "About sleeping",
        "equipment": "About equipment",
        "visits": "About visits",
        "questions": "About questions",
    }
)
"""What a care plan asks for, by the key of its safe phrase."""


def name(key: str) -> str:
    """Return a program's name as a list has room for it: "heart-failure" is "Heart failure"."""
    return NAMES[key] if key in NAMES else key.replace("-", " ").replace("_", " ").capitalize()


def activity(key: str) -> str:
    """Return what a question about an activity is about."""
    known = key in ACTIVITIES
    return ACTIVITIES[key] if known else say("About %(what)s", what=key.replace("_", " ").replace("-", " "))


def step(key: str) -> str:
    """Return a step's name."""
    return STEPS[key] if key in STEPS else key.replace("_", " ").replace("-", " ").capitalize()


def question(key: str) -> str:
    """Return what a question is about."""
    return QUESTIONS[key] if key in QUESTIONS else key.replace("_", " ").replace("-", " ")


def meaning(key: str) -> str:
    """Return what an answer means."""
    return MEANINGS[key] if key in MEANINGS else key.replace("_", " ")


def anchor(key: str) -> str:
    """Return what a program's days count from."""
    return ANCHORS[key] if key in ANCHORS else gettext(key.replace("_", " "))
