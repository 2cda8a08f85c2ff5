"""The routes, one file a kind of thing: each authenticates, parses, calls the flow, answers. No rules here."""
