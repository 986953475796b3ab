"""What Japanese text holds that tokenizers get wrong."""

HARD = {
    "nothing": "",
    "full-width spaces": "　全角　スペース  と   半角 ",
    "lines": "\n\n行頭の改行\n",
    "tabs": "タブ\tと\t\t連続するタブ",
    "indented code": "if (x != 0) {\n        y++;\n}",
    "control characters": "改行\r\nとNUL\0とゼロ幅\u200b\u200d\ufeff",
    "half-width kana": "ｶﾞｷﾞｸﾞ ﾊﾟﾋﾟﾌﾟ ｳﾞ ﾜﾞ ｱﾞ ﾞ ﾟ",
    "compatibility characters": "㈱①㍻㍿㋿Ⅳ㎏",
    "wave dashes and long vowels": "波ダッシュ〜と全角チルダ～、−－‐ー―",
    "full-width ASCII": "１２３ＡＢＣ！？％",
    "variant kanji": "髙橋、山﨑、神と神、辻󠄀と葛󠄁",
    "decomposed kana": "か\u3099は\u309aう\u3099あ\u3099\u3099",
    "marks alone": "\u3099\u0301",
    "accents, ligatures, Hangul": "e\u0301 é Å ﬁ ½ 각 \u1100\u1161\u11a8",
    "emoji": "😀👨‍👩‍👧‍👦🇯🇵👍🏽❤️",
    "kanji beyond the basic plane": "𠮷野家で𩸽を食べる",
    "names of special pieces": "<s></s><unk>[PAD]<0x0A>",
    "SentencePiece's own signs": "▁下線▁ ゛゜ゝゞ々〆",
    "capitals": "Tokyo TOKYO İstanbul Straße ΣΊΣΥΦΟΣ E\u0301X\u0308",
    "address and code": "http://example.jp/?q=%E6%97%A5 if (x != 0) { y++; }",
}
