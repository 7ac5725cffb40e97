"""Attribution: whose revenue it is. One file a rule, ``attribute.py`` in the order they apply.

Here belongs everything between an accepted order and a credit. Not here: what a credit pays.
"""
