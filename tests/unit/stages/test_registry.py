from pathlib import Path

from gateway.mime.event import Kind
from gateway.mime.header import Field, Header
from gateway.model import Direction
from gateway.policy.ruleset import load
from gateway.spool import Spool
from gateway.stages.base import Context, Message, Part
from gateway.stages.registry import STAGES, StageSettings, build

SHIPPED = Path(__file__).parents[3] / "rulesets"


def test_the_stages_in_order_work_together_on_a_message() -> None:
    rules, problems = load(SHIPPED, "nexus-mat")
    assert problems == []
    assert rules is not None
    stages = build(StageSettings(text_octets=1000, yara_raw="whole", yara_timeout=5), rules)
    assert [stage.name for stage in stages] == ["attachment", "keyword", "yara"]
    assert len(stages) == len(STAGES)
    body = Spool(None, 1 << 20)
    body.write(b"<hta:application>free casino bonus")
    part = Part("1", Kind.BODY, "application/octet-stream", (), "", ("a.hta",), "", body)
    runs = [stage.start(Context(Direction.INBOUND)) for stage in stages]
    header = Header((Field("subject", b"trading cp with others", 0, 0),))
    found = [finding for run in runs for finding in run.header("", header)]
    found += [finding for run in runs for finding in run.part(part)]
    found += [finding for run in runs for finding in run.finish(Message(body))]
    for run in runs:
        run.close()
    assert [(finding.stage, finding.category, finding.detail) for finding in found] == [
        ("keyword", "child-abuse", ""),
        ("attachment", "executable", 'extension "hta"'),
        ("keyword", "gambling", '"free casino bonus" in "<hta:application>free casino bonus"'),
        ("yara", "executable", "scripts.yar"),
    ]
