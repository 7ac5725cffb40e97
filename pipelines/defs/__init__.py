"""The nightly run as Dagster sees it: assets by layer, checks, job, schedule, sensors.

Here belongs when something runs, on what, and what a page shows of it. Not here: a rule, a figure, or how anything is
stored; assets call the very steps of ``compensation.calculate`` and hand their tables to ``pipelines.store``.
"""
