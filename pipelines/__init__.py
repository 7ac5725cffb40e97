"""When it runs and on what: sources, store, workbooks, command line, Dagster.

The only package that touches the world. Not here: a rule, or arithmetic on money.
"""
