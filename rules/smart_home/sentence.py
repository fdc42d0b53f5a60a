"""What a sentence says: its type, its trigger, its actions in order, and the changes it leaves vague.

The analysis knows the vocabulary of the pack and no record: what the record says against it is the rewriters' affair.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from curation.literals import sieve
from curation.text import Folded, Span
from rules.chinese.clocks import Clock
from rules.chinese.comparisons import Comparison, find_comparisons
from rules.chinese.durations import Duration, find_durations
from rules.chinese.numbers import Number, find_numbers
from rules.smart_home.asked import EXCEPT, Clauses, leaves_out, read_actions
from rules.smart_home.asked.change import LESS_OF
from rules.smart_home.asked.model import LEAVES, POWER, SETTERS, Action, Mention, Relative
from rules.smart_home.conditions import Condition, Surroundings, clocks_in, find_conditions, join, may_wait
from rules.smart_home.negation import cancels, disables, find_negated, taken_back
from rules.smart_home.question import is_question
from rules.smart_home.quoted import blank_quoted
from rules.smart_home.states import is_done, tells_state
from rules.smart_home.told import told_parts
from rules.smart_home.vocabulary import Token, Vocabulary

_CHAT = re.compile(
    r"笑话|故事|新闻|股票|你好|你是谁|你叫|清单|购物|list|附近|最近的|翻译|路况|导航|我可以(?:点样|怎么|怎样)|怎么办|你说什么|(?:你|您).{0,4}(?:吃|喜欢|觉得|会|知道|在)|^(?:请|帮我)?取消(?:吧|啦|了)?$|我刚才|记下来"
)
_STATEMENT = re.compile(
    r"(?:门|窗|窗户|水|锅)开了$|^门锁[上好住]?[了咗]$|[洗扫煮烧烤充]完了?$|[开关亮烧煮洗跑](?:了|咗)(?:快|有|差不多)?(?:[^,。把]{1,6}(?:小时|分钟|钟头|天|钟|晚上|夜|多久)|一?[成整半]个?[晚日天夜朝]|通宵|好[耐久]|很久)了?$|已经|已|忘了|忘记|忘带|刚才(?!的)|刚刚|曾经|昨天|昨晚|差点|差一点"
)
_AGO = re.compile(
    r"(?:大概|大约|差不多)?[0-9一两二三四五六七八九十半几多]+个?半?(?:秒|分钟?|刻钟|小时|钟头?|天)(?:以|之)?前(?!面|[^,]*[把将帮请])"
)
"""Begins what was done (十分钟前灯就开了), and asks for nothing."""
_WHEN = re.compile(r"的(?:话|时候|时)")
_TIMER_ASK = re.compile(r"计时|倒数|定时|闹钟")
_PREAMBLE = re.compile(
    r"(?:请|帮我|给我|麻烦)*(?:设置|设定|设|创建|新建|添加|建立|建|新增|定|做)(?:一个|个|一条|条)?(?:新的?)?(?:自动化|定时任务|定时|任务|规则|联动|时)[,:。;]"
)
"""Words that announce an appointment and ask for nothing themselves: 创建自动化：每天早上七点打开窗帘."""
_NOW = re.compile(r"^(?:现在|目前|当前|此刻|而家|依家|外面|外头|室外)|室温|气温|体感")
"""What somebody reads off, who names no device that it were to be set on."""
_ONE_OF = r"(?:第{0}[个号盏]?|{0}号)".format("[0-9一二两三四五六七八九十]+")
_SEVERAL = re.compile(f"{_ONE_OF}[和与跟及、]{_ONE_OF}")
"""Devices that only a number tells apart: 第一和第三个插座."""
_KEPT = re.compile(r"保持|维持|控制|稳定|固定|要")
_GANGS = re.compile(r"(?<![0-9零一二三四五六七八九十点:分第])[一二两三四单双1-4]$")
_PANEL = re.compile(r"(?:单控|双控|多控|零火|墙壁|智能)*(?:面板|开关)")
"""Behind 四开, that it says how many switches a panel has."""
_PARTS = re.compile(r"[,。;!的了把将]")
_BY_NOW = re.compile(r"(?:[档挡级格度%]|摄氏度)?了(?=[,。!;]|$)")
_BARELY = re.compile(r"(?:才|[只仅]有|[刚正]好)$")
"""Before a number, that it is what is measured: 温度才20度."""
_GREETING = re.compile(r"(?:喂+|嗨|嘿|哈[喽啰罗]|[你您]好|hi|hello)[,。!;]+(?=.)")
"""Words that call whoever is to listen: 喂，打开客厅的灯 feeds nobody, and 你好，开灯 is no small talk."""
_NEAR = range(3, 9)
"""Where a verb stands before which nothing but a name is said."""
_HASTE = re.compile(r"(?<=[,。!;])(?:快(?:一?[点些]儿?|快)|赶[紧快]的?)[吧啊哦啦呀]*(?=[,。!;]|$)")
"""Words that urge, in a clause of their own: 打开客厅的灯，快点. Beside a fan they may be meant for the fan."""
_HASTE_FIRST = re.compile(r"(?:请|你|麻烦)*(?:快一?[点些]儿?|赶[紧快]的?)(?=[把将给帮])")
_BRIEFLY = re.compile(r"(?<=[0-9])一下|(?<=([开关拉熄调闩]))一(?=\1)")
"""Softens the order and is no digit: 调到60一下, 关一关."""
_ORDERS = re.compile(r"把|将|帮我|让|叫")
"""Words that begin an order."""
_HANDLES = re.compile(r"[把将]")
_ASKS_FOR = re.compile(r"把|将|帮|请")
_NO_ORDER = sieve([_CHAT, _STATEMENT, EXCEPT])
"""What one sentence in ten has, and all do that chat, state something or make an exception."""
_ALERTS = re.compile(r"(?:就|则|便|并|且|[,;]|自动|马上|立[即刻]|即刻|的话|时候?|后|请|[帮给]我|再|度|%)$")
"""Before 报警, that it is to be done."""
_NAMED_BEFORE = re.compile(r"[^把将的嘅啲条道块幅副张个埋返番晒下,。;、□]$")
"""Before 帘, what makes another thing of it."""
_GOES_ON = re.compile(r"(?:^|[^现])在$")
"""Before a verb, that it is what goes on, and not what is to be done."""
_OTHERWISE = re.compile(r"否则|不然|要不(?!要|是|停|断|然)|反之|如若不|若不")
_FIRST = re.compile(
    r"(?:之前|以前|前),?(?:要|得)?先|(?:但是?|不过|可是?|只是)[^,。;]{0,3}先|最后[^。;]*?[,;](?:[^,。;]{0,4}先|中间|[其期]间|在?(?:这|那)?之前)"
)
"""What is said later and is to be done before."""
_THAT_FIRST = re.compile(r"(?:之|以)?前[,;]?$")
"""Behind the thing that is done: 关灯前把电视关了."""
_TIMES = frozenset({"time", "time_after"})
"""Kinds of conditions that are a time."""
_UNCONDITIONAL = frozenset({"none"})
_SCENE_EDIT = re.compile(
    r"^(?:请|帮我|把)?(?:删除|修改|编辑|新建|创建|添加|删掉|改名|重命名)[^,。;]*(?:场景|自动化|模式|定时|任务)"
)


class Analysis(NamedTuple):
    """What one instruction says; spans count folded characters."""

    text: Folded
    type: str
    """basic, conditional, chain, fuzzy, query or non-command; the outermost."""
    conditions: tuple[Condition, ...]
    trigger: Mapping[str, Any] | None
    declined: str
    """Why no trigger can say the condition, or why the actions cannot be settled; empty otherwise."""
    actions: tuple[Action, ...]
    edits_scene: bool = False

    @property
    def relatives(self) -> list[Relative]:
        """Return the changes that are said relative to now."""
        return [action.relative for action in self.actions if action.relative is not None]

    @property
    def notes(self) -> str:
        """Return what the conditions lose, in words."""
        return "; ".join(dict.fromkeys(note for condition in self.conditions for note in condition.notes))

    @property
    def evidence(self) -> Span:
        """Return the folded characters from the first condition to the last, or the whole text."""
        if not self.conditions:
            return Span(0, len(self.text.text))
        return Span(min(c.span.start for c in self.conditions), max(c.span.end for c in self.conditions))

    @property
    def facts(self) -> Mapping[str, frozenset[str]]:
        """Return what rule files may ask of a sentence."""
        kinds = _UNCONDITIONAL
        if self.conditions:
            kinds = frozenset(condition.kind for condition in self.conditions)
            if self.trigger and "repeat" in self.trigger:
                kinds |= {"repeat"}
            if self.trigger and "for" in self.trigger:
                kinds |= {"lasting"}
        relative = next((action.relative for action in self.actions if action.relative is not None), None)
        return _facts(
            self.type,
            kinds,
            "no" if self.declined else "yes",
            "none" if not self.actions else "one" if len(self.actions) == 1 else "several",
            "none" if relative is None else "amount" if relative.amount is not None else "vague",
        )

    def as_json(self) -> dict[str, Any]:
        """Return the analysis as `rewright rules analyse` prints it.

        The trigger stands there, too, where only the actions are not settled.
        """
        answer: dict[str, Any] = {
            "text": self.text.source,
            "type": self.type,
            "trigger": dict(self.trigger) if self.trigger else None,
            "actions": [action.as_json() for action in self.actions],
            "fuzzy": [{"property": r.prop, "sign": r.sign, "delta": r.delta} for r in self.relatives],
        }
        if self.declined:
            answer["declined"] = self.declined
        return answer


@lru_cache(maxsize=1024)
def _facts(
    type: str, condition: frozenset[str], settled: str, actions: str, change: str
) -> Mapping[str, frozenset[str]]:
    """Return the facts of a sentence; of thousands of sentences few differ in them, and these share one object."""
    return {
        "type": frozenset({type}),
        "condition": condition,
        "settled": frozenset({settled}),
        "actions": frozenset({actions}),
        "change": frozenset({change}),
    }


def analyse(folded: Folded, vocabulary: Vocabulary) -> Analysis:
    """Return what a sentence says; the same text and vocabulary always give the same answer."""
    text, quoted = blank_quoted(folded.text)
    if made := _PREAMBLE.match(text):
        text = _blanked(text, made)
    if called := _GREETING.match(text):
        text = f"{_blanked(text, called)[: called.end() - 1]},{text[called.end() :]}"
    elif (
        text.startswith(("你好", "您好")) and not text.endswith(("吗", "?")) and 2 < _first_verb(text, vocabulary) <= 8
    ):
        text = f"□□{text[2:]}"  # 你好小度关灯
    urged = _HASTE.search(text) if "快" in text or "赶" in text else None
    if (
        urged
        and not re.search(r"扇|风", text)
        and any(vocabulary.lexicons[kind].find(text[: urged.start()]) for kind in ("verbs", "modes"))
    ):
        text = _blanked(text, urged)
    if ("快" in text or "赶" in text) and (hurried := _HASTE_FIRST.match(text)):
        text = _blanked(text, hurried)
    if "一" in text:
        text = _BRIEFLY.sub(lambda said: "□" * len(said.group()), text)
    edits_scene = _SCENE_EDIT.match(text) is not None
    numbers = find_numbers(text)
    clocks, durations = clocks_in(text), find_durations(text)
    readings = [one.span for one in clocks] + [one.span for one in durations] if clocks or durations else []
    tokens = _settled(vocabulary.tokens(text, readings, [n.span for n in numbers] if numbers else ()), text)
    if numbers:
        # 三点 may be how far; 早上六点 and 六点半 are times, whatever is to be done then.
        times = [c.span for c in clocks if c.daypart or not text.endswith("点", 0, c.span.end)]
        numbers = [n for n in numbers if not (_within_a_word(n.span, tokens) or _within(n.span, times))]
    negated = find_negated(text, tokens, vocabulary)
    verbs = [
        t
        for t in tokens
        if ("verbs" in t.values or "changes" in t.values) and t.start not in negated and _acts(t, text)
    ]
    asks = is_question(text, verbs)
    disabled = not asks and disables(text, tokens, readings)
    taken_away = not asks and (disabled or cancels(text))
    conditions: list[Condition] = []
    around = None
    sets = verbs_or_changes(tokens, verbs) or (numbers and readings and not negated)  # 早上七点空调26度
    sets = sets or LESS_OF.search(text) is not None
    if not asks and not edits_scene and sets and not taken_away:
        comparisons = find_comparisons(text)
        if readings or may_wait(text, vocabulary.lexicons, comparisons):
            around = _surroundings(text, vocabulary, clocks, durations, comparisons, tokens, verbs)
            conditions = find_conditions(around)
    removed = [c.region for c in conditions]
    if negated:
        removed += taken_back(text, tokens, negated, vocabulary)
    if removed:
        numbers = [n for n in numbers if not any(r.start <= n.span.start < r.end for r in removed)]
    contents = {at: _spoken(folded, span) for at, span in quoted.items()} if quoted else {}
    clauses = Clauses(
        text,
        [t for t in tokens if t.start not in negated] if negated else tokens,
        numbers,
        [d.span for d in durations] if durations else (),
        removed,
        contents,
    )
    actions = [] if asks else read_actions(clauses)
    if negated and readings and not verbs and not conditions:
        # 别在十点关灯: what was appointed for that time is taken back.
        actions = [Action(Span(0, len(text)), None, "delete")]
    if numbers and not verbs and not conditions and actions and actions[0].relative is None and "让" not in text:
        told = find_comparisons(text)
        if told and (text.rstrip("。!").endswith("了") or all(one.operator in {"<", ">"} for one in told)):
            actions = []  # 温度超过28度了, 湿度过半: tells what is, and asks for nothing
    if numbers and actions and not conditions:
        actions = [action for action in actions if not _measures(action, text, numbers, verbs)]
    if edits_scene:
        actions = actions[:1]
    if taken_away:
        actions = [action for action in actions if action.command == "delete"][:1] or [
            Action(Span(0, len(text)), None, "delete")
        ]
    if disabled:
        actions = [Action(Span(0, len(text)), None, "disable", certain=False)]  # no command of the target format
    if conditions:
        actions = [_with_subject(action, conditions, tokens) for action in actions]
    if actions and text.rstrip("。!呀啊啦").endswith(("了", "咗")) and _AGO.match(text):
        actions = []
    idle = _NO_ORDER.search(text) is not None
    if idle and actions and not conditions and _STATEMENT.search(text) and not _ASKS_FOR.search(text):
        actions = []
    if actions and (parts := told_parts(text, tokens, verbs, readings)):
        actions = [a for a in actions if not any(a.span.start < end and start < a.span.end for start, end in parts)]
        conditions = [one for one in conditions if not _within(one.span, parts)]
    actions = _drop_complaints(actions)
    if conditions and len(actions) > 1:
        # 空调设置两小时后关: the setting is the appointment itself.
        actions = [one for one in actions if one.command != "set" or one.arg] or actions
    if not actions:
        conditions = []
    trigger, declined = join(around, conditions) if around is not None and conditions else (None, "")
    if conditions and not declined:
        declined = _late(conditions, actions)
    otherwise = _OTHERWISE.search(text) if len(actions) > 1 and conditions else None
    if otherwise and actions[-1].span.end > otherwise.end():  # not 下雨就关窗，不然会湿
        trigger, declined = None, declined or "what is to be done otherwise is no trigger"
    if trigger and "阀" in text:
        actions = [_of_what_leaks(action, trigger) for action in actions]
    if len(actions) > 1 and (_FIRST.search(text) or _names_what_comes_first(text, actions)):
        declined = declined or "the order of the actions is not settled by the words"
    if len(numbers) > 1 and actions and _SEVERAL.search(text):
        declined = declined or "several devices that no catalogue tells apart"
    if idle and actions and leaves_out(text):
        declined = declined or "an exception that no action says"
    chats = idle and _CHAT.search(text) is not None and not any(one.command == "set_channel" for one in actions)
    kind = _type(text, asks, chats, conditions, actions, tokens)
    if kind in {"query", "non-command"}:
        trigger, declined, actions = None, "", []
    return Analysis(folded, kind, tuple(conditions), trigger, declined, tuple(actions), edits_scene)


def _measures(action: Action, text: str, numbers: Sequence[Number], verbs: Sequence[Token]) -> bool:
    """Tell whether the clause of an action only says what is measured (现在温度三十度, 湿度60%了, 室温26度)."""
    start, end = action.span
    if action.relative is not None or not action.command.startswith("set_"):
        return False
    if any(start <= verb.start < end for verb in verbs):
        return False
    if any(start <= number.span.start < end and _BY_NOW.match(text, number.span.end) for number in numbers):
        return True
    if any(start <= number.span.start < end and _BARELY.search(text, start, number.span.start) for number in numbers):
        return True
    said = text[start:end].lstrip(",。!;")
    return action.device is None and _NOW.search(said) is not None and _KEPT.search(said) is None


def _within(number: Span, spans: Sequence[Span]) -> bool:
    """Tell whether a number begins in one of these parts of the text."""
    return any(start <= number.start < end for start, end in spans)


def _within_a_word(number: Span, tokens: Sequence[Token]) -> bool:
    """Tell whether a number is part of a known word, and not all of it."""
    start, end = number
    return any((t.start <= start and end < t.end) or t.start < start < t.end for t in tokens)


def _surroundings(
    text: str,
    vocabulary: Vocabulary,
    clocks: Sequence[Clock],
    durations: Sequence[Duration],
    comparisons: Sequence[Comparison],
    tokens: Sequence[Token],
    verbs: Sequence[Token],
) -> Surroundings:
    """Return what the readers of conditions ask for."""
    orders = (m.start() for m in _ORDERS.finditer(text))
    return Surroundings(
        text,
        vocabulary.lexicons,
        clocks,
        durations,
        comparisons,
        tuple(sorted({*(t.start for t in verbs), *orders, *_object_starts(tokens, verbs)})),
        tuple([t.start for t in verbs]),
        tuple([t.end for t in verbs if t.values.get("verbs") not in {"notify", "set"}]),
        tuple([Span(t.start, t.end) for t in tokens if "rooms" in t.values]),
        tuple([Span(t.start, t.end) for t in tokens if "devices" in t.values]),
    )


def _first_verb(text: str, vocabulary: Vocabulary) -> int:
    """Return where the first verb stands, or -1."""
    return next((span.start for span, _ in vocabulary.lexicons["verbs"].find(text)), -1)


def _blanked(text: str, said: re.Match[str]) -> str:
    """Return the text with words blanked that ask for nothing; spans stay valid."""
    return text[: said.start()] + "□" * (said.end() - said.start()) + text[said.end() :]


def _settled(tokens: Sequence[Token], text: str) -> list[Token]:
    """Let a word of two kinds be the one its place makes it (前门的锁 and 锁门; 亮灯 and 太亮)."""
    settled = []
    for index, token in enumerate(tokens):
        if token.text == "灯光" and text.startswith(("啲", "少少"), token.end):
            settled.append(token._replace(end=token.end - 1, text="灯"))
            token = Token(token.end - 1, token.end, "光", {"adjectives": "brightness+"})  # 盏灯光啲
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.text == "自动" and following is not None and following.start == token.end:
            kinds = following.values
            if "devices" in kinds or kinds.get("verbs") in POWER:
                continue  # 自动窗帘 is a name, 自动关 says how
        if token.text == "回家" and any(t.values.get("devices") == "robot_vacuum" for t in tokens[:index][-2:]):
            token = token._replace(values={"verbs": "return_to_base"})  # 让扫地机回家
        last = tokens[index - 1] if index else None
        if (
            token.text == "帘"
            and (last is None or last.end < token.start)
            and _NAMED_BEFORE.search(text, 0, token.start)
        ):
            continue  # 浴帘 is no curtain
        if "verbs" not in token.values:
            settled.append(token)
            continue
        drop = None
        last = settled[-1] if settled else None
        if last is not None and last.text == token.text and text[last.end : token.start] in {"", "一", "□"}:
            continue  # 停一停 is one stop
        if _PANEL.match(text, token.end) and _GANGS.search(text, 0, token.start):
            drop = "verbs"  # 四开面板
        elif _is_named(token, last, following, text):
            drop = "verbs"
        elif tells_state(token, text):
            drop = "verbs"  # 开着: a state, not an order
        elif is_done(token, text):
            drop = "verbs"  # 洗完衣服，…: what was done before
        elif text.startswith("的", token.end) and not _WHEN.match(text, token.end):
            drop = "verbs"  # 同时开的那两盏灯: which one, not what to do
        elif token.text == "断了" and not _HANDLES.search(text, 0, token.start):
            drop = "verbs"  # 网断了: what has happened
        elif token.text in {"报警", "充电"} and not _ALERTS.search(text, 0, token.start):
            drop = "verbs"  # 漏水报警, 正在充电: what sounds, not what is to be done
        elif token.text == "播" and not text.startswith("□", token.end):
            drop = "verbs"  # 播下一首, 继续播: nothing that could be played follows
        elif token.values["verbs"] == "play_media" and _GOES_ON.search(text, 0, token.start):
            drop = "verbs"  # 我在放音乐，把灯关了
        elif token.text == "落" and not (
            following is not None and following.start == token.end and following.values.get("devices") in LEAVES
        ):
            drop = "verbs"  # 落雨; of what is let down, only 落帘 says so by this alone
        elif token.text == "着" and last is not None and last.end == token.start:
            drop = "verbs"
        elif "devices" in token.values and _is_lock(index, tokens, text):
            drop = "verbs"  # 打开大门锁
        elif "devices" in token.values:
            drop = "verbs" if text[: token.start].endswith(("的", "嘅", "把", "将")) else "devices"
        elif "adjectives" in token.values:
            acts = (
                following is not None
                and not (last is not None and last.end == token.start and "changes" in last.values)  # 调亮灯
                and following.start == token.end
                and ("devices" in following.values or "rooms" in following.values)
            )
            drop = "adjectives" if acts else "verbs"
        if drop is not None:
            token = token._replace(values={k: v for k, v in token.values.items() if k != drop})
        settled.append(token)
    return settled


def _is_named(token: Token, last: Token | None, following: Token | None, text: str) -> bool:
    """Tell whether a verb between one that switches and a device is part of the device's name (打开静音风扇)."""
    if last is None or last.end != token.start or last.values.get("verbs") not in POWER or len(last.text) < 2:
        return False
    if following is None or "devices" not in following.values or following.start - token.end > 2:
        return False
    between = text[token.end : following.start]
    return token.values["verbs"] not in POWER and not _PARTS.search(between) and "devices" not in token.values


