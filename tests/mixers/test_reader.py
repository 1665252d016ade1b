import hashlib
import json
import math
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from curate.identity import canonical
from curate.step import Corpus
from mixers.mixture import mixture
from mixers.reader import Mixture

STAGES = [{"until": 0.5, "weights": {"web": 0.75, "qa": 0.25}}, {"until": 1, "weights": {"qa": 1}}]


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory, frames: Callable[[str, list[pl.DataFrame]], Corpus], tokenizer: str
) -> Path:
    out = tmp_path_factory.mktemp("mixture")
    corpora = {}
    for name, lengths in (("web", [5 + n % 40 for n in range(100)]), ("qa", [3 + n % 7 for n in range(200)])):
        tokens = [list(range(1, 1 + length)) for length in lengths]
        docs = pl.DataFrame({"id": [f"{name}{n}" for n in range(len(lengths))], "tokens": tokens, "n_tokens": lengths})
        corpora[name] = frames(name, [docs.cast({"tokens": pl.List(pl.UInt32), "n_tokens": pl.UInt32})])
    mixture(corpora, out, tokens=2000, seq_len=32, stages=STAGES, tokenizer=tokenizer, seed=1)
    return out


def test_a_window_says_where_its_documents_begin(folder: Path) -> None:
    mix = Mixture(folder)
    for window in (mix[n] for n in range(len(mix))):
        ids, places = window["document_ids"], window["position_ids"]
        assert all(array.shape == (32,) for array in window.values())
        used = int((ids >= 0).sum())
        assert (ids[:used] >= 0).all() and (ids[used:] == -1).all() and (window["tokens"][used:] == 0).all()
        starts = np.flatnonzero(np.diff(ids[:used], prepend=-1))
        assert (places[starts] == 0).all() and (np.diff(ids[:used]) <= 1).all()
        # Pieces begin at a token that is a multiple of the window, so here the token tells the place in its document.
        assert ((window["tokens"][:used] - 1) % 32 == places[:used]).all()


def test_the_mixture_has_as_many_tokens_as_it_says(folder: Path) -> None:
    mix = Mixture(folder)
    assert sum(int((mix[n]["document_ids"] >= 0).sum()) for n in range(len(mix))) == mix.facts["tokens"]


def test_a_target_is_never_of_another_document_than_the_token_before_it(folder: Path) -> None:
    mix, targets = Mixture(folder), 0
    for window in (mix[n] for n in range(len(mix))):
        for place in np.flatnonzero(window["loss_mask"]):
            assert place and window["document_ids"][place] == window["document_ids"][place - 1] >= 0
        targets += int(window["loss_mask"].sum())
    assert targets == mix.facts["tokens"] - len(mix.segments)  # all others are targets


def test_iterating_ends_at_the_end_and_negative_places_count_from_it(folder: Path) -> None:
    mix = Mixture(folder)
    assert len(list(mix)) == len(mix)  # type: ignore[call-overload]
    assert (mix[-1]["tokens"] == mix[len(mix) - 1]["tokens"]).all()


@pytest.mark.parametrize("world", [1, 2, 4])
def test_a_global_batch_is_the_same_for_any_number_of_ranks(folder: Path, world: int) -> None:
    mix = Mixture(folder)
    whole = mix.batch(3, 8)["tokens"]
    parts = [mix.batch(3, 8, rank, world)["tokens"] for rank in range(world)]
    assert (np.stack(parts, 1).reshape(8, -1) == whole).all()


def test_each_epoch_visits_every_window_in_another_order_with_the_same_sources(folder: Path) -> None:
    mix = Mixture(folder)
    epochs = [[mix.number(e * len(mix) + n) for n in range(len(mix))] for e in range(3)]
    assert epochs[0] == list(range(len(mix)))
    assert all(sorted(epoch) == epochs[0] for epoch in epochs)
    assert epochs[1] != epochs[0] and epochs[2] != epochs[1]
    groups = np.load(folder / "groups.npy")
    assert all((groups[epoch] == groups).all() for epoch in epochs)


