"""DiskFile, MemoryFile and PipeFile: numbers, strings and positions; the texts and bytes are the original's."""

import math

import pytest
import torch

from torch7py.errors import ArgumentError, TorchError
from torch7py.serialization import DiskFile, File, MemoryFile, PipeFile
from torch7py.table import Table
from torch7py.tensor.storage import Storage

KINDS = {
    "Byte": torch.uint8,
    "Char": torch.int8,
    "Short": torch.int16,
    "Int": torch.int32,
    "Long": torch.int64,
    "Float": torch.float32,
    "Double": torch.float64,
}


def text(file):
    return file.seek(1).readString("*a")


def storage(kind, *values):
    return Storage(KINDS[kind], list(values))


# --- numbers


def test_numbers_as_text():
    file = MemoryFile()
    file.writeInt(3)
    file.writeDouble(0.1)
    file.writeFloat(1 / 3)
    file.writeLong(2**40)
    file.writeByte(200)
    file.writeChar(-3)
    file.writeShort(-300)
    file.writeBool(True)
    file.writeBool(None)
    assert text(file) == "3\n0.10000000000000001\n0.333333343\n1099511627776\n\xc8\n\xfd\n-300\n1\n0\n"


def test_storages_as_text():
    file = MemoryFile()
    assert file.writeInt(storage("Int", 1, 2, 3)) == 3
    file.writeDouble(storage("Double", 0.5, 1 / 3, -math.nan, math.inf))
    file.writeByte(storage("Byte", 65, 66))
    file.writeChar(Storage(torch.int8))
    file.writeFloat(storage("Float", 1.5, 0.1))
    assert text(file) == "1 2 3\n0.5 0.33333333333333331 -nan inf\nAB\n1.5 0.100000001\n"


def test_text_without_spacing():
    file = MemoryFile().noAutoSpacing()
    file.writeInt(3)
    file.writeInt(storage("Int", 4, 5))
    file.writeDouble(1.5)
    file.writeBool(True)
    assert text(file) == "3451.51" and not file.isAutoSpacing()


def test_numbers_as_bytes():
    file = MemoryFile().binary()
    for kind, value in [
        ("Int", 1),
        ("Double", 1),
        ("Float", 1),
        ("Long", -2),
        ("Byte", 7),
        ("Char", -1),
        ("Short", 258),
    ]:
        assert getattr(file, f"write{kind}")(value) is None
    file.writeBool(True)
    assert file.writeString("ab") == 2
    expected = "01000000000000000000f03f0000803ffeffffffffffffff07ff0201010000006162"
    assert text(file).encode("latin-1").hex() == expected


@pytest.mark.parametrize("mode", ["ascii", "binary"])
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_and_storages_come_back(kind, mode, tmp_path):
    for file in (MemoryFile(), DiskFile(tmp_path / "x", "rw"), DiskFile(tmp_path / "y", "rw").noBuffer()):
        getattr(file, mode)()
        write, read = getattr(file, f"write{kind}"), getattr(file, f"read{kind}")
        write(65)
        write(storage(kind, 1, 2, 3))
        write(storage(kind, 4, 5))
        file.seek(1)
        assert read() == 65
        found = read(2)
        assert found.dtype == KINDS[kind] and found.tolist() == [1, 2]
        assert read(1).tolist() == [3]
        target = Storage(KINDS[kind], 2)
        assert read(target) == 2 and target.tolist() == [4, 5]


def test_numbers_become_elements_as_in_c():
    file = MemoryFile()
    file.writeInt(3.7)
    file.writeByte(300)
    file.writeShort(70000)
    file.writeInt("12")
    file.seek(1)
    assert (file.readInt(), file.readByte(), file.readShort(), file.readInt()) == (3, 44, 4464, 12)


def test_text_of_others(tmp_path):
    path = tmp_path / "x"
    path.write_text("12 -3 4.5e2 7\n1\t2\n 3 nan -inf .5\n0003 +4")
    file = DiskFile(path)
    assert (file.readInt(), file.readLong(), file.readDouble(), file.readFloat()) == (12, -3, 450, 7)
    assert file.readInt(3).tolist() == [1, 2, 3]
    found = file.readDouble(3).tolist()
    assert math.isnan(found[0]) and found[1:] == [-math.inf, 0.5]
    assert file.readInt(2).tolist() == [3, 4]


