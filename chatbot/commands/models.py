"""`answerdesk models`: the catalogue, and fetching what it names."""

from typing import Annotated

import typer

from chatbot.commands.common import (
    AsJson,
    DataDir,
    in_language,
    interactive,
    say,
    say_json,
    settings_for,
)

app = typer.Typer(help="List and fetch model files.", no_args_is_help=True)

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NAME]...", help="Models of the list; none: the default ones."),
]


@app.command("list")
def list_models(*, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """The models that AnswerDesk knows, and which of them are here."""
    from knowledge.models.store import installed

    statuses = installed(settings_for(data_dir).models_folder)
    if as_json:
        say_json(
            {
                "models": [
                    {
                        "name": status.entry.name,
                        "use": status.entry.use,
                        "state": status.state.value,
                        "default": status.entry.default,
                        "folder": str(status.folder),
                    }
                    for status in statuses
                ]
            }
        )
        return
    width = max(len(status.entry.name) for status in statuses)
    for status in statuses:
        mark = in_language(" (default)", "（默认）") if status.entry.default else ""
        say(f"{status.entry.name:<{width}}  {status.entry.use:<9}  {status.state.value}{mark}")


@app.command()
def pull(names: Names = None, *, data_dir: DataDir = None) -> None:
    """Fetch models and check them; a pull that was broken off goes on where it stopped."""
    from knowledge.models.store import pull as pull_models

    folder = settings_for(data_dir).models_folder
    for path in pull_models(names or (), folder, progress=interactive()):
        say(str(path))
