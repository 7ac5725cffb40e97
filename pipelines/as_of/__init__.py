"""As of: any statement that was issued, made again from what was known then, and what it would say today.

Here belong what was known at a close or on a night, and the comparison of files and figures. Not here: how anything is computed
(``compensation``, ``pipelines.closing.prepare``) or written (``pipelines.workbooks``).
"""
