"""One module a kind of value: a column as it came in, the column as the contract wants it out.

What reads at once is read at once, vectorised; only the odd values are looked at one by one, each distinct
one once. Not here: anything that needs a second column or another row.
"""
