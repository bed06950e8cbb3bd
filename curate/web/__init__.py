"""The only way out: guarded connections, limits, one HTTP client."""
