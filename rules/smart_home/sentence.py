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
from rules.chinese.comparisons import Comparison, find_comparisons
from rules.chinese.numbers import Number
from rules.smart_home.asked import EXCEPT, Clauses, leaves_out, power_command, read_actions
from rules.smart_home.asked.change import LESS_OF
from rules.smart_home.asked.model import ANYWHERE, JOBS, POWER, SETTERS, Action, Mention, Relative
from rules.smart_home.conditions import Condition, Surroundings, find_conditions, join, may_wait
from rules.smart_home.conditions.surroundings import TIME_KINDS
from rules.smart_home.heard import Heard, hear, within
from rules.smart_home.negation import cancels, disables, taken_back
from rules.smart_home.question import asked_before, is_question
from rules.smart_home.told import told_parts
from rules.smart_home.vocabulary import Token, Vocabulary

LONGEST = 1_000
_CHAT = re.compile(
    r"笑话|故事|新闻|股票|你好|你是谁|你叫|清单|购物|list|附近|最近的|翻译|路况|导航|我可以(?:点样|怎么|怎样)|怎么办|你说什么|(?:你|您).{0,4}(?:吃|喜欢|觉得|会|知道|在(?!方便|有空|得闲|不忙))|^(?:请|帮我)?取消(?:吧|啦|了)?$|我刚才|记下来"
)
_TOPIC = re.compile(r"笑话|故事|新闻|股票|路况|导航|翻译")
"""What is asked for beside an order, and no action says: 关灯，讲个笑话."""
_BROADCAST = re.compile(
    r"(?:^|[,。;然后再并且就同时□])(?:全屋|全家|全宅)?广播(?![电站台体节音声里]|[关停开打调小大])(?=[^,。;!?])"
)
"""Begins what is to be said in the whole home, for which there is no command."""
_STATEMENT = re.compile(
    r"(?:门|窗|窗户|水|锅)开了$|^门锁[上好住]?[了咗]$|[洗扫煮烧烤充]完了?$|[开关亮烧煮洗跑](?:了|咗)(?:快|有|差不多)?(?:[^,。把]{1,6}(?:小时|分钟|钟头|天|钟|晚上|夜|多久)|一?[成整半]个?[晚日天夜朝]|通宵|好[耐久]|很久)了?$|一[开关](?:就|便)?(?:全|都|满)是|已经|已|忘了|忘记|忘带|刚才(?!的)|刚刚|曾经|昨天|昨晚|差点|差一点"
)
_AGO = re.compile(
    r"(?:[我他她]们?|咱们?)?(?:大概|大约|差不多)?[0-9一两二三四五六七八九十半几多]+个?半?(?:秒|分钟?|刻钟|小时|钟头?|天)(?:以|之)?前"
    r"(?:就|已经?|才)?(?!面|(?<!就)(?<!已)(?<!经)(?<!才)[^,]*[把将帮请])"
)
"""Begins what was done (十分钟前灯就开了), and asks for nothing."""
_TIMER_ASK = re.compile(r"计时|倒数|定时|闹钟")
_NOW = re.compile(r"^(?:现在|目前|当前|此刻|而家|依家|外面|外头|室外)|室温|气温|体感")
"""What somebody reads off, who names no device that it were to be set on."""
_ONE_OF = r"(?:第{0}[个号盏]?|{0}号)".format("[0-9一二两三四五六七八九十]+")
_SEVERAL = re.compile(f"{_ONE_OF}[和与跟及、]{_ONE_OF}")
"""Devices that only a number tells apart: 第一和第三个插座."""
_KEPT = re.compile(r"保持|维持|控制|稳定|固定|要")
_BY_NOW = re.compile(r"(?:[档挡级格度%]|摄氏度)?了(?=[,。!;]|$)")
_BARELY = re.compile(r"(?:才|[只仅]有|[刚正]好)$")
"""Before a number, that it is what is measured: 温度才20度."""
_ORDERS = re.compile(r"把|将|帮|给|让|叫")
"""Words that begin an order."""
_ASKS_FOR = re.compile(r"把|将|帮|请")
_NO_ORDER = sieve([_CHAT, _STATEMENT, EXCEPT])
"""What one sentence in ten has, and all do that chat, state something or make an exception."""
_WOULD_HAVE = re.compile(r"(?:如果|要是|假如|若)[^,。;]{0,4}(?:当时|那时|昨[天晚]|之前|早(?!上|晨|班|[点些])).*就")
"""Begins what was not so, and asks for nothing: 如果当时关了窗就好了."""
_OTHERWISE = re.compile(r"否则|不然|要不(?!要|是|停|断|然)|反之|如若不|若不")
_FIRST = re.compile(
    r"(?:之前|以前|前),?(?:要|得)?先|(?:但是?|不过|可是?|只是)[^,。;]{0,3}先|最后[^。;]*?[,;](?:[^,。;]{0,4}先|中间|[其期]间|在?(?:这|那)?之前)"
)
"""What is said later and is to be done before."""
_CORRECTS = re.compile(r"[,。;](?:啊|哦|喔|诶|呃|哎)?(?:不对|不是|说错了?|我?[说讲]错了?|错了|不)[,。;]")
"""Between two orders, that the first was a slip: 空调二十五度，不对，二十四度."""
_BEFORE_THAT = re.compile(r"(?:之前|以前|前),?(?:请|要|得|记得)?先")
"""Between two actions, that the second is to be done first."""
_THAT_FIRST = re.compile(r"(?:之|以)?前[,;]?$")
"""Behind the thing that is done: 关灯前把电视关了."""
_MAY_ACT = frozenset({"changes", "softeners", "modes", "nouns"})
"""Lexicons of words with which something is asked for without a verb: 声音小一点, 空调制热, 七点起床模式."""
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
    """Return what a sentence says; the same text and vocabulary always give the same answer.

    A text of more than `LONGEST` characters is no command: nobody says one as long, and reading it takes the square of
    its length.
    """
    if len(folded.text) > LONGEST:
        return Analysis(folded, "non-command", (), None, "", ())
    heard = hear(folded, vocabulary)
    text = heard.text
    edits_scene = _SCENE_EDIT.match(text) is not None
    asks = is_question(text, heard.verbs)
    first = asked_before(text, heard.verbs) if asks else None
    asks = asks and first is None
    disabled = not asks and disables(text, heard.tokens, heard.times)
    revoked = not asks and (disabled or cancels(text))
    comparisons = [] if asks else find_comparisons(text)
    around = None if asks or revoked or edits_scene else _around(heard, vocabulary, comparisons)
    conditions = [] if around is None else find_conditions(around)
    removed = [c.region for c in conditions]
    if first is not None:
        removed.append(first)
    if heard.negated:
        removed += taken_back(text, heard.tokens, heard.negated, vocabulary)
    if removed:
        heard = heard._replace(numbers=[n for n in heard.numbers if not within(n.span, removed)])
    actions = [] if asks else _actions(heard, conditions, removed)
    if heard.numbers and actions and not conditions:
        actions = _without_measures(heard, actions, comparisons)
    if edits_scene:
        actions = actions[:1]
    if disabled:
        actions = [Action(Span(0, len(text)), None, "disable", certain=False)]  # no command of the target format
    elif revoked:
        whole = Action(Span(0, len(text)), None, "delete")
        actions = [next((action for action in actions if action.command == "delete"), whole)]
    if conditions:
        actions = [_with_subject(action, conditions, heard.tokens) for action in actions]
    odd = _NO_ORDER.search(text) is not None
    if actions and _only_states(text, conditions, odd=odd):
        actions = []
    if actions and (parts := told_parts(text, heard.tokens, heard.verbs, heard.times)):
        actions = [a for a in actions if not any(a.span.start < end and start < a.span.end for start, end in parts)]
        conditions = [one for one in conditions if not within(one.span, parts)]
    actions = _drop_complaints(actions)
    if conditions and len(actions) > 1:
        # 空调设置两小时后关: the setting is the appointment itself.
        actions = [one for one in actions if one.command != "set" or one.arg] or actions
    if not actions:
        conditions = []
    trigger, declined = _trigger(text, around, conditions, actions)
    if first is not None and actions:
        trigger, declined = None, declined or "what depends on the answer to a question is no trigger"
    if trigger and "阀" in text:
        actions = [_of_what_leaks(action, trigger) for action in actions]
    if len(actions) == 2 and _runs_backwards(text, actions):
        actions = actions[::-1]
    declined = declined or _unsettled(text, actions, heard.numbers, odd=odd)
    chats = odd and _CHAT.search(text) is not None and not any(one.command == "set_channel" for one in actions)
    if chats and _orders_beside(text, actions):
        chats, declined = False, declined or "something else is asked for that no action says"
    kind = _type(text, asks, chats, conditions, actions, heard.tokens)
    if kind in {"query", "non-command"}:
        trigger, declined, actions = None, "", []
    return Analysis(folded, kind, tuple(conditions), trigger, declined, tuple(actions), edits_scene)


