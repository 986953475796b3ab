"""The markup of Aozora Bunko, as its works use it."""

import pytest

from hagane.text.ingestion.aozora import plain_text

WORK = """吾輩は猫である
夏目漱石

-------------------------------------------------------
【テキスト中に現れる記号について】

《》：ルビ
（例）吾輩《わがはい》

｜：ルビの付く文字列の始まりを特定する記号
（例）一番｜獰悪《どうあく》
-------------------------------------------------------

［＃８字下げ］一［＃「一」は中見出し］

　吾輩《わがはい》は猫である。名前はまだ無い。
［＃ここから２字下げ］
　一番｜獰悪《どうあく》な種族であったそうだ。
［＃ここで字下げ終わり］
　しかしその当時は何という考《かんがえ》もなかったから［＃「から」に傍点］別段恐しいとも思わなかった。


底本：「夏目漱石全集1」ちくま文庫、筑摩書房
　　　1987（昭和62）年9月29日第1刷発行
入力：柴田卓治
青空文庫作成ファイル：
"""


def test_a_whole_work() -> None:
    assert plain_text(WORK.replace("\n", "\r\n")) == (
        "吾輩は猫である\n夏目漱石\n\n\n一\n\n"
        "　吾輩は猫である。名前はまだ無い。\n"
        "　一番獰悪な種族であったそうだ。\n"
        "　しかしその当時は何という考もなかったから別段恐しいとも思わなかった。\n"
    )


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("森※［＃「區＋鳥」、第3水準1-94-69］外《もりおうがい》", "森鷗外"),
        ("※［＃「口＋它」、U+5768、27-14］", "坨"),
        ("※［＃「木＋吶のつくり」、第3水準1-85-54］", b"\xf5\xd6".decode("euc_jis_2004")),
        ("※［＃第4水準2-83-31］", b"\x8f\xf3\xbf".decode("euc_jis_2004")),
        ("※［＃始め二重山括弧、1-1-52］語※［＃終わり二重山括弧、1-1-53］", "《語》"),
        ("※［＃感嘆符三つ、39-上-17］", "〓"),
        ("暦［＃「暦※［＃「竹かんむり／卞」、第4水準2-83-31］」は底本では「暦※［＃「竹かんむり／卞」］」］だ", "暦だ"),
        ("拙者そな［＃「者そな［＃「そ」に傍点］」はママ］たを", "拙者そなたを"),
        ("いよ／＼、しみ／″＼と", "いよ〳〵、しみ〴〵と"),
        ("東京｜市《し》の｜棒", "東京市の｜棒"),
        ("二人で＜話＞した《と》", "二人で＜話＞した"),
        ("〔Der Bu:rger, l'e'cole s'en va〕と", "Der Bürger, l'école s'en vaと"),
        ("〔｜Vis-a`-vis《ウィザ　ウィイス》〕に", "Vis-à-visに"),
        (
            "〔AE&neis, oe&uvre, Stras&e, sen~or, ma_n, A&ngstro:m, ?@Que'?〕",
            "Æneis, œuvre, Straße, señor, mān, Ångström, ¿Qué?",
        ),
        ("〔注を要す〕と〔cafe\n'〕", "〔注を要す〕と〔cafe\n'〕"),
    ],
)
def test_notation(marked: str, plain: str) -> None:
    assert plain_text(marked) == f"{plain}\n"


def test_rules_in_the_body_stay() -> None:
    body = "\n".join(["前文"] * 120 + ["-" * 20, "本文", "-" * 20])
    assert plain_text(body) == f"{body}\n"


def test_short_rules_around_the_explanation() -> None:
    head = "變な音\n夏目漱石\n\n"
    assert plain_text(f"{head}---------\n《》：ルビ\n---------\n\n　上\n") == f"{head}\n　上\n"


def test_nothing_left_is_empty() -> None:
    assert plain_text("［＃改ページ］\n底本：「全集」\n") == ""
