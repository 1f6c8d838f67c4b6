// Redocly generates one file without dependencies.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"

	"tracker/client"
)

func check[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func to[T any](value T) *T { return &value }

func main() {
	ctx := context.Background()
	config := client.Config{
		ServerURL: os.Getenv("BASE"),
		Auth:      client.Auth{Bearer: func() string { return os.Getenv("KEY") }},
	}
	tracker := client.New(config)

	listed := 0
	query := client.ListProposalsParams{Topic: &[]string{"counter-uav", "military-cooperation"}, Limit: to(int64(3))}
	for {
		page := check(tracker.ListProposals(ctx, &query))
		listed += len(page.Data)
		if page.Page.NextCursor == nil {
			break
		}
		query.Cursor = page.Page.NextCursor
	}

	first := check(tracker.ListProposals(ctx, &client.ListProposalsParams{Topic: &[]string{"counter-uav"}, Limit: to(int64(1))})).Data[0]
	include := []client.ProposalInclude{client.ProposalIncludeSpeakers, client.ProposalIncludeEvidence}
	read := check(tracker.GetProposal(ctx, first.Id, &client.GetProposalParams{Include: &include}))

	made, headers, err := tracker.CreateProposalWithHeaders(ctx, client.ProposalCreate{
		Title:   "By Redocly",
		Summary: to("Go"),
		Events: &client.ProposalEventParts{
			{Type_: client.ProposalEventTypeProposed, OccurredOn: to(client.EdtfDate("2022-08-24"))},
		},
	}, nil)
	check(made, err)

	// Headers are those of a client.
	config.Headers = map[string]string{"If-Match": *headers.Etag}
	matching := client.New(config)
	// What is not set is omitted, so the summary stays.
	changed := check(matching.UpdateProposal(ctx, made.Id, client.ProposalPatch{Title: to("In Go")}, nil))
	if changed.Title != "In Go" || changed.Summary == nil || *changed.Summary != "Go" {
		panic("Another field has changed.")
	}
	_, err = matching.UpdateProposal(ctx, made.Id, client.ProposalPatch{Title: to("Too late")}, nil)
	var stale *int
	var problem *client.APIError
	if errors.As(err, &problem) && problem.Body.(map[string]any)["type"] == "/problems/precondition-failed" {
		stale = &problem.Status
	}

	fmt.Println(string(check(json.Marshal(struct {
		Listed  int    `json:"listed"`
		Speaker string `json:"speaker"`
		Quotes  int    `json:"quotes"`
		Status  any    `json:"status"`
		Created int    `json:"created"`
		Stale   *int   `json:"stale"`
	}{listed, read.Speakers[0].Name, len(read.Evidence), made.Status, http.StatusCreated, stale}))))
}
