"""skillgate: the gate runner of the system-architecture skill."""

__version__ = "0.1.0"
