"""Training and decoding with torch, which is imported inside the functions that use it."""
