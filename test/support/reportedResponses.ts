import { Schema } from "effect"
import { decodeCorpus } from "./corpus.ts"
import type { Reply } from "./scriptedHttpClient.ts"

const Report = Schema.Struct({
  what: Schema.String,
  status: Schema.optional(Schema.Number),
  headers: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.String }), { default: () => ({}) }),
  body: Schema.optional(Schema.String),
  code: Schema.optional(Schema.NullOr(Schema.String)),
  message: Schema.optional(Schema.String),
  OriginalStatusCode: Schema.optional(Schema.Number),
  transport: Schema.optional(Schema.String)
})

/** A response of the service from a public report. */
export type Report = typeof Report.Type

/** The reports about a response, without those about streams and other programs. */
export const reports = (
  decodeCorpus("errors/reported-in-the-wild.json", Schema.Struct({ reports: Schema.Array(Report) }))?.reports ?? []
).filter(({ code, status, transport }) =>
  typeof code === "string" || (status !== undefined && status >= 300) || transport !== undefined
)

/** The statuses of codes for reports without a status, from AWS's model. */
const statuses: { readonly [code: string]: number } = { ModelError: 424, ValidationError: 400 }

/** Reports shorten a header with dots, where AWS's services send a URI. */
const restored = (value: string) => value.replace(/\.\.\.$/, ":http://internal.amazon.com/coral/")

/** The reply of a report: its quoted body, or the code in the header as AWS sends it. */
export const replyOf = (report: Report): Reply => {
  if (report.transport !== undefined) {
    return { transport: Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }) }
  }
  const status = report.status ?? statuses[report.code ?? ""]!
  const headers = {
    ...Object.fromEntries(Object.entries(report.headers).map(([name, value]) => [name.toLowerCase(), restored(value)])),
    "x-amzn-requestid": "request-1",
    ...(report.code == null ? {} : { "x-amzn-errortype": report.code })
  }
  const members = { Message: report.message, OriginalStatusCode: report.OriginalStatusCode }
  const body = report.body?.replace(/ \(Content-Length .*\)$/, "") ?? JSON.stringify(members)
  return { status, headers, body }
}