def _is_lock(index: int, tokens: Sequence[Token], text: str) -> bool:
    """Tell whether 锁 behind the name of a door is the lock of it: what is done to it was said before (打开大门锁)."""
    lock, names = tokens[index], tokens[:index]
    if not names or names[-1].values.get("devices") != "lock" or names[-1].end != lock.start:
        return False
    if text.startswith(("一下", "下"), lock.end) or any(
        t.start == lock.end and ("devices" in t or "rooms" in t) for t in tokens[index + 1 : index + 2]
    ):
        return False
    verb = next((t for t in reversed(names[:-1]) if "rooms" not in t), None)
    return (
        verb is not None
        and verb.values.get("verbs") in {*POWER, "lock", "unlock"}
        and re.search(r"[把将,。;]", text[verb.end : lock.start]) is None
    )


def _spoken(folded: Folded, span: Span) -> str:
    """Return the words as spoken that a folded span came from."""
    source = folded.to_source(*span)
    return folded.source[source.start : source.end]


def verbs_or_changes(tokens: Sequence[Token], verbs: Sequence[Token]) -> bool:
    """Tell whether anything in the sentence may be an action."""
    return bool(verbs) or any("changes" in t.values or "softeners" in t.values or "modes" in t.values for t in tokens)


def _acts(token: Token, text: str) -> bool:
    """Tell whether a token is a verb that does something here, rather than a state (开着) or part of a name."""
    if "changes" in token.values and len(token.text) > 1:
        return True
    if "verbs" not in token.values:
        return False
    return not (
        (tells_state(token, text) or text.startswith(("住的", "咗的"), token.end))
        and token.values["verbs"] in {"turn_on", "turn_off", "lock", "open", "close"}
    )


