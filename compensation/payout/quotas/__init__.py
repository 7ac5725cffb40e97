"""Quotas and target incentives: spread, ramped, prorated, added up."""
