"""All models, for Alembic and for the tests that walk the schema."""

from __future__ import annotations

from outreach.audit import models as audit
from outreach.care import models as care
from outreach.consent import models as consent
from outreach.conversations import models as conversations
from outreach.escalations import models as escalations
from outreach.inbound import models as inbound
from outreach.interop import models as interop
from outreach.kernel import deployment, index_keys, outbox, product_clock
from outreach.kernel.db import Base
from outreach.messaging import models as messaging
from outreach.patients import models as patients
from outreach.policy import models as policy
from outreach.programs import models as programs
from outreach.staff import models as staff
from outreach.touchpoints import models as touchpoints

MODULES = (
    audit,
    care,
    consent,
    conversations,
    deployment,
    escalations,
    inbound,
    index_keys,
    interop,
    messaging,
    outbox,
    patients,
    policy,
    product_clock,
    programs,
    staff,
    touchpoints,
)

metadata = Base.metadata
