"""FHIR and other records in and out; what can't be used is quarantined with a reason."""
