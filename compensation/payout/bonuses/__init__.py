"""Pay that no single credit earns: bonuses, pools, guarantees, and what caps carried on."""
