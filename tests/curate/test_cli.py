"""The program: every command, its JSON, and one line with exit code 2 for everything a user can put right."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from curate.cli import GROUPS, cli
from tests.curate.corpus import make_project

ROOT = str(Path(__file__).parents[2])


def curate(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "curate", *args], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("cli"))
    done = curate(folder, "build", "--recipe", "small")
    assert done.returncode == 0, done.stderr
    return folder


def test_every_command_has_a_help_text(project: Path) -> None:
    import click

    context = click.Context(cli)
    for names in GROUPS.values():
        for name in names:
            command = cli.get_command(context, name)
            assert command is not None
            assert command.help
            assert len(command.help) > 20, name
            assert command.get_short_help_str(90) == command.get_short_help_str(1000), f"{name} is cut in the list"


@pytest.mark.parametrize(
    "args",
    [
        ["plan", "small"],
        ["show", "small"],
        ["query", "small", "select * from funnel"],
        ["sample", "small", "web"],
        ["sample", "small", "web/upper", "--diff"],
        ["whatif", "small", "web", "letters > 30"],
        ["trace", "small", "https://example.org/0"],
        ["trace", "small", "--text", "ALPHA"],
        ["diff", "small"],
        ["why", "small"],
        ["lock", "small"],
        ["verify", "small", "--deep"],
        ["status", "small"],
        ["accept", "small"],
        ["freeze", "small"],
        ["build", "small"],
        ["steps"],
        ["gc"],
    ],
    ids=lambda args: "-".join(args[:1] + [a for a in args if a.startswith("--")]),
)
def test_a_command_speaks_to_people_and_to_programs(project: Path, args: list[str]) -> None:
    people = curate(project, *args)
    assert people.returncode == 0, people.stderr
    assert people.stdout.strip()
    programs = curate(project, *args, "--json")
    assert programs.returncode == 0, programs.stderr
    json.loads(programs.stdout)


def test_the_schema_is_a_json_schema_that_knows_the_project_s_steps(project: Path) -> None:
    done = curate(project, "schema")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)
    assert "halves" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["bild", "small"], "did you mean 'build'"),
        (["build"], "which recipe"),
        (["build", "smal"], "did you mean 'small'"),
        (["build", "small", "--only", "wed"], "did you mean 'web'"),
        (["build", "small", "--profile", "locl"], "did you mean 'local'"),
        (["build", "small", "--frobnicate"], "--frobnicate"),
        (["build", "../../etc/passwd"], "recipe"),
        (["sample", "small", "wub"], "did you mean 'web'"),
        (["sample", "small", "web", "--dropped-by", "lonng"], "did you mean 'long'"),
        (["sample", "small", "web/uper"], "did you mean 'web/upper'"),
        (["sample", "small", "web/letters", "--diff"], "web/letters is none"),
        (["sample", "small", "web/upper", "--dropped-by", "long"], "by the corpus: web"),
        (["whatif", "small", "web"], "give a corpus and a clause"),
        (["whatif", "small", "web", "leters > 3"], "say which one to replace"),
        (["trace", "small"], "trace what"),
        (["trace", "small", "nothing"], "no document"),
        (["trace", "small", "--window", "3"], "curate build small"),
        (["trace", "small", "--window", "x"], "12:300"),
        (["query", "small", "select nothing from nowhere"], "nowhere"),
        (["query", "small", "copy documents to 'x.csv'"], "only reads"),
        (["query", "small", "select * from read_csv('/etc/passwd')"], "not allowed"),
        (["why", "small", "web/lettres"], "did you mean 'web/letters'"),
        (["run", "score.lettrs", "--input", "data/0.parquet", "--output", "x.parquet"], "did you mean 'letters'"),
        (["run", "score.letters", "--input", "nothing.parquet", "--output", "x.parquet"], "no such file"),
        (
            ["run", "score.digits", "--input", "data/0.parquet", "--output", "x.parquet", "--set", "patern=x"],
            "did you mean 'pattern'",
        ),
        (["new", "small", "--from", "small"], "there already"),
        (["run", "score.letters", "--input", "data/0.parquet", "--output", "x.csv"], "end in .parquet"),
        (["run", "keep.long", "--input", "data/0.parquet", "--output", "x.parquet"], "a keep is not a step"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_what_a_user_can_put_right_is_one_line_and_exit_code_2(project: Path, args: list[str], says: str) -> None:
    done = curate(project, *args)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert says in done.stderr


def test_run_keeps_the_input_s_columns_and_writes_fates_beside(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    done = curate(
        project, "run", "score.digits", "--input", "data/0.parquet", "--output", str(out), "--set", "pattern=[a-c]"
    )
    assert done.returncode == 0, done.stderr
    found, read = pl.read_parquet(out), pl.read_parquet(project / "data/0.parquet")
    assert {"id", "text", "url", "date", "weight", "digits", "extra"} <= set(found.columns)
    fates = pl.read_parquet(tmp_path / "out.fates.parquet")
    assert fates.height == read.height
    assert set(fates["fate"]) >= {"kept", "quarantined"}
    assert found.height == fates.filter(fate="kept").height
    whole = (
        read.filter(~pl.col("text").str.contains("POISON"))
        .select("text", "weight", "url")
        .unique()
        .sort("weight", "url")
    )
    assert found.select("text", "weight", "url").sort("weight", "url").equals(whole)


def test_run_does_an_across_step_too(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    files = [str(p) for p in sorted((project / "data").glob("*.parquet"))]
    done = curate(
        project,
        "run",
        "dedup.copies",
        "--input",
        *files,
        "--output",
        str(out),
        "--set",
        "keep_order=[weight]",
        "--json",
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["fates"]["unique"] >= 3
    assert pl.read_parquet(out)["text"].is_unique().all()


def test_a_new_project_builds_its_own_step(tmp_path: Path) -> None:
    done = curate(tmp_path, "init", "mine")
    assert done.returncode == 0, done.stderr
    for name in ("eval", "trainers", "curation"):
        (tmp_path / "mine" / name).mkdir()
        (tmp_path / "mine" / name / "__init__.py").write_text("raise RuntimeError('a stranger')")
    assert curate(tmp_path / "mine", "steps", "check").stdout.strip() == "score.digits: keeps the contract"
    planned = curate(tmp_path / "mine", "plan", "mine")
    assert planned.returncode == 0, planned.stderr
    assert "web/digits" in planned.stdout
    assert curate(tmp_path, "init", "mine").returncode == 2


def test_new_writes_a_recipe_that_extends_another(project: Path) -> None:
    done = curate(project, "new", "smaller", "--from", "small", "--set", "about=Smaller.")
    assert done.returncode == 0, done.stderr
    assert curate(project, "plan", "smaller").returncode == 0
    assert curate(project, "diff", "small", "smaller").stdout.strip() == "no difference"
    (project / "recipes/smaller.yaml").unlink()


MEASURE = '''"""Bytes of the files of a model."""
from pathlib import Path

import polars as pl

from curate.step import Artifact, score


@score
def measure(docs: pl.DataFrame, *, model: Artifact, more: dict[str, int]) -> pl.DataFrame:
    """Column `size`: bytes of all files, and more."""
    size = sum(file.stat().st_size for file in Path(model).glob("*.bin")) + sum(more.values())
    return pl.DataFrame({"size": pl.Series([size] * docs.height, dtype=pl.Int64)})
'''


def test_run_takes_a_trained_model_by_its_file_or_folder_and_a_mapping(tmp_path: Path) -> None:
    for name, text in {
        "steps/score/measure.py": MEASURE,
        "m/a.bin": "1",
        "m/b.bin": "22",
        "in.jsonl": '{"text": "x"}\n',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    def run(model: str) -> subprocess.CompletedProcess[str]:
        words = ["run", "score.measure", "--input", "in.jsonl", "--output", "out.parquet", "--set", "more={a: 10}"]
        return curate(tmp_path, *words, "--set", f"model={model}")

    for model, size in (("m/b.bin", 12), ("m", 13)):
        done = run(model)
        assert done.returncode == 0, done.stderr
        assert pl.read_parquet(tmp_path / "out.parquet")["size"].to_list() == [size]
    done = run("nothing.bin")
    assert done.returncode == 2
    assert "'nothing.bin' is no file of a trained model, nor a folder of some" in done.stderr


def test_an_error_tells_a_terminal_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What a server or a file is called may hold what moves the cursor or colours the line."""
    from curate.cli import main
    from curate.errors import CurateError

    def failing(**_: object) -> None:
        raise CurateError("no model \x1b[31mred\x07")

    monkeypatch.setattr(cli, "main", failing)
    with pytest.raises(SystemExit):
        main([])
    assert capsys.readouterr().err == "curate: no model \N{REPLACEMENT CHARACTER}[31mred\N{REPLACEMENT CHARACTER}\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a file that is always full")
def test_output_that_finds_no_room_is_one_line(project: Path) -> None:
    for command in ("steps", "show small", "show small --json"):
        with Path("/dev/full").open("w") as full:
            arguments = [sys.executable, "-m", "curate", *command.split()]
            done = subprocess.run(arguments, cwd=project, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert "the output cannot be written: No space left on device" in done.stderr


def test_a_folder_that_was_deleted_is_one_line(tmp_path: Path) -> None:
    script = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" -P -m curate "$@"'
    for command, code in (("gc", 2), ("doctor", 2), ("--version", 0)):
        done = subprocess.run(
            ["/bin/sh", "-c", script, sys.executable, command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PYTHONPATH": ROOT},
        )
        assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
        assert code == 0 or done.stderr.startswith("curate: the current folder cannot be read: "), done.stderr
