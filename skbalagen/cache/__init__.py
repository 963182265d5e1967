"""The component cache."""

from skbalagen.cache.component_cache import ComponentCache, open_cache

__all__ = ["ComponentCache", "open_cache"]
