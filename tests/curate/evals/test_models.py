"""Which model is evaluated: identity is what it weighs, not where it lies or what it is called."""

import shutil
import socket
import threading
from pathlib import Path

import pytest

from curate.errors import CurateError
from curate.evals.models import Subject, of_recipe, of_text, served
from curate.models.base import Sampling
from curate.profile import load_profile
from curate.store import Store
from tests.curate import evaluating, runs

SHA = "0123456789" * 4


def folder_of(path: Path, weights: bytes = b"w") -> Path:
    path.mkdir(parents=True)
    (path / "config.json").write_text("{}")
    (path / "model.safetensors").write_bytes(weights)
    return path


def found(project: Path, text: str, **more: str) -> Subject:
    return of_text(
        text, profile=load_profile("local", project), project=project, store=Store(project / ".curate"), **more
    )


def identity(subject: Subject, chat: bool = False) -> dict[str, object]:
    return subject.identity(subject.asked(chat, Sampling().payload()))


def test_a_copy_of_a_folder_is_the_same_model_and_other_weights_are_another(project: Path) -> None:
    one = found(project, str(folder_of(project / "one")))
    copy = found(project, f"./{folder_of(project / 'deep/two').relative_to(project)}")
    other = found(project, str(folder_of(project / "three", b"x")))
    assert identity(one) == identity(copy) != identity(other)
    assert not any(str(project) in str(value) for value in identity(one).values())
    assert identity(one) != identity(one, chat=True)
    (project / "one/notes.txt").write_text("nothing that a model reads")
    assert identity(found(project, "one")) == identity(one)
    for name in ("generation_config.json", "merges.txt", "tokenizer.model"):
        before = identity(found(project, "one"))
        (project / "one" / name).write_text("{}")
        assert identity(found(project, "one")) != before, name


def test_a_folder_is_the_same_model_behind_a_server(project: Path) -> None:
    folder = folder_of(project / "one")
    behind = found(project, str(folder), endpoint="http://127.0.0.1:9/v1")
    assert identity(behind) == identity(found(project, str(folder)))
    assert behind.entry["backend"] == "openai" and behind.settings.endpoints == ("http://127.0.0.1:9/v1",)


def test_a_published_model_is_its_id_and_revision_whoever_serves_it(project: Path) -> None:
    here = found(project, f"ORG/NAME@{SHA}")
    behind = found(project, f"ORG/NAME@{SHA}", endpoint="http://127.0.0.1:9/v1")
    assert identity(here) == identity(behind) == {"id": "ORG/NAME", "revision": SHA, "chat": False}
    assert found(project, f"ORG/NAME@{SHA}", backend_name="vllm").entry["backend"] == "vllm"
    with pytest.raises(CurateError, match="--backend vllm loads a model here, and --endpoint has one already"):
        found(project, f"ORG/NAME@{SHA}", backend_name="vllm", endpoint="http://127.0.0.1:9/v1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ORG/NAME", "has no revision; write ORG/NAME@COMMIT"),
        ("ORG/NAME@main", "ORG/NAME@main: 'main' is no commit; write ORG/NAME@COMMIT"),
        ("./nothing", "is no folder with a config.json"),
        ("nothing", "no model 'nothing'; name ORG/NAME@COMMIT"),
        ("a\0b", "has control characters"),
        ("ORG/NAME\x1b[2J", "'ORG/NAME\\x1b[2J' is no name of a model"),
        ("empty", "has no *.safetensors"),
    ],
)
def test_what_names_no_model_is_refused(project: Path, text: str, said: str) -> None:
    (project / "empty").mkdir()
    (project / "empty/config.json").write_text("{}")
    with pytest.raises(CurateError) as error:
        found(project, text)
    assert said in str(error.value)


def test_the_weights_of_a_run_are_those_of_its_folder(project: Path) -> None:
    runs.make(project)
    curated = runs.opened(project)
    with pytest.raises(CurateError, match=r"stable/midtrain is waiting: .*; run curate train stable first"):
        of_recipe(curated, "midtrain")
    (row,) = curated.train()
    curated = runs.opened(project)
    with pytest.raises(CurateError, match=r"has no \*\.safetensors"):
        of_recipe(curated, "midtrain")
    (Path(row["folder"]) / "model/model.safetensors").write_bytes(b"w")
    subject = of_recipe(runs.opened(project), "midtrain")
    assert subject.entry["backend"] == "hf"
    assert of_recipe(runs.opened(project), "midtrain", "vllm").entry == {**subject.entry, "backend": "vllm"}
    assert subject.name == "midtrain" and subject.origin == {"run": "stable/midtrain", "key": row["key"]}
    shutil.copytree(Path(row["folder"]) / "model", project / "copy")
    assert identity(found(project, "copy")) == identity(subject)
    assert of_recipe(runs.opened(project, "decay"), "stable:midtrain").weights == subject.weights


def test_a_recipe_evaluates_its_models_and_runs(project: Path) -> None:
    sampling = "{temperature: 1.0, extra: {k: 1, chat_template_kwargs: {a: 1}}}"
    text = f"recipe: tests\nmodels:\n  pupil: {{backend: pupil, sampling: {sampling}}}\n  m: {{backend: fake}}\n"
    (project / "recipes").mkdir()
    (project / "recipes/tests.yaml").write_text(text)
    curated = runs.opened(project, "tests")
    subject = of_recipe(curated, "pupil")
    entry = subject.asked(True, {"temperature": 0.0})
    assert entry["sampling"] == {"extra": {"k": 1, "chat_template_kwargs": {"a": 1}}, "temperature": 0.0}
    assert subject.asked(False, {})["sampling"] == {"extra": {"k": 1}} and "chat" not in entry
    with pytest.raises(CurateError, match="tests has no run 'solve'"):
        of_recipe(curated, "solve")


def test_a_dry_run_of_a_checkpoint_needs_no_torch(project: Path) -> None:
    evaluating.benchmark(project)
    runs.make(
        project,
        judged='recipe: judged\nextends: stable\neval: {sums: {models: ["stable:midtrain"], benchmarks: [toy]}}\n',
    )
    (row,) = runs.opened(project).train()
    (Path(row["folder"]) / "model/model.safetensors").write_bytes(b"w")
    (told,) = runs.opened(project, "judged").eval(dry_run=True)["asks"]
    assert (told["model"], told["lacking"], told["state"]) == ("stable:midtrain", 12, "to do")


def body(text: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\n\r\n{text}".encode()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"garbage\r\n\r\n", "does not say what it serves"),
        (body('{"data": [{"id": "a\\u001b[31m"}]}'), "does not say what it serves"),
        (body('{"data": []}'), "serves 0 models; name one: --model NAME"),
        (body('{"data": [{"id": "a"}, {"id": "b"}]}'), "serves 2 models; name one: --model NAME"),
    ],
)
def test_a_server_that_does_not_say_which_model_it_serves(answer: bytes, said: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

        threading.Thread(target=talk, daemon=True).start()
        with pytest.raises(CurateError, match=said):
            served(f"http://127.0.0.1:{server.getsockname()[1]}/v1")
