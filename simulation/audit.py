"""Judges a history from the rows alone, with arithmetic of its own: nothing here calls castlist.

Returns sentences, one a fault. An empty list means that nothing was lost, charged twice, left hanging or kept forever.
"""

import hashlib
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from simulation.database import Room
from simulation.world import Process, World

if TYPE_CHECKING:
    from simulation.clients import Order
    from simulation.site import Site

OPEN = ("pending", "processing")
CHANGE = {"grant": 1, "purchase": 1, "release": 1, "adjust": 1, "hold": -1, "capture": 0}
WAITS_S = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
"""Standard Webhooks: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h; together 75 h 35 min."""
GRACE_S = 240
"""How late a try may be after crashes and outages: a sender that dies holds its message for a minute."""


class Watchman:
    """Looks at every commit: what has ended stays as it ended, and who ends a job must hold it."""

    def __init__(self, world: World, room: Room) -> None:
        self._world, self._room = world, room
        self._ended: dict[str, tuple[Any, ...]] = {}

    def look(self, process: Process) -> None:
        """Judge the commit that `process` has just made."""
        query = "SELECT id, status, captured_millis, released_millis, worker_id, finished_ms FROM jobs WHERE status IN "
        for row in self._room.rows(query + "('completed', 'failed')"):
            before = self._ended.setdefault(row[0], row)
            if before is not row and before != row:
                self._world.violate(f"{row[0]} had ended as {before} and was changed to {row}")
            if before is row:
                self._look_for_files(row[0])
            if before is row and process.name.startswith("worker") and row[4] != process.name:
                self._world.violate(f"{process.name} ended {row[0]}, which {row[4]} had claimed")

    def _look_for_files(self, job_id: str) -> None:
        """What a job delivers must be there the moment it has ended."""
        query = "SELECT file FROM images WHERE job_id = ? AND file IS NOT NULL"
        for (file,) in self._room.rows(query, job_id):
            if file not in self._world.site.shelf.files:
                self._world.violate(f"{job_id} delivers {file[:8]}, which is gone")


def audit(site: "Site", orders: list["Order"], grants: dict[str, int]) -> Iterator[str]:
    """Judge a history whose work is over and whose webhooks have been sent."""
    room = site.room
    jobs = {row["id"]: row for row in _dicts(room, "jobs")}
    entries = _dicts(room, "entries", "account_id, sequence")
    images: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _dicts(room, "images"):
        images[row["job_id"]].append(row)
    yield from _accounts(entries, jobs, grants)
    by_job: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in entries:
        if entry["job_id"] is not None:
            by_job[entry["job_id"]].append(entry)
    yield from (f"an entry is of {job_id}, which does not exist" for job_id in by_job.keys() - jobs.keys())
    for job in jobs.values():
        yield from _job(job, images[job["id"]], by_job[job["id"]])
        if not site.world.sweeps:  # there, what has expired may be gone a moment before its row says so
            yield from _files(site, images[job["id"]])
    yield from _orders(jobs, orders)
    yield from _webhooks(site, jobs)
    yield from (f"the queue still has {row}" for row in room.rows("SELECT * FROM sim_queue WHERE state <> 'done'"))
    yield from (f"work at a service is still on file: {row}" for row in room.rows("SELECT * FROM remotes"))


