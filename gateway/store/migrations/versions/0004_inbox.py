"""the inbox: what a person must look at, who took it and what came of it

Messages that matched nothing before this are opened, so that somebody looks at them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NEW = ("automatic", "open", "urgent", "told", "owner", "taken_ms", "handled_ms", "note")


def upgrade() -> None:
    with op.batch_alter_table("inbound", schema=None) as batch_op:
        batch_op.add_column(sa.Column("automatic", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("open", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("urgent", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("told", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("owner", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("taken_ms", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("handled_ms", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("note", sa.Text(), nullable=True))
    op.execute("UPDATE inbound SET open = 1 WHERE kind IN ('unmatched', 'unconfirmed')")
    op.create_index(
        "ix_inbound_open", "inbound", ["id"], sqlite_where=sa.text("open"), postgresql_where=sa.text("open")
    )


def downgrade() -> None:
    op.drop_index("ix_inbound_open", table_name="inbound")
    for name in reversed(_NEW):
        op.drop_column("inbound", name)
