"""The mixture at the end of a recipe: its bytes must not know how the records were split, or who did the work."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.curate.corpus import contents, documents, make_project, open_small, with_mixture, write_files

MIXED = with_mixture() + 'expect: ["select max(share) < 0.8 from sources"]\n'


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = make_project(tmp_path_factory.mktemp("mixed"), recipe=MIXED, count=120)
    recipe = open_small(folder)
    recipe.build()
    return folder, contents(recipe)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    cuts=st.lists(st.integers(1, 119), max_size=5, unique=True),
    workers=st.sampled_from([1, 3]),
    rng=st.randoms(use_true_random=False),
)
def test_any_split_order_names_and_workers_give_the_same_mixture(
    mixed: tuple[Path, dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
    cuts: list[int],
    workers: int,
    rng: random.Random,
) -> None:
    folder = make_project(tmp_path_factory.mktemp("split"), recipe=MIXED, count=120)
    order, names = list(range(120)), [f"{letter}{n}" for n, letter in enumerate("zyxwvu")]
    rng.shuffle(order)
    rng.shuffle(names)
    write_files(folder, documents(120)[order], cuts, names)
    other = open_small(folder, executor="local" if workers > 1 else "inline", workers=workers)
    other.build()
    for name in ("tokenizer", "web/tokenize", "parts/tokenize", "mixture"):
        assert contents(other)[name] == mixed[1][name], name


def test_two_workers_give_the_same_mixture(mixed: tuple[Path, dict[str, str]]) -> None:
    folder, expected = mixed
    other = open_small(folder, store=str(folder / "other"), executor="local", workers=2)
    other.build()
    assert contents(other) == expected


def test_the_views_of_a_mixture_agree_with_what_the_reader_reads(mixed: tuple[Path, dict[str, str]]) -> None:
    from mixers.reader import Mixture

    folder, _ = mixed
    recipe = open_small(folder)
    key = recipe.built.done[recipe.planned["mixture"].plan_key].key
    mixture = Mixture(recipe.store.object(key))
    tokens = sum(int((mixture[n]["document_ids"] >= 0).sum()) for n in range(len(mixture)))
    assert recipe.sql("select sum(length)::bigint as n from mixture")["n"][0] == tokens
    assert recipe.sql("select sum(achieved)::bigint as n from sources")["n"][0] == tokens
    kept = "select count(*) as n from mixture where id not in (select id from documents where fate = 'kept')"
    assert recipe.sql(kept)["n"][0] == 0
