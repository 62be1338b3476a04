"""Figures: how fast people acted, as charts with the tables behind them."""
