"""How the ledger's tables came to be, version by version (Alembic); `schema.py` applies them."""
