"""JSON to the byte as a browser writes it."""

import pytest
from chime_native.realtime.javascript_json import parse_json, write_json


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (-2.5, "-2.5"),
        (1e-6, "0.000001"),
        (1.25e-6, "0.00000125"),
        (1e-7, "1e-7"),
        (1.5e-7, "1.5e-7"),
        (1e16, "10000000000000000"),
        (123456789012345680000.0, "123456789012345680000"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (5e-324, "5e-324"),
        (float("nan"), "null"),
        (float("-inf"), "null"),
        (2**60, "1152921504606846976"),
        (True, "true"),
        ([None, {"a": (1, "é\u2028")}], '[null,{"a":[1,"é\u2028"]}]'),
        ({7: 2, None: 3, False: 4, 0.5: 5}, '{"7":2,"null":3,"false":4,"0.5":5}'),
        ('"\\\n\t\u0001\u007f', '"\\"\\\\\\n\\t\\u0001\u007f"'),
        ("\ud83d alone", '"\\ud83d alone"'),
        ("\ud83d\ude00", '"😀"'),
    ],
)
def test_values_are_written(value: object, text: str) -> None:
    assert write_json(value) == text


def test_what_cannot_be_said_is_refused() -> None:
    with pytest.raises(TypeError):
        write_json({"a": object()})
    with pytest.raises(TypeError):
        write_json({(1, 2): 3})
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="contains itself"):
        write_json(endless)


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a":-Infinity}', "[1,]", "01", "", '"\t"'])
def test_what_a_browser_refuses_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the text is
        parse_json(text)


def test_texts_are_read() -> None:
    assert parse_json(' {"b": [1, 2.5, null]} ') == {"b": [1, 2.5, None]}
