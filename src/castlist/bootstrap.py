"""Wires an installation together from its settings. Everything below gets plain values and finished objects."""

import asyncio
import contextlib
import dataclasses
import hashlib
import hmac
import os
import secrets as random_secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from castlist import settings as configuration
from castlist.domain.ids import new_id
from castlist.domain.model_types import MODEL_TYPES
from castlist.domain.pools import DEFAULT_POOL, Pools
from castlist.domain.requests import RunRequest, request_model
from castlist.engines import catalog
from castlist.engines.catalog import Catalog
from castlist.flow.screen import build_screen
from castlist.flow.service import Service, Terms
from castlist.flow.tracing import OpenTelemetry, Tracer
from castlist.net.guard import FetchPolicy
from castlist.provenance import issuer
from castlist.provenance.mark import Marking
from castlist.queue import durable
from castlist.settings import Settings
from castlist.store import installation
from castlist.store.database import Database
from castlist.store.files import Bucket, Files
from castlist.store.migrate import Age, age, migrate
from castlist.vision.sandbox import Sandbox

HOUR_MS = 3_600_000
SIGNING_FILE = "signing.pem"
SECRET_FILE = "secret"
SECRET_BYTES, SECRET_VARIETY = 32, 8


class Unfit(RuntimeError):
    """An installation that must not be started like this. Its text is one sentence that says what to do."""


def load_catalog(settings: Settings, *, pool: str = DEFAULT_POOL) -> Catalog:
    """Find the engines and give each its options and secrets.

    Args:
        pool: the pool this process works for; engines of other pools are theirs to judge.
    """
    bare = catalog.load(settings.engines, {})
    names = {name for card in bare.cards() for name in card.secrets}
    found = configuration.secrets(names)
    options = {**settings.engines}
    for card in bare.cards():
        if settings.plates is not None and "plates" in card.options.model_fields:
            options[card.id] = {"plates": str(settings.plates), **options.get(card.id, {})}
    loaded = catalog.load(
        options, found, stand_in=settings.stand_in, order=settings.engine_order, routes=settings.routes
    )
    return dataclasses.replace(loaded, elsewhere=Pools(settings.pools).elsewhere(pool))


def request_model_of(engines: Catalog) -> type[RunRequest]:
    """Return the run request's model with the values that this installation's cards allow."""
    model_types = dict.fromkeys([*(model_type.id for model_type in MODEL_TYPES), *engines.model_types()])
    backgrounds = dict.fromkeys(name for card in engines.cards() for name in card.backgrounds)
    return request_model(list(model_types), list(backgrounds))


def build(settings: Settings, *, pool: str = DEFAULT_POOL) -> Service:
    """Build the service, connecting to nothing yet; makes the data folder and the secret when they are missing.

    Raises:
        Unfit: the secret is none.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engines = load_catalog(settings, pool=pool)
    return Service(
        database=Database(settings.database()),
        files=_files(settings),
        catalog=engines,
        queue=durable.DurableQueue(settings.database()),
        request_model=request_model_of(engines),
        secret=_secret(settings),
        pools=Pools(settings.pools),
        terms=Terms(
            prices=settings.prices,
            default_price=settings.default_price,
            output_ms=round(settings.output_hours * HOUR_MS),
            upload_ms=round(settings.upload_hours * HOUR_MS),
            queue_seconds=settings.ready_queue_seconds,
            metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else None,
            consent_required=settings.consent_required,
            rate_a_minute=settings.rate_limit,
        ),
        marking=_marking(settings),
        tracer=_tracer(settings),
        screen=build_screen(
            settings.safety_classifier,
            settings.safety_limits,
            inputs=settings.safety_input,
            outputs=settings.safety_output,
        ),
        sandbox=Sandbox(memory_bytes=settings.decoder_memory_mb * 1024 * 1024),
        fetch_policy=FetchPolicy(
            allow_networks=settings.fetch_allow_networks,
            allow_hosts=settings.fetch_allow_hosts,
            allow_ports=settings.fetch_allow_ports,
        ),
    )


async def prepare(service: Service, *, migrating: bool = True) -> None:
    """See that the database has this release's schema, ours and the queue's, and that the secret is the installation's.

    Args:
        migrating: bring a SQLite file or an empty database up to date. What others may be using is left alone.

    Raises:
        Unfit: the schema is another release's, or the secret another installation's.
    """
    found = await age(service.database)
    if found is Age.NEWER:
        raise Unfit("The database was made by a newer release of castlist. Install that one, or restore a back-up.")
    behind = found is not Age.CURRENT
    if migrating and (service.database.is_sqlite or found is Age.EMPTY):
        await bring_up_to_date(service)
    elif behind or not await asyncio.to_thread(durable.is_current, service.database.url):
        raise Unfit("The database does not have this release's schema yet. Stop the other processes, make a back-up "
                    "and run `castlist migrate`.")  # fmt: skip
    if await _agreed(service, "secret", _fingerprint(service.secret)) != _fingerprint(service.secret):
        raise Unfit(
            "The secret is not the one of this installation. Set CASTLIST_SECRET, or CASTLIST_SECRET_FILE, to what the "
            "first process had; if that is lost for good, `castlist migrate --adopt secret` voids every API key."
        )


async def bring_up_to_date(service: Service) -> None:
    """Apply every migration, ours and the queue's."""
    await migrate(service.database)
    await asyncio.to_thread(durable.migrate, service.database.url)


