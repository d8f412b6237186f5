"""Snapshot + Inventory + what a look found → Drift (pure): changed, added, overruled."""
