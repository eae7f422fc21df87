"""What others wrote, on its way in: pages, validation, the one write path.

incoming    a page in one transaction
places      which space a change belongs to
joining     lists that are joined instead of chosen
tombs       deletions from elsewhere, and when they are too many
"""
