"""The Kubernetes and Envoy examples name flags, paths and ports that exist."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient

from tests.tiny_model import write_model
from tinyguard import Guard
from tinyguard.cli.serve import add_parser, settings_of
from tinyguard.server.app import create_app
from tinyguard.server.service import Service
from tinyguard.server.settings import Settings

FOLDER = Path(__file__).parents[2] / "examples" / "kubernetes"


@pytest.fixture(scope="module")
def parts() -> dict[str, Any]:
    documents = yaml.safe_load_all((FOLDER / "tinyguard.yaml").read_text())
    return {document["kind"]: document for document in documents}


@pytest.fixture
def settings(parts: dict[str, Any], tmp_path: Path) -> Settings:
    """What the container's arguments say, read by the command itself."""
    (container,) = parts["Deployment"]["spec"]["template"]["spec"]["containers"]
    keys = tmp_path / "keys"
    keys.write_text("0123456789\n")
    arguments = [value.replace("/etc/tinyguard/keys", str(keys)) for value in container["args"]]
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    return settings_of(parser.parse_args([*arguments, f"--model={write_model(tmp_path / 'model')}"]))


def test_the_container_listens_where_the_service_sends(parts: dict[str, Any], settings: Settings) -> None:
    (container,) = parts["Deployment"]["spec"]["template"]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"http": settings.port, "ext-proc": settings.ext_proc_port}
    assert {port["targetPort"] for port in parts["Service"]["spec"]["ports"]} == set(ports)
    assert settings.host == "0.0.0.0"
    (rule,) = parts["NetworkPolicy"]["spec"]["ingress"]
    assert {port["port"] for port in rule["ports"]} == set(ports.values())
    assert parts["NetworkPolicy"]["spec"]["egress"] == []


def test_the_probes_ask_what_the_service_answers(parts: dict[str, Any], settings: Settings) -> None:
    (container,) = parts["Deployment"]["spec"]["template"]["spec"]["containers"]
    client = TestClient(create_app(Service(Guard(settings.model), settings)))  # not started, hence not ready
    probes = {name: container[name]["httpGet"]["path"] for name in ("readinessProbe", "livenessProbe")}
    assert client.get(probes["readinessProbe"]).status_code == 503
    assert client.get(probes["livenessProbe"]).status_code == 200
    metrics = parts["Service"]["metadata"]["annotations"]["prometheus.io/path"]
    assert "tinyguard_queue_depth" in client.get(metrics, headers={"x-api-key": settings.api_keys[0]}).text


def test_a_pod_is_given_the_time_that_it_takes_to_end(parts: dict[str, Any], settings: Settings) -> None:
    pod = parts["Deployment"]["spec"]["template"]["spec"]
    assert settings.drain > pod["containers"][0]["readinessProbe"]["periodSeconds"]
    assert pod["terminationGracePeriodSeconds"] > settings.drain + settings.drain_limit


def test_every_selector_finds_the_pods(parts: dict[str, Any]) -> None:
    labels = parts["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert parts["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert parts["Service"]["spec"]["selector"] == labels
    assert parts["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert parts["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels
    assert parts["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == parts["Deployment"]["metadata"]["name"]


def test_envoy_holds_bodies_back_and_fails_closed(parts: dict[str, Any]) -> None:
    envoy = yaml.safe_load((FOLDER / "envoy.yaml").read_text())["static_resources"]
    clusters = {cluster["name"]: cluster for cluster in envoy["clusters"]}
    (chain,) = envoy["listeners"][0]["filter_chains"]
    manager = chain["filters"][0]["typed_config"]
    ext_proc, router = manager["http_filters"]
    options = ext_proc["typed_config"]
    assert options["failure_mode_allow"] is False
    assert options["processing_mode"]["request_body_mode"] == "BUFFERED"
    assert router["name"] == "envoy.filters.http.router"
    (locality,) = clusters[options["grpc_service"]["envoy_grpc"]["cluster_name"]]["load_assignment"]["endpoints"]
    address = locality["lb_endpoints"][0]["endpoint"]["address"]["socket_address"]
    ports = {port["name"]: port["port"] for port in parts["Service"]["spec"]["ports"]}
    assert address == {"address": parts["Service"]["metadata"]["name"], "port_value": ports["ext-proc"]}
    (host,) = manager["route_config"]["virtual_hosts"]
    assert host["routes"][0]["route"]["cluster"] in clusters
