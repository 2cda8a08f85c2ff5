"""The OpenAPI document, and the same as a page for people."""

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse

from castlist.api import reference
from castlist.api.context import BaseUrl

router = APIRouter(include_in_schema=False)


@router.get("/api/openapi")
async def get_openapi(request: Request) -> JSONResponse:
    """Serve the document."""
    return JSONResponse(await asyncio.to_thread(request.app.openapi))


@router.get("/docs")
async def get_docs(request: Request, base_url: BaseUrl) -> HTMLResponse:
    """Serve the page."""
    document = await asyncio.to_thread(request.app.openapi)
    headers = {"Content-Security-Policy": reference.CONTENT_SECURITY_POLICY}
    return HTMLResponse(reference.page(document, base_url), headers=headers)
