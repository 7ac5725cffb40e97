"""What the rules say: frames and rule data in, frames out.

Here belong attribution, payout, settlement and the parts of every explanation. Not here: Dagster, files,
environment variables, the clock. This package imports only ``schemas`` of ours.
"""
