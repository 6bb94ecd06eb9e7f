"""Letters that people read as another one: what a name looks like, whatever it is written with."""

from __future__ import annotations

import unicodedata

# Radicals and strokes of Unicode's blocks 2E80 to 2EF3 and 31C0 to 31E3, each before the ideograph that it is
# drawn as: EquivalentUnifiedIdeograph.txt. NFKC leaves these alone; it reads the Kangxi radicals.
_RADICALS = (
    "⺁厂 ⺂乛 ⺃乚 ⺄乙 ⺅亻 ⺆冂 ⺇\U00020628 ⺈刀 ⺉刂 ⺊卜 ⺋㔾 ⺌小 ⺍小 ⺎兀 ⺏尣 ⺐尢 "
    "⺑\U00021bc2 ⺒巳 ⺓幺 ⺔彑 ⺕彐 ⺖忄 ⺗心 ⺘扌 ⺙攵 ⺛旡 ⺜日 ⺝月 ⺞歺 ⺠民 ⺡氵 ⺢氺 ⺣灬 ⺤爫 "
    "⺥爫 ⺦丬 ⺧牛 ⺨犭 ⺩王 ⺪\U00024d14 ⺫目 ⺬示 ⺭礻 ⺮\U00025ad7 ⺯糹 ⺰纟 ⺱罓 ⺲罒 ⺳㓁 "
    "⺴冗 ⺵\U0002626b ⺶羊 ⺷\U0002634c ⺸\U0002634b ⺹耂 ⺺肀 ⺻聿 ⺼肉 "
    "⺽\U00026951 ⺾艹 ⺿艹 ⻀艹 ⻁虎 ⻂衤 ⻃覀 ⻄西 ⻅见 ⻆角 ⻇\U000278b2 ⻈讠 ⻉贝 "
    "⻊\U00027fb7 ⻋车 ⻌辶 ⻍辶 ⻎辶 ⻏邑 ⻐钅 ⻑長 ⻒镸 ⻓长 ⻔门 ⻕\U00028e0f ⻖阝 ⻗雨 ⻘青 "
    "⻙韦 ⻚页 ⻛风 ⻜飞 ⻝食 ⻞\U0002967f ⻟飠 ⻠饣 ⻡\U00029810 ⻢马 ⻣骨 ⻤鬼 ⻥鱼 ⻦鸟 ⻧卤 "
    "⻨麦 ⻩黄 ⻪黾 ⻫斉 ⻬齐 ⻭歯 ⻮齿 ⻯竜 ⻰龙 ⻱龜 ⻲亀 ㇆\U000200cc ㇏乀 ㇐一 ㇑丨 ㇒丿 ㇓丿 ㇔丶 "
    "㇕\U000200cd ㇖乛 ㇗\U000200ca ㇘\U000200ce ㇙\U0002010c ㇚亅 "
    "㇛\U00021fe8 ㇜\U000200cb ㇝乀 ㇞\U000200d1 ㇟乚 ㇠乙 ㇡\U0002010e "
)
# Kana and signs that stand for an ideograph, and older forms of ideographs that OpenCC leaves apart.
_IDEOGRAPHS = "ロ口 ニ二 ハ八 カ力 エ工 タ夕 ト卜 ー一 ノ丿 ヒ匕 戸户 呉吴 値值 鉄铁 亜亚 黒黑 曁暨 〡一"
# Greek and Cyrillic letters drawn like Latin ones, after the case was folded.
_LETTERS = (
    "аa вb сc еe нh һh іi јj кk мm оo рp ԛq ѕs тt уy ѵv ѡw хx ԁd ԍg "
    "αa βb εe ηn ιi κk μu νv οo ρp τt υu χx γy ζz ıi ɡg ɑa з3"
)
_LIKE = {ord(pair[0]): pair[1] for pair in (_RADICALS + _IDEOGRAPHS + " " + _LETTERS).split()}
# Before the case is folded: capitals that look like a small letter or a Latin capital of another sound.
_CAPITALS = str.maketrans({"I": "l", "|": "l", "Η": "H", "Ν": "N", "Υ": "Y", "Ρ": "P", "Ι": "l", "І": "l"})
_DIGITS = str.maketrans({"0": "o", "1": "l"})
_PAIRS = (("rn", "m"), ("vv", "w"))


def drawn_as(text: str) -> str:
    """The text with every letter that is drawn like another one as that one, in one width and small letters.

    It is only ever compared with what this made of another text.
    """
    return unicodedata.normalize("NFKC", text).translate(_CAPITALS).casefold().translate(_LIKE)


def without_digits_like_letters(text: str) -> str:
    """The same for what is drawn like a letter and is none, or two: 0 and o, 1 and l, rn and m."""
    drawn = text.translate(_DIGITS)
    for pair, letter in _PAIRS:
        drawn = drawn.replace(pair, letter)
    return drawn
