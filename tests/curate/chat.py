"""A small server of OpenAI's protocol, for tests: `python chat.py --host H --port N [--model M] [--after S] [--fail TEXT] [--die S]`."""

import argparse
import http.server
import json
import os
import subprocess
import sys
import threading
import time


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--after", type=float, default=0.0)
    parser.add_argument("--fail", default="")
    parser.add_argument("--die", type=float, default=0.0)
    parser.add_argument("--stubborn", action="store_true")
    parser.add_argument("--child", default="")
    told = parser.parse_args()
    print("devices", os.environ.get("CUDA_VISIBLE_DEVICES"), flush=True)
    if told.fail:
        print("Traceback (most recent call last):")
        sys.exit(f"RuntimeError: {told.fail}")
    if told.stubborn:
        import signal

        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if told.child:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        with open(told.child, "w") as file:
            file.write(str(child.pid))
    if told.die:
        threading.Timer(told.die, lambda: os._exit(3)).start()
    time.sleep(told.after)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/v1/models"
            self.answer(200 if found else 404, {"data": [{"id": told.model}]} if found else {"error": "no such page"})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said = asked["messages"][-1]["content"][::-1]
            usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
            choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said}}
            body = {"id": "1", "object": "chat.completion", "created": 0, "model": told.model}
            self.answer(200, {**body, "choices": [choice], "usage": usage})

        def answer(self, status: int, body: dict[str, object]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    http.server.ThreadingHTTPServer((told.host, told.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
