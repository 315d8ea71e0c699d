"""inbound messages: what came, where nobody can read it, and texts of which a part never came

SQLite asks for `open = 1`, and finds an index only where its condition is written the same.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NEW = ("raw", "unreadable", "more", "missing", "whole_id")


def upgrade() -> None:
    with op.batch_alter_table("inbound", schema=None) as batch_op:
        batch_op.add_column(sa.Column("raw", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("unreadable", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("more", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("missing", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("whole_id", sa.BigInteger(), nullable=True))
    waiting = sa.text("kind = 'part'")
    op.create_index(
        "ix_inbound_waiting", "inbound", ["received_ms"], sqlite_where=waiting, postgresql_where=waiting
    )
    _open_where("open = 1")


def downgrade() -> None:
    _open_where("open")
    op.drop_index("ix_inbound_waiting", table_name="inbound")
    for name in reversed(_NEW):
        op.drop_column("inbound", name)


def _open_where(condition: str) -> None:
    op.drop_index("ix_inbound_open", table_name="inbound")
    op.create_index(
        "ix_inbound_open",
        "inbound",
        ["id"],
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text("open"),
    )
