"""Training and decoding with torch; imported by functions that need it, never at import time."""