def test_numbers_at_the_edges_of_the_buffer(tmp_path):
    values = torch.randn(30_000, dtype=torch.float64)
    file = DiskFile(tmp_path / "x", "rw")
    for start in range(0, 30_000, 3):  # many lines of few numbers
        file.writeDouble(Storage(torch.float64, values[start : start + 3].tolist()))
    file.seek(1)
    found = [file.readDouble() for _ in range(15_000)] + file.readDouble(15_000).tolist()
    assert found == values.tolist()


def test_what_is_no_number():
    file = MemoryFile()
    file.writeString("abc")
    file.seek(1)
    with pytest.raises(TorchError, match="read error: read 0 blocks instead of 1"):
        file.readInt()
    with pytest.raises(ArgumentError, match="number, or IntStorage expected, got table"):
        file.writeInt(Table())
    with pytest.raises(ArgumentError, match="number, or IntStorage expected, got torch.LongStorage"):
        file.writeInt(storage("Long", 1))
    with pytest.raises(TorchError, match="cannot read -1 elements"):
        file.readInt(-1)


def test_long_size():
    file = MemoryFile().binary().longSize(4)
    file.writeLong(5)
    file.longSize(8).writeLong(storage("Long", 6, -1))
    assert text(file).encode("latin-1").hex() == "05000000" + "0600000000000000" + "ff" * 8
    assert file.seek(1).longSize(4).readLong(2).tolist() == [5, 6]
    with pytest.raises(TorchError, match="a long of 4 bytes cannot hold 1099511627776"):
        file.writeLong(2**40)
    with pytest.raises(TorchError, match="Invalid long size specified: 5"):
        file.longSize(5)


def test_byte_order(tmp_path):
    file = DiskFile(tmp_path / "x", "rw").binary().bigEndianEncoding()
    file.writeInt(storage("Int", 1, 256))
    file.writeDouble(1)
    assert text(file).encode("latin-1").hex() == "00000001" + "00000100" + "3ff0000000000000"
    assert file.seek(1).readInt(2).tolist() == [1, 256] and file.readDouble() == 1
    assert file.littleEndianEncoding().seek(1).readInt() == 1 << 24
    assert file.isLittleEndianCPU() != file.isBigEndianCPU()


# --- strings and positions


def test_lines():
    file = MemoryFile()
    file.writeString("first\n\nlast")
    file.seek(1)
    assert [file.readString("*l") for _ in range(3)] == ["first", "", "last"]
    with pytest.raises(TorchError, match="read error: read 0 blocks instead of 1"):
        file.readString("*l")
    with pytest.raises(TorchError, match="format must be '\\*a' or '\\*l'"):
        file.readString("*n")


def test_strings_are_bytes():
    file = MemoryFile()
    file.writeString("\0\xff")
    assert text(file) == "\0\xff"
    with pytest.raises(TorchError, match="no byte: 'λ'"):
        file.writeString("λ")


def test_positions(tmp_path):
    for file in (MemoryFile(), DiskFile(tmp_path / "x", "rw")):
        assert file.position() == 1
        file.writeString("hello world")
        assert file.position() == 12
        file.seek(7).writeString("W")
        assert text(file) == "hello World"
        assert file.seekEnd().position() == 12
        with pytest.raises(TorchError, match="position has to be greater than 0"):
            file.seek(0)
    with pytest.raises(TorchError, match="unable to seek at position 100"):
        MemoryFile().seek(100)


# --- modes and faults


def test_modes(tmp_path):
    path = tmp_path / "x"
    file = DiskFile(path, "w")
    assert (file.isReadable(), file.isWritable()) == (False, True)
    with pytest.raises(TorchError, match="attempt to read in a write-only file"):
        file.readInt()
    file.writeString("abc")
    file.synchronize()
    assert path.read_text() == "abc"
    file.close()
    with pytest.raises(TorchError, match="attempt to use a closed file"):
        file.writeInt(1)
    file = DiskFile(path)
    with pytest.raises(TorchError, match="attempt to write in a read-only file"):
        file.writeInt(1)
    with pytest.raises(TorchError, match="file mode should be 'r','w' or 'rw', got 'q'"):
        DiskFile(path, "q")


def test_rw_makes_a_missing_file_and_keeps_an_old_one(tmp_path):
    path = tmp_path / "x"
    DiskFile(path, "rw").close()
    path.write_text("abc")
    file = DiskFile(path, "rw").seekEnd()
    file.writeString("def")
    assert text(file) == "abcdef"


def test_missing_files(tmp_path):
    assert DiskFile(tmp_path / "x", "r", True) is None
    with pytest.raises(TorchError, match="cannot open <.*> in mode r: No such file"):
        DiskFile(tmp_path / "x")


