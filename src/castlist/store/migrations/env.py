"""Run by Alembic with the connection that `store.migrate` passes in; nobody else imports it."""

from alembic import context

from castlist.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
