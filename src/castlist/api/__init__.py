"""The HTTP contract: routes, authentication, the error envelope, OpenAPI. An edge: it commits."""
