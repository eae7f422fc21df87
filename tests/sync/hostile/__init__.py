"""A sync server on loopback that misbehaves on request. See ``server`` and ``faults``."""
