"""The component cache."""

from skbalagen.cache.component_cache import ComponentCache, open_cache
from skbalagen.cache.parts import CachedGenerator, CachedLabelers

__all__ = ["CachedGenerator", "CachedLabelers", "ComponentCache", "open_cache"]
