"""The provider's documented refusals."""

from __future__ import annotations

from outreach.kernel.errors import OutreachError

# code -> (HTTP status, what the provider's documentation calls it)
CATALOG: dict[int, tuple[int, str]] = {
    20001: (400, "Parameter is not valid"),
    20003: (401, "Authenticate"),
    20009: (409, "The message is still in progress and can't be changed yet"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    20503: (503, "Service Unavailable"),
    21211: (400, "Invalid 'To' Phone Number"),
    21266: (400, "'To' and 'From' number cannot be the same"),
    21408: (400, "Permission to send an SMS has not been enabled for the region of the 'To' number"),
    21452: (400, "The phone number is invalid"),
    21602: (400, "Message body is required"),
    21603: (400, "A 'From' phone number or a Messaging Service is required"),
    21604: (400, "A 'To' phone number is required"),
    21606: (
        400,
        "The 'From' phone number provided is not a valid message-capable phone number of the account",
    ),
    21609: (400, "The 'StatusCallback' URL is not a valid URL"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (429, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: (400, "Message cannot be sent with the current combination of 'To' and 'From'"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21620: (400, "Invalid media URL(s)"),
    21623: (400, "Number of media files exceeds allowed limit"),
    21701: (400, "The Messaging Service does not exist"),
    21703: (400, "The Messaging Service does not have a phone number available to send a message"),
    21704: (400, "The Messaging Service contains no phone numbers"),
    21705: (400, "The Messaging Service is invalid"),
    21710: (409, "Phone Number already exists in Messaging Service"),
    21712: (409, "Phone Number is associated with another Messaging Service"),
    30029: (400, "ContentRetention=discard needs Message Redaction to be enabled"),
    30045: (400, "ValidityPeriod is out of range"),
    30400: (400, "Body and Status can't be updated together"),
    30409: (409, "This message cannot be canceled"),
    35114: (400, "SendAt is missing or not a time"),
    35115: (400, "SendAt is too soon: at least 300 seconds ahead"),
    35117: (400, "SendAt is too far ahead: at most 35 days"),
    35118: (400, "MessagingServiceSid is required to schedule a message"),
}

# What the log of a message says once it has gone wrong after being accepted.
DELIVERY: dict[int, str] = {
    11200: "Media could not be fetched",
    21610: "Attempt to send to unsubscribed recipient",
    30001: "Queue overflow",
    30002: "Account suspended",
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
    30011: "MMS not supported by the receiving phone number",
    30017: "Carrier network congestion",
    30019: "Content size exceeds carrier limit",
    30022: "US A2P 10DLC - Rate limits exceeded",
    30023: "US A2P 10DLC - Daily message cap reached",
    30024: "Numeric sender ID not provisioned on carrier",
    30027: "US A2P 10DLC - T-Mobile daily message limit reached",
    30032: "Toll-free number has not been verified",
    30033: "US A2P 10DLC - Campaign suspended",
    30034: "US A2P 10DLC - Message from an unregistered number",
    30035: "US A2P 10DLC - Phone number campaign association pending",
    30036: "Validity period expired",
    30410: "Provider timeout",
    30450: "Message delivery blocked",
    30500: "Twilio internal error",
    30610: "Message blocked in quiet hours",
}
# `undelivered`: the carrier had it. Every other code is `failed`: it never left the provider.
CARRIER = frozenset({30003, 30004, 30005, 30006, 30007, 30008, 30011, 30017, 30019, 30410})

# The provider's magic numbers for test credentials, kept because client libraries' tests know them.
MAGIC = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}


class Refused(OutreachError):
    """The provider refuses this request, with one of its documented codes."""

    def __init__(self, code: int, detail: str = "") -> None:
        self.code = code
        self.status, self.words = CATALOG[code]
        if detail:
            self.words = f"{self.words}: {detail}"
        super().__init__(f"{code} {self.words}")

    def body(self) -> dict[str, object]:
        """Return the JSON the provider answers with."""
        return {
            "code": self.code,
            "message": self.words,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


class BadControl(OutreachError):
    """The control call can't be used. Look at the fields it names."""
