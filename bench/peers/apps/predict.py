"""Cog: an asynchronous prediction. `COG_PREDICT_TYPE_STUB=predict.py:Predictor python -m cog.server.http`."""

from cog import BasePredictor


class Predictor(BasePredictor):
    def predict(self, input_image: str, num_images: int = 4, prompt: str = "") -> str:
        return "stub"
