"""Figures: each module measures one thing beside its floor, in one run."""
