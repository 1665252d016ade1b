"""The servers that answer for one model: which of them is asked next, and what becomes of one that fails.

A request goes to the least busy server. One that fails time after time is left alone for a while, longer each time, and then tried with
one request while the others carry on; as long as none is well, all that have rested are tried. Answers are read no further than a limit,
redirections are not followed (the key would follow them), and proxies of the environment are used but for this machine itself.

The HTTP client is httpx2, which the client library of OpenAI is built on. That library itself is not used: it makes models of its own of
each answer, and its typed call reaches a fraction of what httpx2 does (benchmarks/inference.py).
"""

from __future__ import annotations

import asyncio
import base64
import email.utils
import ipaddress
import random
import re
import socket
import time
from collections import deque
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from curate.errors import CurateError
from curate.models._completions import REFUSED, Answer, Fault, Form, Stream, code, told

if TYPE_CHECKING:
    import httpx2

STREAK = 3
"""Failures in a row after which a server is left alone, or as many as are under way there: some of many may fail by chance."""
REST = 0.5, 30.0
"""Seconds for which it is left alone at first, and at most."""
CONNECT = 30.0
"""Seconds in which a server takes a connection, at most."""
KEEP = 4.0
"""Seconds for which an idle connection is kept: servers that run on uvicorn close theirs after five."""
LONGEST_ERROR = 64 << 10
"""Bytes that are read of what a server says of an error."""
LONGEST_SAID = 400
"""Characters of it that are told."""
ENCODINGS = ("identity", "gzip", "deflate")
"""What of a compressed answer is read at all: none of them grows more than a thousandfold, so that a piece of one fits into memory."""
NAMELESS = {number for name in ("EAI_NONAME", "EAI_NODATA") if (number := getattr(socket, name, None)) is not None}
"""What the resolver says where no machine has the name, other than that it cannot tell at the moment."""
NO_PORT = (OverflowError, ExceptionGroup)
"""What comes of a proxy whose port is none."""
POINTLESS = (401, 402, 403, 404, 405, 410)
"""No request will be answered: a wrong key, an account without money, an unknown model or address."""
VERSION = re.compile(r"/v[0-9]+(?:[a-z]+[0-9]*)?(?:/|$)")
"""What of an address says the version of the protocol."""
SPENT = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")
"""Words for an empty account, which OpenAI's servers say with status 429."""