def _around(heard: Heard, vocabulary: Vocabulary, comparisons: Sequence[Comparison]) -> Surroundings | None:
    """Return what the readers of conditions ask for, None where nothing is to be done, or waits for nothing."""
    acts = (
        may_act(heard.tokens, heard.verbs)
        or (heard.numbers and not heard.negated)  # 早上七点空调26度, 湿度低于40，加湿器3档
        or LESS_OF.search(heard.text) is not None
    )
    if not acts or not (heard.times or may_wait(heard.text, vocabulary.lexicons, comparisons)):
        return None
    return _surroundings(heard, vocabulary, comparisons)


def _actions(heard: Heard, conditions: Sequence[Condition], removed: Sequence[Span]) -> list[Action]:
    """Return what the sentence asks for but for the parts removed, which state conditions or are taken back."""
    negated = heard.negated
    if negated and heard.times and not heard.verbs and not conditions:
        # 别在十点关灯: what was appointed for that time is taken back.
        return [Action(Span(0, len(heard.text)), None, "delete")]
    tokens = [t for t in heard.tokens if t.start not in negated] if negated else heard.tokens
    durations = [d.span for d in heard.durations] if heard.durations else ()
    return read_actions(Clauses(heard.text, tokens, heard.numbers, durations, removed, heard.contents))


