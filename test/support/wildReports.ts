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

/** One answer of the real service that somebody made public. */
export type Report = typeof Report.Type

/** The reports that tell of an answer; others tell of streams and of programs around a client. */
export const reports = (
  decodeCorpus("errors/reported-in-the-wild.json", Schema.Struct({ reports: Schema.Array(Report) }))?.reports ?? []
).filter(({ code, status, transport }) =>
  typeof code === "string" || (status !== undefined && status >= 300) || transport !== undefined
)

/** The statuses of codes whose report names none, from AWS's model. */
const statuses: { readonly [code: string]: number } = { ModelError: 424, ValidationError: 400 }

/** Posters cut a header short with dots; AWS's own services go on with a URI there. */
const restored = (value: string) => value.replace(/\.\.\.$/, ":http://internal.amazon.com/coral/")

/** A report as an exchange: its own bytes where it quotes them, else the code in the header as AWS sends it. */
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
