"""One function asks addresses that strangers name: `knowledge.fetching.send`. No other client may appear.

What else speaks to a network is listed here with whom it speaks to.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("chatbot", "knowledge", "ui")

# Who may import a library that reaches a network, or the part of it that does.
ALLOWED = {
    "httpx": {
        "knowledge/fetching.py",  # the one
        "chatbot/client.py",  # our own server on this machine
        "chatbot/local_server.py",  # likewise
        "knowledge/models/download.py",  # the catalogue's files and a hub that the operator names
        "knowledge/models/sources.py",  # likewise
        "chatbot/generators/connections.py",  # the operator's model server
        "chatbot/generators/langchain.py",  # likewise
        "chatbot/widgets/origins.py",  # reads addresses, asks none
    },
    "socket": {"knowledge/fetching.py", "ui/main.py"},  # resolves a name; listens
    "urllib.request": {
        "knowledge/models/download.py",  # a path of a file: address
        "chatbot/generators/connections.py",  # the environment's proxies
    },
}
FORBIDDEN = (
    "aiohttp",
    "boto3",
    "curl_cffi",
    "ftplib",
    "http.client",
    "httpcore",
    "imaplib",
    "paramiko",
    "poplib",
    "pycurl",
    "requests",
    "smtplib",
    "telnetlib",
    "urllib3",
    "websocket",
    "websockets",
    "xmlrpc",
)
# Calls that open a connection, whatever they are called on.
CALLS = {"urlopen", "urlretrieve", "open_connection", "create_connection", "getaddrinfo"}
CALLERS = {"knowledge/fetching.py": {"getaddrinfo"}, "ui/main.py": {"getaddrinfo"}}
# Who asks through the one function.
ASKERS = {
    "knowledge/web/visits.py",
    "chatbot/webhooks/sending.py",
    "chatbot/widgets/checking.py",
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            yield path.relative_to(ROOT).as_posix(), tree


def imported(tree: ast.AST) -> Iterator[str]:
    """Full names of what is imported, wherever in the module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _name(node.func) in ("import_module", "__import__"):
            yield from (str(a.value) for a in node.args[:1] if isinstance(a, ast.Constant))


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def is_of(name: str, library: str) -> bool:
    return name == library or name.startswith(f"{library}.")


@pytest.mark.parametrize("library", ALLOWED)
def test_only_those_listed_import_what_reaches_a_network(library: str) -> None:
    found = {path for path, tree in modules() if any(is_of(n, library) for n in imported(tree))}
    assert found == ALLOWED[library]


def test_no_other_client_is_imported() -> None:
    found = [
        (path, name)
        for path, tree in modules()
        for name in imported(tree)
        if any(is_of(name, library) for library in FORBIDDEN)
    ]
    assert found == []


def test_no_connection_is_opened_by_hand() -> None:
    for path, tree in modules():
        calls = {_name(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        assert calls & CALLS <= CALLERS.get(path, set()), path


def test_who_asks_goes_through_the_one_function() -> None:
    found = {path for path, tree in modules() if "knowledge.fetching.send" in set(imported(tree))}
    assert found == ASKERS