def test_quiet_files_remember_faults():
    file = MemoryFile().quiet()
    file.writeInt(storage("Int", 1, 2))
    file.seek(1)
    assert file.readInt(5).tolist() == [1, 2] and file.hasError()
    assert not file.clearError().hasError()
    assert file.readInt() == 0 and file.hasError()
    assert file.readString("*a") == "" and file.readObject() is None
    assert file.clearError().seek(100).hasError() and file.isQuiet()
    with pytest.raises(TorchError):
        file.pedantic().readInt()


def test_options_give_back_the_file():
    file = MemoryFile()
    for option in ("binary", "ascii", "quiet", "pedantic", "autoSpacing", "noAutoSpacing", "clearError", "synchronize"):
        assert getattr(file, option)() is file
    assert file.referenced(False) is file and not file.isReferenced()
    assert not file.isBinary() and file.binary().isBinary()


def test_errors_say_where(tmp_path):
    (tmp_path / "x").write_text("1 2")
    file = DiskFile(tmp_path / "x")
    with pytest.raises(TorchError, match=r"read 2 blocks instead of 5 \(.*x, byte 3\)"):
        file.readInt(5)


def test_a_huge_count_takes_no_memory(tmp_path):
    (tmp_path / "x").write_bytes(b"x" * 10)
    for file in (MemoryFile(b"x" * 10), DiskFile(tmp_path / "x")):
        assert len(file.binary().quiet().readDouble(2**50)) == 1


def test_texts(tmp_path):
    assert MemoryFile().__tostring__() == "torch.MemoryFile [status: open -- mode: rw]"
    file = DiskFile(tmp_path / "x", "w").close()
    assert file.__tostring__() == f"torch.DiskFile on <{tmp_path / 'x'}> [status: closed -- mode  w]"
    with pytest.raises(TypeError):
        File()


# --- memory and pipes


def test_memory_file_on_a_storage():
    content = Storage(torch.int8).string("5 6\0")
    file = MemoryFile(content, "r")
    assert (file.readInt(), file.readInt(), file.isWritable()) == (5, 6, False)
    with pytest.raises(TorchError, match="provided CharStorage must be terminated by 0"):
        MemoryFile(Storage(torch.int8).string("56"))


def test_the_storage_of_a_memory_file_follows_it():
    file = MemoryFile()
    file.writeString("abc")
    content = file.storage()
    assert content.string() == "abc\0" and file.storage() is content
    file.writeInt(7)
    assert content.string()[:6] == "abc7\n\0"
    file.seek(1).writeString("X")
    assert content.string()[:6] == "Xbc7\n\0" and file.storage().size() == 6
    given = Storage(torch.int8).string("abcdef\0")
    MemoryFile(given).writeInt(12)
    assert given.string() == "12\ndef\0"
    content.resize(2)


def test_pipes(tmp_path):
    file = PipeFile("echo 1 2 3; echo hello; printf '%s' rest")
    assert file.readInt(3).tolist() == [1, 2, 3]
    assert file.readString("*l") == "hello" and file.readString("*a") == "rest"
    assert "torch.PipeFile on <echo" in file.__tostring__()
    file.close()
    file = PipeFile(f"cat > {tmp_path / 'x'}", "w")
    file.writeInt(storage("Int", *range(1000)))
    file.close()
    assert DiskFile(tmp_path / "x").readInt(1000).tolist() == list(range(1000))
    with pytest.raises(TorchError, match="file mode should be 'r','w', got 'rw'"):
        PipeFile("true", "rw")


def test_objects_through_a_pipe(tmp_path):
    x = torch.randn(300_000)
    file = DiskFile(tmp_path / "x.t7", "w").binary()
    file.writeObject(x)
    file.close()
    file = PipeFile(f"cat {tmp_path / 'x.t7'}").binary()
    assert torch.equal(file.readObject(), x)
    file.close()
    file = PipeFile(f"head -c 500000 {tmp_path / 'x.t7'}").binary()
    with pytest.raises(TorchError, match="storage of 300000 elements, where the rest of the file holds 1249"):
        file.readObject()
    file.close()


def test_storages_and_tensors_write_themselves():
    from torch7py.tensor.registry import methods

    file = MemoryFile()
    storage("Int", 1, 2).write(file)
    methods["write"](torch.tensor([3.0, 4]), file)
    file.seek(1)
    found = Storage(torch.int32)
    found.read(file)
    x = torch.empty(0)
    methods["read"](x, file)
    assert found.tolist() == [1, 2] and x.tolist() == [3, 4]