def _without_measures(heard: Heard, actions: list[Action], comparisons: Sequence[Comparison]) -> list[Action]:
    """Return the actions without what only tells how high a measure is."""
    if not heard.verbs and actions[0].relative is None and _tells_measure(heard.text, comparisons):
        return []
    return [action for action in actions if not _measures(action, heard)]


def _only_states(text: str, conditions: Sequence[Condition], *, odd: bool) -> bool:
    """Tell whether a sentence says what is or has been; `odd` tells whether it may."""
    if text.rstrip("。!呀啊啦").endswith(("了", "咗")) and _AGO.match(text):
        return True
    if conditions and _WOULD_HAVE.search(text):
        return True
    return odd and not conditions and _STATEMENT.search(text) is not None and _ASKS_FOR.search(text) is None


def _trigger(
    text: str, around: Surroundings | None, conditions: Sequence[Condition], actions: Sequence[Action]
) -> tuple[Mapping[str, Any] | None, str]:
    """Return the trigger that the conditions say for all actions, or why none does."""
    if around is None or not conditions:
        return None, ""
    trigger, declined = join(around, conditions)
    declined = declined or _late(conditions, actions)
    if "除非" in text:
        declined = declined or "what an order waits for unless it is so is no trigger"
    otherwise = _OTHERWISE.search(text) if len(actions) > 1 else None
    if otherwise and actions[-1].span.end > otherwise.end():  # not 下雨就关窗，不然会湿
        return None, declined or "what is to be done otherwise is no trigger"
    return trigger, declined


def _runs_backwards(text: str, actions: Sequence[Action]) -> bool:
    """Tell whether of two actions the one that is said last comes first (开空调之前先关窗)."""
    before = _BEFORE_THAT.search(text)
    return before is not None and actions[0].span.start <= before.start() and actions[1].span.end > before.end()


def _unsettled(text: str, actions: Sequence[Action], numbers: Sequence[Number], *, odd: bool) -> str:
    """Return why the actions cannot be settled whatever they wait for; `odd` tells whether an exception may be made."""
    if actions and ("不" in text or "错" in text) and _CORRECTS.search(text):
        return "the words take something back"
    if len(actions) == 2 and actions[1].span.start < actions[0].span.start:
        return ""  # put in order already
    if len(actions) > 1 and (_FIRST.search(text) or _names_what_comes_first(text, actions)):
        return "the order of the actions is not settled by the words"
    if len(numbers) > 1 and actions and _SEVERAL.search(text):
        return "several devices that no catalogue tells apart"
    if actions and "广播" in text and _BROADCAST.search(text):
        return "something else is asked for that no action says"
    return "an exception that no action says" if odd and actions and leaves_out(text) else ""


def _orders_beside(text: str, actions: Sequence[Action]) -> bool:
    """Tell whether an order stands beside what is asked for in a chat (停止播放音乐，改报一下新闻)."""
    topic = _TOPIC.search(text)
    if topic is None:
        return False
    return any(
        one.certain
        and (
            (one.device is not None and one.device.type is not None)
            or (one.command in JOBS and not one.span.start <= topic.start() < one.span.end)
        )
        for one in actions
    )


def _measures(action: Action, heard: Heard) -> bool:
    """Tell whether the clause of an action only says what is measured (现在温度三十度, 湿度60%了, 室温26度)."""
    text, numbers = heard.text, heard.numbers
    start, end = action.span
    if action.relative is not None or not action.command.startswith("set_"):
        return False
    if any(start <= verb.start < end for verb in heard.verbs):
        return False
    if any(start <= number.span.start < end and _BY_NOW.match(text, number.span.end) for number in numbers):
        return True
    if any(start <= number.span.start < end and _BARELY.search(text, start, number.span.start) for number in numbers):
        return True
    said = text[start:end].lstrip(",。!;")
    return action.device is None and _NOW.search(said) is not None and _KEPT.search(said) is None


