"""the clock: when it was moved, under which alerts, and which of these carry a time that their author wrote

`attempts.parts` was added to the first tables after stores had been made from them: it is added where it is missing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "clock_jumps",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("by_ms", sa.BigInteger(), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=True),
        sa.Column("lapsed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_jumps")),
    )
    op.create_index("ix_clock_jumps_alert_id", "clock_jumps", ["alert_id"])
    op.add_column("alerts", sa.Column("expires_given", sa.Boolean(), server_default="0", nullable=False))
    if "parts" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("attempts")}:
        op.add_column("attempts", sa.Column("parts", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("alerts", "expires_given")
    op.drop_table("clock_jumps")
