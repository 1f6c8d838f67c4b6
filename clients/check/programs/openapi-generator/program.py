# OpenAPI Generator makes a package with a class for each tag, from the document in OpenAPI 3.0.
import json
import os

from openapi_client import (
    ApiClient,
    ApiException,
    Configuration,
    ProposalCreate,
    ProposalEventCreate,
    ProposalPatch,
    ProposalsApi,
)

configuration = Configuration(host=os.environ["BASE"])
configuration.access_token = os.environ["KEY"]
proposals = ProposalsApi(ApiClient(configuration))

listed = []
more = {}
while True:
    page = proposals.list_proposals(topic=["counter-uav", "military-cooperation"], limit=3, **more)
    listed += [proposal.title for proposal in page.data]
    if page.page.next_cursor is None:
        break
    more = {"cursor": page.page.next_cursor}

first = proposals.list_proposals(topic=["counter-uav"], limit=1).data[0]
read = proposals.get_proposal(first.id, include=["speakers", "evidence"])

proposed = ProposalEventCreate(type="proposed", occurred_on="2022-08-24")
made, created, headers = proposals.create_proposal_with_http_info(
    ProposalCreate(title="By OpenAPI Generator", summary="Python", events=[proposed])
)

# What is not set is omitted, so the summary stays.
changed = proposals.update_proposal(made.id, headers["ETag"], ProposalPatch(title="In Python"))
assert (changed.title, changed.summary) == ("In Python", "Python")

stale = None
try:
    proposals.update_proposal(made.id, headers["ETag"], ProposalPatch(title="Too late"))
except ApiException as error:
    if json.loads(error.body)["type"] == "/problems/precondition-failed":
        stale = error.status

print(
    json.dumps(
        {
            "listed": len(listed),
            "speaker": read.speakers[0].name,
            "quotes": len(read.evidence),
            "status": made.status,
            "created": created,
            "stale": stale,
        },
        separators=(",", ":"),
    )
)
