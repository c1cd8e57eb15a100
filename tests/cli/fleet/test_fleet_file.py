"""A fleet file is read as it was meant, and validated as a whole: each error names the row and the key."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from runbook_lib.cli.fleet.fleet_file import Fleet, read_fleet
from runbook_lib.errors import InputError


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def read(text: str, *notebooks: str, **overrides: Any) -> Fleet:
        (tmp_path / "fleet.yaml").write_text(dedent(text), "utf-8")
        return read_fleet(tmp_path / "fleet.yaml", overrides, notebooks)

    return read


def test_matrix_rows_defaults_anchors_and_braces_make_rows(read: Any) -> None:
    fleet = read(
        """
        notebooks: [00, 01, 02]
        defaults:
          resource_group: "rg-{region}"
          tags: &tags {team: plants}
        matrix:
          region: [westeurope, northeurope]
          instance_name: [press, paint]
        rows:
          - &own {instance_name: plant-7, resource_group: rg-own, region: westeurope}
          - {<<: *own, instance_name: plant-8, tags: {<<: *tags, floor: "2"}}
        """
    )
    assert fleet.notebooks == ["00-start-here", "01-create-instance", "02-assign-access"]
    assert [row.name for row in fleet.rows] == [
        *("001-press", "002-paint", "003-press", "004-paint"),
        *("005-plant-7", "006-plant-8"),
    ]
    assert [row.values["resource_group"] for row in fleet.rows[1:]] == [
        "rg-westeurope",
        *["rg-northeurope"] * 2,
        *["rg-own"] * 2,
    ]
    assert fleet.rows[0].values["tags"] == {"team": "plants"}
    assert fleet.rows[5].values == {
        "instance_name": "plant-8",
        "resource_group": "rg-own",
        "region": "westeurope",
        "tags": {"team": "plants", "floor": "2"},
    }


def test_the_command_line_overrides_rows_and_notebooks(read: Any) -> None:
    fleet = read("rows: [{instance_name: press, region: westeurope}]", "01", region="northeurope")
    assert (fleet.notebooks, fleet.rows[0].values["region"]) == (["01-create-instance"], "northeurope")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rows: []", "makes 0 rows"),
        ("", "makes 0 rows"),
        ("row: [{instance_name: a1}]", "'row' isn't a part of a fleet file"),
        ("rows: {instance_name: press}", "rows isn't a list"),
        ("rows: [press]", "row 1: This isn't a mapping"),
        ("matrix: {region: westeurope}", "matrix, region: This isn't a list"),
        ("rows: [{instance_name: !!str press}]", "line 1: A YAML tag"),
        ("rows: [*press]", "*press isn't defined above"),
        ("rows: [{instance_name: press, instance_name: paint}]", "instance_name is set twice"),
        ("rows: [{instance_name: 2024-01-01}]", "reads the value of instance_name as a date"),
        ("rows: [{tags: {a: {b: {c: {d: e}}}}}]", "nested too deeply"),
        ("matrix: {instance_name: [a, b], region: [" + "x, " * 600 + "x]}", "makes 1202 rows"),
        (
            "defaults: {tenant: 'of {floor}'}\nrows: [{instance_name: press}]",
            "row 1, tenant: There's no value for {floor",
        ),
        ("rows: [{instance_name: press}]\n---\nrows: []", "A second document"),
        ("rows: [{<<: 3}]", "Only a mapping can be merged"),
        ("notebooks: [99]\nrows: [{instance_name: press}]", "no notebook '99'"),
        ("rows: [{instance_name: press, mode: guided}]", "Row 001-press: The mode guided"),
    ],
)
def test_what_is_wrong_is_named(read: Any, text: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert says in str(caught.value)


def test_all_rows_are_validated_by_the_rules_of_a_run_before_anything_runs(read: Any) -> None:
    with pytest.raises(InputError) as caught:
        read(
            """
            defaults: {timeout_minutes: 0}
            rows:
              - {instance_name: a, colour: red}
              - {instance_name: twice, timeout_minutes: 10}
              - {instance_name: Twice, timeout_minutes: 10}
              - {instance_name: twice, resource_group: rg-other, timeout_minutes: 10}
            """
        )
    assert caught.value.message.splitlines()[1:] == [
        "Row 001-a, colour: No notebook has a parameter named colour.",
        "Row 001-a, timeout_minutes: 0 isn't valid. Use a whole number of minutes from 1 to 120.",
        "Row 001-a, instance_name: It's too short: 1 of at least 3 characters. Add 2 or more.",
        "Row 003-Twice, instance_name: Row 002-twice has the same name in the same resource group.",
    ]


def test_a_few_lines_of_aliases_stay_small(read: Any) -> None:
    lines = ["x0: &x0 {a: b}"] + [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, 40)]
    with pytest.raises(InputError, match="isn't a part of a fleet file"):
        read("\n".join(lines))


def test_more_instances_in_a_region_than_usual_are_noted(read: Any) -> None:
    names = ", ".join(f"plant-{number}" for number in range(11))
    (note,) = read(f"matrix: {{instance_name: [{names}]}}\nrows: [{{instance_name: far, region: northeurope}}]").notes
    assert note.startswith("11 rows are in westeurope. Azure usually allows 10 instances")
