// Redocly generates one class without dependencies, with a record for each schema.
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import scotracker.Client;
import scotracker.Client.*;

final class Program {
    private static Client client(String etag) {
        Config config = new Config()
            .serverUrl(System.getenv("BASE"))
            .auth(new Auth().bearer(() -> System.getenv("KEY")));
        // Headers are those of a client.
        return new Client(etag == null ? config : config.header("If-Match", etag));
    }

    public static void main(String[] args) {
        Client tracker = client(null);

        List<String> listed = new ArrayList<>();
        ListProposalsParams query = new ListProposalsParams();
        query.topic = List.of("counter-uav", "military-cooperation");
        query.limit = 3L;
        do {
            ProposalPage page = tracker.listProposals(query);
            page.data2().forEach(proposal -> listed.add(proposal.title()));
            query.cursor = page.page().nextCursor();
        } while (query.cursor != null);

        ListProposalsParams one = new ListProposalsParams();
        one.topic = List.of("counter-uav");
        one.limit = 1L;
        GetProposalParams included = new GetProposalParams();
        included.include = List.of(ProposalInclude.SPEAKERS, ProposalInclude.EVIDENCE);
        Proposal read = tracker.getProposal(tracker.listProposals(one).data2().get(0).id(), included);

        Envelope<Proposal> created = tracker.createProposalWithHeaders(
            ProposalCreate.fromJson(Map.of(
                "title", "By Redocly",
                "summary", "Java",
                "events", List.of(Map.of("type", "proposed", "occurredOn", "2022-08-24"))
            )),
            null
        );
        Proposal made = created.data();

        // What is not set is omitted, so the summary stays.
        Client matching = client((String) created.headers().get("etag"));
        Proposal changed = matching.updateProposal(made.id(), ProposalPatch.fromJson(Map.of("title", "In Java")), null);
        if (!changed.title().equals("In Java") || !"Java".equals(changed.summary()))
            throw new IllegalStateException("Another field has changed.");

        Integer stale = null;
        try {
            matching.updateProposal(made.id(), ProposalPatch.fromJson(Map.of("title", "Too late")), null);
        } catch (ApiException error) {
            Map<?, ?> problem = (Map<?, ?>) error.body;
            if (problem.get("type").equals("/problems/precondition-failed")) stale = error.status;
        }

        System.out.printf(
            "{\"listed\":%d,\"speaker\":\"%s\",\"quotes\":%d,\"status\":\"%s\",\"created\":%d,\"stale\":%d}%n",
            listed.size(),
            read.speakers().get(0).name(),
            read.evidence().size(),
            made.status().wire(),
            created.status(),
            stale
        );
    }
}
