import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from curate.errors import CurateError  # noqa: E402
from tests.trainers import runs  # noqa: E402
from trainers import metrics  # noqa: E402
from trainers.metrics import Metrics, Speed, flat  # noqa: E402


class Board:
    """A board that keeps what it is told, and fails where it is asked to."""

    fails: tuple[str, ...] = ()

    def __init__(self, out: Path, name: str, step: int, settings: dict[str, Any]) -> None:
        self.told: list[Any] = []
        Board.last = self  # type: ignore[attr-defined]
        self._fail("begin")

    def _fail(self, what: str) -> None:
        if what in self.fails:
            raise OSError(28, "No space left on device")

    def tell(self, step: int, numbers: dict[str, float]) -> None:
        self._fail("tell")
        self.told.append((step, numbers))

    def close(self) -> None:
        self._fail("close")


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> type[Board]:
    monkeypatch.setitem(metrics.BOARDS, "tensorboard", Board)
    monkeypatch.setattr(Board, "fails", ())
    return Board


def test_speed_is_of_tokens_and_mfu_of_places_where_the_peak_is_known() -> None:
    """By hand for Llama-3.2-1B: 1,235,814,400 parameters, 16 layers, 32 heads of 64, windows of 8,192."""
    flops = 6 * 1_235_814_400 + 12 * 16 * 32 * 64 * 8192
    speed = Speed(flops, 989e12, 8)
    for seconds in (1.0, 3.0):
        speed.of(seconds, 0.0, 1, 1)
    found = speed.of(2.0, 0.25, 4_000_000, 4_194_304)
    assert found["tokens_per_second"] == 2_000_000 and found["p50"] == 2 and found["data_wait"] == 0.25
    assert found["p99"] == pytest.approx(2.98) and found["step_seconds"] == 2
    assert found["mfu"] == pytest.approx(2_097_152 * flops / (8 * 989e12), rel=1e-5)
    assert f"{flops:,}" in speed.said() and "8 x 989 TFLOP/s" in speed.said() and "PaLM" in speed.said()
    unknown = Speed(flops, None, 8)
    assert "mfu" not in unknown.of(2.0, 0.0, 1, 1) and "not known" in unknown.said()


@pytest.mark.parametrize("torn", [b'{"step": 3, "lo', b"\x00\x00\x00\n", b"[3]\n", b'{"loss": 1}\n', b'{"step": 3}'])
def test_a_line_that_was_torn_hurts_no_resume(torn: bytes, tmp_path: Path) -> None:
    whole = b'{"step": 0}\n{"step": 1}\n{"step": 2}\n'
    (tmp_path / "metrics.jsonl").write_bytes(whole + torn)
    record = Metrics(tmp_path, "run", 2, [], {})
    record.tell({"step": 3, "loss": 1.5})
    record.close()
    assert (tmp_path / "metrics.jsonl").read_bytes() == whole + b'{"step": 3, "loss": 1.5}\n'


