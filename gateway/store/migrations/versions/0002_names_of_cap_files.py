"""names of CAP files: two senders may use the same identifier

Only columns and an index are added, so that SQLite alters the table where it stands: a copy of it would have to let
go of the deliveries that refer to it.
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_AT_ONCE = 500
_alerts = sa.table(
    "alerts",
    sa.column("id", sa.BigInteger()),
    sa.column("identifier", sa.Text()),
    sa.column("body", sa.LargeBinary()),
    sa.column("sender", sa.Text()),
    sa.column("cap_identifier", sa.Text()),
    sa.column("sent_ms", sa.BigInteger()),
)


def upgrade() -> None:
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sender", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("cap_identifier", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("sent_ms", sa.BigInteger(), server_default="0", nullable=False))
    _fill(op.get_bind())
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index("ix_alerts_cap_name", ["cap_identifier", "sender", "sent_ms"], unique=True)


def _fill(connection: sa.Connection) -> None:
    """Until now an identifier was there once, and was the CAP identifier."""
    query = sa.select(_alerts.c.id, _alerts.c.identifier, _alerts.c.body).order_by(_alerts.c.id)
    after = 0
    while rows := connection.execute(query.where(_alerts.c.id > after).limit(_AT_ONCE)).all():
        for row in rows:
            named = _alerts.update().where(_alerts.c.id == row.id)
            connection.execute(named.values(cap_identifier=row.identifier, **_sender_and_sent(row.body)))
        after = rows[-1].id


def _sender_and_sent(body: bytes) -> dict[str, Any]:
    """From the stored alert. One that is damaged keeps its identifier and nothing else, and hinders no upgrade."""
    try:
        alert = json.loads(bytes(body))
        return {"sender": str(alert["sender"]), "sent_ms": int(alert["sent"]) * 1000}
    except (ValueError, TypeError, KeyError):
        return {"sender": "", "sent_ms": 0}


def downgrade() -> None:
    op.drop_index("ix_alerts_cap_name", table_name="alerts")
    for name in ("sent_ms", "cap_identifier", "sender"):
        op.drop_column("alerts", name)
