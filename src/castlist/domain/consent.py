"""What an account states about the people in its pictures. Words and their version; recorded by `store.consents`."""

VERSION = "2026-11-22"
"""Changes with the words. What was stated in other words does not count for these."""
STATEMENT = (
    "We have the right to use the likeness of every person shown in the pictures that we give to this service, and "
    "their agreement to it where the law asks for that. We do not use this service to show a person in an intimate, "
    "sexual or degrading way, to show a minor in a sexual way, or to pass off a made picture as a true one."
)
