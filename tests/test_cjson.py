"""Package cjson: values and messages of lua-cjson, as it gave them."""

import json

import pytest

from lua_bridge import LuaError, LuaTorch


@pytest.fixture(scope="module")
def lua():
    with LuaTorch() as runtime:
        runtime.execute("cjson, safe = require 'cjson', require 'cjson.safe'")
        yield runtime


@pytest.mark.parametrize(
    "text, value",
    [
        ("1", 1),
        ("-1.5e3", -1500),
        ('"a\\u00e9\\ud834\\udd1e\\n\\/"', "aé𝄞\n/".encode().decode("latin-1")),
        ("true", True),
        (" [ ] ", {}),
        ("0x1F", 31),
        ("01", 1),
        ("1.", 1),
        ("1e400", float("inf")),
        ("-Infinity", -float("inf")),
    ],
)
def test_decoding(lua, text, value):
    found = lua.globals.cjson.decode(text)
    assert found == value if not isinstance(value, dict) else len(found) == 0


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "Expected value but found T_END at character 1"),
        ("{", "Expected object key string but found T_END at character 2"),
        ('{"a" 1}', "Expected colon but found T_NUMBER at character 6"),
        ("[1 2]", "Expected comma or array end but found T_NUMBER at character 4"),
        ('{"a":1,}', "Expected object key string but found T_OBJ_END at character 8"),
        ('"abc', "Expected value but found unexpected end of string at character 5"),
        ('"a\\x"', "Expected value but found invalid escape code at character 3"),
        ('"\\ud834"', "Expected value but found invalid unicode escape code at character 2"),
        ("tru", "Expected value but found invalid token at character 1"),
        ("1 2", "Expected the end but found T_NUMBER at character 3"),
        ("--1", "Expected value but found invalid number at character 1"),
    ],
)
def test_faults_in_texts(lua, text, message):
    assert lua.execute("return safe.decode(...)", text) == (None, message)
    with pytest.raises(LuaError, match=r"script.lua:1: Expected"):
        lua.execute("cjson.decode(...)", text, name="@script.lua")


@pytest.mark.parametrize(
    "value, text",
    [
        ("1/3", "0.33333333333333"),
        ("1e20", "1e+20"),
        ("2^53", "9.007199254741e+15"),
        ("-0.0", "-0"),
        ("'a/b\"\\\\\\n\\127\\200\\1'", '"a\\/b\\"\\\\\\n\\u007f\xc8\\u0001"'),
        ("{}", "{}"),
        ("{1, {2}, {a = true}}", '[1,[2],{"a":true}]'),
        ("{1, nil, 3}", "[1,null,3]"),
        ("{[2.5] = 1}", '{"2.5":1}'),
        ("{cjson.null}", "[null]"),
        ("nil", "null"),
    ],
)
def test_encoding(lua, value, text):
    assert lua.eval(f"cjson.encode({value})") == text


@pytest.mark.parametrize(
    "value, message",
    [
        ("print", "Cannot serialise function: type not supported"),
        ("0/0", "Cannot serialise number: must not be NaN or Infinity"),
        ("{[1] = 1, [20] = 2}", "Cannot serialise table: excessively sparse array"),
        ("{[true] = 1}", "Cannot serialise boolean: table key must be a number or string"),
        ("(function() local t = {} t[1] = t return t end)()", "Cannot serialise, excessive nesting (1001)"),
        ("torch.Tensor(2)", "Cannot serialise userdata: type not supported"),
    ],
)
def test_what_has_no_text(lua, value, message):
    assert lua.eval(f"safe.encode({value})") == (None, message)


def test_settings_belong_to_one_package_table(lua):
    assert lua.execute("""
        local own = cjson.new()
        own.encode_sparse_array(true)
        own.encode_number_precision(3)
        own.encode_invalid_numbers('null')
        own.decode_invalid_numbers(false)
        own.decode_max_depth(2)
        assert(own.encode{[1] = math.pi} == '[3.14]' and own.encode{0/0} == '[null]')
        assert(own.encode{[20] = 2} == '{"20":2}')
        assert(not pcall(own.decode, '0x10') and not pcall(own.decode, '[[[1]]]') and own.null == cjson.null)
        assert(not pcall(own.encode_max_depth, 0))
        return cjson.encode(math.pi), cjson.decode('0x10'), cjson.encode_sparse_array()
    """) == ("3.1415926535898", 16, False, 2, 10)


def test_large_texts_agree_with_pythons_json(lua):
    values = [{"id": i, "box": [i * 1.5, -i, 0.25], "text": 'a "quoted" line\n' * (i % 3)} for i in range(300)]
    text = json.dumps(values)
    assert json.loads(lua.execute("return cjson.encode(cjson.decode(...))", text)) == values
    assert lua.execute("return tostring(cjson.decode('[null]')[1]), type(cjson.null)") == ("userdata: NULL", "userdata")
