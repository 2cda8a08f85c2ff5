"""The history of the schema. Fresh tables and migrated ones are compared by a test."""
