"""Explanations: the parts that the calculation wrote, put together as a tree where somebody asks.

Here belong walks over result tables. Not here: recomputing anything, or printing.
"""
