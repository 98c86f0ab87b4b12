"""The CloudFormation template: read by cfn-lint, its parts made in moto, its rights looked through.

moto takes any schedule expression, so the expression is looked at here.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from autopilot.drivers import on_lambda
from autopilot.settings import VARIABLES, load_settings

TEMPLATE = Path(__file__).resolve().parents[2] / "deploy" / "aws" / "template.yaml"
REGION, ACCOUNT = "eu-central-1", "123456789012"
SECRETS = ("AUTOPILOT_DATABASE_URL", "AUTOPILOT_SECRET_KEY", "AUTOPILOT_SMTP_URL", "OPENAI_API_KEY")
ARNS = {
    "Logs": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/autopilot/autopilot",
    "DeadLetters": f"arn:aws:sqs:{REGION}:{ACCOUNT}:autopilot-dead-letters",
    "Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:autopilot",
}


class _Loader(yaml.SafeLoader):
    """Reads the short forms of CloudFormation's functions."""


def _function(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    raise AssertionError(node)


_Loader.add_multi_constructor("!", _function)


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return yaml.load(TEMPLATE.read_text(encoding="utf-8"), _Loader)


@pytest.fixture(scope="module")
def resources(template: dict[str, Any]) -> dict[str, Any]:
    return {name: it.get("Properties", {}) for name, it in template["Resources"].items()}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A pretended AWS; gives its clients by name."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "of-the-test")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import boto3
        from moto import mock_aws

        with mock_aws():
            yield lambda service: boto3.client(service, region_name=REGION)


def resolved(value: Any, known: Mapping[str, str]) -> Any:
    """The value with references to parts of the template put in; conditions count as not met."""
    if isinstance(value, list):
        return [it for each in value if (it := resolved(each, known)) is not None]
    if not isinstance(value, dict):
        return value
    if set(value) == {"GetAtt"}:
        return known[value["GetAtt"].removesuffix(".Arn")]
    if set(value) == {"Ref"}:
        return None if value["Ref"] == "AWS::NoValue" else known[value["Ref"]]
    if set(value) == {"If"}:
        return resolved(value["If"][2], known)
    return {key: resolved(each, known) for key, each in value.items()}


def test_cfn_lint_finds_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from cfnlint import lint_file
        from cfnlint.config import ManualArgs

        found = lint_file(TEMPLATE, config=ManualArgs(regions=[REGION]))
    assert [str(it) for it in found] == []


def test_cfn_lint_would_find_a_fault(tmp_path: Path) -> None:
    told = TEMPLATE.read_text(encoding="utf-8").replace("RetentionInDays", "RetentionInYears")
    (tmp_path / "wrong.yaml").write_text(told, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from cfnlint import lint_file
        from cfnlint.config import ManualArgs

        found = lint_file(tmp_path / "wrong.yaml", config=ManualArgs(regions=[REGION]))
    assert "RetentionInYears" in " ".join(str(it) for it in found)


def test_the_clock_calls_every_minute_and_nothing_is_tried_twice(resources: dict[str, Any]) -> None:
    clock = resources["Clock"]
    assert clock["ScheduleExpression"] == "rate(1 minute)"
    assert (clock["State"], clock["FlexibleTimeWindow"]) == ("ENABLED", {"Mode": "OFF"})
    target = clock["Target"]
    assert target["Arn"] == {"GetAtt": "Function.Arn"}
    assert target["RetryPolicy"]["MaximumRetryAttempts"] == 0
    assert target["DeadLetterConfig"] == {"Arn": {"GetAtt": "DeadLetters.Arn"}}
    assert resources["Invocation"]["MaximumRetryAttempts"] == 0


def test_moto_makes_the_schedule_with_its_role_and_queue(
    resources: dict[str, Any], aws: Any
) -> None:
    role = resolved(resources["SchedulerRole"], ARNS | {"AWS::AccountId": ACCOUNT})
    trust = json.dumps(role["AssumeRolePolicyDocument"])
    made = aws("iam").create_role(RoleName="clock", AssumeRolePolicyDocument=trust)["Role"]
    for policy in role["Policies"]:
        aws("iam").put_role_policy(
            RoleName="clock",
            PolicyName=policy["PolicyName"],
            PolicyDocument=json.dumps(policy["PolicyDocument"]),
        )
    queue = resolved(resources["DeadLetters"], ARNS)
    attributes = {name: str(value).lower() for name, value in queue.items()}
    aws("sqs").create_queue(QueueName="autopilot-dead-letters", Attributes=attributes)
    given = resolved(resources["Clock"], ARNS | {"SchedulerRole": made["Arn"]})
    aws("scheduler").create_schedule(Name="autopilot", **given)
    found = aws("scheduler").get_schedule(Name="autopilot")
    assert found["ScheduleExpression"] == "rate(1 minute)"
    assert found["Target"]["Arn"] == ARNS["Function"]
    assert found["Target"]["RoleArn"] == made["Arn"]
    assert found["Target"]["DeadLetterConfig"]["Arn"] == ARNS["DeadLetters"]


@pytest.mark.parametrize("name", ["FunctionRole", "SchedulerRole"])
def test_moto_takes_every_policy(resources: dict[str, Any], aws: Any, name: str) -> None:
    role = resolved(resources[name], ARNS | {"AWS::AccountId": ACCOUNT})
    trust = json.dumps(role["AssumeRolePolicyDocument"])
    aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    for policy in role["Policies"]:
        document = json.dumps(policy["PolicyDocument"])
        aws("iam").put_role_policy(
            RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=document
        )
    kept = aws("iam").list_role_policies(RoleName=name)["PolicyNames"]
    assert kept == [policy["PolicyName"] for policy in role["Policies"]]


def statements(role: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for policy in role["Policies"]:
        yield from policy.get("PolicyDocument", {}).get("Statement", [])


def test_each_role_may_do_what_it_needs_and_no_more(resources: dict[str, Any]) -> None:
    rights = {
        name: {
            (action, it["Resource"]["GetAtt"])
            for it in statements(resources[name])
            for action in (it["Action"] if isinstance(it["Action"], list) else [it["Action"]])
        }
        for name in ("FunctionRole", "SchedulerRole")
    }
    assert rights == {
        "FunctionRole": {
            ("logs:CreateLogStream", "Logs.Arn"),
            ("logs:PutLogEvents", "Logs.Arn"),
            ("sqs:SendMessage", "DeadLetters.Arn"),
        },
        "SchedulerRole": {
            ("lambda:InvokeFunction", "Function.Arn"),
            ("sqs:SendMessage", "DeadLetters.Arn"),
        },
    }
    (trust,) = resources["SchedulerRole"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_in_a_network_the_function_gets_what_interfaces_need_and_only_then(
    resources: dict[str, Any],
) -> None:
    (optional,) = [it["If"] for it in resources["FunctionRole"]["Policies"] if "If" in it]
    assert (optional[0], optional[2]) == ("IsInVpc", {"Ref": "AWS::NoValue"})
    (statement,) = optional[1]["PolicyDocument"]["Statement"]
    assert all(action.startswith("ec2:") and "*" not in action for action in statement["Action"])


def test_no_secret_stands_in_the_template(resources: dict[str, Any]) -> None:
    variables = resources["Function"]["Environment"]["Variables"]
    for name in SECRETS:
        (told,) = variables[name].values()
        assert re.fullmatch(
            r"\{\{resolve:secretsmanager:\$\{Secret\}:SecretString:[a-z_]+::\$\{SecretVersion\}\}\}",
            told,
        )


def test_the_functions_settings_are_settings_of_autopilot(resources: dict[str, Any]) -> None:
    variables = resources["Function"]["Environment"]["Variables"]
    assert set(variables) <= {variable.name for variable in VARIABLES}
    given = {name: value for name, value in variables.items() if isinstance(value, str)}
    given["AUTOPILOT_DATABASE_URL"] = "postgresql://autopilot@db.example.org/autopilot"
    empty = dict.fromkeys(set(variables) - set(given), "")
    assert load_settings(given | empty).artifacts == "database"


def test_logs_end_calls_are_few_and_a_call_has_time(
    template: dict[str, Any], resources: dict[str, Any]
) -> None:
    assert resources["Logs"]["RetentionInDays"] == {"Ref": "LogDays"}
    assert resources["Function"]["LoggingConfig"] == {"LogGroup": {"Ref": "Logs"}}
    parameters = template["Parameters"]
    assert resources["Function"]["ReservedConcurrentExecutions"] == {"Ref": "ReservedConcurrency"}
    assert 1 <= parameters["ReservedConcurrency"]["Default"] <= 10
    # In its second half a call only ends what it began: asking all sources may take 300 seconds.
    longest_step = 300
    assert parameters["TimeoutSeconds"]["Default"] * (1 - on_lambda.BEGIN_PART) >= longest_step
