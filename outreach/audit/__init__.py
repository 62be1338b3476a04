"""The record of who saw and did what: only ever added to, sealed in a signed chain, checked offline."""
