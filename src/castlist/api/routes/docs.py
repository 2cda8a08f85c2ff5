"""The OpenAPI document, and the same as a page for people."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

router = APIRouter(include_in_schema=False)


@router.get("/api/openapi")
async def get_openapi(request: Request) -> JSONResponse:
    """Serve the document."""
    return JSONResponse(request.app.openapi())