class Endpoint:
    """One server, and how it does."""

    def __init__(self, address: str, key: str, timeout: float) -> None:
        import httpx2

        try:
            url = httpx2.URL(address)
        except httpx2.InvalidURL:
            url = httpx2.URL("")
        if url.scheme not in ("http", "https") or not url.host or (url.port or 0) > 65535:
            raise CurateError(f"endpoint {shown(address)!r} is no address; write e.g. http://127.0.0.1:8000/v1")
        self.auth = (url.username, url.password) if url.userinfo else None
        self.url = url.copy_with(userinfo=b"", path=url.path.rstrip("/"), fragment=None)
        self.headers = {"content-type": "application/json", "accept-encoding": "identity", "user-agent": "octocurate"}
        if key:
            self.headers["authorization"] = f"Bearer {key}"
        self.timeout = timeout
        self.secrets = [word for word in (key, url.password, _basic(self.auth)) if word]
        self.idle: list[httpx2.AsyncClient] = []
        self.targets: dict[str, httpx2.URL] = {}
        self.busy = self.asked = self.streak = self.rests = 0
        self.answered = self.trying = self.nameless = False
        self.rest_until = 0.0

    def __repr__(self) -> str:
        return f"Endpoint({self.name})"

    @property
    def name(self) -> str:
        """The address, without a user's name and password."""
        return str(self.url)

    async def ask(self, form: Form, body: bytes, limit: int) -> Answer:
        """One answer, and a note of how it went.

        Raises:
            Fault: there is none, and asking again may help, or the server will not answer this request.
            CurateError: no request will be answered.
        """
        self.busy += 1
        self.asked += 1
        try:
            async with asyncio.timeout(self.timeout):
                answer = await self._ask(form, body, limit)
        except TimeoutError:
            raise self._failed(Fault(f"no answer within {self.timeout:g} s", status=408)) from None
        except Fault as fault:
            if fault.again:
                raise self._failed(fault) from None
            self._well()
            raise Fault(self.cleaned(str(fault)), again=False, status=fault.status) from None
        finally:
            self.busy -= 1
        self._well()
        self.answered = True
        return answer

    async def get(self, path: str, limit: int) -> tuple[int, bytes]:
        """Status and body of what lies at a path below the address. CurateError where there is no answer in time, or too long a one."""
        import httpx2

        target = self.url.copy_with(path=self.url.path + path)
        try:
            async with (
                asyncio.timeout(self.timeout),
                self._client() as client,
                client.stream(
                    "GET", target, headers=self.headers, auth=self.auth or httpx2.USE_CLIENT_DEFAULT
                ) as response,
            ):
                _refuse_compressed(response)
                return response.status_code, await _whole(response, limit)
        except TimeoutError:
            raise CurateError(f"no answer within {self.timeout:g} s") from None
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, OSError, Fault, *NO_PORT) as error:
            raise CurateError(self.cleaned(_why(error)[0])) from None

    async def _ask(self, form: Form, body: bytes, limit: int) -> Answer:
        import httpx2

        client = self.idle.pop() if self.idle else self._client()
        request = httpx2.Request("POST", self._target(form), content=body, headers=self.headers)
        try:
            response = await client.send(request, stream=True, auth=self.auth or httpx2.USE_CLIENT_DEFAULT)
            try:
                return await self._read(response, form, limit)
            finally:
                await response.aclose()
        except httpx2.InvalidURL as error:
            raise CurateError(self.cleaned(f"{self.name}: {error}")) from None
        except (httpx2.HTTPError, httpx2.StreamError, OSError) as error:
            said, self.nameless = _why(error)
            raise Fault(self.cleaned(f"{type(error).__name__}: {said}"), status=0) from None
        finally:
            self.idle.append(client)

    def _target(self, form: Form) -> httpx2.URL:
        if form.path not in self.targets:
            self.targets[form.path] = self.url.copy_with(path=self.url.path + form.path)
        return self.targets[form.path]

    def _client(self) -> httpx2.AsyncClient:
        """A client of one connection: the pool of a client looks at each of its connections for each request.

        CurateError for a proxy in the environment that is none.
        """
        import httpx2

        try:
            return httpx2.AsyncClient(
                limits=httpx2.Limits(max_connections=1, keepalive_expiry=KEEP),
                timeout=httpx2.Timeout(None, connect=CONNECT),
                trust_env=not _here(self.url.host),
                verify=_certificates(),
                follow_redirects=False,
            )
        except (ValueError, ImportError) as error:
            raise CurateError(self.cleaned(f"a proxy that the environment names: {error}")) from None

    async def _read(self, response: httpx2.Response, form: Form, limit: int) -> Answer:
        _refuse_compressed(response)
        if response.status_code != 200:
            raise self._fault(response, await _whole(response, LONGEST_ERROR, cut=True), form)
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            return form.answer(await _whole(response, limit))
        stream, size = Stream(form.chat), 0
        async for chunk in response.aiter_bytes():
            if (size := size + len(chunk)) > limit:
                raise Fault(f"the answer is longer than {limit:,} bytes")
            stream.add(chunk)
        return stream.answer()

    def _fault(self, response: httpx2.Response, body: bytes, form: Form) -> Exception:
        """What an answer with another status than 200 means."""
        status = response.status_code
        said = self.cleaned(f"{status} {response.reason_phrase}: {told(body)}".rstrip(": "))
        named = any(f"{mark}{form.model}{mark}" in said for mark in "'`\"")
        if status in REFUSED and not self.answered and named:
            return CurateError(f"{self.name} does not serve what it is asked for: {said}")
        if status in REFUSED:
            return Fault(said, again=False, status=status)
        if 300 <= status < 400:
            return CurateError(f"{self.name} sends us elsewhere ({said}); write the address that it means")
        if status == 403 and self.answered:  # the key is good, so it is what this request says
            return Fault(said, again=False, status=status)
        # A gateway that knows no server for the moment says 404 as well, but not in the words of the protocol.
        unknown = status in (404, 405, 410) and self.answered and not code(body)
        if (status in POINTLESS and not unknown) or (status == 429 and code(body) in SPENT):
            return CurateError(f"{self.name} answers nothing: {said}{self._advice(status, form, named)}")
        return Fault(said, wait=_retry_after(response.headers), status=status)

    def _advice(self, status: int, form: Form, named: bool) -> str:
        """What to do about an answer after which nobody is asked. named: whether it names the model."""
        if status in (401, 403) and "authorization" in self.headers:
            return "; the key in the variable that api_key_env names is not accepted"
        if status == 401:
            return (
                "; it wants a key: put that into an environment variable and write in the profile, profiles/local.toml, under "
                '[models.NAME], NAME being what the recipe or --model calls it: api_key_env = "VARIABLE"'
            )
        if status not in (404, 405):
            return ""
        if named:
            return f"; {self.name}/models says what it calls its models"
        advice = [] if VERSION.search(self.url.path) else [f"does its address end in /v1, as {self.name}/v1?"]
        if not form.chat:
            advice.append("a server that only speaks chat wants --mode chat (of an entry of `models:`, chat: true)")
        return f"; {'; '.join(advice) or 'does its address end as it should, such as in /v1?'}"

    def _well(self) -> None:
        self.streak = self.rests = 0
        self.trying = False

    def _failed(self, fault: Fault) -> Fault:
        now = time.monotonic()
        self.nameless = self.nameless and fault.status == 0
        self.streak += 1
        if self.rest_until <= now and (self.trying or self.streak >= max(STREAK, self.busy)):
            rest = min(REST[1], REST[0] * 2.0**self.rests) * random.uniform(0.5, 1.0)
            self.rest_until = now + max(rest, fault.wait or 0.0 if fault.status == 429 else 0.0)
            self.rests = min(self.rests + 1, 16)
            self.trying = True
        return Fault(self.cleaned(f"{self.name}: {fault}"), wait=fault.wait, status=fault.status)

    def cleaned(self, text: str) -> str:
        """What a server said, on one line of at most `LONGEST_SAID` characters, without what is secret: some repeat what they were sent."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return " ".join(text.split())[:LONGEST_SAID]

    async def close(self) -> None:
        """Close all connections."""
        while self.idle:
            await self.idle.pop().aclose()


class Endpoints:
    """The servers of a model. Belongs to one event loop."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self.all = list(endpoints)

    async def choose(self, until: float) -> Endpoint | None:
        """The server to ask next; None if all are left alone until then (`time.monotonic`)."""
        while True:
            now = time.monotonic()
            ready = [endpoint for endpoint in self.all if endpoint.rest_until <= now]
            if found := _best(ready):
                return found
            if now >= until:
                return None
            await asyncio.sleep(min(until, *(e.rest_until for e in self.all)) - now + 0.001)

    async def close(self) -> None:
        """Close all connections to all servers."""
        for endpoint in self.all:
            await endpoint.close()


