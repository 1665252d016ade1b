"""Bytes are read in the character set they are in, whatever header and markup say."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.read import _charset, _http
from curation.read._http import decode_text

RUSSIAN = "Теорема Пифагора: квадрат гипотенузы равен сумме квадратов катетов. " * 5
JAPANESE = "三平方の定理は、直角三角形の三辺の長さの関係を示す。ピタゴラスの定理とも呼ばれる。" * 5
CHINESE = "勾股定理是一个基本的几何定理，指直角三角形的两条直角边的平方和等于斜边的平方。" * 5
TAIWAN = "勾股定理是一個基本的幾何定理，指直角三角形的兩條直角邊的平方和等於斜邊的平方。" * 5
KOREAN = "피타고라스의 정리는 직각 삼각형의 빗변의 제곱이 두 직각변의 제곱의 합과 같다는 정리이다." * 5
GERMAN = "Größe der Fläche über dem Maß – „schön“ für alle, 5 € bezahlt. " * 5
GREEK = "Το θεώρημα του Πυθαγόρα είναι σχέση της ευκλείδειας γεωμετρίας. " * 5
CZECH = "Pythagorova věta popisuje vztah, který platí mezi délkami stran; příliš žluťoučký. " * 5
TURKISH = "Pisagor teoremi, Öklid geometrisinde bir dik üçgenin üç kenarı için bağıntıdır; ışığın şekli. " * 5
HEBREW = "משפט פיתגורס הוא משפט מפורסם בגאומטריה. " * 8
ARABIC = "مبرهنة فيثاغورس هي مبرهنة في الهندسة الإقليدية. " * 8

CASES = [
    # text, written in, said in <meta>, said in the header
    (GERMAN, "cp1252", "utf-8", None), (GERMAN, "cp1252", None, "utf-8"), (GERMAN, "cp1252", None, None),
    (GERMAN, "cp1252", "iso-8859-1", None), (GERMAN, "utf-8", "windows-1252", "windows-1252"), (GERMAN, "utf-8", "none", None),
    ("Größe", "cp1252", "utf-8", None), ("it’s Gauss’s", "cp1252", None, None), ("the Poincaré conjecture", "cp1252", None, None),
    ("a\xa0b\xa0c d² x±y", "cp1252", None, None),
    (CHINESE + "镕䶮", "gb18030", "gb2312", None), (CHINESE, "gb18030", None, None), (CHINESE, "gbk", "utf-8", None),
    (TAIWAN, "big5", "big5", None), (TAIWAN, "big5", None, None), (CHINESE, "gbk", "iso-8859-1", None),
    (JAPANESE, "cp932", "shift_jis", None), (JAPANESE, "cp932", None, None), (JAPANESE, "cp932", "utf-8", None),
    (JAPANESE, "euc_jp", None, None), (JAPANESE, "euc_jp", "shift_jis", None), (JAPANESE, "iso2022_jp", "iso-2022-jp", None),
    (JAPANESE, "iso2022_jp", None, "utf-8"), (JAPANESE, "utf-8", "utf-16", None), (JAPANESE, "utf-8-sig", None, None),
    (KOREAN, "euc_kr", "euc-kr", None), (KOREAN, "euc_kr", None, None), (KOREAN + "똠방각하", "cp949", "ks_c_5601-1987", None),
    (RUSSIAN, "koi8_r", "koi8-r", None), (RUSSIAN, "koi8_r", None, None), (RUSSIAN, "koi8_r", "windows-1251", None),
    (RUSSIAN, "cp1251", None, None), (RUSSIAN, "cp1251", "iso-8859-1", None), (RUSSIAN, "cp1251", None, "iso-8859-1"),
    (RUSSIAN, "cp1251", "utf-8", "utf-8"), (RUSSIAN, "cp1251", "cp-1251-unknown", "unknown"), (RUSSIAN, "cp866", None, None),
    (GREEK, "iso8859_7", "iso-8859-7", None), (GREEK, "cp1253", None, None), (CZECH, "cp1250", None, None),
    (CZECH, "iso8859_2", "iso-8859-2", None), (CZECH + "š„", "cp1250", "iso-8859-2", None), (TURKISH, "cp1254", "windows-1254", None),
    (TURKISH, "cp1254", "iso-8859-9", None), (HEBREW, "cp1255", None, None), (ARABIC, "cp1256", None, None),
    (GERMAN, "utf-16", None, None), (GERMAN, "utf-16-le", None, None), (CHINESE, "utf-16-be", None, None),
    (JAPANESE, "utf-16-le", "utf-8", None), (GERMAN, "utf-32", None, None), ("a\x1b[0m b ü", "utf-8", None, None),
    ("a\0 b ü", "utf-8", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "written", "meta", "header"), CASES)
def test_a_page_is_read_in_what_it_is_written_in(text: str, written: str, meta: str | None, header: str | None) -> None:
    said = f'<meta http-equiv="Content-Type" content="text/html; charset={meta}">' if meta else ""
    page = f"<html><head>{said}<title>x</title></head><body><p>{text}</p></body></html>"
    assert decode_text(page.encode(written), header) == page


def test_utf8_with_a_few_bad_bytes_or_a_cut_end_is_utf8() -> None:
    page = f"<p>{JAPANESE}</p>".encode()
    assert JAPANESE in decode_text(page.replace(b"</p>", b"\xe4\x93\x94</p>"), None)
    assert decode_text(page[:-5], None).endswith("�")


def test_an_xml_declaration_is_believed_like_a_meta() -> None:
    assert GREEK in decode_text(b'<?xml version="1.0" encoding="iso-8859-7"?>' + GREEK.encode("iso8859_7"), None)


def test_any_bytes_give_a_text() -> None:
    for seed in range(64):
        body = bytes((seed * 37 + i * i * (seed + 3) + (i >> 3)) % 256 for i in range(3000))
        for header in (None, "utf-8", "gb2312", "x-user-defined", "koi8-r", "utf-7", "hex", "é"):
            assert isinstance(decode_text(body, header), str)


PIECES = st.sampled_from(
    [b"<p>", b"<", b">", b"a", b"Z9", b"\xc3\xa9", b"\xe9", b"\xff", b"\x00", b"\xe2\x82", "Жук".encode(), b" "]
)


@given(st.lists(PIECES | st.binary(max_size=4), max_size=60).map(b"".join))
def test_letters_are_told_apart_as_by_looking_at_each(body: bytes) -> None:
    letters = re.findall(rb"[A-Za-z\x80-\xff]", _charset.TAG.sub(b" ", body[: _charset.SAMPLE]))
    high = sum(letter >= b"\x80" for letter in letters)
    assert _charset.is_foreign(body) == (high > _charset.FOREIGN * len(letters))


@given(st.lists(PIECES | st.binary(max_size=4), max_size=60).map(b"".join))
def test_text_is_utf_8_if_nine_of_ten_other_characters_are_whole(body: bytes) -> None:
    text = body.decode("utf-8", "replace")
    try:
        body.decode()
        whole = True
    except UnicodeDecodeError as error:
        other = [character for character in text if character > "\x7f"]
        whole = error.reason == "unexpected end of data" or 10 * other.count("\ufffd") <= len(other)
    assert _http._utf8(body) == (text if whole else None)


def test_a_set_named_in_capitals_is_believed_too() -> None:
    assert GREEK in decode_text(b"<META CHARSET = 'ISO-8859-7'>" + GREEK.encode("iso8859_7"), None)
