"""The benchmark of the classifier deals whole sources, counts as F1 is defined, and says where data is absent."""

from pathlib import Path

import polars as pl
import pytest

from benchmarks import classifier
from benchmarks.classifier import dealt, figures


def test_sources_are_dealt_whole_and_those_of_a_label_evenly() -> None:
    groups = [f"{label}{n}" for label in ("math", "other") for n in range(10)]
    docs = pl.DataFrame({"group": groups * 2, "label": [group.rstrip("0123456789") for group in groups] * 2})
    fold_of = dealt(docs, 5, 0)
    assert sorted(fold_of) == sorted(groups) and fold_of != dealt(docs, 5, 1)
    for label in ("math", "other"):
        places = [place for group, place in fold_of.items() if group.startswith(label)]
        assert sorted(places) == sorted([*range(5)] * 2)


def test_figures_are_those_of_mathematics() -> None:
    rows = pl.DataFrame({"said": [True, True, False, False], "true": [True, False, True, True]})
    assert figures(rows) == {"f1": 0.4, "precision": 0.5, "recall": 0.3333, "documents": 4}
    assert figures(rows[:0]) == {"f1": 0.0, "precision": 0.0, "recall": 0.0, "documents": 0}


def test_without_data_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["classifier", "--data", str(tmp_path)])
    with pytest.raises(SystemExit, match="2"):
        classifier.main()
    assert "is not here; say where the labelled documents are" in capsys.readouterr().err
