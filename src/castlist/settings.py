"""Every setting, from `CASTLIST_…` variables and `castlist.toml`. The only module that reads the environment."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from castlist.domain.credits import to_millis
from castlist.domain.pools import Pool
from castlist.domain.safety import DEFAULT_LIMITS


class Settings(BaseSettings):
    """Settings with their defaults. A variable overrules castlist.toml, which overrules the default."""

    model_config = SettingsConfigDict(env_prefix="CASTLIST_", toml_file="castlist.toml", extra="forbid", frozen=True)

    data_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("castlist"),
        description="Folder of everything that is kept: database, files, secret.",
    )
    database_url: str | None = Field(
        None, description="sqlite:///… or postgresql://…; a SQLite file in data_dir when left out."
    )
    files_url: str | None = Field(
        None, description="Where pictures are kept: s3://bucket or s3://bucket/folder; a folder in data_dir by default."
    )
    s3_endpoint: str | None = Field(None, description="Address of an S3-compatible store; Amazon's when left out.")
    s3_region: str = Field("us-east-1", description="Region of the bucket; most other stores take any.")
    s3_access_key: SecretStr | None = Field(
        None, description="Name of the key for the bucket; the machine's own identity when left out."
    )
    s3_secret_key: SecretStr | None = Field(None, description="The key for the bucket.")
    secret: SecretStr | None = Field(
        None, description="Signs links and peppers keys, the same for every process: at least 32 characters."
    )
    secret_file: Path | None = Field(
        None, description="File with the secret, if it is not said itself; one is made in data_dir when left out."
    )
    pools: dict[str, Pool] = Field(
        default_factory=dict[str, Pool],
        description="Pools of workers beside the default one: the engines or model types they serve, and jobs at once.",
    )
    public_url: str | None = Field(
        None, description="Address under which callers reach this service; taken from each request when left out."
    )
    log_format: Literal["text", "json"] = Field("text", description="How log lines look.")
    prices: dict[str, str] = Field(
        default_factory=dict[str, str],
        description="Credits per image by model type, as text: { flux-kontext = '1.5' }.",
    )
    default_price: str = Field("1", description="Credits per image of a model type that prices and cards do not name.")
    stand_in: Literal["auto", "always", "never"] = Field(
        "auto",
        description="When the embedded engine answers for other model types: auto is while no other engine is ready.",
    )
    engine_order: tuple[str, ...] = Field((), description="Engines that come first when several serve a model type.")
    routes: dict[str, tuple[str, ...]] = Field(
        default_factory=dict[str, tuple[str, ...]],
        description="The engines of a model type, in order, and no others: { flux-kontext = ['one', 'another'] }. "
        "Without a line, all that serve it: your own first, then makers, then resellers.",
    )
    engines: dict[str, dict[str, Any]] = Field(
        default_factory=dict[str, dict[str, Any]],
        description="Options by engine, e.g. a table for each in castlist.toml.",
    )
    plates: Path | None = Field(
        None, description="Folder of your own backdrops, for engines that place characters before photographs."
    )
    output_hours: float = Field(24, gt=0, description="Hours after a job's end for which its pictures are kept.")
    upload_hours: float = Field(24, gt=0, description="Hours for which an uploaded picture is kept.")
    fetch_allow_networks: tuple[str, ...] = Field(
        (), description="Networks that are not public and from which pictures may be fetched nevertheless: 10.0.0.0/8."
    )
    fetch_allow_hosts: tuple[str, ...] = Field(
        (), description="Hosts, as name or name:port, from which pictures may be fetched wherever they are."
    )
    fetch_allow_ports: tuple[int, ...] = Field((80, 443), description="Ports from which pictures may be fetched.")
    rate_limit: int = Field(
        60, ge=0, description="Requests a minute of a key that has no limit of its own; 0 is no limit."
    )
    max_body_bytes: int = Field(30_000_000, gt=0, description="Largest request body.")
    decoder_memory_mb: int = Field(
        256, ge=128, description="Memory (MiB) that a process which decodes a stranger's picture may reach."
    )
    consent_required: bool = Field(
        False, description="Ask every account to state that it may use the likeness of people before it submits a job."
    )
    safety_input: bool = Field(True, description="Refuse pictures of characters that the safety classifier objects to.")
    safety_output: bool = Field(True, description="Hold back images that the safety classifier objects to.")
    safety_classifier: str = Field("bundled", description="The classifier: bundled, or one that a package brings.")
    safety_limits: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        default_factory=lambda: dict(DEFAULT_LIMITS),
        description="What is refused, by class, from how sure the classifier is: { explicit = 0.85 }.",
    )
    mark_watermark: bool = Field(True, description="Put an imperceptible watermark into every picture.")
    mark_credentials: bool = Field(True, description="Sign every picture with C2PA content credentials.")
    mark_tags: bool = Field(True, description="Write plain IPTC/XMP tags into every picture that a machine made it.")
    signing_file: Path | None = Field(
        None, description="PEM file with the key and certificates that sign; one is made in data_dir when left out."
    )
    ready_queue_seconds: float = Field(
        0, ge=0, description="For how long a job may wait before /readyz says 503; 0 is for ever while a worker runs."
    )
    metrics_token: SecretStr | None = Field(
        None, description="Bearer token that /metrics asks for; it is open to everybody when left out."
    )
    trace_to: str | None = Field(
        None, description="OTLP/HTTP address for traces: http://localhost:4318/v1/traces. Needs the extra otel."
    )
    worker_jobs: int = Field(1, ge=1, le=64, description="Jobs that one worker process runs at once.")
    drain_seconds: float = Field(
        20, ge=0, description="Seconds that a stopping worker lets its jobs run on, before others take them over."
    )
    lease_seconds: float = Field(10, ge=1, description="Seconds after which a silent worker counts as dead.")
    sweep_seconds: float = Field(60, gt=0, description="Seconds between two removals of expired files.")

    @field_validator("prices")
    @classmethod
    def _prices_are_credits(cls, value: dict[str, str]) -> dict[str, str]:
        for price in value.values():
            to_millis(price)
        return value

    @field_validator("default_price")
    @classmethod
    def _price_is_credits(cls, value: str) -> str:
        to_millis(value)
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    def database(self) -> str:
        """Return the URL of the database."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'castlist.sqlite'}"


def secrets(names: Iterable[str]) -> dict[str, str]:
    """Return those of the named environment variables that are set: the secrets of hosted engines."""
    return {name: os.environ[name] for name in names if os.environ.get(name)}


def bare_environment() -> dict[str, str]:
    """Return what a process of ours needs of the environment and no more: no setting, no secret of an engine."""
    needed = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in needed if name in os.environ}
