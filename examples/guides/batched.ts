import { Effect } from "effect"
import { ModelEndpoint } from "effect-sagemaker-runtime"
import { anomaly, type Reading } from "./batch.ts"

const scoring = ModelEndpoint.batched(anomaly, { window: "5 millis", maxRows: 64 })

export const isAnomaly = (reading: Reading) => Effect.map(scoring.invoke(reading), ({ score }) => score > 0.9)
