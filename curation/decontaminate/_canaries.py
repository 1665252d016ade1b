"""."""
def told(*a): return {}
