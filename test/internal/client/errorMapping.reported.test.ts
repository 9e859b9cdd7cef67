import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { invokeEndpoint, RetryPolicy } from "effect-sagemaker-runtime"
import { hasCorpora, needsCorpora } from "../../support/corpora.ts"
import { pickMembersOf } from "../../support/pickMembersOf.ts"
import { replyOf, type Report, reports } from "../../support/reportedResponses.ts"
import { scriptedRuntime } from "../../support/scriptedHttpClient.ts"

const failure = (report: Report) =>
  Effect.gen(function*() {
    const server = yield* scriptedRuntime(replyOf(report))
    return yield* invokeEndpoint({ EndpointName: "anomaly", Body: "{}" }).pipe(
      RetryPolicy.use(RetryPolicy.none),
      Effect.flip,
      Effect.provide(server.layer)
    )
  })

const invalid = { _tag: "ValidationError", status: 400, code: "ValidationError", retry: "never" }
const modelFailed = { _tag: "ModelError", status: 424, code: "ModelError", retry: "never" }
const denied = { _tag: "AccessDeniedError", status: 403, retry: "never" }

const expected: { readonly [what: string]: object } = {
  "missing signature": {
    ...denied,
    code: "MissingAuthenticationTokenException",
    message: "Missing Authentication Token"
  },
  throttling: { _tag: "ThrottlingError", status: 400, code: "ThrottlingException", retry: "throttling" },
  "payload too large": { _tag: "PayloadTooLargeError", status: 413, retry: "never" },
  "payload too large, connection reset instead of an answer": {
    _tag: "TransportError",
    reason: "reset",
    requestSent: true,
    retry: "transient",
    code: "ECONNRESET"
  },
  "serverless payload too large": { ...invalid, message: "Request {request-id} has oversize body." },
  "unknown endpoint": { ...invalid, message: "Endpoint NAME of account 123456789012 not found." },
  "TargetModel on a single-model endpoint": {
    ...invalid,
    message: "Endpoint NAME is not a multi-model endpoint and does not support target model header."
  },
  "TargetModel missing": { ...invalid, message: "Request UUID is missing a target model header" },
  "model failed": modelFailed,
  "model timed out (60 s)": { ...modelFailed, OriginalStatusCode: 0 },
  "model body too large to quote": {
    ...modelFailed,
    message: "Received server error (500) from primary and could not load the entire response body. See ..."
  },
  "instance unreachable": modelFailed,
  "client error from model": modelFailed,
  "not authorised": { ...denied, code: "AccessDeniedException" },
  "wrong signing name": { ...denied, code: "InvalidSignatureException" }
}

describe.skipIf(!hasCorpora)(needsCorpora("A publicly reported response of the service is a typed error"), () => {
  for (const report of reports) {
    it.effect(report.what, () =>
      Effect.gen(function*() {
        const error = yield* failure(report)
        const requestId = report.transport === undefined ? "request-1" : undefined
        const members = { ...expected[report.what], requestId, attempts: 1 }
        assert.deepStrictEqual(pickMembersOf(error, members), members)
        assert.isNotEmpty(error.message)
      }))
  }

  it("There are 15 such reports, each with an expectation", () => {
    assert.sameMembers(reports.map(({ what }) => what), Object.keys(expected))
  })

  for (const report of reports.filter(({ message }) => message?.includes("with message") === true)) {
    it.effect(`whose message does not repeat the text of the container: ${report.what}`, () =>
      Effect.gen(function*() {
        const { message } = yield* failure(report)
        const quoted = /with message "([\s\S]*)"/.exec(report.message!)![1]!
        assert.notInclude(message, quoted)
        assert.include(message, " with message <redacted>")
      }))
  }
})
