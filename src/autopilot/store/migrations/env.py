"""How Alembic runs our revisions: inside the caller's transaction, or as PostgreSQL text."""

from alembic import context

from autopilot.store.tables import metadata

connection = context.config.attributes.get("connection")
if connection is None:
    context.configure(dialect_name="postgresql", target_metadata=metadata, literal_binds=True)
else:
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True
    )
with context.begin_transaction():
    context.run_migrations()
