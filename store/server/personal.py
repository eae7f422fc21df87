"""What a new account gets: a user row and, in the same transaction, a personal space."""

from __future__ import annotations

import re
from collections.abc import Callable

from store.server.storage import Identities, Member, Organization, User
from store.server.tokens import new_id

KINDS = ("personal", "brand", "club", "family", "team", "practice")
"""The types of spaces."""

TIERS = ("guest", "public", "beta", "alpha", "founder")

RESERVED = frozenset(
    "me admin api auth login logout signup signin register settings new app www support help "
    "billing invite".split()
)
"""Slugs that no personal space gets."""

_SLUG = 30
_LAST_NUMBER = 999


def add(rows: Identities, user: User) -> None:
    """Write ``user`` and the personal space that comes with one. Raises Taken."""
    rows.add_user(user)
    local = user.email.partition("@")[0]
    id = new_id()
    rows.add_organization(
        Organization(
            id=id,
            name=user.name.strip() or local or "Personal",
            slug=slug(local, lambda text: rows.organization_by_slug(text) is not None),
            created=user.created,
            metadata={"type": "personal", "tier": user.tier},
        )
    )
    rows.add_member(Member(new_id(), id, user.id, "owner", user.created))


def slug(local: str, taken: Callable[[str], bool]) -> str:
    """The slug of a personal space, from the part of an address before the @."""
    text = re.sub(r"[^a-z0-9-]+", "-", local.lower())
    text = re.sub(r"-+", "-", text).removeprefix("-").removesuffix("-")
    text = text[:_SLUG] or f"user-{new_id(6).lower()}"
    numbered = (f"{text}-{number}" for number in range(2, _LAST_NUMBER + 1))
    for one in (text, *numbered):
        if one not in RESERVED and not taken(one):
            return one
    return f"{text}-{new_id(8).lower()}"


def kind_of(organization: Organization) -> str:
    """The type of a space; one that says none, or none that is known, is taken as personal."""
    kind = organization.metadata.get("type")
    return kind if isinstance(kind, str) and kind in KINDS else "personal"
