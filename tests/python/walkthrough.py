#!/usr/bin/env python3
"""The walkthrough as a ministry's client in Python: stubs made here from the published protos, no code of the product.

    walkthrough.py API_URL ISSUER_URL
"""
import importlib
import json
import pathlib
import sys
import tempfile
import urllib.request
import uuid

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from grpc_tools import protoc

PROTOS = pathlib.Path(__file__).resolve().parents[2] / "proto"


def generate(folder):
    """Client stubs, as every ministry would generate its own."""
    files = sorted(str(path.relative_to(PROTOS)) for path in (PROTOS / "cornerstone").rglob("*.proto"))
    arguments = ["protoc", f"-I{PROTOS}", f"--python_out={folder}", f"--grpc_python_out={folder}"]
    assert protoc.main(arguments + files) == 0, "the protos do not compile"
    sys.path.insert(0, folder)


def module(name):
    return importlib.import_module(f"cornerstone.{name}")


class Client:
    """One persona with a token, and a service at a time."""

    def __init__(self, channel, issuer, persona):
        with urllib.request.urlopen(f"{issuer}/token?persona={persona}", timeout=10) as answer:
            self.metadata = [("authorization", f"Bearer {answer.read().decode().strip()}")]
        self.channel = channel

    def call(self, service, rpc, request):
        package, name = service.rsplit(".", 1)
        stub = getattr(module(package), f"{name}Stub")(self.channel)
        return getattr(stub, rpc)(request, metadata=self.metadata, timeout=20)


COMMANDS = "portfolio.v1.initiative_command_service_pb2_grpc.InitiativeCommandService"
QUERIES = "portfolio.v1.portfolio_query_service_pb2_grpc.PortfolioQueryService"
REFERENCE = "reference.v1.reference_query_service_pb2_grpc.ReferenceQueryService"
AUDIT = "audit.v1.audit_service_pb2_grpc.AuditService"


def details(error):
    """Everything that a refusal carries, by the type of the detail."""
    found = {}
    for detail in rpc_status.from_call(error).details:
        kind = detail.type_url.rsplit(".", 1)[1]
        message = getattr(error_details_pb2, kind)()
        assert detail.Unpack(message)
        found.setdefault(kind, []).append(message)
    return found


def main(api, issuer):
    with tempfile.TemporaryDirectory() as folder:
        generate(folder)
        commands = module("portfolio.v1.initiative_command_service_pb2")
        queries = module("portfolio.v1.portfolio_query_service_pb2")
        framework = module("portfolio.v1.framework_pb2")
        common = module("common.v1.command_pb2")
        values = module("common.v1.values_pb2")
        read = module("common.v1.read_pb2")
        reference = module("reference.v1.reference_query_service_pb2")
        audit = module("audit.v1.audit_service_pb2")

        channel = grpc.insecure_channel(api.removeprefix("http://"))
        nurse, lead, auditor = (Client(channel, issuer, name) for name in ("nurse", "moh-lead", "auditor"))
        units = nurse.call(REFERENCE, "ListOrgUnits", reference.ListOrgUnitsRequest()).org_units
        unit = next(unit.org_unit_id for unit in units if unit.code == "MOHHOSP")

        def header(**more):
            return common.CommandHeader(request_id=str(uuid.uuid4()), **more)

        initiative_id = str(uuid.uuid4())
        proposal = commands.ProposeInitiativeRequest(
            header=header(),
            initiative_id=initiative_id,
            title=values.LocalizedText(he="שיחת וידאו עם רוקח"),
            summary=values.LocalizedText(he="מטופל שקיבל מרשם שואל את הרוקח בשיחת וידאו במקום להמתין בתור."),
            problem_statement=values.LocalizedText(he="מטופלים מפסיקים תרופות משום שלא הבינו כיצד ליטול אותן."),
            origin=framework.ORIGIN_GRASSROOTS,
            lead_org_unit_id=unit,
            classification=framework.Classification(
                facet_weights=framework.FacetWeights(enhancement_oriented=10000),
                innovation_types=[framework.INNOVATION_TYPE_SERVICE_DESIGN],
                primary_type=framework.INNOVATION_TYPE_SERVICE_DESIGN,
                novelty=framework.NOVELTY_NEW_TO_MINISTRY,
                horizon=framework.HORIZON_H1_UNDER_12M,
            ),
        )
        receipt = nurse.call(COMMANDS, "ProposeInitiative", proposal).receipt
        assert receipt.version == 1 and not receipt.duplicate, receipt
        assert nurse.call(COMMANDS, "ProposeInitiative", proposal).receipt.duplicate, "a repeat is recognised"

        wanted = queries.GetInitiativeRequest(
            read=read.ReadOptions(consistency_token=receipt.consistency_token), initiative_id=initiative_id
        )
        row = nurse.call(QUERIES, "GetInitiative", wanted).initiative
        assert row.title.he == "שיחת וידאו עם רוקח" and row.status == framework.STATUS_PROPOSED, row

        review = commands.StartReviewRequest(header=header(), initiative_id=initiative_id)
        version = lead.call(COMMANDS, "StartReview", review).receipt.version
        accept = commands.AcceptInitiativeRequest(
            header=header(expected_version=version),
            initiative_id=initiative_id,
            initial_stage=framework.STAGE_IDENTIFYING_PROBLEMS,
            owner_unit_id=unit,
        )
        assert lead.call(COMMANDS, "AcceptInitiative", accept).receipt.version == 3

        try:
            nurse.call(COMMANDS, "ProposeInitiative", commands.ProposeInitiativeRequest(header=header()))
            raise AssertionError("an empty proposal was recorded")
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.INVALID_ARGUMENT, error
            said = details(error)
            info = said["ErrorInfo"][0]
            assert (info.reason, info.domain) == ("VALIDATION_REQUIRED", "cornerstone.gov"), info
            fields = {violation.field for violation in said["BadRequest"][0].field_violations}
            assert {"initiative_id", "title", "summary", "problem_statement"} <= fields, fields
            assert {message.locale for message in said["LocalizedMessage"]} == {"he-IL", "en"}, said

        wanted = audit.StreamEventsRequest(
            from_position=1, until_head=True, filter=audit.EventFilter(aggregate_id=initiative_id)
        )
        stream = auditor.call(AUDIT, "StreamEvents", wanted)
        types = [json.loads(event)["type"] for message in stream for event in message.cloud_events]
        assert types == [
            f"cornerstone.portfolio.initiative_{what}.v1" for what in ("proposed", "review_started", "accepted")
        ], types
    print("the walkthrough holds")


if __name__ == "__main__":
    main(*sys.argv[1:])
