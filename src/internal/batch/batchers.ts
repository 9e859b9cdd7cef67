/** Batchers of common request formats. */
import type { Batcher, BatcherLimits, MemberLimits } from "../../Batch.ts"
import { undecodable } from "../codec/codecError.ts"

const noBytes = new Uint8Array()

/** The list of results. Anything else is an error, without the response. */
export const listOf = <Out>(list: ReadonlyArray<Out>, name: string): ReadonlyArray<Out> => {
  if (!Array.isArray(list)) {
    const problem = `${name}: expected a list with one result for each row`
    throw undecodable("application/json", noBytes, { problem, issues: [problem] })
  }
  return list
}

/** Requests and responses that are lists. */
export const lists = <Row, Out>(
  limits: BatcherLimits = {}
): Batcher<Row, Out, ReadonlyArray<Row>, ReadonlyArray<Out>> => ({
  ...limits,
  join: (rows) => rows,
  split: (response) => listOf(response, "response")
})

/** Requests with instances, and responses with predictions. */
export const instances = <Row, Out>(
  { members, ...limits }: MemberLimits = {}
): Batcher<Row, Out, { readonly instances: ReadonlyArray<Row> }, { readonly predictions: ReadonlyArray<Out> }> => ({
  ...limits,
  join: (rows) => ({ ...members, instances: rows }),
  split: (response) => listOf(response.predictions, "predictions")
})

/** Requests with inputs, and responses that are lists. */
export const inputs = <Row, Out>(
  { members, ...limits }: MemberLimits = {}
): Batcher<Row, Out, { readonly inputs: ReadonlyArray<Row> }, Out | ReadonlyArray<Out>> => ({
  ...limits,
  join: (rows) => ({ ...members, inputs: rows }),
  // Some pipelines return the result itself for a list with one input.
  split: (response, rows) =>
    rows.length === 1 && !Array.isArray(response)
      ? [response as Out]
      : listOf(response as ReadonlyArray<Out>, "response")
})
