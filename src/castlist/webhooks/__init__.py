"""Webhooks as Standard Webhooks wants them: how they are signed, when they are tried again. No database, no job."""
