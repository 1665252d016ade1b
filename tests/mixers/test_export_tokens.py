"""Token formats: what other projects' own readers find in them, and their own writers would have written."""

import itertools
import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from curate.errors import CurateError
from curate.step import Corpus
from mixers import _ds, _mds, _megatron, _npy
from mixers._output import output
from mixers._pieces import Pieces
from mixers.mixture import mixture
from mixers.reader import Mixture

STAGES = [{"until": 0.5, "weights": {"web": 0.75, "qa": 0.25}}, {"until": 1, "weights": {"qa": 1}}]
theirs = pytest.mark.filterwarnings("ignore")  # what other projects warn of is theirs to mend


Make = Callable[[str, list[pl.DataFrame]], Corpus]


@pytest.fixture(scope="module", params=["uint16", "uint32"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def folder(kind: str, tmp_path_factory: pytest.TempPathFactory, frames: Make, tokenizer: str) -> Path:
    return made(tmp_path_factory.mktemp("mixture"), kind, frames, tokenizer)


@pytest.fixture(scope="module")
def masked(kind: str, tmp_path_factory: pytest.TempPathFactory, frames: Make, tokenizer: str) -> Path:
    """The same mixture, where half of every second document bears no loss."""
    return made(tmp_path_factory.mktemp("masked"), kind, frames, tokenizer, masked=("web", "qa"))


def made(out: Path, kind: str, frames: Make, tokenizer: str, **options: Any) -> Path:
    """A mixture of two corpora and two stages; one document in ten is longer than a window."""
    corpora, first = {}, 1
    if kind == "uint32":
        tokenizer, first = wide_tokenizer(out), 66_000
    for name, lengths in (("web", [5 + n % 40 for n in range(100)]), ("qa", [3 + n % 7 for n in range(200)])):
        tokens = [[(first + n) + at for at in range(length)] for n, length in enumerate(lengths)]
        ids = [f'{name}, "{n}"\r\n' for n in range(len(lengths))]  # a user's own may be anything
        heads = [n % 2 * length // 2 for n, length in enumerate(lengths)]
        docs = pl.DataFrame({"id": ids, "tokens": tokens, "n_tokens": lengths, "n_masked": heads})
        corpora[name] = frames(name, [docs.cast({"tokens": pl.List(pl.UInt32), "n_tokens": pl.UInt32})])
    (out / "mixture").mkdir()
    given = {"tokens": 2000, "seq_len": 32, "stages": STAGES, "tokenizer": tokenizer, "seed": 1, **options}
    facts = mixture(corpora, out / "mixture", **given)
    assert facts["dtype"] == kind and facts["cut"]
    return out / "mixture"


def wide_tokenizer(folder: Path) -> str:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel

    Tokenizer(WordLevel({"<|endoftext|>": 0, "far": 70_000}, unk_token="far")).save(str(folder / "tokenizer.json"))
    return str(folder)


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "out"


def expected(folder: Path) -> list[np.ndarray]:
    """The pieces of a mixture, one by one, as its reader gives them."""
    windows = [Mixture(folder)[n] for n in range(len(Mixture(folder)))]
    return [
        w["tokens"][w["document_ids"] == piece] for w in windows for piece in range(int(w["document_ids"].max()) + 1)
    ]


def loss(folder: Path) -> np.ndarray:
    """For each token, without padding, whether it counts."""
    lengths, leading = np.load(folder / "segments.npy"), np.load(folder / "masked.npy")
    return np.concatenate([np.arange(n) >= m for n, m in zip(lengths, leading, strict=True)])


def joined(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(arrays)


@pytest.mark.parametrize("block", [1, 100, 1 << 22])
def test_pieces_are_those_of_the_reader_however_many_are_read_at_a_time(folder: Path, block: int) -> None:
    pieces = Pieces(Mixture(folder), block=block)
    runs = list(pieces.runs())
    assert len(runs) == pieces.block_count
    found = [part for run in runs for part in np.split(run.tokens, run.ends()[:-1])]
    assert [p.tolist() for p in found] == [p.tolist() for p in expected(folder)]
    ids = pl.concat([pieces.documents(run) for run in runs])
    assert ids.equals(pl.read_parquet(folder / "index.parquet").select(ids.columns))


def test_a_mask_that_mixture_json_does_not_list_is_none(folder: Path, tmp_path: Path) -> None:
    """The reader and the exports see the same mixture, whatever else lies in the folder."""
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    np.save(copy / "masked.npy", np.load(copy / "segments.npy"))
    pieces = Pieces(Mixture(copy))
    assert (pieces.has_mask, pieces.mask_is) == (False, "none") and Mixture(copy).masked is None


def test_the_mask_of_an_export_is_that_of_the_reader_but_for_the_first_token_of_a_piece(masked: Path) -> None:
    mix = Mixture(masked)
    kept = joined([run.with_loss() for run in Pieces(mix).runs() if run.masked is not None])
    windows = [mix[n] for n in range(len(mix))]
    used = [w["document_ids"] >= 0 for w in windows]
    places = joined([w["position_ids"][u] for w, u in zip(windows, used, strict=True)])
    targets = joined([w["loss_mask"][u] for w, u in zip(windows, used, strict=True)])
    assert (targets == (kept & (places > 0))).all() and not targets.all() and kept[places == 0].any()


def test_an_altered_mixture_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    path = copy / "windows-00000.bin"
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    with pytest.raises(CurateError, match=r"windows-00000\.bin is not what mixture\.json says"):
        Pieces(Mixture(copy))


@pytest.mark.parametrize("most", [1, 40, 333, 10_000])
def test_no_file_has_more_tokens_than_it_may_and_no_piece_is_cut(folder: Path, most: int) -> None:
    files: dict[int, list[np.ndarray]] = {}
    for number, run in Pieces(Mixture(folder), block=200).files(most):
        files.setdefault(number, []).extend(np.split(run.tokens, run.ends()[:-1]))
    assert list(files) == list(range(len(files)))
    assert all(sum(map(len, pieces)) <= most or len(pieces) == 1 for pieces in files.values())
    assert [p.tolist() for pieces in files.values() for p in pieces] == [p.tolist() for p in expected(folder)]


# mds


def samples(folder: Path) -> list[dict[str, Any]]:
    """What stands in MDS shards, read after the description of the format alone."""
    index, found = json.loads((folder / "index.json").read_text()), []
    for shard in index["shards"]:
        data = (folder / shard["raw_data"]["basename"]).read_bytes()
        assert len(data) == shard["raw_data"]["bytes"] <= shard["size_limit"]
        count = struct.unpack_from("<I", data)[0]
        assert count == shard["samples"]
        offsets = struct.unpack_from(f"<{count + 1}I", data, 4)
        assert json.loads(data[4 * count + 8 : offsets[0]])["column_names"] == shard["column_names"]
        found += [decoded(data[a:b], shard) for a, b in itertools.pairwise(offsets)]
    return found


def decoded(data: bytes, shard: dict[str, Any]) -> dict[str, Any]:
    sizes = shard["column_sizes"]
    open_ended = sizes.count(None)
    given = list(struct.unpack_from(f"<{open_ended}I", data))
    at, row = 4 * open_ended, {}
    for name, encoding, size in zip(shard["column_names"], shard["column_encodings"], sizes, strict=True):
        part = data[at : at + (size or given.pop(0))]
        at += len(part)
        if encoding == "str":
            row[name] = part.decode()
        else:
            start = 0 if size else 1 + 2 ** (part[0] & 3)
            row[name] = np.frombuffer(part[start:], encoding.split(":")[1])
    assert at == len(data)
    return row


def test_mds_has_the_windows_of_the_mixture_and_the_documents_in_them(masked: Path, to: Path) -> None:
    with output(to) as out:
        _mds.write(Pieces(Mixture(masked), block=100), out, size_limit=3000)
    assert len(list(to.glob("*.mds"))) > 2
    mix, leading = Mixture(masked), iter(np.load(masked / "masked.npy").tolist())
    groups = np.load(masked / "groups.npy")
    found = samples(to)
    assert len(found) == len(mix)
    for n, row in enumerate(found):
        assert (row["tokens"] == mix[n]["tokens"]).all() and row["tokens"].dtype == mix.facts["dtype"]
        assert row["segments"].tolist() == np.bincount(mix[n]["document_ids"][mix[n]["document_ids"] >= 0]).tolist()
        assert row["masked"].tolist() == [next(leading) for _ in row["segments"]]
        assert row["source"] == mix.facts["groups"][groups[n]]["source"]


@theirs
def test_mds_is_read_by_streaming(folder: Path, to: Path) -> None:
    streaming = pytest.importorskip("streaming", reason="mosaicml-streaming is not installed")
    with output(to) as out:
        _mds.write(Pieces(Mixture(folder)), out, size_limit=3000)
    mix, read = Mixture(folder), streaming.LocalDataset(str(to))
    assert len(read) == len(mix)
    assert all((read[n]["tokens"] == mix[n]["tokens"]).all() for n in range(len(mix)))
    assert all(read[n]["segments"].sum() == (mix[n]["document_ids"] >= 0).sum() for n in range(len(mix)))


@theirs
@pytest.mark.parametrize("limit", [3000, 1 << 26])
def test_mds_has_the_bytes_that_the_writer_of_streaming_writes(
    masked: Path, to: Path, tmp_path: Path, limit: int
) -> None:
    streaming = pytest.importorskip("streaming", reason="mosaicml-streaming is not installed")
    pieces = Pieces(Mixture(masked))
    with output(to) as out:
        _mds.write(pieces, out, size_limit=limit)
    columns = {name: encoding for name, encoding, _ in _mds._columns(pieces)}
    with streaming.MDSWriter(
        out=str(tmp_path / "theirs"), columns=columns, hashes=["sha256"], size_limit=limit
    ) as writer:
        for row in samples(to):
            writer.write(row)
    names = sorted(p.name for p in (tmp_path / "theirs").iterdir())
    assert names == sorted(p.name for p in to.iterdir()) and "index.json" in names
    assert all((to / name).read_bytes() == (tmp_path / "theirs" / name).read_bytes() for name in names)


# megatron


def test_megatron_has_one_sequence_per_piece(folder: Path, to: Path) -> None:
    with output(to) as out:
        _megatron.write(Pieces(Mixture(folder), block=100), out, "small")
    data, want = (to / "small.idx").read_bytes(), expected(folder)
    assert data[:9] == b"MMIDIDX\0\0" and struct.unpack_from("<Q", data, 9) == (1,)
    kind = {8: "<u2", 4: "<i4"}[data[17]]
    assert np.dtype(kind).itemsize == np.dtype(Mixture(folder).facts["dtype"]).itemsize
    assert struct.unpack_from("<QQ", data, 18) == (len(want), len(want) + 1)
    lengths = np.frombuffer(data, "<i4", len(want), 34)
    offsets = np.frombuffer(data, "<i8", len(want), 34 + lengths.nbytes)
    bounds = np.frombuffer(data, "<i8", len(want) + 1, 34 + lengths.nbytes + offsets.nbytes)
    assert len(data) == 34 + lengths.nbytes + offsets.nbytes + bounds.nbytes
    assert bounds.tolist() == list(range(len(want) + 1))
    tokens = (to / "small.bin").read_bytes()
    for length, offset, piece in zip(lengths, offsets, want, strict=True):
        assert np.frombuffer(tokens, kind, length, offset).tolist() == piece.tolist()


@theirs
def test_megatron_is_read_by_megatron_core(folder: Path, to: Path) -> None:
    theirs = pytest.importorskip("megatron.core.datasets.indexed_dataset", reason="megatron-core is not installed")
    with output(to) as out:
        _megatron.write(Pieces(Mixture(folder)), out, "small")
    read, want = theirs.IndexedDataset(str(to / "small")), expected(folder)
    assert len(read) == len(want)
    assert all((read[n] == piece).all() for n, piece in enumerate(want))
    assert read.document_indices.tolist() == list(range(len(want) + 1))


@theirs
def test_megatron_has_the_bytes_that_the_builder_of_megatron_core_writes(
    folder: Path, to: Path, tmp_path: Path
) -> None:
    theirs = pytest.importorskip("megatron.core.datasets.indexed_dataset", reason="megatron-core is not installed")
    with output(to) as out:
        _megatron.write(Pieces(Mixture(folder)), out, "small")
    kind = np.uint16 if Mixture(folder).facts["dtype"] == "uint16" else np.int32
    builder = theirs.IndexedDatasetBuilder(str(tmp_path / "small.bin"), dtype=kind)
    for piece in expected(folder):
        builder.add_document(piece, [len(piece)])
    builder.finalize(str(tmp_path / "small.idx"))
    assert all((to / n).read_bytes() == (tmp_path / n).read_bytes() for n in ("small.bin", "small.idx"))


# npy


def test_npy_has_plain_ids_and_a_line_for_each_piece(masked: Path, to: Path) -> None:
    with output(to) as out:
        _npy.write(Pieces(Mixture(masked), block=100), out, file_tokens=300)
    parts = sorted(to.glob("token_ids_part_*.npy"))
    assert len(parts) > 5
    tokens = [np.fromfile(path, np.dtype(Mixture(masked).facts["dtype"])) for path in parts]
    assert (joined(tokens) == joined(expected(masked))).all()
    kept = [np.fromfile(path, np.bool_) for path in sorted(to.glob("labels_mask_part_*.npy"))]
    assert [len(k) for k in kept] == [len(t) for t in tokens] and (joined(kept) == loss(masked)).all()
    names = ["from", "to", "id", "source", "start"]
    lines = [pl.read_csv(p.with_suffix(".csv.gz"), has_header=False, new_columns=names) for p in parts]
    assert all(part["to"][-1] == len(ids) for part, ids in zip(lines, tokens, strict=True))
    assert all((part["from"][1:] == part["to"][:-1]).all() and part["from"][0] == 0 for part in lines)
    index, every = pl.read_parquet(masked / "index.parquet"), pl.concat(lines)
    assert (every["to"] - every["from"] == index["length"]).all()
    assert all((every[c] == index[c]).all() for c in ("source", "start"))
    assert (every["id"] == index["id"].str.replace("\r\n", "  ")).all()


@theirs
def test_npy_is_read_by_olmo_core(folder: Path, to: Path) -> None:
    utils = pytest.importorskip("olmo_core.data.utils", reason="ai2-olmo-core is not installed")
    with output(to) as out:
        _npy.write(Pieces(Mixture(folder)), out, file_tokens=300)
    kind = {"uint16": np.uint16, "uint32": np.uint32}[Mixture(folder).facts["dtype"]]
    found = [
        utils.load_array_slice(path, start, end, kind).tolist()
        for path in sorted(to.glob("*.npy"))
        for start, end in utils.iter_document_indices(path)
    ]
    assert found == [piece.tolist() for piece in expected(folder)]


@theirs
def test_npy_is_trained_on_by_olmo_core_with_its_loss_mask(masked: Path, to: Path, tmp_path: Path) -> None:
    data = pytest.importorskip("olmo_core.data", reason="ai2-olmo-core is not installed")
    with output(to) as out:
        _npy.write(Pieces(Mixture(masked)), out)
    facts = Mixture(masked).facts
    dataset = data.NumpyFSLDatasetConfig(
        paths=[str(to / "token_ids_part_*.npy")],
        label_mask_paths=[str(to / "labels_mask_part_*.npy")],
        expand_glob=True,
        dtype=data.NumpyDatasetDType(facts["dtype"]),
        sequence_length=64,
        tokenizer=data.TokenizerConfig(vocab_size=facts["vocab"], eos_token_id=0, pad_token_id=0),
        work_dir=str(tmp_path / "work"),
    ).build()
    dataset.prepare()
    tokens, kept = joined(expected(masked)), loss(masked)
    assert len(dataset) == len(tokens) // 64
    for n in range(len(dataset)):
        some = slice(64 * n, 64 * n + 64)
        assert dataset[n]["input_ids"].tolist() == tokens[some].tolist()
        assert dataset[n]["label_mask"].tolist() == kept[some].tolist()


# ds


def test_ds_has_the_bytes_that_the_writer_of_datatrove_writes(masked: Path, to: Path, tmp_path: Path) -> None:
    from datatrove.pipeline.tokens.tokenizer import TokenizedFile

    pieces = Pieces(Mixture(masked), block=100)
    with output(to) as out:
        _ds.write(pieces, out, "tokenizer", file_tokens=10_000)
    size = pieces.dtype.itemsize
    settings = {"save_loss_metadata": True, "save_final_metadata": True, "tokenizer_name_or_path": "tokenizer"}
    file = TokenizedFile(str(tmp_path / "theirs"), "00000.ds", token_size=size, **settings)
    values, at = loss(masked), 0
    for piece in expected(masked):
        file.write(piece.tolist(), values[at : at + len(piece)])
        at += len(piece)
    file.close()
    names = sorted(p.name for p in to.iterdir())
    assert names == ["00000.ds", "00000.ds.index", "00000.ds.loss", "00000.ds.metadata"]
    assert all((to / name).read_bytes() == (tmp_path / "theirs" / name).read_bytes() for name in names)


@theirs
def test_ds_is_read_by_datatrove(folder: Path, to: Path) -> None:
    pytest.importorskip("torch", reason="datatrove's datasets need torch")
    from datatrove.utils.dataset import DatatroveFolderDataset

    with output(to) as out:
        _ds.write(Pieces(Mixture(folder)), out, "tokenizer", file_tokens=1000)
    size = np.dtype(Mixture(folder).facts["dtype"]).itemsize
    read = DatatroveFolderDataset(str(to), 31, token_size=size, return_positions=True)
    ends = [np.fromfile(p, np.uint64).astype(int) for p in sorted(to.glob("*.index"))]
    assert len(ends) == 3 and len(read) == sum(int(e[-1]) // 32 for e in ends)
    first = joined(expected(folder))[:32].tolist()
    assert read[0]["input_ids"].tolist() == first
    starts = [0, *ends[0].tolist()]
    assert read[0]["positions"].tolist() == [at - max(s for s in starts if s <= at) for at in range(32)]


@theirs
@pytest.mark.parametrize("tokens", [0, 7, 999, 1000, 9994, 51_755, 999_499, 2_003_781, 60_000_000_000, 10**15])
def test_tokens_for_people_are_those_of_datatrove(tokens: int) -> None:
    import humanize

    assert _ds.metric(tokens) == humanize.metric(tokens, unit="T")
