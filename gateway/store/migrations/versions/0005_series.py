"""series: a question that is put again and again, each round an alert of its own"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("every_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
    )
    waiting = sa.text("next_ms IS NOT NULL")
    op.create_index(
        "ix_series_next_ms", "series", ["next_ms"], sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_table(
        "rounds",
        sa.Column("alert_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("series_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_rounds")),
    )
    op.create_index("ix_rounds_series_id", "rounds", ["series_id", "round"], unique=True)


def downgrade() -> None:
    op.drop_table("rounds")
    op.drop_table("series")
