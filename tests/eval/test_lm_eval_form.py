"""Files in the form of lm-eval, of models whatever they are called."""

from pathlib import Path

import pytest

from eval.lm_eval_form import folder_of, write


@pytest.mark.parametrize("name", ["..", ".", "", "/", "a/../../b", "a\x1b[31m", "a\nb"])
def test_a_model_has_one_folder_below_that_of_its_entry(name: str) -> None:
    folder = Path(folder_of(name))
    assert len(folder.parts) == 1 and folder.name not in ("", ".", "..") and folder.name.isprintable()


def test_models_whose_names_give_one_folder_do_not_overwrite_each_other(tmp_path: Path) -> None:
    made = [{"model_name_sanitized": folder_of(name)} for name in ("a/b", "a__b", "a|b")]
    paths = [write(tmp_path, one, [], "now")[0] for one in made]
    assert [path.parent.name for path in paths] == ["a__b", "a__b_2", "a__b_3"]
