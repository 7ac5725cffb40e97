"""Figures that gates, multipliers, matrices, bonuses and pools look at, and what follows."""