def test_lines_after_the_checkpoint_are_told_again(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_bytes(b"".join(b'{"step": %d}\n' % step for step in range(6)))
    Metrics(tmp_path, "run", 3, [], {}).close()
    assert [json.loads(line)["step"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()] == [0, 1, 2, 3]


def test_a_run_that_died_before_its_first_checkpoint_is_told_anew(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_bytes(b'{"step": 0, "held_out": {}}\n{"step": 1}\n')
    Metrics(tmp_path, "run", 0, [], {}).close()
    assert (tmp_path / "metrics.jsonl").read_bytes() == b""


def test_a_record_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    record = Metrics(tmp_path, "run", 0, [], {})
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, record.file.fileno())
    os.close(full)
    with pytest.raises(CurateError, match=r"metrics.jsonl: cannot be written: No space left on device"):
        record.tell({"step": 1})
    record.file.close()
    (tmp_path / "file").write_text("")
    with pytest.raises(CurateError, match="cannot be written"):
        Metrics(tmp_path / "file" / "out", "run", 0, [], {})


def test_a_board_is_told_every_number_of_a_line(tmp_path: Path, board: type[Board]) -> None:
    line = {"step": 4, "loss": 2.5, "grad_norm": None, "held_out": {"web": 3.0}, "loss_by_source": {"qa": 1}}
    record = Metrics(tmp_path, "run", 3, ["tensorboard"], {})
    record.tell(line)
    record.close()
    assert board.last.told == [(4, {"loss": 2.5, "held_out/web": 3.0, "loss_by_source/qa": 1})]  # type: ignore[attr-defined]
    assert flat(line) == board.last.told[0][1]  # type: ignore[attr-defined]


@pytest.mark.parametrize("fails", ["tell", "close"])
def test_a_board_that_fails_is_told_of_once_and_stops_nothing(
    fails: str, tmp_path: Path, board: type[Board], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Metrics(tmp_path, "run", 0, ["tensorboard"], {})
    monkeypatch.setattr(board, "fails", (fails,))
    for step in (1, 2, 3):
        record.tell({"step": step, "loss": 1.0})
    record.close()
    said = capsys.readouterr().err
    assert said.count("warning: tensorboard failed and is told nothing more (OSError: [Errno 28] No space left") == 1
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 3


def test_a_board_that_cannot_begin_is_refused_in_one_line(
    tmp_path: Path, board: type[Board], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "fails", ("begin",))
    with pytest.raises(CurateError, match=r"tensorboard cannot begin \(OSError: .*\); leave it out of report_to"):
        Metrics(tmp_path, "run", 0, ["tensorboard"], {})


@pytest.mark.parametrize("name", ["tensorboard", "wandb"])
def test_a_package_that_is_missing_is_told_before_the_run_begins(
    name: str, tmp_path: Path, base: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(metrics.PACKAGES, name, "no_such_package_at_all")
    path = runs.asked(tmp_path / "out", base, data, report_to=[name])
    runs.train(path, code=2)
    said = runs.printed(path)
    assert (
        f"error: report_to: {name} is not installed; pip install 'octocurate[{name}]'" in said and "step 1/" not in said
    )


def test_wandb_is_offline_unless_told_and_a_resume_is_the_same_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[dict[str, Any]] = []
    fake = ModuleType("wandb")
    fake.init = lambda **said: begun.append(said)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "wandb", fake)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    for name, step in (("a/b", 0), ("a/b", 7), ("a/c", 0)):
        metrics.WandB(tmp_path, name, step, {"lr": 1})
    monkeypatch.setenv("WANDB_MODE", "online")
    metrics.WandB(tmp_path, "a/b", 9, {"lr": 1})
    assert [one["mode"] for one in begun] == ["offline"] * 3 + ["online"]
    assert begun[0]["id"] == begun[1]["id"] == begun[3]["id"] != begun[2]["id"]
    assert begun[0]["config"] == {"lr": 1} and begun[3]["resume"] == "allow"


def test_a_run_tells_tensorboard_each_step_once_though_it_was_resumed(tmp_path: Path, base: Path, data: Path) -> None:
    pytest.importorskip("tensorboard", reason="needs the extra `tensorboard`")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    path = runs.asked(
        tmp_path / "out", base, data, report_to=["tensorboard"], max_steps=4, warmup_steps=0, decay_steps=2
    )
    (whole,) = runs.train(path)
    expected = {line["step"]: line["loss"] for line in runs.lines(whole)}
    half = runs.cut(whole, tmp_path / "half", 3)
    (whole / "tensorboard").rename(half / "tensorboard")
    runs.train(runs.asked(half, base, data, report_to=["tensorboard"], max_steps=4, warmup_steps=0, decay_steps=2))
    events = EventAccumulator(str(half / "tensorboard"))
    events.Reload()
    told = {event.step: event.value for event in events.Scalars("loss")}
    assert told == pytest.approx(expected) and len(events.Scalars("loss")) == 4
    assert {"tokens_per_second", "lr", "loss_by_source/web"} <= set(events.Tags()["scalars"])


def test_a_run_tells_wandb_offline(tmp_path: Path, base: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb", reason="needs the extra `wandb`")
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    path = runs.asked(tmp_path / "out", base, data, report_to=["wandb"], max_steps=4, warmup_steps=0, decay_steps=2)
    (out,) = runs.train(path)
    assert len(runs.lines(out)) == 4
    assert [file for file in (out / "wandb").rglob("*.wandb") if file.stat().st_size > 0]
