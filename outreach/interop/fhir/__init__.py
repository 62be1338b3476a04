"""Read FHIR R4 as others wrote it: bundles, bulk NDJSON, loose resources, with their faults.

Pure reading: files in, frozen records out, no database. `read.read_paths` is the way in. Whatever can't be
used comes back
as a `records.Quarantined` with a reason; a resource type we have no use for is counted by name, never
silently dropped.
"""
