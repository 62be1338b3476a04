"""Figures of escalations: how fast people acted, what was missed, what was read wrong."""
