"""Pictures, pages and workbooks of what plans would do, made from what ``compensation/modelling`` says. No rules here."""
