"""LitServe: it has no answer before the result, so the whole request is what it accepts. `python lit.py PORT`."""

import sys

import litserve


class Stub(litserve.LitAPI):
    def setup(self, device: str) -> None:
        pass

    def predict(self, request: dict[str, object]) -> dict[str, object]:
        return {"image": "stub", "n": request.get("num_images", 4)}


if __name__ == "__main__":
    litserve.LitServer(Stub(), accelerator="cpu").run(port=int(sys.argv[1]), generate_client_file=False)
