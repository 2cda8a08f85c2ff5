import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "live: asks a real service and costs money; runs with -m live and a key only")
