"""The members of the team, and the rows they are kept in."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from chatbot.account_tables import UserRow
from chatbot.errors import UserNotFound
from knowledge.tables import in_utc


class Role(IntEnum):
    """What a member may do; each role may do all that the ones before it may.

    An agent reads knowledge and conversations, an editor changes knowledge and
    rules, an administrator changes the team.
    """

    AGENT = 1
    EDITOR = 2
    ADMIN = 3

    @property
    def label(self) -> str:
        """The role as it is written on the command line and in JSON."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the team."""

    id: str
    name: str
    role: Role
    suspended: bool
    created_at: datetime


def user_row(session: Session, name: str) -> UserRow:
    """The row of the member of that name. Raises `UserNotFound`."""
    row = session.scalar(select(UserRow).where(UserRow.name == name))
    if row is None:
        raise UserNotFound(name=name)
    return row


def member_of(row: UserRow) -> Member:
    """The member that a row holds."""
    role = Role[row.role.upper()]
    return Member(row.id, row.name, role, row.suspended, in_utc(row.created_at))


def active_member(row: UserRow | None) -> Member | None:
    """The member that a row holds, unless there is none or they are suspended."""
    return None if row is None or row.suspended else member_of(row)
