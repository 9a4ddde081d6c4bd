"""The one way in which a backup fails: what is wrong with it, in words and with its place."""


class Damaged(Exception):  # noqa: N818  (what it says is what it is)
    """A backup, or the database that is backed up, is not what it was; the text names the place (F48)."""