def _surroundings(heard: Heard, vocabulary: Vocabulary, comparisons: Sequence[Comparison]) -> Surroundings:
    tokens, verbs = heard.tokens, heard.verbs
    orders = (m.start() for words in (_ORDERS, LESS_OF) for m in words.finditer(heard.text))
    changes = (t.start for t in tokens if "changes" in t.values)
    return Surroundings(
        heard.text,
        vocabulary.lexicons,
        heard.clocks,
        heard.durations,
        comparisons,
        tuple(sorted({*(t.start for t in verbs), *changes, *orders, *_object_starts(tokens, verbs)})),
        tuple([t.start for t in verbs]),
        tuple([t.end for t in verbs if t.values.get("verbs") not in {"notify", "set"}]),
        tuple([Span(t.start, t.end) for t in tokens if "rooms" in t.values]),
        tuple([Span(t.start, t.end) for t in tokens if "devices" in t.values]),
    )


def may_act(tokens: Sequence[Token], verbs: Sequence[Token]) -> bool:
    """Tell whether anything in the sentence may be an action."""
    return bool(verbs) or any(not _MAY_ACT.isdisjoint(t.values) for t in tokens)


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


def _tells_measure(text: str, comparisons: Sequence[Comparison]) -> bool:
    """Tell whether a text without a verb tells how high a measure is (温度超过28度了, 湿度过半) and asks nothing."""
    if not comparisons or "让" in text:
        return False
    return text.rstrip("。!").endswith("了") or all(one.operator in {"<", ">"} for one in comparisons)


def _with_subject(action: Action, conditions: Sequence[Condition], tokens: Sequence[Token]) -> Action:
    """Give an action without a device the one its condition speaks of (扫地机电量低于20%就让它回去充电)."""
    if action.device is not None or action.command in ANYWHERE:
        return action
    for condition in conditions:
        inside = [
            t
            for t in tokens
            if "devices" in t.values
            and condition.region.start <= t.start < condition.region.end
            and "verbs" not in t.values
            and not (condition.kind == "time_after" and t.values["devices"] == "timer")  # 定时一小时关
        ]
        if inside and condition.kind in {"comparison", "time", "time_after", "other", "device"}:
            token = inside[0]
            room = next((t.values["rooms"] for t in tokens if "rooms" in t.values and t.end <= token.start), None)
            mention = Mention(token.values["devices"], room, token.text, Span(token.start, token.end))
            command = power_command(action.command, mention) if action.command in POWER else action.command
            return action._replace(device=mention, room=None, command=command, named=False)
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
            what = "time" if condition.kind in TIME_KINDS else "condition"
            return f"the {what} belongs to a later action only"
    times = [c for c in conditions if c.kind in TIME_KINDS]
    return "several times for several actions" if len(times) > 1 and len(actions) > 1 else ""


def _names_what_comes_first(text: str, actions: Sequence[Action]) -> bool:
    """Tell whether the words of an action end in 前, so that the next one is done before it (关灯前把电视关了)."""
    return "前" in text and any(_THAT_FIRST.search(text, *action.span) is not None for action in actions[:-1])


def _names_measure(text: str, tokens: Sequence[Token]) -> bool:
    """Tell whether a text is but the name of a measure, and so asks how high it is (客厅温度)."""
    named = [t for t in tokens if not {"rooms", "devices", "properties"}.isdisjoint(t.values)]
    if not named or named[-1].values.get("properties") not in {"temperature", "humidity"}:
        return False
    return sum(len(t.text) for t in named) == len(re.sub("[的。!?]", "", text))


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
                r"天气|气温|空气|电量|pm2|二氧化碳|甲醛|在哪|多久|用了|下雨|落雨|外面|出面|室外|[吗么]\??$|星期|几点|几号|日期|时间|自动化|场景|传感|感测|开着|关着|有人|电费|co2|播|在放|[洗烘煮烧扫拖][完好]|(?P<so>[冷热湿])[不唔](?P=so)|(?:有|是|在|系).*(?:吗|没|\?)|度",
                text,
            )
            or _TIMER_ASK.search(text)
        )
        return "query" if known else "non-command"
    if not actions:
        return "query" if _names_measure(text, tokens) else "non-command"
    if conditions:
        return "conditional"
    if chats:
        return "non-command"
    if len(actions) > 1:
        return "chain"
    return "fuzzy" if actions[0].relative is not None else "basic"
