"""widgets and their visitors"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "widget_identities",
        sa.Column("id_hash", sa.String(length=64), nullable=False),
        sa.Column("used_by", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id_hash"),
    )
    with op.batch_alter_table("widget_identities", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_widget_identities_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "widgets",
        sa.Column("id", sa.String(length=43), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "widget_threads",
        sa.Column("visitor", sa.String(length=128), nullable=False),
        sa.Column("conversation_id", sa.String(length=43), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("visitor"),
    )
    with op.batch_alter_table("widget_threads", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_widget_threads_conversation_id"), ["conversation_id"], unique=False
        )

    op.create_table(
        "widget_visitors",
        sa.Column("id_hash", sa.String(length=64), nullable=False),
        sa.Column("widget_id", sa.String(length=43), nullable=False),
        sa.Column("visitor", sa.String(length=128), nullable=False),
        sa.Column("identified", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["widget_id"], ["widgets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id_hash"),
    )
    with op.batch_alter_table("widget_visitors", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_widget_visitors_seen_at"), ["seen_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_widget_visitors_visitor"), ["visitor"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_widget_visitors_widget_id"), ["widget_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("widget_visitors", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_widget_visitors_widget_id"))
        batch_op.drop_index(batch_op.f("ix_widget_visitors_visitor"))
        batch_op.drop_index(batch_op.f("ix_widget_visitors_seen_at"))

    op.drop_table("widget_visitors")
    with op.batch_alter_table("widget_threads", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_widget_threads_conversation_id"))

    op.drop_table("widget_threads")
    op.drop_table("widgets")
    with op.batch_alter_table("widget_identities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_widget_identities_expires_at"))

    op.drop_table("widget_identities")
