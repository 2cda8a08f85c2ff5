"""The one way out: address rules and the guarded fetcher. Everything that opens a connection to a stranger's URL goes through here."""
