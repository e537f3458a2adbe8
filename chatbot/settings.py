"""All settings: the only reader of the environment and of the configuration file."""

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from chatbot.errors import InvalidSettings
from chatbot.messages import Mode

PREFIX = "ANSWERDESK_"
CONFIG_FILE = "answerdesk.toml"
DEFAULT_DATA_DIR = Path(".answerdesk")

Positive = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


def is_loopback(host: str) -> bool:
    """Whether `host` can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerSettings(_Group):
    """`public_chat` None: visitors may chat without a key only while bound to loopback.

    `public_collections` None: they may then ask any collection, and the default one otherwise.
    `trusted_proxies` are addresses or networks whose `X-Forwarded-*` headers are believed.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 7860
    public_chat: bool | None = None
    public_collections: tuple[str, ...] | None = None
    max_upload_mb: Positive = 30
    max_turns_at_once: Positive = 16
    max_turns_waiting: Annotated[int, Field(ge=0)] = 64
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()


class WidgetSettings(_Group):
    """How often visitors on other sites may do what, in a minute: by address, and by widget.

    `streams_per_address`: how many may follow their conversations at a time.
    `check_private_addresses`: whether the check of a page may fetch one in a private network.
    None: only while bound to loopback.
    """

    sessions_per_address: Positive = 30
    sessions_per_widget: Positive = 1000
    messages_per_address: Positive = 30
    messages_per_widget: Positive = 1000
    requests_per_address: Positive = 600
    requests_per_widget: Positive = 10_000
    streams_per_address: Positive = 200
    check_private_addresses: bool | None = None


class WebhookSettings(_Group):
    """Whether messages may go to private networks. None: only while bound to loopback."""

    allow_private_addresses: bool | None = None


class FetchSettings(_Group):
    """How pages of the web are fetched as documents, and how much of them.

    `allow_private_addresses`: also from private networks and this machine, whoever asks; never by
    itself. `user_agent` is the name that sites see and robots.txt goes by. `delay_seconds` lie
    between two requests to the same host, or more where robots.txt wants it. `max_pages` are
    the most that one site may be asked for.
    """

    allow_private_addresses: bool = False
    max_page_mb: Positive = 30
    user_agent: Annotated[str, Field(pattern=r"^[!-~][ -~]{0,198}$")] = "AnswerDesk"
    delay_seconds: Annotated[float, Field(ge=0, le=60)] = 1.0
    max_pages: Positive = 10_000


class RetrievalSettings(_Group):
    """`candidates` are taken from each index; `top_k` passages are read.

    `reranker` is a cross-encoder that looks at the best of them again: a folder or a hub id.
    """

    top_k: Positive = 8
    candidates: Positive = 50
    reranker: str = ""


class AnswerSettings(_Group):
    """Thresholds on answerability have their evidence in tests/benchmarks/."""

    max_sentences: Positive = 2
    max_quote_characters: Positive = 500
    max_question_characters: Positive = 2000
    refuse_below: Share = 0.3  # see tests/benchmarks/reader.json
    history_turns: Positive = 6


class GeneratorSettings(_Group):
    """`model` is a catalogue name, a hub id or a folder; for `openai` the name the endpoint knows.

    For `langchain` it is `provider:model`, as LangChain's `init_chat_model` reads it.

    `languages` None: what the catalogue says, or both for a model it does not know.
    """

    engine: Literal["auto", "llama_cpp", "transformers", "openai", "langchain", "none"] = "auto"
    model: str = "smollm2-135m"
    base_url: str | None = None
    api_key_variable: str = "OPENAI_API_KEY"
    languages: tuple[Literal["en", "zh"], ...] | None = None
    max_tokens: Positive = 120
    deadline_seconds: Seconds = 20.0
    queue_size: Positive = 4
    context_tokens: Positive = 2048
    threads: Positive | None = None


class EmbedderSettings(_Group):
    model: str = "multilingual-e5-small"
    threads: Positive | None = None


class Settings(BaseSettings):
    """The settings tree. An unknown key stops the start and is named."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    data_dir: Path = DEFAULT_DATA_DIR
    models_dir: Path | None = None
    mode: Mode = "mixed"
    language: Literal["en", "zh"] = "en"  # where a message does not tell
    time_zone: str = "Asia/Shanghai"
    sample_knowledge: bool = True
    server: ServerSettings = ServerSettings()
    widget: WidgetSettings = WidgetSettings()
    webhooks: WebhookSettings = WebhookSettings()
    fetch: FetchSettings = FetchSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    answers: AnswerSettings = AnswerSettings()
    generator: GeneratorSettings = GeneratorSettings()
    embedder: EmbedderSettings = EmbedderSettings()

    @property
    def models_folder(self) -> Path:
        """Where model files live: `models_dir`, or `models` in the data folder."""
        return self.models_dir or self.data_dir / "models"

    @property
    def database_file(self) -> Path:
        """Where SQL is kept."""
        return self.data_dir / "answerdesk.db"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- pydantic-settings names it
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then `answerdesk.toml` in the data folder."""
        return init_settings, env_settings, _TomlOfDataFolder(settings_cls, init_settings)


class _TomlOfDataFolder(TomlConfigSettingsSource):
    def __init__(
        self, settings_cls: type[BaseSettings], arguments: PydanticBaseSettingsSource
    ) -> None:
        given = arguments().get("data_dir") or os.environ.get(f"{PREFIX}DATA_DIR")
        folder = Path(str(given)) if given else DEFAULT_DATA_DIR
        super().__init__(settings_cls, folder / CONFIG_FILE)


def load_settings(**overrides: object) -> Settings:
    """The settings from `overrides` (None means not given), environment and file.

    Raises `InvalidSettings`, which names the field.
    """
    _refuse_unknown_variables()
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})  # pyright: ignore[reportArgumentType] -- pydantic checks the values
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidSettings(field=field, reason=first["msg"]) from error


def _refuse_unknown_variables() -> None:
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    for variable in os.environ:
        if not variable.upper().startswith(PREFIX):
            continue
        if variable.upper().split("__")[0] not in known and variable not in _OTHER_VARIABLES:
            raise InvalidSettings(field=variable, reason="there is no such setting")


# Read once by the first start, never kept: the password of the first member of the team.
_OTHER_VARIABLES = {f"{PREFIX}ADMIN_PASSWORD"}
