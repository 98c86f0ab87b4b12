"""Asks a model through OpenAI's SDK: the Responses API, or Chat Completions at compatible servers.

Ollama, vLLM, OpenRouter and others speak Chat Completions; they are chosen with OPENAI_BASE_URL. No
tools are offered and nothing is kept at the server (`store` is off).
"""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from autopilot.adapters.address_guard import AddressGuard, allowed_places
from autopilot.adapters.limits import Resolve
from autopilot.domain.model import ModelAnswer, ModelRequest

if TYPE_CHECKING:
    from openai import AsyncOpenAI

OPENAI_URL = "https://api.openai.com/v1"
ATTEMPTS = 3
WAIT_SECONDS = 0.5  # before the first retry; doubles, with as much again at random
LONGEST_WAIT_SECONDS = 8.0
REACH_SECONDS = 10.0
NOT_INSTALLED = (
    "the package openai is not installed; install it: pip install 'autopilot-newsletters[openai]'"
)


class Api(StrEnum):
    """Which of the two APIs a server is asked through."""

    RESPONSES = "responses"
    CHAT = "chat"


class OpenAIModel:
    """A model behind an address that speaks one of OpenAI's APIs.

    `base_url` None is OpenAI itself; `allow_hosts` are the operator's `host:port` that may be
    private. It holds no connection and may be shared by threads; each call runs an event loop of
    its own, so it cannot be made from inside one.
    """

    def __init__(
        self,
        key: str,
        *,
        base_url: str | None = None,
        allow_hosts: frozenset[str] = frozenset(),
        api: Api | None = None,
        attempts: int = ATTEMPTS,
        resolve: Resolve | None = None,
    ) -> None:
        self._key = key
        self._base_url = base_url or OPENAI_URL
        self._guard = AddressGuard(allow=allowed_places(allow_hosts))
        self._api = api or api_of(self._base_url)
        self._attempts = attempts
        self._resolve = resolve
        self._takes_schema = True

    def complete(self, request: ModelRequest) -> ModelAnswer:
        """Return the answer; whatever the server does comes back as a value."""
        # Late: the SDK takes most of a second to import and 47 MiB.
        try:
            import anyio
            import openai  # noqa: F401
        except ImportError:
            return ModelAnswer(error=NOT_INSTALLED, is_final=True)
        return anyio.run(partial(self._bounded, request))

    def reach(self, model: str, *, seconds: float = REACH_SECONDS) -> str | None:
        """Return what keeps this model from being asked, or None; nothing is charged for it."""
        try:
            import anyio
            import openai  # noqa: F401
        except ImportError:
            return NOT_INSTALLED
        return anyio.run(partial(self._listed, model, seconds))

    async def _listed(self, model: str, seconds: float) -> str | None:
        import anyio
        import openai
        from openai import AsyncOpenAI

        from autopilot.adapters.model_answers import read_names
        from autopilot.adapters.model_client_faults import SERVERS_DOING, fault
        from autopilot.adapters.model_transport import model_client

        with anyio.move_on_after(seconds):
            async with model_client(self._guard, resolve=self._resolve) as http:
                client = AsyncOpenAI(
                    api_key=self._key, base_url=self._base_url, http_client=http, max_retries=0
                )
                try:
                    listed = await client.models.with_raw_response.list()
                except (openai.OpenAIError, *SERVERS_DOING) as error:
                    return fault(error, model).error
                names = read_names(listed.content)
                return (
                    None if not names or model in names else f"the server does not list {model!r}"
                )
        return f"the model's server did not answer within {seconds:g} s"

    async def _bounded(self, request: ModelRequest) -> ModelAnswer:
        import anyio

        with anyio.move_on_after(request.seconds):
            return await self._patiently(request)
        told = f"the model did not answer within {request.seconds:g} s"
        return ModelAnswer(error=told, is_lost=True)

    async def _patiently(self, request: ModelRequest) -> ModelAnswer:
        """Ask, and ask again where the server is only busy, as long as it says to wait."""
        import openai
        import stamina
        from stamina.instrumentation import set_on_retry_hooks

        from autopilot.adapters.model_client_faults import SERVERS_DOING, fault, pause

        set_on_retry_hooks(())  # whoever asked logs what came of it
        attempts = stamina.retry_context(
            on=partial(pause, seconds_left=request.seconds),
            attempts=self._attempts,
            timeout=request.seconds,
            wait_initial=WAIT_SECONDS,
            wait_jitter=WAIT_SECONDS,
            wait_max=LONGEST_WAIT_SECONDS,
        )
        try:
            async for attempt in attempts:
                with attempt:
                    return await self._once(request)
        except (openai.OpenAIError, *SERVERS_DOING) as error:
            return fault(error, request.model)
        return ModelAnswer(error="the model was not asked")

    async def _once(self, request: ModelRequest) -> ModelAnswer:
        from openai import AsyncOpenAI

        from autopilot.adapters.model_client_faults import is_about_the_schema
        from autopilot.adapters.model_transport import model_client

        async with model_client(self._guard, resolve=self._resolve) as http:
            client = AsyncOpenAI(
                api_key=self._key, base_url=self._base_url, http_client=http, max_retries=0
            )
            try:
                return await self._ask(client, request)
            except Exception as error:
                if not (self._takes_schema and is_about_the_schema(error)):
                    raise
                # An older server: the instructions ask for the same form in words.
                self._takes_schema = False
                return await self._ask(client, request)

    async def _ask(self, client: AsyncOpenAI, request: ModelRequest) -> ModelAnswer:
        from autopilot.adapters.model_answers import read_chat, read_responses

        # The raw bodies are read here: compatible servers leave out what the SDK's types promise.
        if self._api is Api.RESPONSES:
            asked = await client.responses.with_raw_response.create(**self._for_responses(request))
            return read_responses(asked.content)
        answered = await client.chat.completions.with_raw_response.create(**self._for_chat(request))
        return read_chat(answered.content)

    def _for_responses(self, request: ModelRequest) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "model": request.model,
            "instructions": request.instructions,
            "input": request.material,
            "max_output_tokens": request.max_output_tokens,
            "store": False,
        }
        if self._takes_schema:
            asked["text"] = {"format": {"type": "json_schema", "strict": True, **_named(request)}}
        if request.effort is not None:
            asked["reasoning"] = {"effort": request.effort}
        return asked

    def _for_chat(self, request: ModelRequest) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "model": request.model,
            "messages": [
                {"role": "system", "content": request.instructions},
                {"role": "user", "content": request.material},
            ],
            "max_tokens": request.max_output_tokens,
        }
        if self._takes_schema:
            schema = {"strict": True, **_named(request)}
            asked["response_format"] = {"type": "json_schema", "json_schema": schema}
        return asked


def api_of(base_url: str) -> Api:
    """Return the API to ask an address through: OpenAI's own hosts know the newer one."""
    host = (urlsplit(base_url).hostname or "").lower()
    known = host == "openai.com" or host.endswith(".openai.com")
    return Api.RESPONSES if known else Api.CHAT


def _named(request: ModelRequest) -> dict[str, Any]:
    return {"name": request.schema_name, "schema": dict(request.schema)}
