"""The screen and the command line of manabench. Everything they do is done in ``store``."""
