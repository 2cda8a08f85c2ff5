"""BentoML: a task, accepted at once and made later. `bentoml serve bento:Stub --port PORT`."""

import bentoml


@bentoml.service
class Stub:
    @bentoml.task
    def run(self, input_image: str, num_images: int = 4, prompt: str | None = None) -> str:
        return "stub"
