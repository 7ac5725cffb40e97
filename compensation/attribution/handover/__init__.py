"""Hand-over: when existing business passes from the representatives to the account manager, and in what shares."""
