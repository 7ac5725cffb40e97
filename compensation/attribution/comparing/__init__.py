"""Comparing: what existing business is compared with, where the policy says something else than last year by family.

Not here: the default, last fiscal year by customer and family (``motion.py``), which does none of this work.
"""
