# Asks the drop-ins by their official clients in Python, and prints what came of it as JSON.
import base64
import json
import os

import huggingface_hub
import ollama
import openai

URL, KEY, PHOTO, BLANK = (os.environ[name] for name in ("URL", "KEY", "PHOTO", "BLANK"))
photo = open(PHOTO, "rb").read()
said = {}


def expect(error, ask):
    """Name and status of the exception that must come."""
    try:
        ask()
    except error as caught:
        status = getattr(caught, "status_code", None) or caught.response.status_code
        return [type(caught).__name__, status]
    return "no exception"


def message(picture):
    url = "data:image/jpeg;base64," + base64.b64encode(picture).decode()
    return [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": url}},
            ],
        }
    ]


client = openai.OpenAI(base_url=URL + "/v1", api_key=KEY, max_retries=0)
complete = client.chat.completions.create
whole = complete(model="caption-queue", messages=message(photo))
stream = list(
    complete(
        model="caption-queue",
        messages=message(photo),
        stream=True,
        stream_options={"include_usage": True},
    )
)
blank = complete(model="caption-queue/alt", messages=message(open(BLANK, "rb").read()))
stranger = openai.OpenAI(base_url=URL + "/v1", api_key="sk-wrong", max_retries=0)
said["openai"] = {
    "whole": whole.choices[0].message.content,
    "tokens": whole.usage.completion_tokens,
    "streamed": [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices],
    "streamed_tokens": stream[-1].usage.completion_tokens,
    "alt": complete(model="caption-queue/alt", messages=message(photo)).choices[0].message.content,
    "blank": [blank.choices[0].message.content, blank.choices[0].message.refusal],
    "models": [model.id for model in client.models.list()],
    "model": client.models.retrieve("caption-queue/alt").id,
    "no_picture": expect(
        openai.BadRequestError,
        lambda: complete(model="caption-queue", messages=[{"role": "user", "content": "Hello!"}]),
    ),
    "no_model": expect(openai.NotFoundError, lambda: complete(model="gpt-4o", messages=message(photo))),
    "wrong_key": expect(openai.AuthenticationError, stranger.models.list),
    "damaged": expect(
        openai.UnprocessableEntityError, lambda: complete(model="caption-queue", messages=message(photo[:5000]))
    ),
}

client = ollama.Client(host=URL, headers={"Authorization": "Bearer " + KEY})
stranger = ollama.Client(host=URL, headers={"Authorization": "Bearer wrong"})
message = {"role": "user", "content": "What is this?", "images": [photo]}
said["ollama"] = {
    "generated": client.generate("caption-queue", "What is this?", images=[PHOTO]).response,
    "streamed": [part.response for part in client.generate("caption-queue", images=[photo], stream=True)],
    "chat": client.chat("caption-queue", [message]).message.content,
    "chat_streamed": [part.message.content for part in client.chat("caption-queue", [message], stream=True)],
    "alt": client.generate("caption-queue/alt", images=[photo]).response,
    "models": [model.model for model in client.list().models],
    "capabilities": client.show("caption-queue").capabilities,
    "no_picture": expect(ollama.ResponseError, lambda: client.generate("caption-queue", "Hello!")),
    "no_model": expect(ollama.ResponseError, lambda: client.generate("llava", images=[photo])),
    "wrong_key": expect(ollama.ResponseError, stranger.list),
}

client = huggingface_hub.InferenceClient(model=URL + "/models/caption-queue", token=KEY)
stranger = huggingface_hub.InferenceClient(model=URL + "/models/caption-queue", token="hf_wrong")
other = huggingface_hub.InferenceClient(base_url=URL + "/models/caption-queue/alt", api_key=KEY)
failure = huggingface_hub.errors.HfHubHTTPError
said["hugging_face"] = {
    "bytes": client.image_to_text(photo).generated_text,
    "file": client.image_to_text(PHOTO).generated_text,
    "alt": other.image_to_text(photo).generated_text,
    "no_picture": expect(failure, lambda: client.image_to_text(b"no picture")),
    "no_model": expect(failure, lambda: client.image_to_text(photo, model=URL + "/models/blip")),
    "wrong_key": expect(failure, lambda: stranger.image_to_text(photo)),
}
print(json.dumps(said))
