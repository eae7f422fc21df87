"""Missions that a model plans: which models this machine knows, what they are told, the loop.

    models -> connecting -> loop -> toolset -> the gate of ``store.ai.tools``

Nothing here acts on records by itself: every call goes through the gate. ``pydantic_ai`` is
imported only where a model is really talked to.
"""
