"""A stand-in for the Hugging Face hub: a real HTTP server on loopback that speaks those of its endpoints that publishing and loading use.

It is not the hub: it knows data sets, one branch, one user and the LFS protocol (basic and in parts), and nothing of Xet, by which the
real one takes files from a client that has `hf_xet`; HF_HUB_DISABLE_XET=1 makes the client use LFS. What it was asked is in `asked`; what
it is to do wrong is put into `faults`. Everything is in memory.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "hf_standin0secret"
PART = 8_000
"""Bytes above which a file is uploaded in parts of this size."""
Tree = dict[str, tuple[bytes, bool]]
"""Path -> (content, whether it is an LFS file)."""


@dataclass
class Repository:
    """One data set: its commits, newest last."""

    private: bool = True
    commits: list[tuple[str, Tree]] = field(default_factory=list)

    def commit(self, tree: Tree) -> str:
        said = json.dumps([len(self.commits), sorted((p, hashlib.sha1(d).hexdigest()) for p, (d, _) in tree.items())])
        sha = hashlib.sha1(said.encode()).hexdigest()
        self.commits.append((sha, tree))
        return sha

    def tree(self, revision: str) -> tuple[str, Tree] | None:
        if revision in ("main", "HEAD"):
            return self.commits[-1]
        return next((one for one in self.commits if one[0] == revision), None)


@dataclass
class Hub:
    """What the server knows. `faults`: (text of a request's line, status; 0 drops the connection) -> how often."""

    url: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    parts: dict[tuple[str, int], bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    uploads: list[str] = field(default_factory=list)
    faults: dict[tuple[str, int], int] = field(default_factory=dict)
    before: Callable[[str], None] | None = None
    """Called with the line of each request."""

    def files(self, name: str) -> dict[str, bytes]:
        return {path: data for path, (data, _) in self.repositories[name].commits[-1][1].items()}

    def fault(self, line: str) -> int | None:
        for (text, status), left in self.faults.items():
            if text in line and left > 0:
                self.faults[text, status] -= 1
                return status
        return None


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def answer(self, status: int, body: Any = None, **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body if body is not None else {}).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b"".join(self.chunks())
        path = unquote(urlsplit(self.path).path)
        line = f"{self.command} {path}"
        self.hub.asked.append(line)
        if self.hub.before:
            self.hub.before(line)
        status = self.hub.fault(line)
        if status == 0:
            self.close_connection = True
            self.connection.close()
        elif status is not None:
            self.answer(status, {"error": f"told to answer {status}"})
        elif not path.startswith("/upload/") and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.answer(401, {"error": "Invalid credentials in Authorization header"})
        else:
            self.route(path, body)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = handle_any

    def chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def route(self, path: str, body: bytes) -> None:
        routes = (
            (r"/api/whoami-v2", self.whoami),
            (r"/api/validate-yaml", lambda _: self.answer(200, {"errors": [], "warnings": []})),
            (r"/api/repos/create", self.create),
            (r"/datasets/([^/]+/[^/]+)\.git/info/lfs/objects/batch", self.batch),
            (r"/upload/(\w+)/(\d+)", self.part),
            (r"/upload/(\w+)/complete", self.complete),
            (r"/upload/(\w+)", self.upload),
            (r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.resolve),
            (r"/api/datasets/([^/]+/[^/]+)/preupload/main", self.preupload),
            (r"/api/datasets/([^/]+/[^/]+)/commit/main", self.commit),
            (r"/api/datasets/([^/]+/[^/]+)/settings", self.settings),
            (r"/api/datasets/([^/]+/[^/]+)/tree/([^/]+)/?(.*)", self.tree),
            (r"/api/datasets/([^/]+/[^/]+)/paths-info/([^/]+)", self.paths),
            (r"/api/datasets/([^/]+/[^/]+)(?:/revision/([^/]+))?", self.info),
        )
        self.body = body
        for pattern, method in routes:
            if match := re.fullmatch(pattern, path):
                name = match[1] if match.groups() and "datasets" in pattern else ""
                if name and name not in self.hub.repositories:
                    return self.answer(404, {"error": "Repository not found"}, X_Error_Code="RepoNotFound")
                return method(match)  # type: ignore[no-untyped-call]
        self.answer(404, {"error": f"{path} is not known here"})

    @property
    def said(self) -> Any:
        return json.loads(self.body)

    def repository(self, match: re.Match[str]) -> Repository:
        return self.hub.repositories[match[1]]

    def whoami(self, match: re.Match[str]) -> None:
        self.answer(200, {"type": "user", "name": "me", "orgs": [{"name": "team"}], "auth": {"type": "access_token"}})

    def create(self, match: re.Match[str]) -> None:
        name = f"{self.said.get('organization') or 'me'}/{self.said['name']}"
        if name in self.hub.repositories:
            return self.answer(409, {"error": "You already created this dataset repo"})
        if not name.startswith(("me/", "team/")):
            return self.answer(403, {"error": "You don't have the rights to create a dataset under this namespace"})
        private = self.said.get("visibility") == "private" or self.said.get("private") is True
        self.hub.repositories[name] = made = Repository(private)
        made.commit({".gitattributes": (b"*.parquet filter=lfs diff=lfs merge=lfs -text\n", False)})
        self.answer(200, {"url": f"{self.hub.url}/datasets/{name}", "name": name})

    def info(self, match: re.Match[str]) -> None:
        found = self.repository(match).tree(match[2] or "main")
        if found is None:
            return self.answer(404, {"error": "Invalid rev id"}, X_Error_Code="RevisionNotFound")
        files = [{"rfilename": path} for path in found[1]]
        private = self.repository(match).private
        self.answer(
            200,
            {"id": match[1], "sha": found[0], "private": private, "siblings": files, "tags": [], "downloads": 0},
        )

    def entry(self, path: str, data: bytes, lfs: bool) -> dict[str, Any]:
        oid = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        made = {"type": "file", "path": path, "size": len(data), "oid": oid}
        return made | (
            {"lfs": {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}} if lfs else {}
        )

    def tree(self, match: re.Match[str]) -> None:
        found = self.repository(match).tree(match[2])
        if found is None:
            return self.answer(404, {"error": "Invalid rev id"}, X_Error_Code="RevisionNotFound")
        inside = f"{match[3]}/" if match[3] else ""
        recursive = "recursive=true" in self.path.lower()
        files, folders = [], set()
        for path, (data, lfs) in found[1].items():
            rest = path.removeprefix(inside)
            if path.startswith(inside):
                folders |= {inside + rest.partition("/")[0]} if "/" in rest else set()
                files += [self.entry(path, data, lfs)] if recursive or "/" not in rest else []
        if inside and not files and not folders:
            return self.answer(404, {"error": "no such path"}, X_Error_Code="EntryNotFound")
        self.answer(200, [*({"type": "directory", "path": p, "oid": "0" * 40} for p in sorted(folders)), *files])

    def paths(self, match: re.Match[str]) -> None:
        found = self.repository(match).tree(match[2])
        asked = (
            self.said["paths"]
            if self.body.startswith(b"{")
            else re.findall(r"paths=([^&]+)", unquote(self.body.decode()))
        )
        tree = found[1] if found else {}
        made = [self.entry(path, *tree[path]) for path in asked if path in tree]
        made += [{"type": "directory", "path": path, "oid": "0" * 40} for path in asked
                 if any(one.startswith(f"{path}/") for one in tree)]  # fmt: skip
        self.answer(200, made)

    def preupload(self, match: re.Match[str]) -> None:
        files = [
            {
                "path": f["path"],
                "uploadMode": "lfs" if f["path"].endswith(".parquet") else "regular",
                "shouldIgnore": False,
            }
            for f in self.said["files"]
        ]
        self.answer(200, {"files": files})

    def batch(self, match: re.Match[str]) -> None:
        self.answer(
            200, {"transfer": "basic", "objects": [self.action(o["oid"], o["size"]) for o in self.said["objects"]]}
        )

    def action(self, oid: str, size: int) -> dict[str, Any]:
        if oid in self.hub.blobs:
            return {"oid": oid, "size": size}
        to = f"{self.hub.url}/upload/{oid}"
        if size <= PART:
            return {"oid": oid, "size": size, "actions": {"upload": {"href": to}}}
        header = {str(n + 1): f"{to}/{n + 1}" for n in range(-(-size // PART))} | {"chunk_size": str(PART)}
        return {"oid": oid, "size": size, "actions": {"upload": {"href": f"{to}/complete", "header": header}}}

    def upload(self, match: re.Match[str]) -> None:
        if hashlib.sha256(self.body).hexdigest() != match[1]:
            return self.answer(400, {"error": "the bytes are not those of the oid"})
        self.hub.blobs[match[1]] = self.body
        self.hub.uploads.append(match[1])
        self.answer(200)

    def part(self, match: re.Match[str]) -> None:
        self.hub.parts[match[1], int(match[2])] = self.body
        self.answer(200, ETag=f'"{hashlib.md5(self.body).hexdigest()}"')

    def complete(self, match: re.Match[str]) -> None:
        self.body = b"".join(self.hub.parts[match[1], part["partNumber"]] for part in self.said["parts"])
        self.upload(match)

    def commit(self, match: re.Match[str]) -> None:
        repository = self.repository(match)
        head, tree = repository.commits[-1][0], dict(repository.commits[-1][1])
        lines = [json.loads(line) for line in self.body.splitlines() if line.strip()]
        for line in lines:
            value = line["value"]
            if line["key"] == "header" and value.get("parentCommit") not in (None, head):
                return self.answer(412, {"error": "A commit has happened since. Please refresh and try again."})
            if line["key"] == "file":
                tree[value["path"]] = base64.b64decode(value["content"]), False
            if line["key"] == "lfsFile":
                if value["oid"] not in self.hub.blobs:
                    return self.answer(400, {"error": "an LFS object was never uploaded"})
                tree[value["path"]] = self.hub.blobs[value["oid"]], True
            if line["key"] == "deletedFile":
                tree.pop(value["path"])
        sha = repository.commit(tree)
        url = f"{self.hub.url}/datasets/{match[1]}/commit/{sha}"
        self.answer(200, {"success": True, "commitOid": sha, "commitUrl": url, "hookOutput": ""})

    def settings(self, match: re.Match[str]) -> None:
        said = self.said
        self.repository(match).private = (
            said.get("visibility", "private" if said.get("private") else "public") == "private"
        )
        self.answer(200, {})

    def resolve(self, match: re.Match[str]) -> None:
        found = self.repository(match).tree(match[2])
        if found is None or match[3] not in found[1]:
            return self.answer(404, {"error": "Entry not found"}, X_Error_Code="EntryNotFound")
        data, _ = found[1][match[3]]
        headers = {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X_Repo_Commit": found[0], "Accept_Ranges": "bytes"}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if asked and self.command == "GET":
            start, end = int(asked[1]), min(int(asked[2] or len(data) - 1), len(data) - 1)
            headers["Content_Range"] = f"bytes {start}-{end}/{len(data)}"
            return self.answer(206, data[start : end + 1], **headers)
        self.answer(200, data, **headers)


@contextmanager
def server() -> Iterator[Hub]:
    """A running stand-in."""
    hub = Hub()
    running = ThreadingHTTPServer(("127.0.0.1", 0), type("Ours", (Handler,), {"hub": hub}))
    running.daemon_threads = True
    hub.url = f"http://127.0.0.1:{running.server_address[1]}"
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        running.shutdown()
        running.server_close()
        thread.join()