def _object_starts(tokens: Sequence[Token], verbs: Sequence[Token]) -> set[int]:
    """Return where a device or property that a later verb acts on begins an action (空调打开)."""
    starts = set()
    for token in tokens:
        values = token.values
        if "devices" in values or "rooms" in values or "properties" in values:
            for verb in verbs:
                if 0 <= verb.start - token.end <= 6:
                    starts.add(token.start)
                    break
    return starts


def _with_subject(action: Action, conditions: Sequence[Condition], tokens: Sequence[Token]) -> Action:
    """Give an action without a device the one its condition speaks of (扫地机电量低于20%就让它回去充电)."""
    if action.device is not None or action.command in {"notify", "activate_scene", "play_media"}:
        return action
    for condition in conditions:
        inside = [
            t
            for t in tokens
            if "devices" in t.values
            and condition.region.start <= t.start < condition.region.end
            and "verbs" not in t.values
        ]
        if inside and condition.kind in {"comparison", "time", "time_after", "other", "device"}:
            token = inside[0]
            room = next((t.values["rooms"] for t in tokens if "rooms" in t.values and t.end <= token.start), None)
            mention = Mention(token.values["devices"], room, token.text, Span(token.start, token.end))
            return action._replace(device=mention, named=False)
    return action


def _of_what_leaks(action: Action, trigger: Mapping[str, Any]) -> Action:
    """Take a valve without a kind for that of what leaks (漏水时关闭阀门)."""
    kinds = {"water_leak_sensor": "water_valve", "gas_sensor": "gas_valve"}.items() if action.device else ()
    kind = next((valve for sensor, valve in kinds if sensor in trigger), None)
    if kind is None or action.device is None or action.device.type != "valve":
        return action
    return action._replace(device=action.device._replace(type=kind))


