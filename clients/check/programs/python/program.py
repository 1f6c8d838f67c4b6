# Redocly generates one module with dataclasses and a client of httpx.
import json
import os

from client import ApiError, Client, ProposalCreate, ProposalEventCreate, ProposalEventType, ProposalInclude, ProposalPatch

client = Client(os.environ["BASE"], auth={"bearer": os.environ["KEY"]})

listed: list[str] = []
cursor = None
while True:
    page = client.list_proposals(topic=["counter-uav", "military-cooperation"], limit=3, cursor=cursor)
    listed += [proposal.title for proposal in page.data]
    cursor = page.page.next_cursor
    if cursor is None:
        break

first = client.list_proposals(topic=["counter-uav"], limit=1).data[0]
read = client.get_proposal(first.id, include=[ProposalInclude.SPEAKERS, ProposalInclude.EVIDENCE])

proposed = ProposalEventCreate(type_=ProposalEventType.PROPOSED, occurred_on="2022-08-24")
created = client.create_proposal_with_headers(ProposalCreate(title="By Redocly", summary="Python", events=[proposed]))
made = created.data

# What is not set is omitted, so the summary stays.
changed = client.update_proposal(
    made.id, ProposalPatch(title="In Python"), headers={"If-Match": created.headers["etag"]}
)
assert (changed.title, changed.summary) == ("In Python", "Python")

stale = None
try:
    client.update_proposal(made.id, ProposalPatch(title="Too late"), headers={"If-Match": created.headers["etag"]})
except ApiError as error:
    if error.body["type"] == "/problems/precondition-failed":
        stale = error.status

print(
    json.dumps(
        {
            "listed": len(listed),
            "speaker": read.speakers[0].name,
            "quotes": len(read.evidence),
            "status": made.status.value,
            "created": created.response.status_code,
            "stale": stale,
        },
        separators=(",", ":"),
    )
)
