"""Gradio: an event in its queue. `python grad.py PORT`."""

import sys

import gradio


def run(input_image: str, num_images: float, prompt: str) -> str:
    return "stub"


if __name__ == "__main__":
    page = gradio.Interface(run, [gradio.Text(), gradio.Number(), gradio.Text()], gradio.Text(), api_name="run")
    page.queue(default_concurrency_limit=16, max_size=None).launch(server_port=int(sys.argv[1]), quiet=True)
