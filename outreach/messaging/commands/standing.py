"""What is true of queued texts at the moment they are claimed, read while their phones' rows are held."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from outreach.messaging.rules import holding

# `w` is everybody who is one person with the patient: rows merged into each other keep what each was told.
READ = text(
    """
    SELECT m.id, m.phone_id, m.body_enc, m.media_urls, m.segments, m.priority, m.kind, m.not_after,
        f.e164_enc, f.state AS phone_state, f.epoch = COALESCE(m.phone_epoch, f.epoch) AS same_holder,
        o.opted_out_at IS NOT NULL AS opted_out, b.blocked_at IS NOT NULL AS provider_blocks,
        (
            SELECT c.state FROM contact_preference c JOIN consent_event v ON v.id = c.event_id
            WHERE c.patient_id = ANY(w.ids) AND c.purpose IN (m.purpose, 'all')
                AND (c.state = 'refused' OR c.basis IN ('opt_in_text', 'staff_documented'))
            ORDER BY v.no DESC LIMIT 1
        ) IS NOT DISTINCT FROM 'refused' AS purpose_refused,
        EXISTS (SELECT FROM patient x WHERE x.id = ANY(w.ids) AND x.deceased_at IS NOT NULL) AS patient_died,
        m.about_patient IS NOT NULL AND NOT EXISTS (
            SELECT FROM patient_phone l
            WHERE l.phone_id = f.id AND l.ended_at IS NULL AND l.patient_id = ANY(w.ids)
        ) AS unlinked,
        m.anchors <> '[]' AND EXISTS (
            SELECT FROM jsonb_to_recordset(m.anchors) AS x(kind text, id uuid, version int)
            LEFT JOIN appointment v ON x.kind = 'appointment' AND v.id = x.id
            LEFT JOIN medication_supply y ON x.kind = 'refill' AND y.id = x.id
            WHERE v.start_version <> x.version OR v.status IN ('cancelled', 'no_show', 'done', 'arrived')
                OR y.version <> x.version
        ) AS stale_anchor,
        EXISTS (
            SELECT FROM inbound_receipt r WHERE r.from_index = f.e164_index AND r.interpreted_at IS NULL
        ) AS unread_text,
        EXISTS (
            SELECT FROM attempt a WHERE a.phone_id = m.phone_id AND a.sender_id = m.sender_id
                AND a.settled_at IS NULL AND NOT a.is_safety
        ) AS busy
    FROM message m
    JOIN phone f ON f.id = m.phone_id
    LEFT JOIN phone_opt_out o ON o.phone_id = f.id AND o.epoch = f.epoch
    LEFT JOIN provider_block b ON b.phone_id = f.id AND b.sender_id = m.sender_id
    LEFT JOIN LATERAL (
        WITH RECURSIVE up (id, merged_into, steps) AS (
            SELECT p.id, p.merged_into, 0 FROM patient p WHERE p.id = m.about_patient
            UNION ALL
            SELECT p.id, p.merged_into, up.steps + 1 FROM up JOIN patient p ON p.id = up.merged_into
            WHERE up.steps < 20
        ), family (id, steps) AS (
            (SELECT id, 0 FROM up ORDER BY steps DESC LIMIT 1)
            UNION ALL
            SELECT p.id, y.steps + 1 FROM family y JOIN patient p ON p.merged_into = y.id WHERE y.steps < 20
        )
        SELECT array_agg(id) AS ids FROM family
    ) AS w ON TRUE
    WHERE m.id = ANY(CAST(:ids AS uuid[])) AND m.state = 'queued'
    FOR NO KEY UPDATE OF m SKIP LOCKED
    """
)


def of(row: Any) -> holding.Standing:
    """Return what was read of one text as the rules want it."""
    return holding.Standing(
        kind=row.kind,
        not_after=row.not_after,
        phone_state=row.phone_state,
        same_holder=row.same_holder,
        opted_out=row.opted_out,
        provider_blocks=row.provider_blocks,
        purpose_refused=row.purpose_refused,
        patient_died=row.patient_died,
        stale_anchor=row.stale_anchor,
        unlinked=row.unlinked,
        unread_text=row.unread_text,
    )
