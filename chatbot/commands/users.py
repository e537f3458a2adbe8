"""`answerdesk users`: the team. Takes effect at once, also while the server runs."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from chatbot.commands.common import AsJson, DataDir, in_language, say, say_json, settings_for

if TYPE_CHECKING:
    from chatbot.accounts import Accounts

app = typer.Typer(help="Add, list and remove members of the team.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The member's name.")]
RoleName = Annotated[
    Literal["agent", "editor", "admin"],
    typer.Option("--role", help="agent reads, editor changes knowledge and rules, admin the team."),
]
Label = Annotated[str, typer.Option("--label", help="What the key is for.")]
Revoke = Annotated[bool, typer.Option("--revoke", help="Revoke all keys of the member instead.")]
Scopes = Annotated[
    list[str] | None,
    typer.Option("--scope", help="What the key may do; can be given again. Without, all."),
]
Days = Annotated[
    int | None, typer.Option("--days", min=1, max=3650, help="How long the key is good for.")
]
Undo = Annotated[bool, typer.Option("--undo", help="Let the member in again.")]


@app.command()
def add(name: Name, *, role: RoleName = "agent", data_dir: DataDir = None) -> None:
    """Add a member. The password is asked for, or read from standard input."""
    from chatbot.accounts import Role

    with _accounts(data_dir) as accounts:
        accounts.add(name, _ask_password(), Role[role.upper()])
    say(in_language(f"{name} was added as {role}.", f"已添加 {name}，角色为 {role}。"))


@app.command("list")
def list_users(*, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """The members of the team."""
    with _accounts(data_dir) as accounts:
        members = accounts.list()
    if as_json:
        say_json(
            {
                "users": [
                    {"name": m.name, "role": m.role.label, "suspended": m.suspended}
                    for m in members
                ]
            }
        )
        return
    for member in members:
        mark = in_language(" (suspended)", "（已停用）") if member.suspended else ""
        say(f"{member.name}  {member.role.label}{mark}")


@app.command()
def password(name: Name, *, data_dir: DataDir = None) -> None:
    """Set a member's password and end their sessions. Asked for, or read from standard input."""
    with _accounts(data_dir) as accounts:
        accounts.set_password(name, _ask_password())
    say(in_language(f"The password of {name} was changed.", f"已修改 {name} 的密码。"))


@app.command()
def remove(name: Name, *, data_dir: DataDir = None) -> None:
    """Remove a member with their sessions and keys."""
    with _accounts(data_dir) as accounts:
        accounts.remove(name)
    say(in_language(f"{name} was removed.", f"已删除 {name}。"))


@app.command()
def suspend(name: Name, *, undo: Undo = False, data_dir: DataDir = None) -> None:
    """Lock a member out: sessions end, keys stop working. Nothing else of theirs is changed."""
    with _accounts(data_dir) as accounts:
        accounts.set_suspended(name, suspended=not undo)
    if undo:
        say(in_language(f"{name} may come in again.", f"已恢复 {name} 的访问权限。"))
    else:
        say(in_language(f"{name} was suspended.", f"已停用 {name}。"))


@app.command()
def key(
    name: Name,
    *,
    label: Label = "",
    scope: Scopes = None,
    days: Days = None,
    revoke: Revoke = False,
    data_dir: DataDir = None,
) -> None:
    """Make an API key that acts as the member. It is shown once and only its hash is kept."""
    from chatbot.scopes import known_scopes
    from knowledge.tables import now

    scopes = known_scopes(scope) if scope else None
    with _accounts(data_dir) as accounts:
        if revoke:
            count = accounts.keys.revoke_all(name)
            say(in_language(f"{count} keys were revoked.", f"已吊销 {count} 个密钥。"))
        else:
            expires_at = now() + timedelta(days=days) if days else None
            say(accounts.keys.add(name, label, scopes, expires_at).secret)


@contextmanager
def _accounts(data_dir: Path | None) -> "Generator[Accounts]":
    """The accounts, without owning the data folder: SQL takes writers of several processes."""
    from chatbot.accounts import open_accounts
    from chatbot.schema import migrate
    from knowledge.database import open_engine, sqlite_url

    settings = settings_for(data_dir)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = open_engine(sqlite_url(settings.database_file))
    try:
        migrate(engine)
        yield open_accounts(engine, settings.data_dir)
    finally:
        engine.dispose()


def _ask_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return typer.prompt(
        in_language("Password", "密码"), hide_input=True, confirmation_prompt=True, err=True
    )
