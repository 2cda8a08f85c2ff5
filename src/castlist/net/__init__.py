"""The one way out: address rules and the guarded fetcher. Every connection to a stranger's URL goes through here."""
