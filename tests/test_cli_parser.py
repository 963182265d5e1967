"""The options of each command."""

from __future__ import annotations

import pytest

from skbalagen._cli_parser import make_parser

COMMANDS = {name: name for name in ("balance", "inspect", "compare", "download", "benchmark")}


def parsed(*arguments):
    return make_parser(COMMANDS, "1.2.3").parse_args(arguments)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_calls_its_own_function(name):
    assert parsed(name, *(["in.csv"] if name in ("balance", "inspect", "compare") else [])).run == name


def test_commands_that_read_a_table_share_the_options_of_tables():
    for command in ("balance", "inspect", "compare"):
        options = parsed(
            command, "a.csv", "--text", "t", "--label", "l", "--sep", ";", "--encoding", "cp1252"
        )
        assert (options.input, options.text, options.label) == ("a.csv", "t", "l")
        assert (options.sep, options.encoding) == (";", "cp1252")


def test_commands_that_keep_results_share_the_options_of_the_cache():
    for command in ("balance", "compare"):
        options = parsed(command, "a.csv")
        assert (options.memory, options.no_cache, options.cache_size) == (None, False, 4.0)
        assert parsed(command, "a.csv", "--memory", "m", "--cache-size", "0.5").cache_size == 0.5


@pytest.mark.parametrize("command", ["balance", "compare"])
@pytest.mark.parametrize("size", ["nan", "-1", "inf", "big"])
def test_a_size_that_is_none_is_refused(command, size, capsys):
    with pytest.raises(SystemExit):
        parsed(command, "a.csv", "--cache-size", size)
    assert f"expected a number of GB, at least 0, got '{size}'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [(), ("other",), ("balance",), ("balance", "a.csv", "--strategy", "best")]
)
def test_what_makes_no_command_is_refused(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        parsed(*arguments)
    assert end.value.code == 2
    assert "usage: skbalagen" in capsys.readouterr().err


def test_the_version_and_the_examples_are_shown(capsys):
    for option, shown in (("--version", "skbalagen 1.2.3"), ("--help", "skbalagen inspect intents.csv")):
        with pytest.raises(SystemExit) as end:
            parsed(option)
        assert end.value.code == 0
        assert shown in capsys.readouterr().out
