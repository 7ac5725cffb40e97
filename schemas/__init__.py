"""What every table and every rule file must be.

Here belong contracts (pandera), models of rule files (pydantic) and column types. Not here: logic, files,
anything that knows Dagster. This package imports nothing of ours.
"""