def _drop_complaints(actions: list[Action]) -> list[Action]:
    """Leave out complaints (台灯太刺眼) beside an action that answers them, keeping their device and property."""
    real = [a for a in actions if a.relative is None or a.relative.asked]
    if not real or len(real) == len(actions):
        return actions[:1] if actions and not real else actions
    kept = []
    device = complaint = None
    for action in actions:
        if action.relative is not None and not action.relative.asked:
            device, complaint = action.device or device, action.relative
            continue
        if complaint is not None:
            action = _of_what(action, complaint)
        if action.device is None and device is not None:
            kept.append(action._replace(device=device, named=False))
        else:
            kept.append(action)
    return kept


def _of_what(action: Action, complaint: Relative) -> Action:
    """Return a change of no named property as one of what was complained about (温度太高了，调低一点)."""
    change = action.relative
    if change is None or change.prop is not None or complaint.prop is None or change.sign != complaint.sign:
        return action  # 空调太热了，开大一点: the breeze or the cold
    change = change._replace(prop=complaint.prop, main=False)
    arg = {} if change.delta is None else {"delta": change.delta}
    return action._replace(command=SETTERS.get(complaint.prop, action.command), arg=arg, relative=change)


def _late(conditions: Sequence[Condition], actions: Sequence[Action]) -> str:
    """Return why the condition cannot hold for all actions, when it stands after some of them."""
    for condition in conditions:
        before = [a for a in actions if a.span.end <= condition.region.start]
        after = [a for a in actions if a.span.end > condition.region.end]
        if before and after:
            what = "time" if condition.kind in _TIMES else "condition"
            return f"the {what} belongs to a later action only"
    times = [c for c in conditions if c.kind in _TIMES]
    return "several times for several actions" if len(times) > 1 and len(actions) > 1 else ""


