"""Slow, obvious NumPy references for native routines."""
