"""The tables, in SQLAlchemy Core, for SQLite now and PostgreSQL later. The migrations are made from these.

Times are integers, milliseconds since 1970 in UTC. Evidence, precedence and states are the numbers of their enums.
Addresses and texts stand here, in the working tables, and nowhere in the audit: erasing a person clears them here
and deletes the person's key, and the audit chain still verifies.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

settings = Table(
    "settings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# A random id for each person, and the key under which the audit names their addresses. Deleting a key erases.
persons = Table(
    "persons",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", LargeBinary, nullable=False),
)

contacts = Table(
    "contacts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("person_id", Text, nullable=False),
    Column("position", Integer, nullable=False),  # the order of the file
    Column("data", Text, nullable=False),  # JSON, as in directory.toml
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("identifier", Text, nullable=False, unique=True),  # the store's own name: gateway.store.naming
    Column("code", Text, nullable=False),
    Column("plane", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("precedence", Integer, nullable=False),
    Column("submitter", Text, nullable=False),
    Column("accepted_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),  # the Alert, as messages.alert writes it
    Column("cap", LargeBinary),  # the CAP file as it came, signatures and all
    Column("replaces", BigInteger),  # the alert that this one corrects, updates or ends
    Column("withdrawn", Text),  # stopped, corrected, updated, ended
    Column("withdrawn_ms", BigInteger),
    Column("sender", Text, nullable=False, server_default=""),  # with these two its name in CAP
    Column("cap_identifier", Text, nullable=False, server_default=""),
    Column("sent_ms", BigInteger, nullable=False, server_default="0"),
    # The author wrote the time itself, not how long: it stands when the clock is moved.
    Column("expires_given", Boolean(create_constraint=False), nullable=False, server_default="0"),
    Index("ix_alerts_code", "code"),
    Index("ix_alerts_cap_name", "cap_identifier", "sender", "sent_ms", unique=True),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("alert_id", BigInteger, ForeignKey("alerts.id"), nullable=False),
    Column("recipient", Text, nullable=False),  # the contact's id
    Column("person_id", Text, nullable=False),
    Column("deputy_for", BigInteger),  # the delivery whose recipient did not answer
    Column("precedence", Integer, nullable=False),
    Column("want", Integer, nullable=False),
    Column("ladder", Text, nullable=False),  # JSON
    Column("evidence", Integer, nullable=False),
    Column("ended", Text),
    Column("round", Integer, nullable=False),
    Column("began_ms", BigInteger, nullable=False),
    Column("round_began_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("due_ms", BigInteger),
    Column("deputy_asked", Boolean(create_constraint=False), nullable=False),
    Column("on_call_list", Boolean(create_constraint=False), nullable=False),
    Column("answer", Text),
    Column("answered_ms", BigInteger),
    Index("ix_deliveries_alert_id_recipient", "alert_id", "recipient"),
    Index(
        "ix_deliveries_due",
        "due_ms",
        sqlite_where=text("due_ms IS NOT NULL"),
        postgresql_where=text("due_ms IS NOT NULL"),
    ),
)

# The queue. READY and DELAYED are states of their own, so that taking the next one costs the same with a million
# waiting as with a thousand.
attempts = Table(
    "attempts",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("delivery_id", BigInteger, ForeignKey("deliveries.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("rank", Integer, nullable=False),  # gateway.scheduler.rank
    Column("rung", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Column("repeated", Boolean(create_constraint=False), nullable=False),
    Column("state", Integer, nullable=False),
    Column("evidence", Integer, nullable=False),
    Column("queued_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("not_before_ms", BigInteger),
    Column("started_ms", BigInteger),
    Column("ended_ms", BigInteger),
    Column("permanent", Boolean(create_constraint=False), nullable=False),
    Column("stalled", Boolean(create_constraint=False), nullable=False),
    Column("silent", Boolean(create_constraint=False), nullable=False),
    Column("dropped", Boolean(create_constraint=False), nullable=False),
    Column("parts", Integer),  # how many the message has; NULL until it was handed over
    Column("receipt", Text),
    Column("detail", Text),
    Index("ix_attempts_delivery_id", "delivery_id"),
    Index(
        "ix_attempts_ready",
        "channel",
        "rank",
        "id",
        sqlite_where=text("state = 0"),
        postgresql_where=text("state = 0"),
    ),
    Index(
        "ix_attempts_delayed",
        "not_before_ms",
        sqlite_where=text("state = 1"),
        postgresql_where=text("state = 1"),
    ),
    Index(
        "ix_attempts_sending", "channel", sqlite_where=text("state = 2"), postgresql_where=text("state = 2")
    ),
)

# One row a part that has a receipt; reports find their attempt here.
parts = Table(
    "parts",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("attempt_id", BigInteger, ForeignKey("attempts.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("evidence", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Index("ix_parts_channel_reference", "channel", "reference", "id"),
    Index("ix_parts_attempt_id", "attempt_id"),
)

# Reports that came before the receipt that they are about. They wait here, so that the bearer may forget them.
early_reports = Table(
    "early_reports",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("channel", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("address", Text),  # NULL where the bearer does not say
    Column("attempt", Text, nullable=False),  # "" where the bearer did not bring our own name back
    Column("evidence", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Index("ix_early_reports_channel_reference", "channel", "reference"),
)

# Whatever arrived, matched or not; (channel, bearer_id) makes a second arrival of the same message harmless.
inbound = Table(
    "inbound",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("channel", Text, nullable=False),
    Column("bearer_id", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("part_reference", Integer),
    Column("part_total", Integer),
    Column("part_number", Integer),
    Column("kind", Text, nullable=False),  # gateway.store.inbox.Kind
    Column("delivery_id", BigInteger),
    Column("alert_id", BigInteger),
    Column("automatic", Text, nullable=False, server_default=""),  # why no person wrote it
    Column(
        "raw", Text, nullable=False, server_default=""
    ),  # what came, as far as gateway.store.receiving keeps it
    Column("unreadable", Text, nullable=False, server_default=""),  # why nobody could read it
    Column(
        "more", Integer, nullable=False, server_default="0"
    ),  # unreadable ones after it, counted and not kept
    # A text in parts has a row for each, and one for the whole, which is what people see.
    Column("missing", Integer, nullable=False, server_default="0"),  # parts that have not come
    Column("whole_id", BigInteger),  # of a part: the row of the whole
    # For a person to look at, urgently or not, until it is handled; by whom, and what came of it.
    Column("open", Boolean(create_constraint=False), nullable=False, server_default="0"),
    Column("urgent", Boolean(create_constraint=False), nullable=False, server_default="0"),
    Column("told", Text),  # the alert by which the duty officer was told of an urgent one
    Column("owner", Text),
    Column("taken_ms", BigInteger),
    Column("handled_ms", BigInteger),
    Column("note", Text),
    Column("closing", Text),  # who is still to hear that somebody has it, as gateway.store.notices writes it
    UniqueConstraint("channel", "bearer_id"),
    Index("ix_inbound_parts", "channel", "sender", "part_reference"),
    Index("ix_inbound_open", "id", sqlite_where=text("open = 1"), postgresql_where=text("open")),
    Index(
        "ix_inbound_waiting",
        "received_ms",
        sqlite_where=text("kind = 'part'"),
        postgresql_where=text("kind = 'part'"),
    ),
    *(
        Index(
            f"ix_inbound_{column}",
            column,
            sqlite_where=text(f"{column} IS NOT NULL"),
            postgresql_where=text(f"{column} IS NOT NULL"),
        )
        for column in ("delivery_id", "alert_id")
    ),
    Index(
        "ix_inbound_told",
        "received_ms",
        sqlite_where=text("told IS NOT NULL"),
        postgresql_where=text("told IS NOT NULL"),
    ),
)

# A question that is put again and again: status every third hour. Each round is an alert of its own.
series = Table(
    "series",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # the first round's alert
    Column("every_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("next_ms", BigInteger),  # NULL: it has ended
    Index(
        "ix_series_next_ms",
        "next_ms",
        sqlite_where=text("next_ms IS NOT NULL"),
        postgresql_where=text("next_ms IS NOT NULL"),
    ),
)

rounds = Table(
    "rounds",
    metadata,
    Column("alert_id", BigInteger, primary_key=True, autoincrement=False),  # kept just before its alert
    Column("series_id", BigInteger, nullable=False),
    Column("round", Integer, nullable=False),
    Index("ix_rounds_series_id", "series_id", "round", unique=True),
)

# Every answer is kept, contradicting ones beside each other.
answers = Table(
    "answers",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("delivery_id", BigInteger, ForeignKey("deliveries.id"), nullable=False),
    Column("option", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Index("ix_answers_delivery_id", "delivery_id"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("key", Text, primary_key=True),  # submitter, a line feed, and the submitter's key
    Column("body_hash", LargeBinary, nullable=False),
    Column("answer", Text, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

channel_states = Table(
    "channel_states",
    metadata,
    Column("name", Text, primary_key=True),
    Column("disabled", Boolean(create_constraint=False), nullable=False),
    Column("reason", Text, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    Column("silent", Integer, nullable=False),  # hand-overs in a row whose report is overdue
)

# The wall clock was moved: a row for each alert that was under way, or one without an alert.
clock_jumps = Table(
    "clock_jumps",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at_ms", BigInteger, nullable=False),  # by the clock as it is after it
    Column("by_ms", BigInteger, nullable=False),  # forward; back if negative
    Column("alert_id", BigInteger),
    Column("lapsed", Boolean(create_constraint=False), nullable=False),  # its time had passed by that alone
    Index("ix_clock_jumps_alert_id", "alert_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("n", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("record", Text, nullable=False),  # canonical JSON: n, at, event and its facts
    Column("hash", LargeBinary, nullable=False),  # SHA-256 of the previous hash and this record
)