def _dicts(room: Room, table: str, order: str = "1") -> list[dict[str, Any]]:
    cursor = room.raw.execute(f"SELECT * FROM {table} ORDER BY {order}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _accounts(entries: list[dict[str, Any]], jobs: dict[str, dict[str, Any]], grants: dict[str, int]) -> Iterator[str]:
    balances: dict[str, int] = defaultdict(int)
    last: dict[str, int] = defaultdict(int)
    for entry in entries:
        account = entry["account_id"]
        last[account] += 1
        if entry["sequence"] != last[account]:
            yield f"{account}: entry {entry['sequence']} stands where {last[account]} should"
        balances[account] += CHANGE[entry["kind"]] * entry["amount_millis"]
        if balances[account] < 0:
            yield f"{account}: the balance fell to {balances[account]} at entry {entry['sequence']}"
        if balances[account] != entry["balance_millis"]:
            yield f"{account}: entry {entry['sequence']} says {entry['balance_millis']}, the sum is {balances[account]}"
    for account, granted in grants.items():
        spent = sum(
            job["held_millis"] if job["status"] in OPEN else job["captured_millis"]
            for job in jobs.values()
            if job["account_id"] == account
        )
        if balances[account] != granted - spent:
            yield f"{account}: granted {granted}, spent {spent}, but {balances[account]} are left"


def _job(job: dict[str, Any], images: list[dict[str, Any]], entries: list[dict[str, Any]]) -> Iterator[str]:
    name = job["id"]
    if job["status"] in OPEN:
        yield f"{name} hangs: it is {job['status']} after {job['attempt']} claims"
        return
    delivered = sum(image["file"] is not None for image in images)
    held, captured, released = job["held_millis"], job["captured_millis"], job["released_millis"]
    if held != job["num_images"] * job["price_millis"]:
        yield f"{name}: {held} were held for {job['num_images']} images at {job['price_millis']}"
    if captured != delivered * job["price_millis"]:
        yield f"{name}: {captured} were charged for {delivered} images at {job['price_millis']}"
    if captured + released != held:
        yield f"{name}: {captured} charged and {released} given back are not the {held} held"
    said = sorted((entry["kind"], entry["amount_millis"]) for entry in entries)
    due = sorted(pair for pair in (("hold", held), ("capture", captured), ("release", released)) if pair[1])
    if said != due:
        yield f"{name}: its entries are {said}, they should be {due}"
    canceled = job["error_code"] == "canceled"
    if (job["status"] == "completed") != (delivered > 0 and not canceled):
        yield f"{name} is {job['status']} with {delivered} images and {job['error_code']}"
    if job["status"] == "completed" and len(images) != job["num_images"] and job["attempt"] <= 5:
        yield f"{name} is completed, but only {len(images)} of {job['num_images']} images are accounted for"


def _files(site: "Site", images: list[dict[str, Any]]) -> Iterator[str]:
    for image in images:
        if image["file"] is None or image["swept_ms"] is not None:
            continue
        data = site.shelf.files.get(image["file"])
        if data is None:
            yield f"{image['job_id']}: the file of image {image['position']} is gone"
        elif hashlib.sha256(data).hexdigest() != image["sha256"]:
            yield f"{image['job_id']}: the file of image {image['position']} is another one"


def _orders(jobs: dict[str, dict[str, Any]], orders: list["Order"]) -> Iterator[str]:
    made = Counter((job["account_id"], job["seed"]) for job in jobs.values())
    sent: Counter[tuple[str, int]] = Counter()
    by_key: dict[tuple[str, str], list[Order]] = defaultdict(list)
    for order in orders:
        yield from (f"{job_id} was answered and does not exist" for job_id in order.job_ids - jobs.keys())
        if order.key is not None:
            by_key[order.account_id, order.key].append(order)
        sent[order.account_id, order.seed] += 1 if order.key is not None else order.sent
    for (account, seed), count in made.items():
        if count > sent[account, seed]:
            yield f"{count} jobs stand for {sent[account, seed]} orders of seed {seed}"
    for (account, key), same in by_key.items():
        answered = set[str]().union(*(order.job_ids for order in same))
        # Orders without a key may share a seed; of those of one key, one at most became a job.
        count = sum(made[account, order.seed] for order in same if sent[account, order.seed] == 1)
        if len(answered) > 1 or count > 1:
            yield f"the key {key} stands for {count} jobs, answered were {sorted(answered)}"


def _webhooks(site: "Site", jobs: dict[str, dict[str, Any]]) -> Iterator[str]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    tries: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _dicts(site.room, "deliveries"):
        found[row["job_id"]].append(row)
    for row in _dicts(site.room, "delivery_tries", "delivery_id, number"):
        tries[row["delivery_id"]].append(row)
    for job in jobs.values():
        wanted = json.loads(job["request"])["webhook_url"] is not None and job["status"] not in OPEN
        if len(found[job["id"]]) != wanted:
            yield f"{job['id']} has {len(found[job['id']])} messages, it should have {int(wanted)}"
        for message in found[job["id"]]:
            yield from _message(site, job, message, tries[message["id"]])


def _message(site: "Site", job: dict[str, Any], message: dict[str, Any], tries: list[dict[str, Any]]) -> Iterator[str]:
    name, statuses = message["id"], [one["http_status"] for one in tries]
    answered = [(status, body) for _, id, status, body in site.receivers.got if id == name]
    if message["state"] == "due":
        yield f"{name} was never ended"
    if message["state"] == "delivered" and not (statuses[-1:] == [200] or statuses[-1:] == [204]):
        yield f"{name} is called delivered after {statuses}"
    if message["state"] == "delivered" and not any(200 <= status < 300 for status, _ in answered):
        yield f"{name} is called delivered, but no receiver took it"
    if message["state"] == "given_up" and statuses[-1:] != [410] and len(tries) != 10:
        yield f"{name} was given up after {len(tries)} tries"
    if any(status is not None and 200 <= status < 300 for status in statuses[:-1]):
        yield f"{name} was sent again after it had been taken: {statuses}"
    if [one["number"] for one in tries] != list(range(1, len(tries) + 1)) or len(tries) != message["tries"]:
        yield f"{name} counts {message['tries']} tries, on record are {[one['number'] for one in tries]}"
    if any(body["status"] != job["status"] for _, body in answered):
        yield f"{name} told something else than what {job['id']} is"
    if site.world.stepped:
        return
    for number, (one, following) in enumerate(itertools.pairwise(tries)):
        waited_s = (following["at_ms"] - one["at_ms"]) / 1000
        if not WAITS_S[number] - 0.2 <= waited_s <= WAITS_S[number] + GRACE_S:
            yield f"{name}: try {number + 2} came {waited_s:.1f} s after the one before, due after {WAITS_S[number]} s"