async def check_files(service: Service) -> None:
    """See that the pictures lie where the whole installation has them; raises `Unfit`."""
    fresh = new_id("store")
    mark = await service.files.mark(fresh)
    if await _agreed(service, "files", mark) == mark:
        return
    if mark == fresh:
        await service.files.unmark()
    raise Unfit(
        "The pictures of this installation lie elsewhere than this process would look. Nodes on several machines share "
        "them through CASTLIST_FILES_URL=s3://…; if you moved them, `castlist migrate --adopt files` says so."
    )


async def adopt(service: Service, *, files: bool, secret: bool) -> None:
    """Let this process's place for pictures, or its secret, be the installation's from now on."""
    values = {"files": await service.files.mark(new_id("store"))} if files else {}
    if secret:
        values["secret"] = _fingerprint(service.secret)
    async with service.database.write() as tx:
        for name, value in values.items():
            await installation.replace(tx, name, value, now_ms=service.clock())


async def _agreed(service: Service, name: str, value: str) -> str:
    async with service.database.read() as tx:
        there = await installation.get(tx, name)
    if there is not None:
        return there
    async with service.database.write() as tx:
        return await installation.agree(tx, name, value, now_ms=service.clock())


def _fingerprint(secret: bytes) -> str:
    return hmac.new(secret, b"castlist installation", hashlib.sha256).hexdigest()[:32]


def _files(settings: Settings) -> Files:
    if settings.files_url is None:
        return Files.in_folder(settings.data_dir / "files")
    scheme, _, rest = settings.files_url.partition("://")
    name, _, folder = rest.strip("/").partition("/")
    if scheme != "s3" or not name:
        raise Unfit(f"CASTLIST_FILES_URL is s3://bucket or s3://bucket/folder, not {settings.files_url}.")
    access, secret = settings.s3_access_key, settings.s3_secret_key
    return Files.in_bucket(
        Bucket(
            name,
            folder,
            settings.s3_endpoint,
            settings.s3_region,
            access.get_secret_value() if access else None,
            secret.get_secret_value() if secret else None,
        )
    )


def _secret(settings: Settings) -> bytes:
    """Return the installation's secret, making it on first use when nothing is said."""
    if settings.secret is not None:
        given = settings.secret.get_secret_value().encode()
    elif settings.secret_file is not None:
        try:
            given = settings.secret_file.read_bytes()
            given = given.rstrip(b"\r\n") if given.isascii() else given  # an editor's line end is no part of it
        except OSError as error:
            raise Unfit(f"The file of the secret, {settings.secret_file}, cannot be read: {error.strerror}.") from None
    else:
        return _made_once(settings.data_dir / SECRET_FILE, lambda: random_secrets.token_bytes(SECRET_BYTES))
    if len(given) < SECRET_BYTES or len(set(given)) < SECRET_VARIETY:
        raise Unfit("The secret is too easy to guess. Take 32 random characters or more: `openssl rand -hex 32`.")
    return given


def _tracer(settings: Settings) -> Tracer:
    if settings.trace_to is None:
        return Tracer()
    try:
        return OpenTelemetry.to(settings.trace_to)
    except ImportError:
        raise Unfit("trace_to needs OpenTelemetry: install castlist with the extra otel.") from None


def _marking(settings: Settings) -> Marking:
    """Return how pictures are marked, making a signing key on first use; ValueError when the operator's is no good."""
    signer = None
    if settings.mark_credentials and settings.signing_file is not None:
        signer = issuer.load(settings.signing_file.read_bytes())
    elif settings.mark_credentials:
        signer = issuer.load(_made_once(settings.data_dir / SIGNING_FILE, lambda: issuer.create(datetime.now(UTC)).pem))
    return Marking(
        watermark=settings.mark_watermark,
        tags=settings.mark_tags,
        credentials=settings.mark_credentials,
        issuer=signer,
    )


def own_anchor(settings: Settings) -> bytes:
    """Return the certificate that vouches for pictures of this installation, PEM; empty when it has signed none yet."""
    file = settings.signing_file or settings.data_dir / SIGNING_FILE
    return issuer.load(file.read_bytes()).anchor if file.exists() else b""


def _made_once(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return a file's content, making it on first use; readable by its owner alone, and never half written."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(make())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # fails when another process was first, whose content counts then
        draft.unlink()
    return path.read_bytes()
