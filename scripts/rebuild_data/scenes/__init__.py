"""The places that are modelled here, a module each."""