def _names_what_comes_first(text: str, actions: Sequence[Action]) -> bool:
    """Tell whether the words of an action end in 前, so that the next one is done before it (关灯前把电视关了)."""
    return "前" in text and any(_THAT_FIRST.search(text, *action.span) is not None for action in actions[:-1])


def _type(
    text: str,
    asks: bool,
    chats: bool,
    conditions: Sequence[Condition],
    actions: Sequence[Action],
    tokens: Sequence[Token],
) -> str:
    if asks:
        home = any(kind in t.values for t in tokens for kind in ("devices", "properties", "rooms"))
        if chats:
            return "non-command"
        known = (
            home
            or re.search(
                r"天气|气温|空气|电量|pm2|二氧化碳|甲醛|在哪|多久|用了|下雨|落雨|外面|出面|室外|[吗么]\??$|星期|几点|几号|日期|时间|自动化|场景|传感|感测|开着|关着|有人|电费|播|在放|[洗烘煮烧扫拖]完|(?P<so>[冷热湿])[不唔](?P=so)|(?:有|是|在|系).*(?:吗|没|\?)|度",
                text,
            )
            or _TIMER_ASK.search(text)
        )
        return "query" if known else "non-command"
    if not actions:
        return "non-command"
    if conditions:
        return "conditional"
    if chats:
        return "non-command"
    if len(actions) > 1:
        return "chain"
    return "fuzzy" if actions[0].relative is not None else "basic"
