import { Schema } from "effect"
import { Batch, Codec, ModelEndpoint } from "effect-sagemaker-runtime"

const classifier = ModelEndpoint.make("classifier", {
  request: Codec.json(Schema.Struct({ texts: Schema.Array(Schema.String) })),
  response: Codec.json(Schema.Struct({ labels: Schema.Array(Schema.String) }))
})

type Request = { readonly texts: ReadonlyArray<string> }
type Response = { readonly labels: ReadonlyArray<string> }

const texts: Batch.Batcher<string, string, Request, Response> = {
  join: (texts) => ({ texts }),
  split: ({ labels }) => labels,
  maxRows: 32
}

export const labels = (rows: Iterable<string>) => Batch.run(classifier, rows, { batcher: texts })
