"""The Kubernetes manifests: whole, shut, and at one with the images and the program."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from deployment.facts import ROOT, are_settings, understands
from deployment.image import stages_of

from autopilot import __version__
from autopilot.errors import SettingsInvalid
from autopilot.settings import load_settings

FOLDER = ROOT / "deploy" / "kubernetes"
STAGES = stages_of((ROOT / "Dockerfile").read_text(encoding="utf-8"))
IMAGES = {"autopilot": "app", "autopilot-worker": "worker"}
FILES = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))


def documents() -> Iterator[Mapping[str, Any]]:
    for name in FILES["resources"]:
        yield from yaml.safe_load_all((FOLDER / name).read_text(encoding="utf-8"))


ALL = {(it["kind"], it["metadata"]["name"]): it for it in documents()}
PODS = {name: it["spec"]["template"] for (_, name), it in ALL.items() if "template" in it.get("spec", {})}  # fmt: skip


def test_there_is_everything() -> None:
    kinds = sorted(kind for kind, _ in ALL)
    assert kinds == [
        "ConfigMap", "Deployment", "Deployment", "Job", "Namespace", "NetworkPolicy",
        "NetworkPolicy", "Service",
    ]  # fmt: skip
    assert {image["newTag"] for image in FILES["images"]} == {__version__}
    assert {image["name"] for image in FILES["images"]} == set(IMAGES)


@pytest.mark.parametrize("name", PODS)
def test_a_pod_is_of_the_image_and_starts_what_there_is(name: str) -> None:
    (container,) = PODS[name]["spec"]["containers"]
    stage = STAGES[IMAGES[container["image"]]]
    understands(container["args"])
    assert "command" not in container  # `args` stand in the place of CMD: there is no ENTRYPOINT
    user, group = map(int, stage.user.split(":"))
    context = PODS[name]["spec"]["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"]) == (user, group)
    assert {"/data", "/tmp"} == {mount["mountPath"] for mount in container["volumeMounts"]}
    volumes = {volume["name"] for volume in PODS[name]["spec"]["volumes"]}
    assert volumes == {mount["name"] for mount in container["volumeMounts"]}


@pytest.mark.parametrize("name", PODS)
def test_a_pod_may_do_nothing_it_does_not_need(name: str) -> None:
    spec = PODS[name]["spec"]
    (container,) = spec["containers"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False  # their variables could be taken for settings
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}


@pytest.mark.parametrize("name", ["autopilot-worker", "autopilot-web"])
def test_probes_ask_where_the_program_listens(name: str) -> None:
    (container,) = PODS[name]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    environ = {item["name"]: item["value"] for item in container["env"]}
    assert list(ports.values()) == [int(environ["PORT"])]
    probes = [container[key] for key in container if key.endswith("Probe")]
    assert len(probes) >= 2
    for probe in probes:
        asked = probe.get("httpGet") or probe["tcpSocket"]
        assert asked["port"] in ports
        assert asked.get("path", "/healthz") in ("/healthz", "/readyz")


def test_selectors_find_their_pods() -> None:
    for (kind, name), it in ALL.items():
        labels = PODS[name]["metadata"]["labels"] if name in PODS else {}
        if kind == "Deployment":
            assert it["spec"]["selector"]["matchLabels"].items() <= labels.items()
    service = ALL["Service", "autopilot-web"]["spec"]
    web = PODS["autopilot-web"]
    assert service["selector"].items() <= web["metadata"]["labels"].items()
    assert service["ports"][0]["targetPort"] in {it["name"] for it in web["spec"]["containers"][0]["ports"]}  # fmt: skip
    shut = ALL["NetworkPolicy", "autopilot-nobody-comes-in"]["spec"]
    for pod in PODS.values():
        assert shut["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    visited = ALL["NetworkPolicy", "autopilot-web-is-visited"]["spec"]
    assert visited["podSelector"]["matchLabels"].items() <= web["metadata"]["labels"].items()
    assert visited["ingress"][0]["ports"][0]["port"] == web["spec"]["containers"][0]["ports"][0]["containerPort"]  # fmt: skip


def test_settings_and_secrets_are_ours_and_an_example_is_refused() -> None:
    settings = ALL["ConfigMap", "autopilot-settings"]["data"]
    secret = yaml.safe_load((FOLDER / "secret.example.yaml").read_text(encoding="utf-8"))
    are_settings([*settings, *secret["stringData"]])
    assert all(isinstance(value, str) for value in settings.values())
    for pod in PODS.values():
        names = {next(iter(it.values()))["name"] for it in pod["spec"]["containers"][0]["envFrom"]}
        assert names == {"autopilot-settings", secret["metadata"]["name"]}
    given = settings | secret["stringData"]
    with pytest.raises(SettingsInvalid, match="placeholder"):
        load_settings(given)
    assert load_settings(given | {"AUTOPILOT_SECRET_KEY": "0123456789abcdef" * 2}).public_url


def test_kubectl_puts_them_together() -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("no kubectl here; the files were read by the tests above")
    told = subprocess.run(["kubectl", "kustomize", FOLDER], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    built = [it for it in yaml.safe_load_all(told.stdout) if it]
    assert len(built) == len(ALL)
    for it in built:
        assert it["metadata"].get("namespace", "autopilot") == "autopilot"
    images = {
        container["image"]
        for it in built
        if "template" in it.get("spec", {})
        for container in it["spec"]["template"]["spec"]["containers"]
    }
    assert images == {f"{name}:{__version__}" for name in IMAGES}
