"""The floor: one FastAPI handler that checks the request and keeps it in memory. `uvicorn bare:app`."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator

from fastapi import FastAPI
from pydantic import BaseModel

jobs: dict[str, dict[str, object]] = {}
waiting: asyncio.Queue[str] = asyncio.Queue()


class Run(BaseModel):
    input_image: str
    num_images: int = 4
    prompt: str | None = None


async def work() -> None:
    while True:
        job = jobs[await waiting.get()]
        job["status"] = "completed"
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    task = asyncio.create_task(work())
    yield
    task.cancel()


app = FastAPI(lifespan=lifespan)


@app.post("/run", status_code=202)
async def run(request: Run) -> dict[str, str]:
    job_id = uuid.uuid4().hex
    jobs[job_id] = {"status": "pending", "request": request}
    waiting.put_nowait(job_id)
    return {"jobId": job_id, "status": "pending"}
