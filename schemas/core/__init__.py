"""Contracts of the tables that the calculation makes."""
