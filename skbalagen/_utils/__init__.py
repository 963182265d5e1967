"""Small helpers without domain knowledge; they import no other room of the package."""