def _best(ready: Iterable[Endpoint]) -> Endpoint | None:
    """The least busy of those that are well; one request at a time for the others, as long as any is well."""
    ready = list(ready)
    well, trying = ([e for e in ready if not e.trying], [e for e in ready if e.trying])
    if well and (idle := [endpoint for endpoint in trying if not endpoint.busy]):
        return idle[0]
    return min(well or trying, key=lambda endpoint: (endpoint.busy, endpoint.asked), default=None)


def _here(host: str) -> bool:
    """Whether a host is this machine, which no proxy leads to."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


_CONTEXT: list[Any] = []


def _certificates() -> Any:
    """What TLS trusts, read once for all clients."""
    import httpx2

    if not _CONTEXT:
        _CONTEXT.append(httpx2.create_ssl_context())
    return _CONTEXT[0]


def _refuse_compressed(response: httpx2.Response) -> None:
    """Fault for an answer of which a piece may not fit into memory."""
    if response.headers.get("content-encoding", "identity") not in ENCODINGS:
        raise Fault("the answer is compressed, which it was asked not to be")


async def _whole(response: httpx2.Response, limit: int, *, cut: bool = False) -> bytes:
    """The body of an answer. Raises Fault for one that is longer than the limit, or cuts it off there."""
    data = bytearray()
    async for chunk in response.aiter_bytes():
        data += chunk
        if len(data) > limit:
            if cut:
                break
            raise Fault(f"the answer is longer than {limit:,} bytes")
    return bytes(data[:limit])


def _why(error: BaseException) -> tuple[str, bool]:
    """Why there is no connection, in words, and whether that is because no machine has the name."""
    waiting, seen = deque([error]), 0
    while waiting and seen < 32:
        one, seen = waiting.popleft(), seen + 1
        if isinstance(one, socket.gaierror) and one.errno in NAMELESS:
            return "no machine has this name", True
        if isinstance(one, ConnectionRefusedError):
            return "connection refused: nothing listens there, or not yet", False
        under = [one.__cause__ or one.__context__, *getattr(one, "exceptions", ())]
        waiting.extend(next_one for next_one in under if next_one is not None)
    return str(error) or str(error.__cause__ or "") or type(error).__name__, False


def _retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds that a server asks us to wait: a number, or the time of a clock."""
    text = headers.get("retry-after", "")
    try:
        wait = float(text)
    except ValueError:
        try:
            wait = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, wait) if wait < float("inf") else None


def _basic(auth: tuple[str, str] | None) -> str:
    return base64.b64encode(":".join(auth).encode()).decode() if auth else ""


def shown(address: str) -> str:
    """An address without what stands before its @."""
    scheme, _, rest = address.rpartition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{'://' if scheme else ''}{host.rpartition('@')[2]}{slash}{path}"
