"""What contacts keep, and what their fields are called."""

from __future__ import annotations

from store.collections import VISIBILITY, Collection, TagLink, clear, junction, local, sealed
from store.module import newest
from store.words import N_

LINES = {
    "firstName": N_("First name"),
    "lastName": N_("Last name"),
    "email": N_("E-mail"),
    "phone": N_("Phone"),
    "mobile": N_("Mobile"),
    "company": N_("Company"),
    "jobTitle": N_("Job"),
    "street": N_("Street"),
    "postalCode": N_("Postal code"),
    "city": N_("City"),
    "country": N_("Country"),
    "website": N_("Website"),
    "linkedin": "LinkedIn",
    "twitter": "Twitter",
    "instagram": "Instagram",
    "github": "GitHub",
}
NAME = ("firstName", "lastName", "company", "email", "mobile", "phone")
ADDED = newest("created_at")

CONTACTS = Collection(
    "contacts",
    "contacts",
    "contacts",
    "contacts",
    {
        **{name: sealed() for name in (*LINES, "birthday", "notes")},
        **{name: local() for name in ("company", "jobTitle", "address", "photoUrl")},
        # Where somebody lives stays sealed at rest, although compatible clients send it so.
        **{name: local("number") for name in ("latitude", "longitude")},
        "tags": local("list"),
        "tagIds": clear("list"),
        "isFavorite": clear("flag", default=False),
        "isArchived": clear("flag", default=False),
        "visibility": VISIBILITY,
    },
    title="firstName",
    indexes={"created": ADDED},
    tag_link=TagLink("contactTags", "contactId", "tagIds"),
)

LABELS = junction("contactTags", "contacts", "contacts", "contactId", "contacts")
