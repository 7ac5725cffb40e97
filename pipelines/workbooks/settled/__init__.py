"""What a ledger adds to the workbooks: the way from the opening balance to what is paid, and the sheets that show each step.

Here belong the rows of corrections, adjustments, draws, held pay and disputes, and their sheets in statements and in the
period workbook. Not here: any figure; what is posted comes from ``compensation.settlement``.
"""
