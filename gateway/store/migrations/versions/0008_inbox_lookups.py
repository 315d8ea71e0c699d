"""the inbox: found by the delivery or alert that a message is about, and by when the duty officer was told of it;
who is still to hear that somebody has it
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbound", sa.Column("closing", sa.Text(), nullable=True))
    for column in ("delivery_id", "alert_id"):
        here = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_inbound_{column}", "inbound", [column], sqlite_where=here, postgresql_where=here)
    told = sa.text("told IS NOT NULL")
    op.create_index("ix_inbound_told", "inbound", ["received_ms"], sqlite_where=told, postgresql_where=told)


def downgrade() -> None:
    for name in ("ix_inbound_told", "ix_inbound_alert_id", "ix_inbound_delivery_id"):
        op.drop_index(name, "inbound")
    op.drop_column("inbound", "closing")