@given(data=st.data())
def test_a_run_resumed_anywhere_goes_on_as_if_it_had_not_stopped(folder: Path, data: st.DataObject) -> None:
    """Any number of stops, each with another batch size and number of ranks, also across the end of epochs."""
    stream, mix = [], Mixture(folder)
    while len(stream) < 2.5 * len(mix):
        world = data.draw(st.sampled_from([1, 2, 4]))
        size = world * data.draw(st.integers(1, 40))
        ranks = [Mixture(folder) for _ in range(world)]
        for rank in ranks:
            rank.load_state_dict(mix.state_dict())
        feeds = [rank.batches(size, number, world, epochs=math.inf) for number, rank in enumerate(ranks)]
        for _ in range(data.draw(st.integers(1, 3))):
            parts = [next(feed)["tokens"] for feed in feeds]
            stream += [row.tobytes() for row in np.stack(parts, 1).reshape(size, -1)]
        assert len({rank.consumed for rank in ranks}) == 1
        mix = ranks[0]
    assert len(stream) == mix.consumed
    assert stream == [mix.at(n)["tokens"].tobytes() for n in range(len(stream))]


def test_batches_end_with_the_last_whole_one_of_the_epochs(folder: Path) -> None:
    mix = Mixture(folder)
    assert len(list(mix.batches(4))) == len(mix) // 4 and mix.consumed == len(mix) // 4 * 4
    assert len(list(mix.batches(4, epochs=3))) == (3 * len(mix) - len(mix) // 4 * 4) // 4
    assert list(mix.batches(4, epochs=3)) == []


def test_each_pass_of_a_sampler_is_the_next_epoch_and_misses_no_window(folder: Path) -> None:
    mix, seen = Mixture(folder), []
    sampler = mix.sampler(10, 1, 2)
    assert list(sampler) == list(sampler) == [mix.numbers(n, 10, 1, 2) for n in range(0, len(mix) - 9, 10)]
    for epoch in range(1, 4):
        expected = len(sampler)
        batches = list(sampler)
        mix.consumed += 10 * len(batches)
        assert len(batches) == expected and epoch * len(mix) - 10 < mix.consumed <= epoch * len(mix)
        seen += batches
    assert seen == [mix.numbers(n, 10, 1, 2) for n in range(0, 3 * len(mix) - 9, 10)]


def test_a_sampler_of_so_many_epochs_ends_there_wherever_it_resumes(folder: Path) -> None:
    mix = Mixture(folder)
    mix.consumed = len(mix) + 3
    assert len(mix.sampler(4, epochs=2)) == len(list(mix.sampler(4, epochs=2))) == (len(mix) - 3) // 4
    mix.consumed = 3 * len(mix)
    assert len(mix.sampler(4, epochs=2)) == len(list(mix.sampler(4, epochs=2))) == 0
    endless = mix.sampler(4, epochs=math.inf)
    with pytest.raises(TypeError, match="without end has no length"):
        len(endless)
    assert next(iter(endless)) == mix.numbers(3 * len(mix), 4)
    with pytest.raises(CurateError, match="a batch of 6 windows cannot be shared equally by 4 ranks"):
        mix.sampler(6, 0, 4)


def test_many_windows_at_once_are_those_one_by_one(folder: Path) -> None:
    mix = Mixture(folder)
    numbers = [len(mix) - 1, 0, 5, 5, 17]
    one, many = [mix.window(n) for n in numbers], mix.windows(numbers)
    for name, rows in many.items():
        assert rows.tolist() == [row[name].tolist() for row in one]
        assert rows.tolist() == [row[name].tolist() for row in mix.__getitems__(numbers)]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_torch_dataloader_reads_it_as_it_is(folder: Path, workers: int) -> None:
    data = pytest.importorskip("torch.utils.data", reason="torch is not installed")
    mix = Mixture(folder)
    mix.consumed = 8
    places = range(8, 2 * len(mix) - 3, 4)
    for rank in range(2):
        sampler = mix.sampler(4, rank, 2, epochs=2)
        loader = data.DataLoader(mix, batch_sampler=sampler, num_workers=workers)
        batches = [batch["tokens"].numpy() for batch in loader]
        assert [b.shape for b in batches] == [(2, 32)] * len(places)
        for start, batch in zip(places, batches, strict=True):
            assert (batch == np.stack([mix.at(start + rank)["tokens"], mix.at(start + rank + 2)["tokens"]])).all()
    plain = next(iter(data.DataLoader(mix, batch_size=3, num_workers=workers)))
    assert {name: str(values.dtype) for name, values in plain.items()} == {
        "tokens": "torch.int64", "position_ids": "torch.int64", "document_ids": "torch.int64", "loss_mask": "torch.bool",
    }  # fmt: skip
    assert mix.consumed == 8


@pytest.mark.parametrize("workers", [0, 2])
def test_a_second_pass_over_a_torch_dataloader_is_the_second_epoch(folder: Path, workers: int) -> None:
    data = pytest.importorskip("torch.utils.data", reason="torch is not installed")
    mix = Mixture(folder)
    loader = data.DataLoader(mix, batch_sampler=mix.sampler(4), num_workers=workers, persistent_workers=workers > 0)
    for _ in range(3):
        length, first, steps = len(loader), mix.consumed, 0
        for batch in loader:
            assert (batch["tokens"].numpy() == np.stack([mix.at(mix.consumed + n)["tokens"] for n in range(4)])).all()
            mix.consumed += 4
            steps += 1
        assert steps == length == (mix.consumed - first) // 4 > 0
    assert 3 * len(mix) - 4 < mix.consumed <= 3 * len(mix)


def test_the_stream_runs_across_epochs(folder: Path) -> None:
    mix = Mixture(folder)
    size = len(mix) - 1
    stream = mix.batches(size, epochs=math.inf)
    next(stream)
    second = next(stream)["tokens"]
    assert (second[0] == mix[len(mix) - 1]["tokens"]).all() and (second[1] == mix.at(len(mix))["tokens"]).all()


def test_the_documents_of_a_step_are_those_in_its_windows(folder: Path) -> None:
    mix = Mixture(folder)
    for step in (0, 2, len(mix) // 4 + 1):  # the last lies in the second epoch in part
        check_documents(mix, step)


def test_only_the_row_groups_that_hold_a_step_are_read(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    pl.read_parquet(folder / "index.parquet").write_parquet(tmp_path / "index.parquet", row_group_size=7)
    facts = json.loads((tmp_path / "mixture.json").read_text())
    facts["files"]["index.parquet"]["bytes"] = (tmp_path / "index.parquet").stat().st_size
    seal(tmp_path, facts)
    for step in range(len(Mixture(folder)) // 4 + 3):
        check_documents(Mixture(tmp_path), step)


def check_documents(mix: Mixture, step: int) -> None:
    documents = mix.documents(step, 4)
    assert documents["place"].is_sorted()
    assert documents["place"].unique().to_list() == list(range(4 * step, 4 * step + 4))
    batch = mix.batch(step, 4)
    for row, (_, some) in enumerate(documents.group_by("place", maintain_order=True)):
        assert some["window"].unique().to_list() == [mix.number(4 * step + row)]
        held = np.bincount(batch["document_ids"][row][batch["document_ids"][row] >= 0])
        assert some["length"].to_list() == held.tolist()
        assert some["offset"].is_sorted()


def test_a_state_of_another_mixture_is_refused(folder: Path) -> None:
    with pytest.raises(CurateError, match="the state is of mixture 000000000000"):
        Mixture(folder).load_state_dict({"mixture": "0" * 64, "windows": 4})


def test_a_batch_that_ranks_cannot_share_is_refused(folder: Path) -> None:
    with pytest.raises(CurateError, match="a batch of 6 windows cannot be shared equally by 4 ranks"):
        Mixture(folder).batch(0, 6, 0, 4)


def test_a_torn_copy_is_noticed(folder: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn"
    shutil.copytree(folder, torn)
    with (torn / "windows-00000.bin").open("ab") as file:
        file.truncate(10)
    with pytest.raises(CurateError, match=r"windows-00000\.bin has 10 bytes, not"):
        Mixture(torn)
    with pytest.raises(CurateError, match="not a mixture"):
        Mixture(tmp_path)


def seal(folder: Path, facts: dict[str, Any]) -> None:
    """Write a mixture.json by hand."""
    facts = {name: value for name, value in facts.items() if name != "facts_sha256"}
    whole = {**facts, "facts_sha256": hashlib.sha256(canonical(facts)).hexdigest()}
    (folder / "mixture.json").write_text(json.dumps(whole))


def test_a_flipped_byte_anywhere_is_noticed(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    for path in sorted(tmp_path.iterdir()):
        data = path.read_bytes()
        for place in range(0, len(data), max(1, len(data) // 300)):
            path.write_bytes(data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :])
            if path.suffix in (".npy", ".json"):  # small: looked at on open
                with pytest.raises(CurateError, match=r"is not what mixture\.json says|mixture\.json|reads 2"):
                    Mixture(tmp_path)
            else:
                with pytest.raises(CurateError, match=f"{path.name} is not what mixture.json says"):
                    Mixture(tmp_path).verify()
        path.write_bytes(data)
    Mixture(tmp_path).verify()


def test_the_mixture_of_another_tokenizer_is_refused(folder: Path) -> None:
    mine = Mixture(folder).facts["tokenizer_sha256"]
    assert len(Mixture(folder, tokenizer_sha256=mine))
    with pytest.raises(CurateError, match=f"tokens are of the tokenizer {mine[:12]}, not of 000000000000"):
        Mixture(folder, tokenizer_sha256="0" * 64)


def test_a_mixture_of_another_format_is_refused(folder: Path, tmp_path: Path) -> None:
    facts = Mixture(folder).facts
    seal(tmp_path, {**facts, "format": 1})
    with pytest.raises(CurateError, match="format 1, this program reads 2; build it again"):
        Mixture(tmp_path)


def test_a_worker_gets_a_path_and_not_the_bytes(folder: Path) -> None:
    mix = Mixture(folder)
    mix.consumed = 8
    _ = mix[0], mix.at(3 * len(mix))
    pickled = pickle.dumps(mix)
    assert len(pickled) < 500
    again = pickle.loads(pickled)
    assert (again[5]["tokens"] == mix[5]["tokens"]).all() and again.state_dict() == mix.state_dict()


def test_training_reads_with_numpy_alone(folder: Path) -> None:
    code = (
        "import sys; from mixers.reader import Mixture; m = Mixture(sys.argv[1]); m.batch(9, 8); "
        "print(sorted({'polars', 'pyarrow', 'numba', 'torch', 'tokenizers'} & set(sys.modules)))"
    )
    root = str(Path(__file__).resolve().parents[2])
    ran = subprocess.run(
        [sys.executable, "-c", code, str(folder)], env={"PYTHONPATH": root}, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"


def test_there_is_nothing_before_the_beginning(folder: Path) -> None:
    mix = Mixture(folder)
    for ask in (lambda: mix.at(-1), lambda: mix.batch(-1, 4), lambda: mix.documents(-1, 2)):
        with pytest.raises(IndexError):
            ask()


@pytest.mark.parametrize("state", [{}, {"windows": 3}, {"mixture": "0" * 64}, {"mixture": "0" * 64, "windows": -1}])
def test_what_is_no_state_is_refused(folder: Path, state: dict[str, object]) -> None:
    with pytest.raises(CurateError, match="is no state of a mixture"):
        Mixture(folder).load_state_dict(state)


def test_a_rank_that_there_is_not_is_refused(folder: Path) -> None:
    with pytest.raises(CurateError, match="there is no rank 4 of 4; they are numbered from 0"):
        Mixture(folder).batch(0, 8, 4, 4)
